import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Produce ADDRESS TOPIC [key=value ...]: produces the records of standard input (see {@link Lines})
 * and writes a line per answer: "line partition offset timestamp", or "line failed reason". Exits
 * with 1 if any record failed.
 */
final class Produce {
    private Produce() {}

    public static void main(String[] arguments) throws IOException {
        String topic = arguments[1];
        AtomicLong failed = new AtomicLong();
        try (var in = new BufferedReader(
                 new InputStreamReader(System.in, StandardCharsets.US_ASCII), 1 << 16);
             var out = new PrintWriter(new BufferedWriter(
                 new OutputStreamWriter(System.out, StandardCharsets.US_ASCII), 1 << 16));
             var producer = new KafkaProducer<>(Lines.configuration(arguments, 2),
                 new ByteArraySerializer(), new ByteArraySerializer())) {
            long number = 0;
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                long current = number++;
                producer.send(record(topic, line.split("\t", -1)), (metadata, error) -> {
                    if (error == null) {
                        out.println(current + " " + metadata.partition() + " " + metadata.offset()
                            + " " + metadata.timestamp());
                    } else {
                        failed.incrementAndGet();
                        out.println(current + " failed " + error);
                    }
                });
            }
            producer.flush();
        }
        System.exit(failed.get() == 0 ? 0 : 1);
    }

    private static ProducerRecord<byte[], byte[]> record(String topic, String[] field) {
        if (field.length != Lines.FIELDS) {
            throw new IllegalArgumentException(field.length + " fields, want " + Lines.FIELDS);
        }
        Integer partition =
            field[Lines.PARTITION].equals("-") ? null : Integer.valueOf(field[Lines.PARTITION]);
        Long timestamp =
            field[Lines.TIMESTAMP].equals("-") ? null : Long.valueOf(field[Lines.TIMESTAMP]);
        return new ProducerRecord<>(topic, partition, timestamp, Lines.bytes(field[Lines.KEY]),
            Lines.bytes(field[Lines.VALUE]), Lines.headers(field[Lines.HEADERS]));
    }
}
