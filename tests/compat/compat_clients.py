"""The Java clients: every codec, byte for byte, across a restart."""

import processes
import records
from processes import expect
from registry import compat_test

CODECS = ("none", "gzip", "snappy", "lz4", "zstd")
PARTITIONS = 3
RECORDS_EACH_TIME = 1_000


def produce(rig, server, topic, sent, *settings):
    """Sends the records with the Java producer; each must be acknowledged at a distinct offset."""
    classpath, main = rig.program("Produce")
    _, out, _ = rig.java(f"produce-{topic}", classpath, main,
                         [server.address, topic, "acks=all", *settings],
                         limit_s=120, stdin_bytes="".join(one.line() for one in sent).encode())
    answers = [line.split() for line in out.splitlines()]
    expect(len(answers) == len(sent), f"{topic}: {len(answers)} answers to {len(sent)} records")
    places = {(answer[1], answer[2]) for answer in answers}
    expect(len(places) == len(sent), f"{topic}: two records were acknowledged at one offset")
    for number, partition, _, timestamp in answers:
        record = sent[int(number)]
        expect((int(partition), int(timestamp)) == (record.partition, record.timestamp),
               f"{topic}: {record} was answered with {partition}, {timestamp}")


def consume(rig, server, topic, *settings):
    """Everything in the topic, by the Java consumer: [(offset, Record)]."""
    classpath, main = rig.program("Consume")
    return records.parse(rig.java(f"consume-{topic}", classpath, main,
                                  [server.address, topic, *settings], limit_s=120)[1])


def create(rig, server, topic, *more, partitions=PARTITIONS):
    rig.tool("kafka-topics", "--bootstrap-server", server.address, "--create", "--topic", topic,
             "--partitions", partitions, *more)


@compat_test(limit_s=400)
def test_java_clients(rig):
    """The Java producer (idempotent, as by default) and consumer with each codec: contents equal
    byte for byte, before and after a restart of the broker."""
    # Random records carry old timestamps, which retention by time would remove.
    server = rig.server(rig.settings(log_retention_ms=-1)).start()
    sent = {}
    for seed, codec in enumerate(CODECS):
        topic = f"codec-{codec}"
        create(rig, server, topic)
        sent[topic] = records.random_records(seed, RECORDS_EACH_TIME, PARTITIONS)
        produce(rig, server, topic, sent[topic], f"compression.type={codec}", "linger.ms=5")
        records.check_equal(sent[topic], consume(rig, server, topic), topic)
    server.stop()
    server.start()
    for seed, codec in enumerate(CODECS):
        topic = f"codec-{codec}"
        records.check_equal(sent[topic], consume(rig, server, topic), f"{topic} after a restart")
        more = records.random_records(seed + 100, RECORDS_EACH_TIME, PARTITIONS)
        produce(rig, server, topic, more, f"compression.type={codec}", "linger.ms=5")
        sent[topic] += more
        records.check_equal(sent[topic], consume(rig, server, topic), f"{topic}, both halves")
    server.stop()


@compat_test(limit_s=120)
def test_java_producer_without_idempotence(rig):
    """acks=0 and acks=1 without idempotence, and small fetches that the consumer must put
    together."""
    server = rig.server(rig.settings(log_retention_ms=-1)).start()
    for acks in (0, 1):
        round_without_idempotence(rig, server, acks)
    server.stop()


def round_without_idempotence(rig, server, acks):
    topic = f"acks-{acks}"
    create(rig, server, topic, partitions=1)
    sent = records.random_records(7, 300, 1)
    classpath, main = rig.program("Produce")
    rig.java(f"produce-{topic}", classpath, main,
             [server.address, topic, f"acks={acks}", "enable.idempotence=false",
              "max.in.flight.requests.per.connection=1"],
             stdin_bytes="".join(one.line() for one in sent).encode())

    def read():
        return consume(rig, server, topic, "fetch.max.bytes=20000",
                       "max.partition.fetch.bytes=10000", "fetch.min.bytes=1")

    # With acks=0 the broker may still be appending when the producer has ended.
    processes.wait_until(lambda: len(read()) >= len(sent), 20, f"{topic} has all its records")
    records.check_equal(sent, read(), topic)
