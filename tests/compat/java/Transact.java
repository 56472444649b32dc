import java.time.Duration;
import java.util.Properties;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Transact ADDRESS TRANSACTIONAL_ID [key=value ...]: initTransactions(), then one line with what
 * came of it: "ready", or the exception's class; the milliseconds that it took; its message.
 */
final class Transact {
    private Transact() {}

    public static void main(String[] arguments) {
        Properties properties = Lines.configuration(arguments, 2);
        properties.put("transactional.id", arguments[1]);
        var producer =
            new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer());
        long start = System.nanoTime();
        String outcome = "ready";
        String message = "";
        try {
            producer.initTransactions();
        } catch (RuntimeException error) {
            outcome = error.getClass().getName();
            message = String.valueOf(error.getMessage());
        }
        long elapsed = Duration.ofNanos(System.nanoTime() - start).toMillis();
        System.out.println(outcome + "\t" + elapsed + "\t" + message);
        producer.close(Duration.ZERO);
    }
}
