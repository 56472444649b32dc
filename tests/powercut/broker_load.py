"""Clients that use a broker until it dies, and write down in a Ledger what they were told."""

import itertools
import random
import threading
import time

from broker_ledger import COMPACTED, Batch, Value, describe
from broker_wire import NONE, Connection, batches, record_batch

NAMES = ("tables", "trees", "birds", "a.very-long_name-of-a-topic-of-which-there-may-be-some")
# What a client may be told of a topic that is being deleted: UNKNOWN_TOPIC_OR_PARTITION,
# LEADER_NOT_AVAILABLE, NOT_LEADER_OR_FOLLOWER, KAFKA_STORAGE_ERROR, UNKNOWN_TOPIC_ID.
DELETION_ERRORS = {3, 5, 6, 56, 100}
OUT_OF_RANGE = 1
# Of what a fault has taken out of service: NOT_LEADER_OR_FOLLOWER, KAFKA_STORAGE_ERROR.
STORAGE_ERRORS = {6, 56}

_serial = itertools.count()


class Refused(Exception):
    """By the controller: what was asked for may or may not happen."""


class Client(threading.Thread):
    def __init__(self, ledger, port, seed):
        super().__init__(daemon=True)
        self.ledger, self.port, self.chance = ledger, port, random.Random(seed)
        self.over = threading.Event()

    def run(self):
        try:
            connection = Connection(self.port)
            while not self.over.is_set():
                self.step(connection)
        except Refused as refused:
            # Whoever was refused asks no more, so that only that is in doubt.
            if not self.ledger.faulty:
                self.ledger.complain(f"{type(self).__name__}: {refused}")
        except OSError as error:
            # The broker is killed while the clients run.
            if not self.over.is_set():
                self.ledger.complain(f"{type(self).__name__}: {error}")
        except Exception as error:  # any other is a wrong answer
            self.ledger.complain(f"{type(self).__name__}: {error!r}")

    def step(self, connection):
        raise NotImplementedError

    def refused(self, what, topic, error):
        """Complains unless there is a reason."""
        excused = DELETION_ERRORS if topic.deleting else self.ledger.excused
        if error not in excused:
            self.ledger.complain(f"{what} {topic.name}: error {error}")

    def expect_none(self, what, error):
        if error != NONE:
            raise Refused(f"{what}: error {error}")


class Producer(Client):
    def __init__(self, ledger, port, seed, idempotent):
        super().__init__(ledger, port, seed)
        self.idempotent = idempotent
        self.identity = None
        self.sequences = {}
        self.again = {}  # place: a Batch that was refused for a while

    def make(self, topic, partition):
        chance, records = self.chance, []
        for _ in range(chance.randint(1, 4)):
            value = b"%d " % next(_serial)
            records.append((b"k", value + bytes([chance.randrange(256)]) * chance.choice(
                (0, 20, 200, 900))))
        sequence = -1
        if self.idempotent:
            sequence = self.sequences.get((topic.id, partition), 0)
            self.sequences[(topic.id, partition)] = sequence + len(records)
        producer = self.identity or (-1, -1)
        timestamp = int(time.time() * 1000) + chance.randint(-1000, 1000)
        data = record_batch(records, 0, *producer, sequence, timestamp)
        return Batch(topic, partition, data, self.identity)

    def step(self, connection):
        """Up to five requests in flight. Of an idempotent producer one batch per partition: as in
        Apache Kafka a producer snapshot knows only the newest, so that a recovered broker does not
        recognize what was sent before it."""
        if self.idempotent and self.identity is None:
            error, *identity = connection.init_producer_id()
            self.expect_none("InitProducerId", error)
            self.identity, self.sequences = tuple(identity), {}
            self.ledger.got_producer_id(self.identity[0])
        places = [(topic, partition) for topic in self.ledger.usable()
                  for partition in range(topic.partitions)]
        if not places:
            time.sleep(0.001)
            return
        requests, used = [], set()
        for _ in range(self.chance.randint(1, 5)):
            count = min(len(places), self.chance.choice((1, 1, 2, 4, 16)))
            chosen = self.chance.sample(places, count)
            if self.idempotent:
                chosen = [one for one in chosen if (one[0].id, one[1]) not in used]
                used.update((topic.id, partition) for topic, partition in chosen)
            if not chosen:
                continue
            chosen.sort(key=lambda one: (one[0].id, one[1]))
            made = [self.again.pop((topic.id, partition), None) or self.make(topic, partition)
                    for topic, partition in chosen]
            for one in made:
                self.ledger.sending(one)
            connection.send_produce([(*one.place, one.data) for one in made])
            requests.append({one.place: one for one in made})
        for request in requests:
            for topic_id, partition, error, offset in connection.receive_produce():
                one = request.pop((topic_id, partition))
                again = (self.idempotent and error in STORAGE_ERRORS and not one.topic.deleting)
                self.ledger.answered(one, offset if error == NONE else None, again)
                if error != NONE:
                    self.refused("produce to", one.topic, error)
                if again:
                    self.again[one.place] = one
                elif error != NONE:
                    self.identity = None
                    self.again.clear()
            if request:
                raise ValueError(f"no answer for {list(map(describe, request))}")
        # Much data says nothing more and takes long to check.
        time.sleep(self.chance.random() * 0.02)


