"""The groups of chaos.py: whose members they are, what is done to them, and what they say."""

import collections
import dataclasses
import os
import signal
import time

from foreign_clients import CLIENTS
from group_members import Member

NEW = "group.protocol=consumer"
OLD = "group.protocol=classic"
COOPERATIVE = ("partition.assignment.strategy="
               "org.apache.kafka.clients.consumer.CooperativeStickyAssignor")
RANGE = "partition.assignment.strategy=org.apache.kafka.clients.consumer.RangeAssignor"
STATIC = "group.instance.id={place}"

TOPIC, PATTERN = "orders", "^ord[a-z]{3}$"
BY_NAME = {client.name: client for client in CLIENTS}

SESSION_S = 10
PAUSE_S = 15
# A rebalance waits 10 s for a session, or 30 s for one that is between two polls; the rest is this
# machine's: a member may have to be started.
SETTLE_LIMIT_S = 90
# After a kill of the broker.
GIVE_UP_S = 40
# Two that live may both believe for so long that a partition is theirs: until the heartbeat of the
# one that has lost it, which may be waiting for a broker that is away.
OVERLAP_LIMIT_S = 20


@dataclasses.dataclass(frozen=True)
class Kind:
    """A group's members by turns have these settings."""

    name: str
    client: str
    settings: tuple = ((),)
    topic: str = TOPIC
    is_static: bool = False


KINDS = (
    Kind("java-eager", "kafka-clients", ((OLD, RANGE),)),
    Kind("java-cooperative", "kafka-clients", ((OLD, COOPERATIVE),)),
    Kind("java-consumer", "kafka-clients", ((NEW,),)),
    Kind("java-regex", "kafka-clients", ((NEW,),), topic=PATTERN),
    Kind("java-static", "kafka-clients", ((NEW, STATIC),), is_static=True),
    Kind("java-migration", "kafka-clients", ((OLD, COOPERATIVE), (NEW,))),
    Kind("librdkafka-eager", "confluent-kafka"),
    Kind("librdkafka-cooperative", "confluent-kafka",
         (("partition.assignment.strategy=cooperative-sticky",),)),
    Kind("librdkafka-consumer", "confluent-kafka", ((NEW,),)),
    Kind("librdkafka-static", "confluent-kafka", ((STATIC,),), is_static=True),
    Kind("franz-go", "franz-go"),
    Kind("sarama", "sarama"),
    Kind("kafka-python", "kafka-python"),
    Kind("aiokafka", "aiokafka"),
    Kind("kafkajs", "kafkajs"),
)


class Player(Member):
    """A member that may be paused."""

    def __init__(self, process, name, place):
        super().__init__(process, name)
        self.place = place
        self.paused_at = None
        self.was_paused = False
        self.leaving = False

    def signal(self, what):
        os.killpg(self.process.child.pid, what)

    @property
    def counts(self):
        """Whether the group's state is that of this member, too."""
        return self.paused_at is None and not self.leaving


