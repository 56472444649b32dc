import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;

/**
 * The text form of a record that these programs read and write, one per line, fields separated by
 * tabs: partition, offset, timestamp, key, value, headers. Bytes are in hex, "-" is null (or, for
 * a partition, offset or timestamp, "not given"); headers are name:value,name:value.
 */
final class Lines {
    static final int PARTITION = 0;
    static final int OFFSET = 1;
    static final int TIMESTAMP = 2;
    static final int KEY = 3;
    static final int VALUE = 4;
    static final int HEADERS = 5;
    static final int FIELDS = 6;

    private static final HexFormat HEX = HexFormat.of();

    private Lines() {}

    static String hex(byte[] bytes) {
        return bytes == null ? "-" : HEX.formatHex(bytes);
    }

    static byte[] bytes(String field) {
        return field.equals("-") ? null : HEX.parseHex(field);
    }

    static String headers(Iterable<Header> headers) {
        StringBuilder text = new StringBuilder();
        for (Header header : headers) {
            text.append(text.isEmpty() ? "" : ",")
                .append(hex(header.key().getBytes(StandardCharsets.UTF_8)))
                .append(':')
                .append(hex(header.value()));
        }
        return text.toString();
    }

    static List<Header> headers(String field) {
        List<Header> headers = new ArrayList<>();
        if (field.isEmpty()) {
            return headers;
        }
        for (String one : field.split(",")) {
            int colon = one.indexOf(':');
            String name = new String(bytes(one.substring(0, colon)), StandardCharsets.UTF_8);
            headers.add(new RecordHeader(name, bytes(one.substring(colon + 1))));
        }
        return headers;
    }

    /** A record as a group's member or a look by timestamp has read it: "record", its fields. */
    static String record(ConsumerRecord<byte[], byte[]> record) {
        return "record\t" + fields(record);
    }

    static String fields(ConsumerRecord<byte[], byte[]> record) {
        return record.partition() + "\t" + record.offset() + "\t" + record.timestamp() + "\t"
            + hex(record.key()) + "\t" + hex(record.value()) + "\t" + headers(record.headers());
    }

    /** The configuration of a client: the address, then the key=value arguments from `first`. */
    static Properties configuration(String[] arguments, int first) {
        Properties properties = settings(arguments, first);
        properties.put("bootstrap.servers", arguments[0]);
        return properties;
    }

    /** The key=value arguments from `first`. */
    static Properties settings(String[] arguments, int first) {
        Properties properties = new Properties();
        for (int i = first; i < arguments.length; i++) {
            int equals = arguments[i].indexOf('=');
            properties.put(arguments[i].substring(0, equals), arguments[i].substring(equals + 1));
        }
        return properties;
    }
}
