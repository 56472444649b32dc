"""Apache Kafka's own combined broker starts on a directory that we wrote, and serves it."""

import re

import kafka_jars
import kafka_rig
import records
from compat_clients import consume, create, produce
from compat_dump_log import dump
from processes import expect, wait_until
from registry import compat_test

# So small that the metadata of a few topics is enough for a snapshot.
SNAPSHOT_BYTES = 2_000
TOPICS = 8
SHELL_LIMIT_S = 60


def fill(rig, server):
    """Topics with settings and contents; one grows, one is deleted. {topic: records}."""
    at = ["--bootstrap-server", server.address]
    sent = {}
    for number in range(TOPICS):
        topic = f"topic-{number}"
        create(rig, server, topic, "--config", "retention.ms=-1", partitions=1 + number % 3)
        if number < 4:
            codec = ("none", "gzip", "lz4", "zstd")[number]
            sent[topic] = records.random_records(number, 300, 1 + number % 3)
            produce(rig, server, topic, sent[topic], f"compression.type={codec}")
    rig.tool("kafka-topics", *at, "--alter", "--topic", "topic-0", "--partitions", 4)
    rig.tool("kafka-topics", *at, "--delete", "--topic", "topic-7")
    return sent


def topic_ids(rig, server):
    """{topic: (id, partition count, settings)} as kafka-topics tells them."""
    text = rig.tool("kafka-topics", "--bootstrap-server", server.address, "--describe")
    rows = re.findall(r"Topic: (\S+)\s+TopicId: (\S+)\s+PartitionCount: (\d+)\s+"
                      r"ReplicationFactor: 1\s+Configs: (\S*)", text)
    return {name: tuple(rest) for name, *rest in rows if not name.startswith("__")}


def shell(rig, file, *command):
    """kafka-metadata-shell on a metadata log or snapshot."""
    return rig.tool("kafka-metadata-shell", "--snapshot", file, *command)


def check_shell(rig, data):
    """The metadata shell finds our topics and our node in the log and in the newest snapshot."""
    folder = data / "__cluster_metadata-0"
    snapshots = sorted(folder.glob("*.checkpoint"))
    expect(snapshots[-1].name > "00000000000000000001",
           f"no metadata snapshot was written: {[one.name for one in snapshots]}")
    decoded = dump(rig, [snapshots[-1]], "--cluster-metadata-decoder")
    expect("TOPIC_RECORD" in decoded and "REGISTER_BROKER_RECORD" in decoded,
           "the newest snapshot has no topic or no broker")
    log = sorted(folder.glob("*.log"))[0]
    for file in ([log] if log.stem == "0" * 20 else []) + [snapshots[-1]]:
        known = {f"topic-{number}" for number in range(TOPICS)}
        # The shell answers while it is still reading the file: ask again until it has got there.
        wait_until(lambda: set(shell(rig, file, "ls", "/image/topics/byName").split()) & known,
                   SHELL_LIMIT_S, f"{file.name}: the shell sees our topics")
        wait_until(lambda: "1" in shell(rig, file, "ls", "/image/cluster/brokers").split(),
                   SHELL_LIMIT_S, f"{file.name}: the shell sees broker 1")


def check_apache_serves(rig, role, settings, sent, described):
    """Apache Kafka starts on the directory, serves the same topics and contents, takes more and
    stops cleanly."""
    settings = kafka_rig.Settings(settings.data, settings.broker_port, settings.controller_port)
    apache = kafka_rig.Apache(rig, f"apache-{role}", settings, role)
    apache.start()
    seen = topic_ids(rig, apache)
    expect(seen == described, f"Apache {apache.kafka.version} sees {seen}, we said {described}")
    for topic, wanted in sent.items():
        records.check_equal(wanted, consume(rig, apache, topic),
                            f"{topic} served by Apache {apache.kafka.version}")
    more = records.random_records(99, 100, 1)
    produce(rig, apache, "topic-0", more)
    records.check_equal(sent["topic-0"] + more, consume(rig, apache, "topic-0"),
                        f"topic-0 with more by Apache {apache.kafka.version}")
    apache.stop()
    log = apache.process.errors() + apache.process.output()
    for bad in ("Found a corrupted index", "Corrupt", "fatal", "Fatal"):
        expect(bad not in log, f"Apache's log: {log[max(0, log.find(bad) - 300):][:900]}")


def write_and_end(rig, end):
    """A filled directory, its broker ended by `end`: (settings, sent, described)."""
    settings = rig.settings()
    settings.properties["metadata.log.max.record.bytes.between.snapshots"] = SNAPSHOT_BYTES
    server = rig.server(settings).start()
    sent = fill(rig, server)
    described = topic_ids(rig, server)
    expect(len(described) == TOPICS - 1, f"topics: {described}")
    expect(described["topic-0"][1] == "4", f"topic-0: {described['topic-0']}")
    end(server)
    return settings, sent, described


@compat_test(limit_s=300)
def test_newest_apache_opens_our_directory(rig):
    """After a clean stop; the metadata shell reads it too."""
    written = write_and_end(rig, lambda server: server.stop())
    check_shell(rig, written[0].data)
    check_apache_serves(rig, "newest", *written)


@compat_test(limit_s=300)
def test_oldest_apache_opens_our_directory(rig):
    """The oldest Apache Kafka that reads our metadata.version, after a clean stop."""
    written = write_and_end(rig, lambda server: server.stop())
    expect(kafka_jars.jars("oldest").version == kafka_jars.OLDEST_RELEASE, "another oldest")
    check_apache_serves(rig, "oldest", *written)


@compat_test(limit_s=300)
def test_newest_apache_opens_our_directory_after_sigkill(rig):
    """After SIGKILL: Apache has to recover what we left."""
    written = write_and_end(rig, lambda server: server.kill())
    check_apache_serves(rig, "newest", *written)


@compat_test(limit_s=300)
def test_oldest_apache_opens_our_directory_after_sigkill(rig):
    """The oldest Apache recovers it as well."""
    written = write_and_end(rig, lambda server: server.kill())
    check_apache_serves(rig, "oldest", *written)
