"""python3-kafka: the protocol written in Python. It asks for the oldest versions of all clients."""

import contextlib
import dataclasses
import time

import kafka
from kafka import admin

from client import CALL_LIMIT_S, PATIENCE_S, Client, Follower, Place, Producer
from processes import expect
from records import Record


class PythonKafkaProducer(Producer):
    def __init__(self, address, topic, how):
        self.topic = topic
        # One request at a time: a retry must not overtake.
        self.producer = kafka.KafkaProducer(
            bootstrap_servers=address, acks=how.acks if how.acks == "all" else int(how.acks),
            compression_type=None if how.codec == "none" else how.codec, retries=1_000,
            max_in_flight_requests_per_connection=1, linger_ms=5, reconnect_backoff_max_ms=200,
            max_block_ms=PATIENCE_S * 1000)
        self.futures = []

    def send(self, records):
        for record in records:
            self.futures.append(self.producer.send(
                self.topic, value=record.value, key=record.key, headers=list(record.headers),
                partition=record.partition, timestamp_ms=record.timestamp))

    def flush(self):
        self.producer.flush(PATIENCE_S)
        answers = [future.get(PATIENCE_S) for future in self.futures]
        self.futures = []
        return [Place(answer.partition, answer.offset if answer.offset >= 0 else None)
                for answer in answers]

    def close(self):
        self.producer.close(CALL_LIMIT_S)


@contextlib.contextmanager
def consumer(address, **more):
    reader = kafka.KafkaConsumer(bootstrap_servers=address, group_id=None,
                                 enable_auto_commit=False, reconnect_backoff_max_ms=200, **more)
    try:
        yield reader
    finally:
        reader.close()


def assign(reader, topic, partitions):
    """The partitions, from their beginning on."""
    places = [kafka.TopicPartition(topic, partition) for partition in range(partitions)]
    reader.assign(places)
    reader.seek_to_beginning(*places)
    return places


def records_of(answer):
    """What poll() gave: [(offset, Record)]."""
    return [(message.offset, Record(message.partition, message.timestamp, message.key,
                                    message.value, tuple(message.headers)))
            for messages in answer.values() for message in messages]


class PythonKafkaFollower(Follower):
    def __init__(self, address, topic, partitions):
        self.context = consumer(address)
        self.reader = self.context.__enter__()
        assign(self.reader, topic, partitions)
        self.found = []

    def read(self, count, limit_s):
        deadline = time.monotonic() + limit_s
        while len(self.found) < count:
            expect(time.monotonic() < deadline,
                   f"{len(self.found)} of {count} records came within {limit_s} s")
            self.found += records_of(self.reader.poll(100))
        return self.found

    def close(self):
        self.context.__exit__(None, None, None)


class PythonKafkaClient(Client):
    name = "python_kafka"
    can_be_idempotent = False  # 2.0.2 has no idempotent producer
    can_administer = True

    def adapt(self, records):
        """It sends neither a header without a value nor a record without key and value."""
        return [dataclasses.replace(
            record, key=b"" if record.key is None and record.value is None else record.key,
            headers=tuple((name, value or b"") for name, value in record.headers))
                for record in records]

    def producer(self, topic, how):
        return PythonKafkaProducer(self.address, topic, how)

    def consume(self, topic, partitions):
        found = []
        deadline = time.monotonic() + CALL_LIMIT_S
        with consumer(self.address) as reader:
            places = assign(reader, topic, partitions)
            ends = reader.end_offsets(places)
            while any(reader.position(place) < ends[place] for place in places):
                expect(time.monotonic() < deadline, f"{topic} is not read to {ends}")
                found += records_of(reader.poll(500))
        return found

    def follow(self, topic, partitions):
        return PythonKafkaFollower(self.address, topic, partitions)

    @contextlib.contextmanager
    def admin(self):
        client = admin.KafkaAdminClient(bootstrap_servers=self.address)
        try:
            yield client
        finally:
            client.close()

    def topics(self):
        with self.admin() as client:
            found = {}
            for topic in client.describe_topics():
                for partition in topic["partitions"]:
                    expect(partition["error_code"] == 0 and partition["leader"] >= 0 and
                           len(partition["replicas"]) == 1 and
                           partition["replicas"] == partition["isr"], f"metadata: {topic}")
                found[topic["topic"]] = len(topic["partitions"])
            return found

    def brokers(self):
        with self.admin() as client:
            return {(broker["node_id"], f"{broker['host']}:{broker['port']}")
                    for broker in client.describe_cluster()["brokers"]}

    def offsets_at(self, topic, times):
        with consumer(self.address) as reader:
            answers = reader.offsets_for_times(
                {kafka.TopicPartition(topic, partition): when for partition, when in times.items()})
            return {place.partition: -1 if answer is None else answer.offset
                    for place, answer in answers.items()}

    def create(self, topic, partitions, **configs):
        with self.admin() as client:
            client.create_topics([admin.NewTopic(topic, partitions, 1, topic_configs=configs)])

    def grow(self, topic, partitions):
        with self.admin() as client:
            client.create_partitions({topic: admin.NewPartitions(partitions)})

    def delete(self, topic):
        with self.admin() as client:
            client.delete_topics([topic])

    def configs(self, topic):
        with self.admin() as client:
            answers = client.describe_configs(
                [admin.ConfigResource(admin.ConfigResourceType.TOPIC, topic)])
        (error, message, _, name, entries), = answers[0].resources
        expect(error == 0 and name == topic, f"describe_configs: {error} {message}")
        return {entry[0]: entry[1] for entry in entries}