class Group:
    """One group: its members, and what they have read and committed."""

    members_max = 3

    def __init__(self, rig, server, kind, partitions):
        self.rig, self.server, self.kind, self.partitions = rig, server, kind, partitions
        self.client = BY_NAME[kind.client]
        self.members = []
        self.started = 0
        self.values = {}  # (partition, offset): value
        self.read_again = 0
        self.said = collections.defaultdict(set)  # (group, partition, offset): names
        self.events = collections.Counter()
        self.unsettled_since = time.monotonic()
        self.last_event = "the start"
        self.broker_killed_at = None
        self.settled_after = []  # [(seconds, event)]
        self.overlaps = {}  # partition: since when
        self.findings = []

    # ------------------------------------------------------------------------- what is done

    def disturbed(self, event):
        self.events[event] += 1
        self.last_event = event
        self.unsettled_since = time.monotonic()

    def add(self):
        places = {member.place for member in self.members}
        place = next(one for one in range(self.members_max + 1) if one not in places)
        settings = self.kind.settings[self.started % len(self.kind.settings)]
        self.started += 1
        name = f"{self.kind.name}-{self.started}"
        words = [one.format(place=f"place-{place}") for one in settings]
        command = self.client.command(self.rig, "group", self.server, self.kind.topic,
                                      self.kind.name, *words)
        self.members.append(Player(self.rig.spawn(name, command), name, place))

    def kill(self, member):
        member.process.kill()
        self.listen_to(member)
        self.members.remove(member)

    @staticmethod
    def pause(member):
        member.signal(signal.SIGSTOP)
        member.paused_at, member.was_paused = time.monotonic(), True

    @staticmethod
    def leave(member):
        member.signal(signal.SIGTERM)
        member.leaving = True

    # ------------------------------------------------------------------------ what they say

    def turn(self):
        """Takes in what was said; who has ended goes, who has been paused goes on."""
        for member in list(self.members):
            self.listen_to(member)
            if member.paused_at is not None and time.monotonic() > member.paused_at + PAUSE_S:
                member.signal(signal.SIGCONT)
                member.paused_at = None
                self.disturbed("resumed")
            if not member.process.running():
                self.on_end(member)
        self.check_overlaps()
        self.check_settled()

    def on_end(self, member):
        self.listen_to(member)
        self.members.remove(member)
        code = member.process.child.poll()
        if member.leaving:
            if code != 0 or not member.left:
                self.findings.append(f"{member.name} left with {code}:\n{member.process.tail(5)}")
        elif self.may_give_up(member):
            self.disturbed("gave up")
            self.add()
        else:
            self.findings.append(f"{member.name} ended with {code}:\n{member.process.tail(5)}")
            self.add()

    def may_give_up(self, member):
        """Some clients end by themselves when they are fenced, when there is no broker for a while,
        or when the session of the static member that they are to replace is not over."""
        killed = self.broker_killed_at
        return (member.was_paused or self.kind.is_static
                or killed is not None and time.monotonic() < killed + GIVE_UP_S)

    def listen_to(self, member):
        for word, rest in member.take_news():
            if word == "record":
                partition, offset, _, _, value, _ = rest.split("\t")
                self.on_record(member, (int(partition), int(offset)), value)
            elif word == "committed":
                partition, offset = map(int, rest.split())
                self.said[self.kind.name, partition, offset].add(member.name)

    def on_record(self, member, place, value):
        known = self.values.setdefault(place, value)
        if known is not value:
            self.read_again += 1
        if known != value:
            self.findings.append(f"{member.name} read {value} at {place}, was {known}")

    def check_overlaps(self):
        """Of members that live and were not paused since they were given the partition."""
        owners = collections.Counter(partition for member in self.members
                                     if member.counts and not member.was_paused
                                     for partition in member.owned)
        now = time.monotonic()
        for partition in range(self.partitions):
            if owners[partition] < 2:
                self.overlaps.pop(partition, None)
            elif now > self.overlaps.setdefault(partition, now) + OVERLAP_LIMIT_S:
                self.findings.append(f"{self.kind.name}: partition {partition} has two owners "
                                     f"since {OVERLAP_LIMIT_S} s: {self.state()}")
                self.overlaps[partition] = now

    def check_settled(self):
        if self.unsettled_since is None:
            return
        took = time.monotonic() - self.unsettled_since
        owned = sorted(partition for member in self.members if member.counts
                       for partition in member.owned)
        counting = [member for member in self.members if member.counts]
        if owned == list(range(self.partitions)) and all(one.owned for one in counting):
            for member in counting:
                member.was_paused = False
            self.settled_after.append((took, self.last_event))
            self.unsettled_since = None
        elif took > SETTLE_LIMIT_S:
            self.findings.append(f"{self.kind.name} is not settled {took:.0f} s after "
                                 f"{self.last_event}: {self.state()}")
            self.unsettled_since = time.monotonic()

    def state(self):
        return "; ".join(f"{member.name}{' paused' if member.paused_at else ''} "
                         f"{sorted(member.owned)}" for member in self.members)
