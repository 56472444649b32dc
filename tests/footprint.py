#!/usr/bin/env python3
"""What a broker costs before it does anything, next to Apache Kafka on the same machine:

    tests/footprint.py [--runs N] [--only moldau|apache]

Time from the start of the process to the first acknowledged record, on an empty directory and on
one with 1,000 partitions; resident memory and CPU time of an idle broker; memory of each partition,
of each idle connection and of each member of a consumer group. The brands alternate; medians. It
needs what `./dev compat` needs."""

import argparse
import pathlib
import socket
import statistics
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE / "compat"), str(HERE / "powercut"), str(HERE / "hostile")]

import broker_wire  # noqa: E402
import kafka_rig  # noqa: E402
import batch  # noqa: E402
import groups_test  # noqa: E402

PARTITIONS = 1_000
CONNECTIONS = 1_000
MEMBERS = 500  # each in a group and on a connection of its own
IDLE_S = 10
START_LIMIT_S = 90
TICKS_PER_S = 100


def resident_kib(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS")))


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_S


def first_acknowledgement(server, topic, partitions):
    """Starts the server; seconds until a record is acknowledged, tried again and again."""
    began = time.monotonic()
    server.process = server.rig.spawn(server.name, server.command())
    while time.monotonic() - began < START_LIMIT_S:
        try:
            connection = broker_wire.Connection(server.settings.broker_port)
            if produce_one(connection, topic, partitions):
                return time.monotonic() - began
            connection.close()
        except (OSError, ValueError):
            pass
        if not server.process.running():
            raise SystemExit(f"{server.name} ended\n{server.process.tail()}")
        time.sleep(0.001)
    raise SystemExit(f"{server.name}: nothing acknowledged within {START_LIMIT_S} s")


def produce_one(connection, topic, partitions):
    topics = {name: topic_id for topic_id, (name, _) in connection.metadata()[1].items()}
    if topic not in topics:
        error, _ = connection.create_topic(topic, partitions, {})
        if error != broker_wire.NONE:
            return False
        return produce_one(connection, topic, partitions)
    connection.send_produce([(topics[topic], 0, batch.record_batch([(b"k", b"x")]))])
    return connection.receive_produce()[0][2] == broker_wire.NONE


def idle_cpu(server):
    before = cpu_seconds(server.process.child.pid)
    time.sleep(IDLE_S)
    return (cpu_seconds(server.process.child.pid) - before) / IDLE_S


def open_connections(port, count):
    sockets = []
    for _ in range(count):
        sockets.append(socket.create_connection(("127.0.0.1", port)))
    time.sleep(1)
    return sockets


class Clients:
    """What a Member wants of its broker."""

    def __init__(self, port):
        self.port = port

    def client(self):
        return broker_wire.Connection(self.port)


def member_kib(server):
    """Resident KiB for each member: its connection, its group, its place in it."""
    clients = Clients(server.settings.broker_port)
    steady = groups_test.ready_member(clients, "steady")
    pid = server.process.child.pid
    before = resident_kib(pid)
    members = [groups_test.Member(clients, f"group-{number}", metadata=bytes(100))
               for number in range(MEMBERS)]
    for wanted in (groups_test.MEMBER_ID_REQUIRED, broker_wire.NONE):
        for member in members:
            member.send_join()
        errors = {member.receive_join() for member in members}
        if errors != {wanted}:
            raise SystemExit(f"JoinGroup: errors {errors}")
    errors = {member.sync(bytes(100)) for member in members}
    if errors != {broker_wire.NONE}:
        raise SystemExit(f"SyncGroup: errors {errors}")
    result = (resident_kib(pid) - before) / MEMBERS
    for member in [steady, *members]:
        member.client.close()
    return result


def measure(rig, brand, run):
    """{what: value} of one life on an empty directory and one with many partitions."""
    rig.against = brand
    server = rig.server(rig.settings(f"{brand}-{run}"), name=f"{brand}-{run}")
    result = {"start to first ack, empty, ms": first_acknowledgement(server, "first", 1) * 1000}
    pid = server.process.child.pid
    time.sleep(3)
    result["idle CPU, % of a core"] = idle_cpu(server) * 100
    result["idle memory, MiB"] = resident_kib(pid) / 1024
    before = resident_kib(pid)
    sockets = open_connections(server.settings.broker_port, CONNECTIONS)
    result["per idle connection, KiB"] = (resident_kib(pid) - before) / CONNECTIONS
    for one in sockets:
        one.close()
    time.sleep(1)
    before = resident_kib(pid)
    connection = broker_wire.Connection(server.settings.broker_port)
    error, _ = connection.create_topic("many", PARTITIONS, {})
    if error != broker_wire.NONE:
        raise SystemExit(f"CreateTopics: error {error}")
    time.sleep(5)
    result["per partition, KiB"] = (resident_kib(pid) - before) / PARTITIONS
    connection.close()
    server.stop()
    seconds = first_acknowledgement(server, "many", PARTITIONS)
    result[f"start to first ack, {PARTITIONS} partitions, ms"] = seconds * 1000
    result[f"memory with {PARTITIONS} partitions, MiB"] = resident_kib(
        server.process.child.pid) / 1024
    # In this life, whose heap has nothing left over from other connections.
    result["per group member and its connection, KiB"] = member_kib(server)
    server.stop()
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", choices=("moldau", "apache"))
    parser.add_argument("--moldau", default=kafka_rig.ROOT / "build/release/moldau",
                        type=pathlib.Path)
    options = parser.parse_args()
    brands = [options.only] if options.only else ["moldau", "apache"]
    results = {brand: [] for brand in brands}
    with tempfile.TemporaryDirectory(prefix="moldau-footprint-") as directory:
        rig = kafka_rig.Rig(directory, brands[0], options.moldau.resolve())
        try:
            for run in range(options.runs):
                for brand in brands:
                    results[brand].append(measure(rig, brand, run))
        finally:
            rig.close()
    print(f"{'':<42}" + "".join(f"{brand:>12}" for brand in brands)
          + ("       ratio" if len(brands) > 1 else ""))
    for what in results[brands[0]][0]:
        medians = [statistics.median(run[what] for run in results[brand]) for brand in brands]
        ratio = f"{medians[0] / medians[1]:>12.3f}" if len(medians) > 1 and medians[1] else ""
        print(f"{what:<42}" + "".join(f"{value:>12.2f}" for value in medians) + ratio)


if __name__ == "__main__":
    main()
