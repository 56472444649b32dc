"""What the broker has promised: everything that a client was told, and what it may have done beside
that. One lock for all: the clients run on threads."""

import dataclasses
import threading

from broker_wire import BODY_AT


COMPACTED = "compacted"


@dataclasses.dataclass
class Topic:
    """One incarnation of a name."""

    name: str
    id: bytes
    partitions: int
    partitions_asked: int = 0  # in doubt: asked for, not answered
    deleting: bool = False  # asked for
    deleted: bool = False  # answered
    values: dict | None = None  # of a compacted one: {(partition, key): Value}


@dataclasses.dataclass
class Value:
    """Of one key in a compacted partition: numbers that ascend."""

    sent: int = 0
    acknowledged: int = 0


@dataclasses.dataclass
class Batch:
    topic: Topic
    partition: int
    data: bytes
    producer: tuple | None  # (id, epoch) of an idempotent one
    offset: int | None = None  # acknowledged

    @property
    def place(self):
        return self.topic.id, self.partition

    @property
    def body(self):
        """All but what the broker sets."""
        return self.data[BODY_AT:]


class Ledger:
    def __init__(self):
        self.lock = threading.Lock()
        self.cluster_id = None
        self.topics = []
        self.asked_topics = {}  # name: partitions of creations that were not answered
        self.producer_ids = set()
        self.promised = {}  # place: {base offset: body}, acknowledged or read
        self.sent = {}  # place: {body: Batch}
        self.in_doubt = []  # of idempotent producers, in the order of sending
        self.last = {}  # (place, producer): the newest acknowledged Batch
        self.ends = {}  # place: high watermark that was seen
        self.starts = {}  # place: below it records were deleted
        self.starts_asked = {}  # place: the highest that was asked for
        self.complaints = []
        self.faulty = False  # the controller may refuse
        self.excused = frozenset()  # errors that partitions may answer
        self.acknowledged = 0
        self.compacted_away = 0  # records, as the last look has found

    def complain(self, text):
        with self.lock:
            self.complaints.append(text)

    # ---- Data

    def usable(self):
        with self.lock:
            return [topic for topic in self.topics
                    if not topic.deleting and not topic.deleted and topic.values is None]

    def compacted(self):
        with self.lock:
            return [topic for topic in self.topics if topic.values is not None]

    def sending(self, batch):
        with self.lock:
            self.sent.setdefault(batch.place, {})[batch.body] = batch
            if batch.producer and all(one is not batch for one in self.in_doubt):
                self.in_doubt.append(batch)

    def answered(self, batch, offset, again=False):
        """`offset` None: it was refused, and may be in the log nevertheless. `again`: it stays in
        doubt, for it is tried again."""
        with self.lock:
            if batch.producer and not again:
                self.in_doubt = [one for one in self.in_doubt if one is not batch]
            if offset is None:
                return
            self.acknowledged += 1
            batch.offset = offset
            self._promise(batch.place, offset, batch.body)
            if batch.producer:
                self.last[(batch.place, batch.producer)] = batch

    def read(self, place, offset, body):
        with self.lock:
            self._promise(place, offset, body)

    def _promise(self, place, offset, body):
        there = self.promised.setdefault(place, {}).setdefault(offset, body)
        if there != body:
            self.complaints.append(f"two batches at offset {offset} of {describe(place)}")

    def seen_end(self, place, end):
        with self.lock:
            self.ends[place] = max(self.ends.get(place, 0), end)

    def deleting_records(self, place, offset):
        with self.lock:
            self.starts_asked[place] = max(self.starts_asked.get(place, 0), offset)

    def deleted_records(self, place, start):
        with self.lock:
            self.starts[place] = max(self.starts.get(place, 0), start)

    def got_producer_id(self, producer_id):
        with self.lock:
            if producer_id in self.producer_ids:
                self.complaints.append(f"producer id {producer_id} was given out twice")
            self.producer_ids.add(producer_id)

    # ---- Topics

    def created(self, name, topic_id, partitions):
        with self.lock:
            self.asked_topics.pop(name, None)
            values = {} if name == COMPACTED else None
            self.topics.append(Topic(name, topic_id, partitions, values=values))

    def find(self, name):
        with self.lock:
            return next((one for one in self.topics if one.name == name and not one.deleted), None)

    def check_topics(self, cluster_id, there):
        """Compares with what Metadata says and settles what was in doubt."""
        problems = []
        if self.cluster_id not in (None, cluster_id):
            problems.append(f"cluster id {cluster_id} instead of {self.cluster_id}")
        self.cluster_id = cluster_id
        for topic in self.topics:
            if topic.deleted:
                if topic.id in there:
                    problems.append(f"deleted topic {topic.name} is back")
                continue
            if topic.id not in there:
                topic.deleted = topic.deleting
                if not topic.deleting:
                    problems.append(f"topic {topic.name} is gone")
                continue
            topic.deleting = False
            count = len(there[topic.id][1])
            if count not in (topic.partitions, topic.partitions_asked):
                problems.append(f"topic {topic.name} has {count} partitions instead of "
                                f"{topic.partitions}")
            topic.partitions, topic.partitions_asked = count, 0
        known = {topic.id for topic in self.topics}
        for topic_id, (name, partitions) in there.items():
            for index, error in partitions.items():
                if error != 0:
                    problems.append(f"partition {name}-{index} answers error {error}")
            if topic_id in known:
                continue
            if self.asked_topics.get(name) != len(partitions):
                problems.append(f"nobody has created topic {name}")
            values = {} if name == COMPACTED else None
            self.topics.append(Topic(name, topic_id, len(partitions), values=values))
        self.asked_topics.clear()
        return problems


def describe(place):
    topic_id, partition = place
    return f"{topic_id.hex()}-{partition}"
