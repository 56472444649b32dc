"""Partitions are moved between the log directories of one broker by Apache's own tool, while its
producer writes and its consumer reads; Apache Kafka then starts on what that has left."""

import json

import kafka_rig
import processes
import records
from compat_clients import consume, create, produce
from processes import expect, wait_until
from registry import compat_test

TOPIC = "moving"
PARTITIONS = 3
MESSAGES = 30_000
MOVE_LIMIT_S = 120
READ_LIMIT_S = 180


def events(text):
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


class Mover:
    """kafka-reassign-partitions and kafka-log-dirs of one broker with two directories."""

    def __init__(self, rig, server, directories):
        self.rig, self.server, self.directories = rig, server, directories
        self.at = ["--bootstrap-server", server.address]

    def ask(self, directory, *what, **how):
        path = self.rig.directory / "moves.json"
        node = self.server.settings.node_id
        path.write_text(json.dumps({"version": 1, "partitions": [
            {"topic": TOPIC, "partition": partition, "replicas": [node], "log_dirs": [str(directory)]}
            for partition in range(PARTITIONS)]}))
        return self.rig.tool("kafka-reassign-partitions", *self.at, "--reassignment-json-file", path,
                             *what, **how)

    def move(self, directory):
        said = self.ask(directory, "--execute")
        expect("Successfully started" in said, f"--execute: {said}")
        wait_until(lambda: self.is_done(directory), MOVE_LIMIT_S,
                   f"--verify says that all is in {directory}")

    def is_done(self, directory):
        said = self.ask(directory, "--verify")
        return said.count("completed successfully") == PARTITIONS

    def described(self):
        """{directory: {partition: (size, lag, is a copy)}} by kafka-log-dirs."""
        text = self.rig.tool("kafka-log-dirs", *self.at, "--describe", "--topic-list", TOPIC)
        broker, = json.loads(next(line for line in text.splitlines()
                                  if line.startswith("{")))["brokers"]
        return {row["logDir"]: {one["partition"]: (one["size"], one["offsetLag"], one["isFuture"])
                                for one in row["partitions"]} for row in broker["logDirs"]}


def two_directories(rig):
    settings = rig.settings()
    directories = [settings.data, settings.data.parent / "second"]
    settings.properties["log.dirs"] = ",".join(map(str, directories))
    return settings, directories


@compat_test(limit_s=600, needs_apis=[34])
def test_moves_while_written_and_read(rig):
    """Back and forth under a producer and a consumer: everything is there once and in order, and
    Apache serves the directories afterwards."""
    settings, directories = two_directories(rig)
    server = rig.server(settings).start()
    create(rig, server, TOPIC, "--config", "retention.ms=-1", partitions=PARTITIONS)
    mover = Mover(rig, server, directories)
    at = ["--bootstrap-server", server.address]
    producer = rig.spawn_tool("kafka-verifiable-producer", *at, "--topic", TOPIC,
                              "--max-messages", MESSAGES, "--throughput", 1_000, "--acks", -1)
    reader = rig.spawn_tool("kafka-console-consumer", *at, "--topic", TOPIC, "--from-beginning",
                            "--max-messages", MESSAGES, "--property", "print.partition=true")
    moved = 0
    while producer.running() or moved < 3:
        moved += 1
        mover.move(directories[moved % 2])
    expect(producer.wait(READ_LIMIT_S) == 0, f"the producer\n{producer.tail()}")
    said = events(producer.output())
    failed = [event for event in said if event["name"] == "producer_send_error"]
    expect(not failed, f"not acknowledged: {failed[:3]}")
    expect(reader.wait(READ_LIMIT_S) == 0, f"the consumer\n{reader.tail()}")
    in_order(reader.output())
    expect(not reader.errors().count("Exception"), f"the consumer says {reader.errors()[:900]}")

    there = mover.described()
    expect(sorted(there[str(directories[moved % 2])]) ==
           [f"{TOPIC}-{partition}" for partition in range(PARTITIONS)], f"kafka-log-dirs: {there}")
    server.stop()
    served_by_apache(rig, settings)


def in_order(text):
    """Each of the producer's numbers once, ascending in every partition."""
    numbers = {}
    for line in text.splitlines():
        partition, tab, number = line.partition("\t")
        if not tab:
            continue  # how many there were
        numbers.setdefault(partition, []).append(int(number))
    for partition, seen in numbers.items():
        expect(seen == sorted(seen), f"{partition} is not in order")
    expect(sorted(sum(numbers.values(), [])) == list(range(MESSAGES)),
           "a record is missing, or was there twice")


def served_by_apache(rig, settings):
    apache = kafka_rig.Apache(rig, "apache", settings)
    apache.start()
    found = [int(one.value) for _, one in consume(rig, apache, TOPIC)]
    expect(sorted(found) == list(range(MESSAGES)), f"Apache serves {len(found)} records")
    more = records.random_records(3, 100, PARTITIONS)
    produce(rig, apache, TOPIC, more)
    apache.stop()
    log = apache.process.errors() + apache.process.output()
    for bad in ("Corrupt", "fatal", "Fatal", "Duplicate log directories", "stray"):
        expect(bad not in log, f"Apache's log: {log[max(0, log.find(bad) - 300):][:900]}")


@compat_test(limit_s=400, needs_apis=[34])
def test_apache_goes_on_with_our_move_and_we_with_its(rig):
    """A move that SIGKILL has cut short is finished by the other's broker at its start."""
    settings, directories = two_directories(rig)
    first = rig.server(settings).start()
    create(rig, first, TOPIC, "--config", "retention.ms=-1", partitions=PARTITIONS)
    sent = records.random_records(5, 20_000, PARTITIONS)
    produce(rig, first, TOPIC, sent)
    servers = [first, kafka_rig.Apache(rig, "apache", settings), first]
    for number, (before, after) in enumerate(zip(servers, servers[1:])):
        target = directories[(number + 1) % 2]
        Mover(rig, before, directories).ask(target, "--execute")
        before.kill()
        after.start()
        mover = Mover(rig, after, directories)
        wait_until(lambda: all(len(mover.described()[str(target)]) == PARTITIONS and
                               not copy for _, _, copy in mover.described()[str(target)].values()),
                   MOVE_LIMIT_S, f"all is in {target}", 0.5)
        records.check_equal(sent, consume(rig, after, TOPIC), f"served by {after.brand}")
    servers[-1].stop()
