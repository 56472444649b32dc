import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.Arrays;
import java.util.HexFormat;
import org.apache.kafka.common.protocol.Message;

/**
 * Compares our encoding of one version of one message with that of Apache's generated class: both
 * ways, as JSON, and what becomes of an instance in another version.
 */
final class MessageComparison {
    private static final RandomFields.Mood[] MOODS = {
        RandomFields.Mood.MIXED, RandomFields.Mood.EXTREME, RandomFields.Mood.FULL,
        RandomFields.Mood.MIXED, RandomFields.Mood.NULLS, RandomFields.Mood.LONG};
    private static final int JSON_EVERY = 3;

    private final MessageType type;
    private final int version;
    private final EncodingPeer peer;
    private final EncodingTotals totals;
    private final ObjectMapper mapper = new ObjectMapper();

    MessageComparison(MessageType type, int version, EncodingPeer peer, EncodingTotals totals) {
        this.type = type;
        this.version = version;
        this.peer = peer;
        this.totals = totals;
    }

    void run(long seed, int instances) throws IOException {
        compareDefaults();
        encodeTheirs("empty", seed, RandomFields.Mood.EMPTY, 0);
        for (int i = 0; i < instances; i++) {
            long one = seed * 1_000_003 + type.name.hashCode() * 31L + version * 7919L + i;
            encodeTheirs("theirs", one, MOODS[i % MOODS.length], i);
            encodeOurs(one);
        }
        totals.versions.increment();
    }

    private void compareDefaults() throws IOException {
        same("default instance", 0, peer.encodeDefault(type.name, version),
            type.write(type.make(), version));
    }

    private void encodeTheirs(String what, long seed, RandomFields.Mood mood, int i)
            throws IOException {
        byte[] loose = RandomFields.encode(type.schema(version), seed, mood, false);
        Message message = type.read(loose, version);
        byte[] theirs = type.write(message, version);
        if (theirs == null) {
            throw new IllegalStateException("Apache cannot write what it read");
        }
        same(what, seed, peer.recode(type.name, version, version, theirs), theirs);
        if (!Arrays.equals(loose, theirs)) {
            same("tagged fields at their defaults", seed,
                peer.recode(type.name, version, version, loose), theirs);
        }
        byte[] tagged = RandomFields.encode(type.schema(version), seed, mood, true);
        if (!Arrays.equals(loose, tagged)) {
            type.read(tagged, version);
            same("unknown tagged fields", seed,
                peer.recode(type.name, version, version, tagged), theirs);
            totals.unknownTags.increment();
        }
        if (i % JSON_EVERY == 0) {
            compareJson(seed, message, theirs);
        }
        inAnotherVersion(seed, message, theirs, i);
        totals.count(theirs.length);
    }

    /** What the other version lacks is dropped, refused or gets its default by the same rules. */
    private void inAnotherVersion(long seed, Message message, byte[] theirs, int i)
            throws IOException {
        int versions = type.highest - type.lowest + 1;
        int other = type.lowest + i % versions;
        if (other != version) {
            byte[] written = type.write(message, other);
            same("in version " + other, seed, peer.recode(type.name, version, other, theirs),
                written);
            totals.refused.add(written == null ? 1 : 0);
        }
    }

    private void encodeOurs(long seed) throws IOException {
        byte[] ours = peer.encodeRandom(type.name, version, seed).expected();
        byte[] again = type.write(type.read(ours, version), version);
        if (!Arrays.equals(ours, again)) {
            differ("ours", seed, hex(ours), hex(again));
        }
        totals.count(ours.length);
    }

    private void compareJson(long seed, Message message, byte[] bytes) throws IOException {
        String ours = new String(peer.json(type.name, version, bytes).expected(),
            java.nio.charset.StandardCharsets.UTF_8);
        String theirs = type.json(message, version).toString();
        if (!ours.equals(theirs) && !sameJson(ours, theirs)) {
            differ("JSON", seed, ours, theirs);
        }
        totals.json.increment();
    }

    /** The same fields and values in the same order, whatever the form of numbers and escapes. */
    private boolean sameJson(String ours, String theirs) {
        try {
            return mapper.readTree(ours).toString().equals(mapper.readTree(theirs).toString());
        } catch (JsonProcessingException failure) {
            return false;
        }
    }

    private void same(String what, long seed, EncodingPeer.Answer ours, byte[] theirs) {
        boolean equal = ours.bytes() == null ? ours.unsupported() && theirs == null
            : Arrays.equals(ours.bytes(), theirs);
        if (!equal) {
            differ(what, seed, ours.bytes() == null ? ours.problem() : hex(ours.bytes()),
                theirs == null ? "refused" : hex(theirs));
        }
    }

    private void differ(String what, long seed, String ours, String theirs) {
        int at = 0;
        while (at < Math.min(ours.length(), theirs.length())
                && ours.charAt(at) == theirs.charAt(at)) {
            at++;
        }
        int from = Math.max(0, at - 60);
        totals.differ(type.name + " v" + version, what + ", seed " + seed + ", character " + at
            + "\n      ours   " + cut(ours, from) + "\n      Apache " + cut(theirs, from));
    }

    private static String cut(String text, int from) {
        int end = Math.min(text.length(), from + 160);
        return (from > 0 ? "..." : "") + text.substring(Math.min(from, end), end);
    }

    private static String hex(byte[] bytes) {
        return bytes == null ? "refused" : HexFormat.of().formatHex(bytes);
    }
}
