import java.util.TreeMap;
import java.util.concurrent.atomic.LongAdder;

/** What was compared, and what differed. */
final class EncodingTotals {
    private static final int SHOWN_OF_EACH = 2;

    final LongAdder versions = new LongAdder();
    final LongAdder instances = new LongAdder();
    final LongAdder bytes = new LongAdder();
    final LongAdder unknownTags = new LongAdder();
    final LongAdder json = new LongAdder();
    final LongAdder batches = new LongAdder();
    final LongAdder records = new LongAdder();
    final LongAdder refused = new LongAdder();
    final LongAdder transactional = new LongAdder();
    final LongAdder logAppendTime = new LongAdder();
    final LongAdder deleteHorizons = new LongAdder();
    final LongAdder wrappedSequences = new LongAdder();
    private final TreeMap<String, Integer> differences = new TreeMap<>();

    void count(int size) {
        instances.increment();
        bytes.add(size);
    }

    /** Notes a difference; the first ones of each subject are printed. */
    synchronized void differ(String subject, String text) {
        int before = differences.merge(subject, 1, Integer::sum) - 1;
        if (before < SHOWN_OF_EACH) {
            System.out.println("differs: " + subject + ": " + text);
        }
    }

    synchronized int differences() {
        return differences.values().stream().mapToInt(Integer::intValue).sum();
    }

    synchronized String subjects() {
        return String.join(", ", differences.keySet());
    }
}
