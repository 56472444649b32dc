import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeSet;
import org.apache.kafka.common.protocol.Message;

/**
 * The lines of src/protocol/testdata/golden.tsv: a small frame for each version of each message
 * that we describe, as Apache's generated class writes it, and its JSON. Of the newest version
 * there is one more, with null wherever that is allowed.
 */
final class GoldenFrames {
    private GoldenFrames() {}

    /** Prints the lines, then "total frames=N". */
    static void print(String program, PrintStream out) throws Exception {
        Map<String, MessageType> theirs = MessageType.all();
        int frames = 0;
        for (Map.Entry<String, int[]> one : Encoding.described(program).entrySet()) {
            MessageType type = theirs.get(one.getKey());
            for (int version = one.getValue()[0]; version <= one.getValue()[1]; version++) {
                out.println(line(type, version, RandomFields.Mood.TINY));
                frames++;
            }
            String nulls = line(type, one.getValue()[1], RandomFields.Mood.TINY_NULLS);
            if (!nulls.equals(line(type, one.getValue()[1], RandomFields.Mood.TINY))) {
                out.println(nulls);
                frames++;
            }
        }
        out.println("total frames=" + frames);
    }

    private static String line(MessageType type, int version, RandomFields.Mood mood) {
        long seed = type.name.hashCode() * 31L + version;
        byte[] loose = RandomFields.encode(type.schema(version), seed, mood, false);
        Message message = type.read(loose, version);
        return String.join("\t", type.name, String.valueOf(version),
            HexFormat.of().formatHex(type.write(message, version)),
            type.json(message, version).toString());
    }

    /** Says "total frames=N missing=N differences=N" of the lines on stdin. */
    static void check(String program, InputStream lines) throws Exception {
        Map<String, MessageType> theirs = MessageType.all();
        TreeSet<String> missing = new TreeSet<>();
        Encoding.described(program).forEach((name, versions) -> {
            for (int version = versions[0]; version <= versions[1]; version++) {
                missing.add(name + " v" + version);
            }
        });
        int frames = 0;
        int differences = 0;
        BufferedReader reader = new BufferedReader(
            new InputStreamReader(lines, StandardCharsets.UTF_8));
        for (String line = reader.readLine(); line != null; line = reader.readLine()) {
            String[] fields = line.split("\t", 4);
            frames++;
            missing.remove(fields[0] + " v" + fields[1]);
            if (!agrees(theirs.get(fields[0]), Integer.parseInt(fields[1]), fields)) {
                System.out.println("differs: golden frame of " + fields[0] + " v" + fields[1]);
                differences++;
            }
        }
        missing.forEach(one -> System.out.println("missing: golden frame of " + one));
        System.out.println("total frames=" + frames + " missing=" + missing.size()
            + " differences=" + differences);
    }

    private static boolean agrees(MessageType type, int version, String[] fields)
            throws IOException {
        if (type == null) {
            return false;
        }
        byte[] bytes = HexFormat.of().parseHex(fields[2]);
        Message message = type.read(bytes, version);
        return Arrays.equals(bytes, type.write(message, version))
            && type.json(message, version).toString().equals(fields[3]);
    }
}