class Updater(Client):
    """Overwrites few keys of a compacted topic, in order: what was acknowledged last of a key is the
    least that may be found of it."""

    KEYS, PARTITIONS = 20, 2

    def step(self, connection):
        topic = next(iter(self.ledger.compacted()), None)
        if topic is None:
            self.ledger.asked_topics[COMPACTED] = self.PARTITIONS
            error, topic_id = connection.create_topic(COMPACTED, self.PARTITIONS, {
                "cleanup.policy": "compact", "min.cleanable.dirty.ratio": "0.01",
                "index.interval.bytes": 256, "segment.index.bytes": 80, "file.delete.delay.ms": 0})
            self.expect_none(f"CreateTopics of {COMPACTED}", error)
            self.ledger.created(COMPACTED, topic_id, self.PARTITIONS)
            return
        made = {}
        for partition in range(topic.partitions):
            keys = self.chance.sample(range(self.KEYS), self.chance.randint(1, 4))
            made[partition] = [topic.values.setdefault((partition, b"%d" % key), Value())
                               for key in keys]
            records = []
            for key, value in zip(keys, made[partition], strict=True):
                value.sent += 1
                records.append((b"%d" % key, b"%d " % value.sent + bytes(self.chance.choice((0, 300)))))
            data = record_batch(records, 0, -1, -1, -1, int(time.time() * 1000))
            connection.send_produce([(topic.id, partition, data)])
        for _ in made:
            (_, partition, error, _), = connection.receive_produce()
            if error != NONE:
                self.refused("produce to", topic, error)
                continue
            for value in made[partition]:
                value.acknowledged = value.sent
        time.sleep(self.chance.random() * 0.01)


class Reader(Client):
    """What somebody has read must not vanish, even if nobody was told that it was written."""

    def step(self, connection):
        usable = self.ledger.usable()
        if usable:
            topic = self.chance.choice(usable)
            place = topic.id, self.chance.randrange(topic.partitions)
            first = self.ledger.starts.get(place, 0)
            start = self.chance.randint(first, max(first, self.ledger.ends.get(place, 0)))
            wanted = (*place, start, self.chance.choice((1, 60_000)))
            error, end, data = connection.fetch([wanted])[place]
            if error == NONE:
                self.ledger.seen_end(place, end)
                for base, _, _, body in batches(data):
                    self.ledger.read(place, base, body)
            elif not (error == OUT_OF_RANGE and start < self.ledger.starts_asked.get(place, 0)):
                self.refused("fetch from", topic, error)
        time.sleep(0.002)


class Mover(Client):
    """Moves partitions between the log directories, back and forth, also before they have arrived."""

    REPLICA_NOT_AVAILABLE = 9

    def __init__(self, ledger, port, seed, directories):
        super().__init__(ledger, port, seed)
        self.directories = directories

    def step(self, connection):
        usable = self.ledger.usable() + self.ledger.compacted()
        if usable:
            topic = self.chance.choice(usable)
            partition = self.chance.randrange(topic.partitions)
            path = str(self.chance.choice(self.directories))
            error = connection.move_replica(path, topic.name, partition)
            if error != NONE and not (topic.deleting and error == self.REPLICA_NOT_AVAILABLE):
                self.refused(f"move to {path} of", topic, error)
        time.sleep(self.chance.random() * 0.02)


class Administrator(Client):
    def step(self, connection):
        ledger, chance = self.ledger, self.chance
        name = chance.choice(NAMES)
        topic = ledger.find(name)
        if topic is None:
            # Once more than 8 partitions, so that a flush round has more files than fdatasync gets.
            partitions = chance.choice((1, 2, 12))
            ledger.asked_topics[name] = partitions
            # A full offset index is the one reason to roll that has no large minimum.
            error, topic_id = connection.create_topic(name, partitions, {
                "index.interval.bytes": 256, "segment.index.bytes": chance.choice((24, 80, 400)),
                "file.delete.delay.ms": chance.choice((0, 60_000))})
            self.expect_none(f"CreateTopics of {name}", error)
            ledger.created(name, topic_id, partitions)
        elif chance.random() < 0.4:
            self.delete_records(connection, topic)
        elif chance.random() < 0.3:
            topic.deleting = True
            error = connection.delete_topic(name)
            self.expect_none(f"DeleteTopics of {name}", error)
            topic.deleted = True
        elif chance.random() < 0.3 and topic.partitions < 14:
            topic.partitions_asked = topic.partitions + 1
            error = connection.create_partitions(name, topic.partitions_asked)
            self.expect_none(f"CreatePartitions of {name}", error)
            topic.partitions, topic.partitions_asked = topic.partitions_asked, 0
        time.sleep(chance.random() * 0.05)

    def delete_records(self, connection, topic):
        partition = self.chance.randrange(topic.partitions)
        place = topic.id, partition
        offset = self.chance.randint(0, self.ledger.ends.get(place, 0))
        self.ledger.deleting_records(place, offset)
        error, start = connection.delete_records(topic.name, partition, offset)
        if error == NONE:
            self.ledger.deleted_records(place, start)
        else:
            self.refused("delete records of", topic, error)


def clients(ledger, port, chance, directories):
    def seed():
        return chance.getrandbits(32)

    return [Producer(ledger, port, seed(), idempotent=True),
            Producer(ledger, port, seed(), idempotent=True),
            Producer(ledger, port, seed(), idempotent=False),
            Updater(ledger, port, seed()), Reader(ledger, port, seed()),
            Administrator(ledger, port, seed()),
            *([Mover(ledger, port, seed(), directories)] if len(directories) > 1 else [])]
