import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.MetadataResponseData;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Message;
import org.apache.kafka.common.protocol.MessageUtil;
import org.apache.kafka.common.record.internal.MemoryRecords;

/**
 * Apache's generated codec on the messages of src/protocol/codec_bench.cc, one line each: name,
 * nanoseconds, bytes. Compiled code is measured: each runs for two seconds before.
 */
public final class CodecBench {
    private static final int RECORDS_BYTES = 1024;
    private static final Uuid TOPIC = new Uuid(0x0102030405060708L, 0x090a0b0c0d0e0f10L);
    private static final long WARM_UP_NS = 2_000_000_000L;
    private static final long MEASURE_NS = 1_000_000_000L;
    private static volatile Object sink;

    private static MemoryRecords records() {
        byte[] bytes = new byte[RECORDS_BYTES];
        for (int i = 0; i < bytes.length; i++) bytes[i] = (byte) (i * 31);
        return MemoryRecords.readableRecords(ByteBuffer.wrap(bytes));
    }

    private static ProduceRequestData produceRequest(int partitions) {
        var topic = new ProduceRequestData.TopicProduceData().setTopicId(TOPIC);
        for (int i = 0; i < partitions; i++) {
            topic.partitionData().add(new ProduceRequestData.PartitionProduceData()
                .setIndex(i).setRecords(records()));
        }
        var request = new ProduceRequestData().setAcks((short) -1).setTimeoutMs(30_000);
        request.topicData().add(topic);
        return request;
    }

    private static FetchResponseData fetchResponse(int partitions) {
        var topic = new FetchResponseData.FetchableTopicResponse().setTopicId(TOPIC);
        for (int i = 0; i < partitions; i++) {
            topic.partitions().add(new FetchResponseData.PartitionData().setPartitionIndex(i)
                .setHighWatermark(1_000_000 + i).setLastStableOffset(1_000_000 + i)
                .setLogStartOffset(0).setAbortedTransactions(null).setRecords(records()));
        }
        return new FetchResponseData().setSessionId(7).setResponses(new ArrayList<>(List.of(topic)));
    }

    private static MetadataResponseData metadataResponse(int partitions) {
        var response = new MetadataResponseData();
        for (int id = 1; id <= 3; id++) {
            response.brokers().add(new MetadataResponseData.MetadataResponseBroker().setNodeId(id)
                .setHost("broker.example.org").setPort(9092));
        }
        for (int t = 0; t < 100; t++) {
            // The reference keeps topics in a set by name: theirs differ, in the same length.
            var topic = new MetadataResponseData.MetadataResponseTopic()
                .setName(String.format("a.topic.with.a.name.of.the.usual.len%03d", t));
            for (int i = 0; i < partitions / 100; i++) {
                topic.partitions().add(new MetadataResponseData.MetadataResponsePartition()
                    .setPartitionIndex(i).setLeaderId(1).setReplicaNodes(List.of(1, 2, 3))
                    .setIsrNodes(List.of(1, 2, 3)));
            }
            response.topics().add(topic);
        }
        return response;
    }

    private static double nanoseconds(Supplier<Object> work) {
        run(work, WARM_UP_NS);
        return run(work, MEASURE_NS);
    }

    private static double run(Supplier<Object> work, long limit) {
        long begin = System.nanoTime();
        long done = 0;
        long now;
        do {
            for (int i = 0; i < 16; i++) sink = work.get();
            done += 16;
            now = System.nanoTime();
        } while (now - begin < limit);
        return (double) (now - begin) / done;
    }

    private static void measure(String what, Message message, Supplier<Message> empty, int version) {
        ByteBuffer frame = MessageUtil.toByteBufferAccessor(message, (short) version).buffer();
        double encode = nanoseconds(
            () -> MessageUtil.toByteBufferAccessor(message, (short) version).buffer());
        double decode = nanoseconds(() -> {
            Message decoded = empty.get();
            decoded.read(new ByteBufferAccessor(frame.duplicate()), (short) version);
            return decoded;
        });
        System.out.printf("encode/%s\t%.0f\t%d%n", what, encode, frame.remaining());
        System.out.printf("decode/%s\t%.0f\t%d%n", what, decode, frame.remaining());
    }

    public static void main(String[] arguments) {
        int produce = ProduceRequestData.HIGHEST_SUPPORTED_VERSION;
        int fetch = FetchResponseData.HIGHEST_SUPPORTED_VERSION;
        int metadata = MetadataResponseData.HIGHEST_SUPPORTED_VERSION;
        measure("Produce/partitions:1", produceRequest(1), ProduceRequestData::new, produce);
        measure("Produce/partitions:100", produceRequest(100), ProduceRequestData::new, produce);
        measure("FetchResponse/partitions:100", fetchResponse(100), FetchResponseData::new, fetch);
        measure("MetadataResponse/partitions:10000", metadataResponse(10_000),
            MetadataResponseData::new, metadata);
    }
}
