import java.nio.ByteBuffer;
import java.util.Arrays;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.record.internal.Record;

/** Record batches as text: what Apache's own iterators say of every header field and record. */
final class BatchText {
    private BatchText() {}

    static String of(byte[] bytes) {
        MemoryRecords records = MemoryRecords.readableRecords(ByteBuffer.wrap(bytes));
        StringBuilder text = new StringBuilder();
        int size = 0;
        for (MutableRecordBatch batch : records.batches()) {
            batch.ensureValid();
            size += batch.sizeInBytes();
            text.append(header(batch));
            for (Record record : batch) {
                record.ensureValid();
                text.append(line(record));
            }
        }
        if (size != bytes.length) {
            throw new IllegalStateException("batches of " + size + " of " + bytes.length);
        }
        return text.toString();
    }

    static MutableRecordBatch firstBatch(byte[] bytes) {
        return MemoryRecords.readableRecords(ByteBuffer.wrap(bytes)).batches().iterator().next();
    }

    private static String header(MutableRecordBatch batch) {
        String horizon = batch.deleteHorizonMs().isPresent()
            ? String.valueOf(batch.deleteHorizonMs().getAsLong()) : "-";
        return String.join("\t", "batch", String.valueOf(batch.baseOffset()),
            String.valueOf(batch.lastOffset()), String.valueOf(batch.partitionLeaderEpoch()),
            batch.compressionType().name, batch.timestampType().name,
            String.valueOf(batch.isTransactional()), String.valueOf(batch.isControlBatch()),
            String.valueOf(batch.producerId()), String.valueOf(batch.producerEpoch()),
            String.valueOf(batch.baseSequence()), String.valueOf(batch.lastSequence()),
            String.valueOf(batch.countOrNull()), String.valueOf(batch.maxTimestamp()), horizon)
            + "\n";
    }

    private static String line(Record record) {
        return String.join("\t", "record", String.valueOf(record.offset()),
            String.valueOf(record.timestamp()), Lines.hex(bytes(record.key())),
            Lines.hex(bytes(record.value())), Lines.headers(Arrays.asList(record.headers())))
            + "\n";
    }

    static byte[] bytes(ByteBuffer buffer) {
        if (buffer == null) {
            return null;
        }
        byte[] bytes = new byte[buffer.remaining()];
        buffer.duplicate().get(bytes);
        return bytes;
    }
}
