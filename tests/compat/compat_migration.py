"""A directory that Apache Kafka has worked in goes on in Moldau, and goes back: records of all codecs,
transactions, committed offsets of both group protocols, deleted records, settings."""

import json

import kafka_rig
import records
from compat_clients import CODECS, consume, create, produce
from compat_compaction import FEATURES
from compat_group_tools import Tools
from processes import expect
from registry import compat_test

GROUPS = {"classic": "classic", "new": "consumer"}  # {group: its protocol}
TRANSACTIONS = 20  # by turns committed and aborted, ten records and a marker each
PARTITIONS = 3


class Contents:
    """What is in the directory, whoever serves it."""

    def __init__(self, rig):
        self.rig = rig
        self.sent = {}
        self.offsets = {}
        self.starts = {}
        self.committed = None

    def fill(self, server):
        """By Apache alone: transactions need a coordinator, which we do not have yet."""
        rig, tools = self.rig, Tools(self.rig, server)
        for seed, codec in enumerate(CODECS):
            topic = f"codec-{codec}"
            create(rig, server, topic, "--config", "retention.ms=-1")
            self.sent[topic] = records.random_records(seed, 300, PARTITIONS)
            produce(rig, server, topic, self.sent[topic], f"compression.type={codec}", "linger.ms=5")
        create(rig, server, "transactions", "--config", "index.interval.bytes=100", partitions=1)
        classpath, main = rig.program("Transactions")
        rig.java("transactions", classpath, main, [server.address, "transactions", TRANSACTIONS])
        self.committed = self.transactions(server)
        expect(len(self.committed) == TRANSACTIONS * 5, f"{len(self.committed)} committed records")
        create(rig, server, "work")
        tools.console_produce("work", 0, 60)
        for group, protocol in GROUPS.items():
            values = self.consume_some(tools, group, protocol, 20)
            expect(len(values) == 20, f"{group}: {values}")
        self.delete_records(tools)
        self.note(tools)

    def transactions(self, server):
        return consume(self.rig, server, "transactions", "isolation.level=read_committed")

    @staticmethod
    def consume_some(tools, group, protocol, count):
        return tools.run("kafka-console-consumer", "--topic", "work", "--group", group,
                         "--from-beginning", "--max-messages", count, "--timeout-ms", 30_000,
                         "--command-property", f"group.protocol={protocol}").splitlines()

    def delete_records(self, tools):
        plan = self.rig.directory / "delete.json"
        plan.write_text(json.dumps({"version": 1, "partitions": [
            {"topic": "codec-none", "partition": 0, "offset": 7}]}), encoding="utf-8")
        tools.run("kafka-delete-records", "--offset-json-file", plan)

    def note(self, tools):
        self.offsets = {group: tools.offsets(group) for group in GROUPS}
        self.starts = self.starts_of(tools)

    @staticmethod
    def starts_of(tools):
        return tools.run("kafka-get-offsets", "--topic", "codec-.*", "--time", "earliest")

    def check(self, server):
        """Nothing is lost, and nothing of an aborted transaction shows."""
        tools = Tools(self.rig, server)
        for topic, sent in self.sent.items():
            found = consume(self.rig, server, topic)
            if topic == "codec-none":  # its first seven are deleted
                sent = [record for record in sent if record.partition != 0]
                found = [(offset, record) for offset, record in found if record.partition != 0]
            records.check_equal(sent, found, f"{topic}, served by {server.name}")
        expect(self.transactions(server) == self.committed, f"{server.name}: read_committed")
        every = consume(self.rig, server, "transactions")
        expect(len(every) == TRANSACTIONS * 10, f"{server.name}: {len(every)} uncommitted records")
        expect(self.starts_of(tools) == self.starts, f"{server.name}: {self.starts_of(tools)}")
        found = {group: tools.offsets(group) for group in GROUPS}
        expect(found == self.offsets, f"{server.name}: offsets {found}, were {self.offsets}")

    def go_on(self, server, seed):
        """The groups continue where they were, and more is produced."""
        tools = Tools(self.rig, server)
        for group, protocol in GROUPS.items():
            before = tools.lag(group)
            values = self.consume_some(tools, group, protocol, 5)
            expect(len(values) == 5 and tools.lag(group) == before - 5,
                   f"{server.name}, {group}: lag {before} became {tools.lag(group)}")
        for topic in self.sent:
            more = records.random_records(seed, 50, PARTITIONS)
            produce(self.rig, server, topic, more, "compression.type=snappy")
            self.sent[topic] += more
        self.note(tools)


@compat_test(limit_s=400, against=("moldau",))
def test_a_directory_of_apaches_goes_on_and_back(rig):
    """Apache, Moldau, Apache, Moldau. A clean stop, then two kills: each recovers what the other has
    left."""
    settings = rig.settings(group_initial_rebalance_delay_ms=0, log_retention_ms=-1,
                            log_segment_bytes=1 << 20)
    contents = Contents(rig)
    apache = kafka_rig.Apache(rig, "apache", settings)
    apache.format(**{**FEATURES, "group_version": 1})
    apache.start()
    contents.fill(apache)
    apache.stop()
    for leg, (brand, end) in enumerate(((kafka_rig.Moldau, "kill"), (kafka_rig.Apache, "kill"),
                                        (kafka_rig.Moldau, "stop"))):
        server = brand(rig, f"{brand.__name__.lower()}-{leg}", settings).start()
        contents.check(server)
        contents.go_on(server, 100 + leg)
        getattr(server, end)()
        log = server.process.errors() + server.process.output()
        for bad in ("Found a corrupted index", "Corrupt", "Fatal", "quarantined"):
            expect(bad not in log, f"{server.name}: {log[max(0, log.find(bad) - 300):][:900]}")
