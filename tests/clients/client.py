"""What the tests want of a client. Each client has a module that gives it, in its own words."""

import dataclasses
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "compat"))

from processes import expect  # noqa: E402

CODECS = ("none", "gzip", "snappy", "lz4", "zstd")

# A client that has to wait for a broker that starts again.
PATIENCE_S = 60
CALL_LIMIT_S = 60


@dataclasses.dataclass(frozen=True)
class Place:
    """Where a record was acknowledged to be. acks=0 has no offset: None."""

    partition: int
    offset: int | None


@dataclasses.dataclass(frozen=True)
class How:
    """How to produce."""

    codec: str = "none"
    acks: str = "all"
    idempotent: bool = False


class Producer:
    """Sends to one topic. Lives across restarts of the broker."""

    def send(self, records):
        raise NotImplementedError

    def flush(self):
        """Waits for the answers to all that was sent since the last flush: a list of Place in the
        order of sending, or None if the client does not tell. Fails if a record failed."""
        raise NotImplementedError

    def close(self):
        pass


class Follower:
    """Reads partitions from their beginning on, endlessly. Lives across restarts of the broker."""

    def read(self, count, limit_s):
        """All that was read since it was opened, as soon as there are `count`:
        [(offset, Record)]."""
        raise NotImplementedError

    def close(self):
        pass


class Client:
    """One client library or program, pointed at one broker."""

    name = "?"
    can_be_idempotent = True
    can_administer = False
    # Whether an answer to acks=0 or to the question for metadata may carry what others cannot.
    sets_timestamps = True

    def __init__(self, rig, address, program):
        self.rig, self.address, self.program = rig, address, program

    def adapt(self, records):
        """The records nearest to these that this client can send."""
        return records

    def shown(self, record):
        """How the record looks when this client reads it."""
        return record

    def producer(self, topic, how):
        raise NotImplementedError

    def consume(self, topic, partitions):
        """Everything in the partitions 0 to `partitions` - 1: [(offset, Record)]."""
        raise NotImplementedError

    def follow(self, topic, partitions):
        raise NotImplementedError

    def topics(self):
        """{topic: number of partitions}; each must have the one broker as its leader."""
        raise NotImplementedError

    def brokers(self):
        """{(node id, "host:port")}."""
        raise NotImplementedError

    def offsets_at(self, topic, times):
        """{partition: milliseconds} -> {partition: first offset at or after that, or -1}."""
        raise NotImplementedError

    def create(self, topic, partitions):
        """Creates a topic; with the C program, for clients that cannot."""
        code, out, err = self.rig.run("create", [self.program, "create", self.address, topic,
                                                 partitions])
        expect(code == 0, f"create {topic}: {out.decode()}{err}")

    def produce(self, topic, records, how):
        """A producer for this occasion only."""
        producer = self.producer(topic, how)
        try:
            producer.send(records)
            return producer.flush()
        finally:
            producer.close()
