"""python3-confluent-kafka: librdkafka from Python, with its consumer for groups and assign()."""

import time

import confluent_kafka
from confluent_kafka import admin

from client import CALL_LIMIT_S, PATIENCE_S, Client, Follower, Place, Producer
from processes import expect
from records import Record


class ConfluentProducer(Producer):
    def __init__(self, settings, topic):
        self.producer = confluent_kafka.Producer(settings)
        self.topic = topic
        self.places, self.errors = [], []

    def send(self, records):
        for record in records:
            number = len(self.places)
            self.places.append(None)
            headers = list(record.headers) or None
            while True:
                try:
                    self.producer.produce(
                        self.topic, value=record.value, key=record.key, headers=headers,
                        partition=record.partition, timestamp=record.timestamp or 0,
                        on_delivery=lambda error, message, number=number:
                            self.answered(number, error, message))
                    break
                except BufferError:
                    self.producer.poll(0.1)
            self.producer.poll(0)

    def answered(self, number, error, message):
        if error is not None:
            self.errors.append(f"record {number}: {error}")
            return
        self.places[number] = Place(message.partition(), message.offset())

    def flush(self):
        left = self.producer.flush(PATIENCE_S)
        expect(left == 0 and not self.errors, f"{left} not answered, {self.errors[:3]}")
        places, self.places = self.places, []
        return places

    def close(self):
        self.producer = None  # its threads end with it


def consumer(address, **more):
    """group.id is required, and no group is joined: partitions are assigned by hand."""
    return confluent_kafka.Consumer({
        "bootstrap.servers": address, "group.id": "not-joined", "enable.auto.commit": False,
        "reconnect.backoff.max.ms": 200, **more})


def assign(reader, topic, partitions):
    reader.assign([confluent_kafka.TopicPartition(topic, partition, 0)
                   for partition in range(partitions)])


def record_of(message):
    """(offset, Record)."""
    headers = tuple((name, value) for name, value in message.headers() or ())
    return message.offset(), Record(message.partition(), message.timestamp()[1], message.key(),
                                    message.value(), headers)


# What a consumer without a group is told and need not heed: that its broker is away, and once that
# there are no consumer groups (librdkafka asks for the coordinator because there is a group.id).
PASSING = (confluent_kafka.KafkaError._ALL_BROKERS_DOWN, confluent_kafka.KafkaError._TRANSPORT,
           confluent_kafka.KafkaError.UNSUPPORTED_VERSION)


class ConfluentFollower(Follower):
    def __init__(self, reader):
        self.reader = reader
        self.found = []

    def read(self, count, limit_s):
        deadline = time.monotonic() + limit_s
        while len(self.found) < count:
            expect(time.monotonic() < deadline,
                   f"{len(self.found)} of {count} records came within {limit_s} s")
            message = self.reader.poll(0.1)
            if message is None:
                continue
            if message.error() is None:
                self.found.append(record_of(message))
            else:
                expect(message.error().code() in PASSING, f"consume: {message.error()}")
        return self.found

    def close(self):
        self.reader.close()


class ConfluentClient(Client):
    name = "confluent_kafka"
    can_administer = True

    def producer(self, topic, how):
        return ConfluentProducer({
            "bootstrap.servers": self.address, "acks": how.acks, "compression.type": how.codec,
            "enable.idempotence": how.idempotent, "message.timeout.ms": PATIENCE_S * 1000,
            "reconnect.backoff.max.ms": 200}, topic)

    def consume(self, topic, partitions):
        reader = consumer(self.address, **{"fetch.wait.max.ms": 50, "enable.partition.eof": True})
        assign(reader, topic, partitions)
        found, left = [], set(range(partitions))
        deadline = time.monotonic() + CALL_LIMIT_S
        while left:
            expect(time.monotonic() < deadline, f"{topic}: no end of {left}")
            message = reader.poll(1)
            if message is None:
                continue
            if message.error() is None:
                found.append(record_of(message))
            elif message.error().code() == confluent_kafka.KafkaError._PARTITION_EOF:
                left.discard(message.partition())
            else:
                expect(message.error().code() in PASSING, f"consume: {message.error()}")
        reader.close()
        return found

    def follow(self, topic, partitions):
        reader = consumer(self.address)
        assign(reader, topic, partitions)
        return ConfluentFollower(reader)

    def admin(self):
        return admin.AdminClient({"bootstrap.servers": self.address})

    def topics(self):
        found = {}
        for name, topic in self.admin().list_topics(timeout=CALL_LIMIT_S).topics.items():
            for partition in topic.partitions.values():
                expect(partition.error is None and partition.leader >= 0 and
                       len(partition.replicas) == 1 and partition.replicas == partition.isrs,
                       f"metadata of {name}-{partition.id}: {partition.error}")
            found[name] = len(topic.partitions)
        return found

    def brokers(self):
        brokers = self.admin().list_topics(timeout=CALL_LIMIT_S).brokers.values()
        return {(broker.id, f"{broker.host}:{broker.port}") for broker in brokers}

    def offsets_at(self, topic, times):
        reader = consumer(self.address)
        answers = reader.offsets_for_times(
            [confluent_kafka.TopicPartition(topic, *question) for question in times.items()],
            timeout=CALL_LIMIT_S)
        expect(all(answer.error is None for answer in answers), f"offsets: {answers}")
        reader.close()
        return {answer.partition: max(answer.offset, -1) for answer in answers}

    def ask(self, question, key):
        """The answer for `key` to a question to the admin client, which must outlive the answer."""
        client = self.admin()
        return question(client)[key].result(CALL_LIMIT_S)

    def create(self, topic, partitions, **configs):
        new = admin.NewTopic(topic, num_partitions=partitions, replication_factor=1,
                             config=configs)
        self.ask(lambda client: client.create_topics([new], operation_timeout=30), topic)

    def grow(self, topic, partitions):
        new = admin.NewPartitions(topic, partitions)
        self.ask(lambda client: client.create_partitions([new]), topic)

    def delete(self, topic):
        self.ask(lambda client: client.delete_topics([topic], operation_timeout=30), topic)

    def configs(self, topic):
        """{key: text} as the broker describes the topic."""
        resource = admin.ConfigResource(admin.ConfigResource.Type.TOPIC, topic)
        entries = self.ask(lambda client: client.describe_configs([resource]), resource)
        return {name: entry.value for name, entry in entries.items()}
