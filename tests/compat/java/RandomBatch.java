import java.nio.ByteBuffer;
import java.util.Random;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.DefaultRecordBatch;
import org.apache.kafka.common.record.internal.MemoryRecordsBuilder;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.utils.internals.ByteBufferOutputStream;

/** A random batch of format 2 that Apache's MemoryRecordsBuilder has written. */
final class RandomBatch {
    private static final String[] NAMES = {"", "a", "trace-id", "\u00e9\u20ac", "\ud834\udd1e"};
    private static final long[] TIMES = {
        RecordBatch.NO_TIMESTAMP, 0, 1, 1_700_000_000_000L, Long.MAX_VALUE};
    /** Around lz4's blocks of 64 KiB, snappy's of 32 KiB, and the steps of a varint. */
    private static final int[] SIZES = {63, 64, 8191, 8192, 32768, 65535, 65536, 150_000};

    private final Random random;
    private final CompressionType codec;
    private int largeValues = 2;

    private RandomBatch(long seed, CompressionType codec) {
        this.random = Seeds.random(seed);
        this.codec = codec;
    }

    static byte[] of(long seed, CompressionType codec) {
        return new RandomBatch(seed, codec).build();
    }

    /** What compaction leaves of a producer's last batch: a header that keeps the range. */
    static byte[] empty(long seed) {
        Random random = Seeds.random(seed);
        ByteBuffer buffer = ByteBuffer.allocate(DefaultRecordBatch.RECORD_BATCH_OVERHEAD);
        long base = random.nextInt(1000);
        DefaultRecordBatch.writeEmptyHeader(buffer, RecordBatch.MAGIC_VALUE_V2, random.nextInt(99),
            (short) random.nextInt(99), random.nextInt(1000), base, base + random.nextInt(50),
            random.nextInt(99), random.nextBoolean() ? TimestampType.CREATE_TIME
                : TimestampType.LOG_APPEND_TIME, random.nextInt(99), random.nextBoolean(), false);
        return buffer.array();
    }

    private byte[] build() {
        boolean hasProducer = random.nextBoolean();
        boolean isLogAppendTime = random.nextInt(3) == 0;
        long base = switch (random.nextInt(3)) {
            case 0 -> 0;
            case 1 -> random.nextInt(1_000_000);
            default -> Long.MAX_VALUE - 5_000_000;
        };
        ByteBufferOutputStream out = new ByteBufferOutputStream(1024);
        MemoryRecordsBuilder builder = new MemoryRecordsBuilder(out, RecordBatch.MAGIC_VALUE_V2,
            Compression.of(codec).build(),
            isLogAppendTime ? TimestampType.LOG_APPEND_TIME : TimestampType.CREATE_TIME, base,
            isLogAppendTime ? time() : RecordBatch.NO_TIMESTAMP,
            hasProducer ? random.nextLong() & Long.MAX_VALUE : RecordBatch.NO_PRODUCER_ID,
            hasProducer ? (short) random.nextInt(Short.MAX_VALUE + 1)
                : RecordBatch.NO_PRODUCER_EPOCH,
            hasProducer ? sequence() : RecordBatch.NO_SEQUENCE,
            hasProducer && random.nextBoolean(), false, random.nextInt(3) - 1, Integer.MAX_VALUE,
            random.nextInt(4) == 0 ? 1_000_000 + random.nextInt(1_000_000)
                : RecordBatch.NO_TIMESTAMP);
        append(builder, base);
        return BatchText.bytes(builder.build().buffer());
    }

    private void append(MemoryRecordsBuilder builder, long base) {
        boolean hasGaps = random.nextInt(3) == 0;
        int count = 1 + random.nextInt(random.nextInt(10) == 0 ? 400 : 8);
        long offset = base + (hasGaps ? random.nextInt(3) : 0);
        for (int i = 0; i < count; i++) {
            builder.appendWithOffset(offset, time(), value(), value(), headers());
            offset += 1 + (hasGaps ? random.nextInt(300) : 0);
        }
        if (hasGaps) {
            builder.overrideLastOffset(offset + random.nextInt(3));
        }
    }

    /** Also such as wrap in the middle of the batch. */
    private int sequence() {
        return random.nextBoolean() ? random.nextInt(1000) : Integer.MAX_VALUE - random.nextInt(5);
    }

    private long time() {
        return random.nextInt(4) == 0 ? TIMES[random.nextInt(TIMES.length)]
            : 1_700_000_000_000L + random.nextInt(100_000);
    }

    private byte[] value() {
        int size = random.nextInt(30);
        switch (random.nextInt(12)) {
            case 0 -> {
                return null;
            }
            case 1 -> size = 0;
            case 2 -> {
                if (largeValues-- > 0) {
                    size = SIZES[random.nextInt(SIZES.length)];
                }
            }
            default -> { }
        }
        byte[] bytes = new byte[size];
        if (random.nextBoolean()) {
            random.nextBytes(bytes);
        } else {
            java.util.Arrays.fill(bytes, (byte) random.nextInt(256));
        }
        return bytes;
    }

    private Header[] headers() {
        Header[] headers = new Header[random.nextInt(3) == 0 ? random.nextInt(4) : 0];
        for (int i = 0; i < headers.length; i++) {
            headers[i] = new RecordHeader(NAMES[random.nextInt(NAMES.length)], value());
        }
        return headers;
    }
}
