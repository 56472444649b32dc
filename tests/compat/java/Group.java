import java.io.BufferedWriter;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Collectors;
import java.util.zip.CRC32;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.SubscriptionPattern;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RebalanceInProgressException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * A member of a consumer group until SIGTERM: writes what it is assigned and what is revoked, each
 * record, and each commit when it has been answered. Then it commits, leaves and exits with 0.
 *
 * <p>Client group ADDRESS TOPIC GROUP [digest] [key=value ...]: with "digest" it writes, for each
 * record, "digest", partition, offset and the CRC-32 of key and value. A TOPIC that begins with "^"
 * is a regular expression for the broker (KIP-848), which must mean one topic.
 */
final class Group implements ConsumerRebalanceListener {
    private static final Duration POLL = Duration.ofMillis(100);

    private final PrintWriter out = new PrintWriter(new BufferedWriter(
        new OutputStreamWriter(System.out, StandardCharsets.US_ASCII), 1 << 16));
    private final Map<TopicPartition, OffsetAndMetadata> uncommitted = new HashMap<>();
    private final boolean digest;
    private volatile boolean ending = false;

    private Group(boolean digest) {
        this.digest = digest;
    }

    static void run(String[] arguments) {
        boolean digest = arguments.length > 4 && arguments[4].equals("digest");
        Properties settings = settings(arguments[1], arguments[3]);
        settings.putAll(Lines.settings(arguments, digest ? 5 : 4));
        if ("consumer".equals(settings.getProperty("group.protocol"))) {
            // The broker says these, and the client accepts no others.
            settings.remove("session.timeout.ms");
            settings.remove("heartbeat.interval.ms");
        }
        Group member = new Group(digest);
        Thread main = Thread.currentThread();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            member.ending = true;
            try {
                main.join();
            } catch (InterruptedException interrupted) {
                Runtime.getRuntime().halt(1);
            }
            // Otherwise the JVM would say 143, whatever became of the commit.
            Runtime.getRuntime().halt(member.uncommitted.isEmpty() ? 0 : 1);
        }));
        member.consume(settings, arguments[2]);
    }

    private static Properties settings(String address, String group) {
        Properties properties = new Properties();
        properties.put("bootstrap.servers", address);
        properties.put("group.id", group);
        properties.put("enable.auto.commit", "false");
        properties.put("auto.offset.reset", "earliest");
        properties.put("session.timeout.ms", "10000");
        properties.put("heartbeat.interval.ms", "300");
        properties.put("max.poll.interval.ms", "30000");
        properties.put("metadata.max.age.ms", "5000");
        properties.put("reconnect.backoff.max.ms", "200");
        properties.put("retry.backoff.max.ms", "200");
        return properties;
    }

    private void consume(Properties settings, String topic) {
        try (var consumer = new KafkaConsumer<>(
                 settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            if (topic.startsWith("^")) {
                consumer.subscribe(new SubscriptionPattern(topic), this);
            } else {
                consumer.subscribe(List.of(topic), this);
            }
            while (!ending) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
                    out.println(digest ? digest(record) : Lines.record(record));
                    uncommitted.put(new TopicPartition(record.topic(), record.partition()),
                        new OffsetAndMetadata(record.offset() + 1));
                }
                commit(consumer);
            }
            commit(consumer);
        }
        out.println("left");
        out.flush();
    }

    private void commit(KafkaConsumer<byte[], byte[]> consumer) {
        out.flush();
        if (uncommitted.isEmpty()) {
            return;
        }
        try {
            consumer.commitSync(uncommitted);
        } catch (RetriableException | CommitFailedException
                 | RebalanceInProgressException error) {
            System.err.println("commit: " + error);
            return;  // again after the next poll, which rejoins the group where it must
        }
        uncommitted.forEach((partition, place) ->
            out.println("committed " + partition.partition() + " " + place.offset()));
        uncommitted.clear();
        out.flush();
    }

    private static String digest(ConsumerRecord<byte[], byte[]> record) {
        CRC32 crc = new CRC32();
        crc.update(record.key());
        crc.update(record.value());
        return "digest " + record.partition() + " " + record.offset() + " " + crc.getValue();
    }

    @Override
    public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
        print("assigned", partitions);
    }

    @Override
    public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
        uncommitted.keySet().removeAll(partitions);
        print("revoked", partitions);
    }

    private void print(String what, Collection<TopicPartition> partitions) {
        if (!partitions.isEmpty()) {
            out.println(what + " " + partitions.stream()
                .map(partition -> String.valueOf(partition.partition()))
                .collect(Collectors.joining(",")));
            out.flush();
        }
    }
}
