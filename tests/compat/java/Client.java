import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * The command line that every client of the group tests has (../clients/README.md): Client VERB
 * ADDRESS TOPIC ..., with the Java clients.
 */
final class Client {
    private static final Duration POLL = Duration.ofMillis(200);

    private Client() {}

    public static void main(String[] arguments) throws Exception {
        String address = arguments[1];
        String topic = arguments[2];
        switch (arguments[0]) {
            case "create" -> create(address, topic, Integer.parseInt(arguments[3]));
            case "produce" -> produce(address, topic, arguments[3]);
            case "group" -> Group.run(arguments);
            case "timestamp" -> timestamp(address, topic, Long.parseLong(arguments[3]));
            case "delete" -> delete(address, topic);
            default -> throw new IllegalArgumentException("no verb " + arguments[0]);
        }
    }

    private static Properties at(String address) {
        Properties properties = new Properties();
        properties.put("bootstrap.servers", address);
        return properties;
    }

    private static void create(String address, String topic, int partitions) throws Exception {
        try (Admin admin = Admin.create(at(address))) {
            var wanted = new NewTopic(topic, Optional.of(partitions), Optional.empty());
            admin.createTopics(List.of(wanted)).all().get();
        }
    }

    private static void delete(String address, String topic) throws Exception {
        try (Admin admin = Admin.create(at(address))) {
            admin.deleteTopics(List.of(topic)).all().get();
        }
    }

    private static void produce(String address, String topic, String codec) throws IOException {
        Produce.main(
            new String[] {address, topic, "acks=all", "linger.ms=5", "compression.type=" + codec});
    }

    private static void timestamp(String address, String topic, long time) {
        try (var out = new PrintWriter(new BufferedWriter(
                 new OutputStreamWriter(System.out, StandardCharsets.US_ASCII)));
             var consumer = new KafkaConsumer<>(
                 at(address), new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            Map<TopicPartition, Long> wanted =
                consumer.partitionsFor(topic).stream().collect(Collectors.toMap(
                    info -> new TopicPartition(topic, info.partition()), info -> time));
            Map<TopicPartition, OffsetAndTimestamp> found = consumer.offsetsForTimes(wanted);
            for (TopicPartition partition : wanted.keySet()) {
                OffsetAndTimestamp place = found.get(partition);
                long offset = place == null ? -1 : place.offset();
                out.println("at " + partition.partition() + " " + offset);
                if (place != null) {
                    out.println(Lines.record(first(consumer, partition, offset)));
                }
            }
        }
    }

    private static ConsumerRecord<byte[], byte[]> first(
        KafkaConsumer<byte[], byte[]> consumer, TopicPartition partition, long offset) {
        consumer.assign(List.of(partition));
        consumer.seek(partition, offset);
        while (true) {
            for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
                return record;
            }
        }
    }
}
