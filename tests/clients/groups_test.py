"""Consumer groups by the clients of the distribution: kcat, confluent_kafka and python-kafka subscribe,
share the partitions, commit, and go on where they were after the broker was killed."""

import collections

import client_rig
import confluent_kafka
import kafka
from every_client import CLIENTS
from processes import expect, wait_until

PARTITIONS = 4
COUNT = 200
LIMIT_S = 40
TOPIC = "jobs"


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


def confluent_member(server):
    member = confluent_kafka.Consumer({
        "bootstrap.servers": server.address, "group.id": "confluent", "session.timeout.ms": 6_000,
        "auto.offset.reset": "earliest", "enable.auto.commit": False})
    member.subscribe([TOPIC])
    return member


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


SCENARIOS = (confluent, python_kafka, kcat)

if __name__ == "__main__":
    client_rig.main(lambda _: {scenario.__name__: scenario for scenario in SCENARIOS})
