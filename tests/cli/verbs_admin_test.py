#!/usr/bin/env python3
"""`topic alter`, `config`, `cluster` and `api`, checked against what python3-kafka sees and what a
request written by hand is answered."""

import json
import pathlib
import sys
import tempfile
import unittest

from kafka import admin

import cli_rig
from cli_rig import wait_until

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "compat"))

import wire  # noqa: E402


class Admin(cli_rig.VerbTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.client = admin.KafkaAdminClient(bootstrap_servers=cls.address)
        cls.addClassCleanup(cls.client.close)

    def config_of(self, kind, name, key):
        """The value as another client sees it."""
        resource = admin.ConfigResource(kind, name, configs={key: None})
        answer, = self.client.describe_configs([resource])
        (error, message, _, _, entries), = answer.resources
        self.assertEqual(error, 0, message)
        return {entry[0]: entry[1] for entry in entries}[key]

    def topic_config(self, topic, key):
        return self.config_of(admin.ConfigResourceType.TOPIC, topic, key)

    def partitions(self, topic):
        described, = self.client.describe_topics([topic])
        return len(described["partitions"])

    def test_a_topic_is_altered_in_partitions_and_settings(self):
        topic = self.topic(2)
        self.ask("topic", "alter", topic, "--partitions", "5", "--config", "retention.ms=1234567",
                 "--config", "cleanup.policy+=compact")
        self.assertEqual(self.partitions(topic), 5)
        self.assertEqual(self.topic_config(topic, "retention.ms"), "1234567")
        self.assertEqual(self.topic_config(topic, "cleanup.policy"), "delete,compact")
        self.ask("topic", "alter", topic, "--default", "retention.ms",
                 "--config", "cleanup.policy-=compact")
        self.assertNotEqual(self.topic_config(topic, "retention.ms"), "1234567")
        self.assertEqual(self.topic_config(topic, "cleanup.policy"), "delete")

    def test_what_would_be_refused_or_is_only_tried_changes_no_topic(self):
        topic = self.topic(3)
        self.ask("topic", "alter", topic, "--partitions", "4", "--config", "retention.ms=1",
                 "--dry-run")
        self.assertIn("INVALID_PARTITIONS", self.refused("topic", "alter", topic, "--partitions", "2"))
        self.assertIn("no.such.key", self.refused("topic", "alter", topic, "--config", "no.such.key=1"))
        self.assertEqual(self.partitions(topic), 3)
        self.assertNotEqual(self.topic_config(topic, "retention.ms"), "1")
        self.assertIn("topic list", self.refused("topic", "alter", self.unique("none"),
                                                 "--partitions", "2"))
        self.refused("topic", "alter", topic, code=2)
        self.refused("topic", "alter", topic, "--partitions", "0", code=2)

    def described(self, *resource):
        rows = json.loads(self.ask("config", "describe", *resource, "--format", "json"))
        return {row["key"]: row for row in rows}

    def test_settings_of_a_topic_are_set_shown_and_deleted(self):
        topic = self.topic(1)
        self.assertEqual(self.described("--topic", topic), {})
        self.ask("config", "set", "--topic", topic, "retention.ms=7777777", "segment.bytes=1048576")
        self.assertEqual(self.topic_config(topic, "retention.ms"), "7777777")
        seen = self.described("--topic", topic)
        self.assertEqual({key: (row["value"], row["source"]) for key, row in seen.items()},
                         {"retention.ms": ("7777777", "topic"),
                          "segment.bytes": ("1048576", "topic")})
        self.assertRegex(self.ask("config", "describe", "--topic", topic),
                         r"(?m)^retention.ms +topic +7777777$")
        self.assertIn("max.message.bytes", self.described("--topic", topic, "--all"))
        self.ask("config", "delete", "--topic", topic, "retention.ms", "segment.bytes")
        self.assertEqual(self.described("--topic", topic), {})

    def test_settings_are_changed_all_or_none(self):
        topic = self.topic(1)
        errors = self.refused("config", "set", "--topic", topic, "retention.ms=5000000",
                              "min.insync.replicas=none")
        self.assertIn("min.insync.replicas", errors)
        self.ask("config", "set", "--topic", topic, "retention.ms=5000000", "--dry-run")
        self.assertEqual(self.described("--topic", topic), {})
        self.assertIn("topic list", self.refused("config", "describe", "--topic",
                                                 self.unique("none")))

    def test_brokers_have_a_value_of_their_own_over_the_one_of_all(self):
        key = "log.retention.ms"

        def wait_for(value):
            # An Apache broker takes a change over when it has read it in the metadata log.
            wait_until(lambda: self.config_of(admin.ConfigResourceType.BROKER, "1", key) == value,
                       f"another client sees {key}={value}")

        self.ask("config", "set", "--all-brokers", key + "=86400001")
        self.addCleanup(self.ask, "config", "delete", "--all-brokers", key)
        wait_for("86400001")
        self.assertEqual(self.described("--all-brokers")[key]["source"], "all brokers")
        self.ask("config", "set", "--broker", "1", key + "=86400002")
        wait_for("86400002")
        seen = self.described("--broker", "1")[key]
        self.assertEqual((seen["value"], seen["source"]), ("86400002", "broker"))
        self.ask("config", "delete", "--broker", "1", key)
        wait_for("86400001")

    def test_groups_have_settings_before_they_are_there(self):
        group, key = self.unique("group"), "consumer.session.timeout.ms"
        self.ask("config", "set", "--group", group, key + "=50000")
        self.addCleanup(self.ask, "config", "delete", "--group", group, key)
        seen = self.described("--group", group)
        self.assertEqual(seen[key]["value"], "50000")
        self.assertEqual(seen[key]["source"], "group")
        self.assertIn("45000 to 60000", self.refused("config", "set", "--group", group, key + "=1"))

    def test_what_brokers_refuse_is_said(self):
        self.assertIn("node.id", self.refused("config", "set", "--broker", "1", "node.id=2"))
        self.assertIn("there is no broker 77", self.refused("config", "describe", "--broker", "77"))

    def test_a_configuration_belongs_to_exactly_one_resource(self):
        for wrong in (["describe"], ["set", "a=b"], ["set", "--topic", "t"],
                      ["set", "--topic", "t", "a"], ["describe", "--topic", "t", "--broker", "1"],
                      ["describe", "--topic", "t", "--group", "g"],
                      ["describe", "--broker", "x"], ["delete", "--all-brokers"]):
            self.refused("config", *wrong, code=2)

    def test_the_cluster_is_described_as_others_see_it(self):
        seen = json.loads(self.ask("cluster", "describe", "--format", "json"))
        known = self.client.describe_cluster()
        self.assertEqual(seen["cluster"], known["cluster_id"])
        self.assertEqual(seen["controller"], known["controller_id"])
        self.assertEqual([(row["broker"], row["address"], row["fenced"]) for row in seen["brokers"]],
                         [(row["node_id"], f"{row['host']}:{row['port']}", False)
                          for row in known["brokers"]])
        quorum = seen["quorum"]
        self.assertEqual(quorum["leader"], 1)
        self.assertEqual([(row["node"], row["voter"], row["lag"]) for row in quorum["replicas"]],
                         [(1, True, 0)])
        self.assertGreater(quorum["high_watermark"], 0)
        told = wire.api_versions(self.address)
        self.assertEqual({row["feature"]: (row["lowest"], row["highest"]) for row in seen["features"]},
                         told["supported"])
        self.assertEqual({row["feature"]: row["level"] for row in seen["features"] if row["level"]},
                         {name: level for name, level in told["finalized"].items() if level})
        directory, = seen["log_dirs"]
        self.assertEqual((directory["broker"], directory["problem"]), (1, ""))
        self.assertGreater(directory["total_bytes"], directory["usable_bytes"])

    def test_log_directories_grow_by_what_is_written(self):
        def size():
            directory, = json.loads(self.ask("cluster", "describe", "--format", "json"))["log_dirs"]
            return directory["partitions"], directory["bytes"]

        topic = self.topic(4)
        partitions, before = size()
        self.ask("produce", topic, stdin=b"x" * 100_000 + b"\n")
        self.assertGreaterEqual(size()[1], before + 100_000)
        self.ask("topic", "alter", topic, "--partitions", "6")
        wait_until(lambda: size()[0] >= partitions + 2, "two more partitions")

    def test_the_tables_of_a_cluster_have_its_parts(self):
        text = self.ask("cluster", "describe")
        for heading in ("BROKER  ADDRESS", "NODE  ROLE", "FEATURE", "BROKER  LOG DIRECTORY"):
            self.assertRegex(text, rf"(?m)^ *{heading}")
        self.assertIn("no answer from", self.without_a_broker("cluster", "describe"))

    def test_the_apis_are_those_that_the_broker_announces(self):
        rows = json.loads(self.ask("api", "--format", "json"))
        self.assertEqual({row["key"]: (row["lowest"], row["highest"]) for row in rows},
                         wire.api_versions(self.address)["apis"])
        produce = next(row for row in rows if row["api"] == "Produce")
        self.assertEqual((produce["key"], produce["used"]), (0, produce["highest"]))
        self.assertRegex(self.ask("api", "--broker", "1"), r"(?m)^ *18 +ApiVersions +0-\d +\d$")
        self.assertIn("there is no broker 77", self.refused("api", "--broker", "77"))
        self.assertIn("no answer from", self.without_a_broker("api"))

    def without_a_broker(self, *arguments):
        code, _, errors = cli_rig.run_moldau(*arguments, "--bootstrap", "127.0.0.1:1")
        self.assertEqual(code, 1, errors)
        return errors


class Moves(unittest.TestCase):
    """`topic move` on a broker with two log directories."""

    @unittest.skipIf(cli_rig.ADDRESS, "wants a broker of its own")
    def test_a_topic_is_moved_and_the_cluster_shows_where_it_is(self):
        with tempfile.TemporaryDirectory(prefix="moldau-cli-") as base:
            first, second = f"{base}/first", f"{base}/second"
            broker = cli_rig.Broker(f"{first},{second}", cli_rig.free_ports(3))
            self.addCleanup(broker.close)

            def run(*arguments, code=0, stdin=b""):
                got, output, errors = cli_rig.run_moldau(
                    *arguments, "--bootstrap", broker.address, stdin=stdin)
                self.assertEqual(got, code, errors)
                return errors if code else output.decode()

            def partitions():
                seen = json.loads(run("cluster", "describe", "--format", "json"))
                return [(row["partitions"], row["moving_in"]) for row in seen["log_dirs"]]

            run("topic", "create", "t", "--partitions", "4")
            run("produce", "t", stdin=b"one\ntwo\n")
            self.assertEqual(partitions(), [(2, 0), (2, 0)])
            said = run("topic", "move", "t", "--to", second)
            self.assertEqual(said.splitlines(),
                             [f"moving t-{n} to {second} on broker 1" for n in range(4)])
            wait_until(lambda: partitions() == [(0, 0), (4, 0)], "all is in the second")
            run("topic", "move", "t", "--partition", "3", "--to", first)
            wait_until(lambda: partitions() == [(1, 0), (3, 0)], "one is in the first again")
            read = run("consume", "t", "--from", "beginning", "--exit")
            self.assertEqual(sorted(read.split()), ["one", "two"])

            self.assertIn("LOG_DIR_NOT_FOUND",
                          run("topic", "move", "t", "--to", "/nowhere", code=1))
            self.assertIn("UNKNOWN_TOPIC_OR_PARTITION",
                          run("topic", "move", "none", "--to", first, code=1))
            self.assertIn("no such replica",
                          run("topic", "move", "t", "--partition", "9", "--to", first, code=1))
            self.assertEqual(broker.stop(), 0)


if __name__ == "__main__":
    cli_rig.main()
