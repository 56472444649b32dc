import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Compares our encodings with Apache's. Arguments: `messages PEER SEED INSTANCES [REGEX]`,
 * `batches PEER SEED INSTANCES`, `golden PEER` (prints frames) or `check-golden PEER` (reads them
 * from stdin), where PEER is our encoding_peer. The last line is a total.
 */
public final class Encoding {
    private static final int THREADS = 2;

    private Encoding() {}

    private record Work(MessageType type, int version) {}

    public static void main(String[] arguments) throws Exception {
        switch (arguments[0]) {
            case "messages" -> messages(arguments[1], Long.parseLong(arguments[2]),
                Integer.parseInt(arguments[3]), arguments.length > 4 ? arguments[4] : "");
            case "batches" -> batches(arguments[1], Long.parseLong(arguments[2]),
                Integer.parseInt(arguments[3]));
            case "golden" -> GoldenFrames.print(arguments[1], System.out);
            case "check-golden" -> GoldenFrames.check(arguments[1], System.in);
            default -> throw new IllegalArgumentException(arguments[0]);
        }
    }

    /** What we describe: {name: {lowest, highest}}. */
    static Map<String, int[]> described(String program) throws IOException {
        Map<String, int[]> described = new TreeMap<>();
        try (EncodingPeer peer = new EncodingPeer(program)) {
            for (String line : peer.messages().split("\n")) {
                String[] fields = line.split("\t");
                described.put(fields[0],
                    new int[] {Integer.parseInt(fields[1]), Integer.parseInt(fields[2])});
            }
        }
        return described;
    }

    private static void messages(String program, long seed, int instances, String regex)
            throws Exception {
        Map<String, MessageType> theirs = MessageType.all();
        Map<String, int[]> ours = described(program);
        ConcurrentLinkedQueue<Work> queue = new ConcurrentLinkedQueue<>();
        int messages = 0;
        for (Map.Entry<String, int[]> one : ours.entrySet()) {
            if (!one.getKey().matches(".*(" + regex + ").*")) {
                continue;
            }
            MessageType type = theirs.get(one.getKey());
            if (type == null) {
                System.out.println("uncovered\t" + one.getKey() + "\tApache has no such class");
                continue;
            }
            messages++;
            int[] versions = one.getValue();
            for (int version = type.lowest; version <= type.highest; version++) {
                if (version >= versions[0] && version <= versions[1]) {
                    queue.add(new Work(type, version));
                } else {
                    System.out.println("uncovered\t" + type.name + "\tour versions are "
                        + versions[0] + "-" + versions[1] + ", not " + version);
                }
            }
        }
        theirs.keySet().stream().filter(name -> !ours.containsKey(name))
            .forEach(name -> System.out.println("undescribed\t" + name));
        EncodingTotals totals = new EncodingTotals();
        inThreads(program, queue, seed, instances, totals);
        print(totals, "messages=" + messages + " versions=" + totals.versions + " instances="
            + totals.instances + " bytes=" + totals.bytes + " with_unknown_tags="
            + totals.unknownTags + " as_json=" + totals.json + " refused_in_another_version="
            + totals.refused);
    }

    private static void inThreads(String program, Queue<Work> queue, long seed, int instances,
            EncodingTotals totals) throws InterruptedException {
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < THREADS; i++) {
            Thread thread = new Thread(() -> work(program, queue, seed, instances, totals));
            thread.start();
            threads.add(thread);
        }
        for (Thread thread : threads) {
            thread.join();
        }
    }

    private static void work(String program, Queue<Work> queue, long seed, int instances,
            EncodingTotals totals) {
        Work work = null;
        try (EncodingPeer peer = new EncodingPeer(program)) {
            while ((work = queue.poll()) != null) {
                compare(work, peer, seed, instances, totals);
            }
        } catch (IOException failure) {
            totals.differ(String.valueOf(work), "encoding_peer has ended: " + failure);
        }
    }

    private static void compare(Work work, EncodingPeer peer, long seed, int instances,
            EncodingTotals totals) throws IOException {
        try {
            new MessageComparison(work.type, work.version, peer, totals).run(seed, instances);
        } catch (RuntimeException failure) {
            totals.differ(work.type.name + " v" + work.version, failure.toString());
        }
    }

    private static void batches(String program, long seed, int instances) throws IOException {
        EncodingTotals totals = new EncodingTotals();
        try (EncodingPeer peer = new EncodingPeer(program)) {
            new BatchComparison(peer, totals).run(seed, instances);
            new ControlComparison(peer, totals).run(seed, instances);
        }
        print(totals, "batches=" + totals.batches + " records=" + totals.records + " bytes="
            + totals.bytes + " transactional=" + totals.transactional + " log_append_time="
            + totals.logAppendTime + " delete_horizons=" + totals.deleteHorizons
            + " wrapped_sequences=" + totals.wrappedSequences);
    }

    private static void print(EncodingTotals totals, String counted) {
        if (totals.differences() > 0) {
            System.out.println("different: " + totals.subjects());
        }
        System.out.println("total " + counted + " differences=" + totals.differences());
    }
}
