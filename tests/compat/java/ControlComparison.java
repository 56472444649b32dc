import java.io.IOException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.KRaftVersionRecord;
import org.apache.kafka.common.message.LeaderChangeMessage;
import org.apache.kafka.common.message.SnapshotFooterRecord;
import org.apache.kafka.common.message.SnapshotHeaderRecord;
import org.apache.kafka.common.message.VotersRecord;
import org.apache.kafka.common.protocol.Message;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MemoryRecordsBuilder;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.utils.internals.ByteBufferOutputStream;

/**
 * Control batches: Apache builds one, we read what its records mean and build it again from that;
 * the bytes are the same.
 */
final class ControlComparison {
    /** Apache writes no other version. */
    private static final short VERSION = 0;
    private static final int KINDS = 5;

    private final EncodingPeer peer;
    private final EncodingTotals totals;
    private final MessageTypes types;

    private record MessageTypes(MessageType leaderChange, MessageType header, MessageType footer,
            MessageType version, MessageType voters) {}

    ControlComparison(EncodingPeer peer, EncodingTotals totals) throws IOException {
        this.peer = peer;
        this.totals = totals;
        try {
            var all = MessageType.all();
            types = new MessageTypes(all.get("LeaderChangeMessage"),
                all.get("SnapshotHeaderRecord"), all.get("SnapshotFooterRecord"),
                all.get("KRaftVersionRecord"), all.get("VotersRecord"));
        } catch (ReflectiveOperationException failure) {
            throw new IllegalStateException(failure);
        }
    }

    void run(long seed, int instances) throws IOException {
        for (int i = 0; i < instances; i++) {
            Random random = Seeds.random(seed * 1_000_003 + i);
            compare("end of a transaction", seed + i, marker(random));
            for (int kind = 0; kind < KINDS; kind++) {
                compare("control record " + kind, seed + i, control(random, kind, 1));
            }
            compare("several control records", seed + i,
                control(random, random.nextInt(KINDS), 2 + random.nextInt(3)));
        }
    }

    private void compare(String subject, long seed, byte[] theirs) throws IOException {
        EncodingPeer.Answer ours = peer.rebuildControlBatch(theirs);
        if (!Arrays.equals(ours.bytes(), theirs)) {
            totals.differ(subject, "seed " + seed + "\n      ours   " + (ours.bytes() == null
                ? ours.problem() : HexFormat.of().formatHex(ours.bytes()))
                + "\n      Apache " + HexFormat.of().formatHex(theirs));
        }
        String text = new String(peer.listBatches(theirs).expected(),
            java.nio.charset.StandardCharsets.UTF_8);
        if (!text.equals(BatchText.of(theirs))) {
            totals.differ(subject, "seed " + seed + ", as we read it\n" + text);
        }
        totals.batches.increment();
        totals.records.add(text.lines().count() - 1);
        totals.bytes.add(theirs.length);
    }

    private static byte[] marker(Random random) {
        EndTransactionMarker marker = new EndTransactionMarker(
            random.nextBoolean() ? ControlRecordType.COMMIT : ControlRecordType.ABORT,
            random.nextInt());
        return BatchText.bytes(MemoryRecords.withEndTransactionMarker(
            random.nextLong() & Long.MAX_VALUE, random.nextLong() & Long.MAX_VALUE,
            random.nextInt(1000) - 1, random.nextLong() & Long.MAX_VALUE,
            (short) random.nextInt(Short.MAX_VALUE + 1), marker).buffer());
    }

    private byte[] control(Random random, int first, int count) {
        long base = random.nextInt(1_000_000);
        long timestamp = 1_700_000_000_000L + random.nextInt();
        ByteBufferOutputStream out = new ByteBufferOutputStream(1024);
        MemoryRecordsBuilder builder = new MemoryRecordsBuilder(out, RecordBatch.MAGIC_VALUE_V2,
            Compression.NONE, TimestampType.CREATE_TIME, base, timestamp,
            RecordBatch.NO_PRODUCER_ID, RecordBatch.NO_PRODUCER_EPOCH, RecordBatch.NO_SEQUENCE,
            false, true, random.nextInt(1000), Integer.MAX_VALUE, RecordBatch.NO_TIMESTAMP);
        for (int i = 0; i < count; i++) {
            append(builder, timestamp, random, (first + i) % KINDS);
        }
        return BatchText.bytes(builder.build().buffer());
    }

    private void append(MemoryRecordsBuilder builder, long timestamp, Random random, int kind) {
        switch (kind) {
            case 0 -> builder.appendLeaderChangeMessage(timestamp,
                ((LeaderChangeMessage) message(types.leaderChange, random)).setVersion(VERSION));
            case 1 -> builder.appendSnapshotHeaderMessage(timestamp,
                ((SnapshotHeaderRecord) message(types.header, random)).setVersion(VERSION));
            case 2 -> builder.appendSnapshotFooterMessage(timestamp,
                ((SnapshotFooterRecord) message(types.footer, random)).setVersion(VERSION));
            case 3 -> builder.appendKRaftVersionMessage(timestamp,
                ((KRaftVersionRecord) message(types.version, random)).setVersion(VERSION));
            default -> builder.appendVotersMessage(timestamp,
                ((VotersRecord) message(types.voters, random)).setVersion(VERSION));
        }
    }

    private static Message message(MessageType type, Random random) {
        return type.read(RandomFields.encode(type.schema(VERSION), random.nextLong(),
            RandomFields.Mood.MIXED, false), VERSION);
    }
}
