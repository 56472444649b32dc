"""Apache Kafka's own combined broker starts on a directory that we wrote, and serves it; but neither
starts on a directory that the other is using."""

import re

import kafka_jars
import kafka_rig
import processes
import records
from compat_clients import consume, create, produce
from compat_dump_log import dump
from processes import expect, wait_until
from registry import compat_test

# So small that the metadata of a few topics is enough for a snapshot.
SNAPSHOT_BYTES = 2_000
TOPICS = 8
SHELL_LIMIT_S = 60
REFUSED_LIMIT_S = 60
LOCKED = "Failed to acquire lock on file .lock in"


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


def held_by(rig, holder):
    """A directory that we have written, with a broker of that brand running on it: (it, records)."""
    settings = rig.settings()
    moldau = kafka_rig.Moldau(rig, "moldau", settings).start()
    create(rig, moldau, "held", partitions=1)
    sent = records.random_records(7, 100, 1)
    produce(rig, moldau, "held", sent)
    if holder == "moldau":
        return moldau, sent
    moldau.stop()
    settings = kafka_rig.Settings(settings.data, settings.broker_port, settings.controller_port)
    return kafka_rig.Apache(rig, "apache", settings, "newest").start(), sent


def on_the_same_directory(rig, holder, **properties):
    """Settings for a second broker there, with ports of its own."""
    settings = rig.settings("unused", **properties)
    settings.data = holder.data
    return settings


def expect_ends(rig, second, line):
    """It ends by itself with code 1, and has said why."""
    code, out, err = processes.run(f"second-{second.name}", second.command(), rig.directory,
                                   REFUSED_LIMIT_S)
    expect(code == 1 and line in out + err,
           f"{second.name} ended with {code}, wanted {line!r}:\n{(out + err)[-3000:]}")
    return out + err


def expect_goes_on(rig, holder, sent, end=kafka_rig.Server.stop):
    """Whoever has the directory takes topics and records, also after `end` and a start."""
    more = records.random_records(8, 100, 1)
    produce(rig, holder, "held", more)
    create(rig, holder, "later", partitions=1)
    for _ in range(2):
        records.check_equal(sent + more, consume(rig, holder, "held"), "after the attempt")
        expect({"held", "later"} <= set(topic_ids(rig, holder)), "a topic is gone")
        end(holder)
        holder.start()
    holder.stop()


def metadata_log(server):
    return (server.data / "__cluster_metadata-0" / f"{0:020}.log").read_bytes()


@compat_test(limit_s=180, against=("moldau",))
def test_a_directory_that_apache_uses_is_refused(rig):
    """Its lock is Java's FileLock; ours must see it."""
    apache, sent = held_by(rig, "apache")
    second = kafka_rig.Moldau(rig, "second", on_the_same_directory(rig, apache))
    said = expect_ends(rig, second, "not started")
    expect(said.count("\n") == 1 and "another broker uses this directory" in said, said)
    expect_goes_on(rig, apache, sent)


@compat_test(limit_s=180, against=("moldau",))
def test_apaches_controller_refuses_a_directory_that_we_use(rig):
    """Java's FileLock must see our lock. Nothing is touched."""
    moldau, sent = held_by(rig, "moldau")
    settings = on_the_same_directory(rig, moldau, process_roles="controller")
    for key in ("listeners", "advertised.listeners"):
        settings.properties[key] = f"CONTROLLER://{settings.controller_address}"
    before = metadata_log(moldau)
    expect_ends(rig, kafka_rig.Apache(rig, "second", settings), LOCKED)
    expect(metadata_log(moldau) == before, "the metadata log was changed")
    expect_goes_on(rig, moldau, sent)


def with_apache_beside(rig):
    """Us on a directory where a combined node of Apache's was started, too. It looks at the lock
    late: it has become leader of the quorum by then and has written to the metadata log."""
    moldau, sent = held_by(rig, "moldau")
    before = metadata_log(moldau)
    second = kafka_rig.Apache(rig, "second", on_the_same_directory(rig, moldau))
    expect_ends(rig, second, LOCKED)
    expect(len(metadata_log(moldau)) > len(before), "Apache behaves better now: so can this test")
    return moldau, sent


@compat_test(limit_s=180, against=("moldau",))
def test_apache_beside_us_on_one_directory_ends_and_loses_nothing(rig):
    """What it has written we cut off when we stop."""
    expect_goes_on(rig, *with_apache_beside(rig))


@compat_test(limit_s=180, against=("moldau",))
def test_what_apache_wrote_beside_us_loses_nothing_when_we_are_killed(rig):
    """Our next batch is written over its first; what is left of them is cut off as a torn tail."""
    expect_goes_on(rig, *with_apache_beside(rig), end=kafka_rig.Server.kill)


@compat_test(limit_s=180, against=("moldau",))
def test_what_apache_wrote_beside_us_is_taken_over_when_we_are_killed_at_once(rig):
    """Nothing of ours is over its batches, which are valid and of a higher epoch: they stay in the
    metadata log (they register its controller), and we lead in the epoch after."""
    moldau, sent = with_apache_beside(rig)
    of_both = metadata_log(moldau)
    moldau.kill()
    moldau.start()
    expect(metadata_log(moldau).startswith(of_both), "Apache's batches are gone: say so here")
    expect_goes_on(rig, moldau, sent, end=kafka_rig.Server.kill)


@compat_test(limit_s=180, against=("moldau",))
def test_apache_in_our_place_by_mistake_ends_and_loses_nothing(rig):
    """The same directory and the same ports, as of two services with one configuration."""
    moldau, sent = held_by(rig, "moldau")
    settings = kafka_rig.Settings(moldau.data, moldau.settings.broker_port,
                                  moldau.settings.controller_port)
    expect_ends(rig, kafka_rig.Apache(rig, "second", settings), "Unable to start acceptor for")
    expect_goes_on(rig, moldau, sent)
