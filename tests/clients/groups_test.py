"""Consumer groups by the clients of the distribution: kcat, confluent_kafka and python-kafka subscribe,
share the partitions, commit, and go on where they were after the broker was killed. Static members
(KIP-345) keep their partitions through a restart."""

import collections
import time

import client_rig
import confluent_kafka
import kafka
from every_client import CLIENTS
from processes import expect, wait_until

PARTITIONS = 4
COUNT = 200
LIMIT_S = 40
TOPIC = "jobs"
SESSION_MS = 6_000


def start(rig):
    server = rig.server(rig.settings(group_initial_rebalance_delay_ms=0)).start()
    admin = rig.client(CLIENTS["c_program"], server)
    admin.create(TOPIC, PARTITIONS)
    return server


def produce(server, first, count):
    """Values first, first + 1, ... on all partitions, acknowledged."""
    producer = confluent_kafka.Producer({"bootstrap.servers": server.address})
    failed = []
    for number in range(first, first + count):
        producer.produce(TOPIC, str(number).encode(), partition=number % PARTITIONS,
                         on_delivery=lambda error, _: failed.append(error) if error else None)
    expect(producer.flush(LIMIT_S) == 0 and not failed, f"not acknowledged: {failed[:3]}")


def confluent_member(server, **more):
    member = confluent_kafka.Consumer({
        "bootstrap.servers": server.address, "group.id": "confluent", "session.timeout.ms": SESSION_MS,
        "auto.offset.reset": "earliest", "enable.auto.commit": False, **more})
    member.subscribe([TOPIC])
    return member


class StaticMember:
    """A consumer with a group.instance.id, in one life or several; what it was assigned, in order,
    what it has read and the errors that it was given."""

    def __init__(self, server, instance):
        self.server, self.instance = server, instance
        self.assignments, self.read, self.errors = [], [], []
        self.start()

    def start(self):
        self.consumer = confluent_member(
            self.server, **{"group.instance.id": self.instance, "heartbeat.interval.ms": 500})
        self.consumer.subscribe([TOPIC], on_assign=self.on_assign)

    def on_assign(self, _, partitions):
        self.assignments.append(sorted(one.partition for one in partitions))

    def poll(self):
        message = self.consumer.poll(0.1)
        if message is not None and message.error():
            self.errors.append(message.error())
        elif message is not None:
            self.read.append(int(message.value()))

    def close(self):
        """A static member says nothing when it leaves."""
        self.consumer.close()


def poll_into(members, seen):
    """One round of all members: {member: values}."""
    for member in members:
        message = member.poll(0.1)
        if message is not None and not message.error():
            seen[member].append(int(message.value()))


