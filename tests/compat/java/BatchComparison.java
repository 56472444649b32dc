import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.RecordBatch;

/**
 * Compares record batches: what Apache builds we read, record by record; what we build from that,
 * in any codec, Apache reads. Without compression the bytes are the same.
 */
final class BatchComparison {
    private final EncodingPeer peer;
    private final EncodingTotals totals;

    BatchComparison(EncodingPeer peer, EncodingTotals totals) {
        this.peer = peer;
        this.totals = totals;
    }

    void run(long seed, int instances) throws IOException {
        CompressionType[] codecs = CompressionType.values();
        for (int i = 0; i < instances * codecs.length; i++) {
            long one = seed * 1_000_003 + i;
            CompressionType codec = codecs[i % codecs.length];
            String subject = "batch in " + codec.name;
            try {
                compare(subject, one, RandomBatch.of(one, codec), codec);
            } catch (RuntimeException failure) {
                totals.differ(subject, "seed " + one + ": " + failure);
            }
        }
        for (int i = 0; i < instances; i++) {
            compare("batch without records", seed + i, RandomBatch.empty(seed + i),
                CompressionType.NONE);
        }
    }

    private void compare(String subject, long seed, byte[] theirs, CompressionType codec)
            throws IOException {
        String text = BatchText.of(theirs);
        same(subject + ", as we read it", seed,
            new String(peer.listBatches(theirs).expected(), StandardCharsets.UTF_8), text);
        CompressionType other = CompressionType.values()[
            (int) Long.remainderUnsigned(seed / 5, CompressionType.values().length)];
        for (CompressionType to : new CompressionType[] {codec, other, CompressionType.NONE}) {
            check(subject + ", built as " + to.name, seed, codec, to, text, theirs,
                peer.rebuildBatch(to.id, theirs).expected());
            if (text.contains("\nrecord\t")) {
                check(subject + ", recompressed as " + to.name, seed, codec, to, text, theirs,
                    peer.recompressBatch(to.id, theirs).expected());
            }
        }
        count(BatchText.firstBatch(theirs));
        totals.batches.increment();
        totals.records.add(text.lines().count() - 1);
        totals.bytes.add(theirs.length);
    }

    private void count(RecordBatch batch) {
        totals.transactional.add(batch.isTransactional() ? 1 : 0);
        totals.logAppendTime.add(batch.timestampType() == TimestampType.LOG_APPEND_TIME ? 1 : 0);
        totals.deleteHorizons.add(batch.deleteHorizonMs().isPresent() ? 1 : 0);
        totals.wrappedSequences.add(batch.lastSequence() < batch.baseSequence() ? 1 : 0);
    }

    /** Codecs differ in bytes between their implementations, not in what is read. */
    private void check(String subject, long seed, CompressionType from, CompressionType to,
            String text, byte[] theirs, byte[] ours) {
        boolean hasRecords = text.contains("\nrecord\t");
        String expected = hasRecords ? text.replaceFirst("\t" + from.name + "\t",
            "\t" + to.name + "\t") : text;
        same(subject, seed, BatchText.of(ours), expected);
        if (from == CompressionType.NONE && to == CompressionType.NONE
                && !Arrays.equals(ours, theirs)) {
            totals.differ(subject, "seed " + seed + ": other bytes");
        }
    }

    private void same(String subject, long seed, String ours, String theirs) {
        if (ours.equals(theirs)) {
            return;
        }
        String[] our = ours.split("\n");
        String[] their = theirs.split("\n");
        for (int i = 0; i < Math.min(our.length, their.length); i++) {
            if (!our[i].equals(their[i])) {
                totals.differ(subject, "seed " + seed + "\n      ours   " + cut(our[i])
                    + "\n      Apache " + cut(their[i]));
                return;
            }
        }
        totals.differ(subject, "seed " + seed + ": " + our.length + " lines, Apache's are "
            + their.length);
    }

    private static String cut(String line) {
        return line.substring(0, Math.min(line.length(), 200));
    }
}
