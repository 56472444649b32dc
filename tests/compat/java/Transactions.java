import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Transactions ADDRESS TOPIC COUNT [key=value ...]: so many transactions of ten records in partition 0,
 * by turns committed and aborted.
 */
final class Transactions {
    private static final int RECORDS = 10;

    private Transactions() {}

    public static void main(String[] arguments) throws ExecutionException, InterruptedException {
        var properties = Lines.configuration(arguments, 3);
        properties.put("transactional.id", "transactions");
        try (var producer = new KafkaProducer<>(properties, new ByteArraySerializer(),
                 new ByteArraySerializer())) {
            producer.initTransactions();
            for (int number = 0; number < Integer.parseInt(arguments[2]); number++) {
                producer.beginTransaction();
                for (int record = 0; record < RECORDS; record++) {
                    byte[] key = ("key-" + record).getBytes(StandardCharsets.US_ASCII);
                    byte[] value = new byte[number * RECORDS + record];
                    // Waited for: an abort drops what has not been sent.
                    producer.send(new ProducerRecord<>(arguments[1], 0, key, value)).get();
                }
                if (number % 2 == 0) {
                    producer.commitTransaction();
                } else {
                    producer.abortTransaction();
                }
            }
        }
    }
}