def confluent(rig):
    """Two members share the partitions; one leaves; what was committed is not read again."""
    server = start(rig)
    produce(server, 0, COUNT)
    members = [confluent_member(server), confluent_member(server)]
    seen = collections.defaultdict(list)

    def both():
        poll_into(members, seen)
        return all(len(member.assignment()) == PARTITIONS // 2 for member in members)

    wait_until(both, LIMIT_S, "both have half of the partitions")

    def all_read():
        poll_into(members, seen)
        return len(set(sum(seen.values(), []))) == COUNT

    wait_until(all_read, LIMIT_S, "everything is read")
    for member in members:
        member.commit(asynchronous=False)
    members.pop().close()
    server.kill()
    server.start()
    produce(server, COUNT, COUNT)
    seen.clear()

    def new_read():
        poll_into(members, seen)
        return len(set(seen[members[0]])) >= COUNT

    wait_until(new_read, LIMIT_S, "the one that is left has read what is new")
    # The rebalance may make it read again what it has not committed, never what it has.
    expect(set(seen[members[0]]) == set(range(COUNT, 2 * COUNT)),
           f"read again or not at all: {sorted(seen[members[0]])[:5]}...")
    members[0].close()
    server.stop()


def stable_pair(server):
    """Two static members that have read everything in a group that has come to rest. The second
    leads it: librdkafka may join once more when it has the topic's metadata, and a leader that does
    so rebalances its group, as it should."""
    leader = StaticMember(server, "two")
    wait_until(lambda: (leader.poll(), leader.assignments)[-1], LIMIT_S, "one is in the group")
    pair = [StaticMember(server, "one"), leader]

    def are_ready():
        for member in pair:
            member.poll()
        return (all(member.assignments and len(member.assignments[-1]) == PARTITIONS // 2
                    for member in pair)
                and len(set(pair[0].read + pair[1].read)) == COUNT)

    wait_until(are_ready, LIMIT_S, "both have half of the partitions and have read them")
    for member in pair:
        member.consumer.commit(asynchronous=False)
    return pair


def static_member_restarts(rig):
    """Within its session: the same partitions again, from its commit on, and nobody rebalances. Gone
    for longer: the other gets them."""
    server = start(rig)
    produce(server, 0, COUNT)
    one, two = stable_pair(server)
    rounds, mine = len(two.assignments), one.assignments[-1]
    for _ in range(2):
        one.close()
        one.assignments.clear()
        one.read.clear()
        one.start()
        wait_until(lambda: (one.poll(), two.poll(), one.assignments)[-1], LIMIT_S, "it is back")
        expect(one.assignments == [mine], f"it had {mine}, now {one.assignments}")
    produce(server, COUNT, COUNT)
    wanted = [number for number in range(COUNT, 2 * COUNT) if number % PARTITIONS in mine]
    wait_until(lambda: (one.poll(), two.poll(), len(one.read) >= len(wanted))[-1], LIMIT_S,
               "it reads what is new")
    expect(sorted(one.read) == wanted, f"read again or not at all: {sorted(one.read)[:5]}...")
    end = time.monotonic() + SESSION_MS / 1000 + 2
    while time.monotonic() < end:
        one.poll()
        two.poll()
    expect(len(two.assignments) == rounds and len(one.assignments) == 1,
           f"the group rebalanced: {two.assignments}, {one.assignments}")

    one.close()
    begin = time.monotonic()
    wait_until(lambda: (two.poll(), len(two.assignments[-1]) == PARTITIONS)[-1], LIMIT_S,
               "the other has all partitions")
    expect(time.monotonic() - begin > SESSION_MS / 1000 - 1, "its session was not waited for")
    two.close()
    server.stop()


def static_member_is_fenced(rig):
    """A second client with its group.instance.id: the first ends with FENCED_INSTANCE_ID, the second
    has its partitions, the others notice nothing."""
    server = start(rig)
    produce(server, 0, COUNT)
    one, two = stable_pair(server)
    rounds, mine = len(two.assignments), one.assignments[-1]
    usurper = StaticMember(server, "one")

    def has_taken_over():
        for member in (one, two, usurper):
            member.poll()
        return one.errors and usurper.assignments

    wait_until(has_taken_over, LIMIT_S, "the first is fenced")
    expect(one.errors[0].code() == confluent_kafka.KafkaError._FATAL
           and "fenced" in one.errors[0].str(), f"the first was told {one.errors}")
    expect(usurper.assignments == [mine], f"the second has {usurper.assignments}, not {mine}")
    try:
        one.consumer.commit(offsets=[confluent_kafka.TopicPartition(TOPIC, mine[0], 0)],
                            asynchronous=False)
        expect(False, "the one that is fenced can commit")
    except confluent_kafka.KafkaException:
        pass
    produce(server, COUNT, COUNT)
    wanted = {number for number in range(COUNT, 2 * COUNT) if number % PARTITIONS in mine}
    wait_until(lambda: (usurper.poll(), two.poll(), wanted <= set(usurper.read))[-1], LIMIT_S,
               "the second reads what is new")
    expect(set(usurper.read) == wanted, "it reads what the first has committed")
    expect(len(two.assignments) == rounds and not two.errors and not usurper.errors,
           f"the others: {two.assignments}, {two.errors}, {usurper.errors}")
    for member in (one, two, usurper):
        member.close()
    server.stop()


def python_kafka(rig):
    """Subscribes, commits, and another one of the group goes on after a restart."""
    server = start(rig)

    def member():
        return kafka.KafkaConsumer(TOPIC, bootstrap_servers=server.address, group_id="python",
                                   auto_offset_reset="earliest", enable_auto_commit=False,
                                   session_timeout_ms=6_000, heartbeat_interval_ms=1_000)

    def read(consumer, count):
        values = []

        def enough():
            for records in consumer.poll(200).values():
                values.extend(int(record.value) for record in records)
            return len(values) >= count

        wait_until(enough, LIMIT_S, f"{count} records are read")
        return sorted(values)

    produce(server, 0, COUNT)
    first = member()
    expect(read(first, COUNT) == list(range(COUNT)), "the first records")
    first.commit()
    first.close(autocommit=False)
    server.stop()
    server.start()
    produce(server, COUNT, COUNT)
    second = member()
    expect(read(second, COUNT) == list(range(COUNT, 2 * COUNT)), "the records after the commit")
    second.close(autocommit=False)
    server.stop()


def kcat(rig):
    """kcat -G reads to the end, commits when it leaves, and reads only what is new."""
    server = start(rig)
    for first in (0, COUNT):
        produce(server, first, COUNT)
        code, out, err = rig.run("kcat", ["kcat", "-G", "kcat", "-b", server.address, "-e", "-q",
                                          "-X", "auto.offset.reset=earliest", TOPIC])
        expect(code == 0, f"kcat -G ended with {code}: {err}")
        values = sorted(int(line) for line in out.split())
        expect(values == list(range(first, first + COUNT)), f"kcat read {values[:5]}...")
        server.kill()
        server.start()
    server.stop()


SCENARIOS = (confluent, static_member_restarts, static_member_is_fenced, python_kafka, kcat)

if __name__ == "__main__":
    client_rig.main(lambda _: {scenario.__name__: scenario for scenario in SCENARIOS})
