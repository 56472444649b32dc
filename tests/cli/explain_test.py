#!/usr/bin/env python3
"""`group explain` on groups that were made ill, and the page and counters that it reads."""

import json
import os
import pathlib
import re
import signal
import socket
import struct
import subprocess
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request

import cli_rig
from cli_rig import LIMIT_S, wait_until


def compact(data):
    """Text or bytes of a flexible version, shorter than 127."""
    data = data.encode() if isinstance(data, str) else data
    return bytes([len(data) + 1]) + data


class Explain(cli_rig.VerbTest):
    @classmethod
    def setUpClass(cls):
        directory = cli_rig.tempfile.TemporaryDirectory(prefix="moldau-explain-")
        cls.addClassCleanup(directory.cleanup)
        cls.broker = cli_rig.Broker(directory.name + "/data", cli_rig.free_ports(3),
                                    ["group.initial.rebalance.delay.ms=0",
                                     "auto.create.topics.enable=false"])
        cls.addClassCleanup(cls.broker.close)
        assert "is ready" in cls.broker.ready, cls.broker.said()
        cls.address = cls.broker.address

    # --- The patients ---------------------------------------------------------------------------

    def filled(self, partitions, records):
        topic = self.topic(partitions)
        for partition in range(partitions):
            self.ask("produce", topic, "--partition", str(partition),
                     stdin="".join(f"{partition}-{i}\n" for i in range(records)).encode())
        return topic

    def member(self, topic, group, *more):
        """kcat; with enable.auto.offset.store=false it commits nothing (not so without its
        enable.auto.commit: kcat turns that on again)."""
        process = subprocess.Popen(
            ["kcat", "-b", self.address, "-q", "-G", group, "-X", "auto.offset.reset=earliest",
             "-X", "auto.commit.interval.ms=100", "-X", "session.timeout.ms=6000",
             "-X", "heartbeat.interval.ms=500", *more, topic],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(self.end, process)
        return process

    def join(self, group, instance, protocol_type="consumer", protocol="range"):
        """The error code of a JoinGroup (version 6) of a static member, which then goes silent."""
        host, port = self.address.rsplit(":", 1)
        connection = socket.create_connection((host, int(port)), timeout=LIMIT_S)
        self.addCleanup(connection.close)
        header = struct.pack(">hhi", 11, 6, 1) + struct.pack(">h", 7) + b"staller\0"
        body = (compact(group) + struct.pack(">ii", 10_000, 60_000) + compact("")
                + compact(instance) + compact(protocol_type) + bytes([2]) + compact(protocol)
                + compact(b"") + b"\0\0")
        connection.sendall(struct.pack(">i", len(header + body)) + header + body)
        with connection.makefile("rb") as answers:
            answer = answers.read(struct.unpack(">i", answers.read(4))[0])
        return struct.unpack(">h", answer[9:11])[0]

    def described(self, group):
        code, output, _ = cli_rig.run_moldau("group", "describe", group, "--format", "json",
                                             "--bootstrap", self.address)
        return json.loads(output)[0] if code == 0 else {"state": "", "members": []}

    def settled(self, group, members):
        wait_until(lambda: (seen := self.described(group))["state"] == "Stable"
                   and len(seen["members"]) == members, f"{members} members are in")

    # --- The doctor -----------------------------------------------------------------------------

    def explained(self, group, *more):
        answer, = json.loads(self.ask("group", "explain", group, "--format", "json", *more))
        return answer

    def found(self, group, name, *more):
        """The finding, which must be there."""
        findings = self.explained(group, *more)["findings"]
        one = [finding for finding in findings if finding["finding"] == name]
        self.assertTrue(one, findings)
        return one[0]

    def expect_cause(self, group, name, words, *more):
        first = self.explained(group, *more)["findings"][0]
        self.assertEqual((first["finding"], first["weight"]), (name, "cause"), first)
        self.assertRegex(first["says"], words)
        return first

    def page(self, group):
        """Status and content of the coordinator's page."""
        url = f"{self.broker.metrics}/groups/{urllib.parse.quote(group, safe='')}"
        try:
            with urllib.request.urlopen(url, timeout=LIMIT_S) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error)

    def counter(self, sample):
        with urllib.request.urlopen(f"{self.broker.metrics}/metrics", timeout=LIMIT_S) as answer:
            text = answer.read().decode()
        found = re.search(rf"(?m)^{re.escape(sample)} (\S+)$", text)
        self.assertTrue(found, f"{sample} in {text}")
        return float(found[1])

    # --- The illnesses --------------------------------------------------------------------------

    def test_a_group_that_reads_everything_is_well(self):
        topic, group = self.filled(2, 10), self.unique("group")
        self.member(topic, group)
        wait_until(lambda: self.described(group).get("total_lag") == 0
                   and self.described(group)["state"] == "Stable", "all is read")
        wait_until(lambda: self.explained(group)["findings"][0]["finding"] == "fine", "it is well")
        text = self.ask("group", "explain", group)
        self.assertRegex(text, rf"^group {group} \(classic, Stable\): 1 members, 2 partitions, lag 0")
        self.assertRegex(text, r"(?s)Lately, as the coordinator tells:\n.* joins\n.*has its assignments")

    def test_a_group_that_is_not_there_is_said_to_be_none(self):
        self.expect_cause(self.unique("group"), "no_such_group", "There is no group")

    def test_an_empty_group_with_a_lag_tells_who_was_the_last(self):
        topic, group = self.filled(1, 10), self.unique("group")
        member = self.member(topic, group, "-X", "client.id=the-last")
        wait_until(lambda: [row["committed"] for row in self.described(group).get("partitions", [])]
                   == [10], "all is read")
        member.send_signal(signal.SIGTERM)
        member.wait(LIMIT_S)
        self.ask("produce", topic, stdin=b"a\nb\n")
        said = self.expect_cause(group, "no_members", "2 records wait in 1 partitions")["says"]
        self.assertRegex(said, r"The last to go was the-last at 127\.0\.0\.1, \S+ ago: member .* leaves")
        self.assertIn("expires 7d after it became empty", said)

    def test_a_member_that_joins_and_never_asks_for_its_assignment_is_waited_for(self):
        topic, group = self.filled(1, 1), self.unique("group")
        self.commit(group, {(topic, 0): 0})
        self.assertEqual(self.join(group, "the-staller"), 0)
        cause = self.expect_cause(group, "rebalance_waits",
                                  r"CompletingRebalance.*It waits for staller at 127\.0\.0\.1 "
                                  r"\(the-staller-\S+\) to say, as the leader, who has what, since")
        self.assertEqual(len(cause["members"]), 1)
        status, page = self.page(group)
        self.assertEqual((status, page["state"], page["generation"]), (200, "CompletingRebalance", 1))
        self.assertEqual(page["members"][0]["instance"], "the-staller")
        self.assertEqual(page["members"][0]["doing"], "has not asked for its assignment")
        self.assertLessEqual(page["waits_for"][0]["left_ms"], 60_000)
        self.assertEqual([event["event"] for event in page["timeline"]][-3:],
                         ["joined", "rebalance", "generation"])

    def test_a_member_that_was_paused_is_said_to_have_been(self):
        topic, group = self.filled(2, 5), self.unique("group")
        self.member(topic, group)
        paused = self.member(topic, group, "-X", "client.id=the-sleeper")
        self.settled(group, 2)
        before = self.counter('moldau_group_events_total{event="session_timeout"}')
        paused.send_signal(signal.SIGSTOP)
        self.addCleanup(paused.send_signal, signal.SIGCONT)
        wait_until(lambda: any(one["heard_ms_ago"] and one["heard_ms_ago"] > 3_200
                               for one in self.page(group)[1]["members"]), "it is silent")
        self.assertIn("the-sleeper at", self.found(group, "silent", "--for", "0s")["says"])
        self.settled(group, 1)
        said = self.found(group, "timed_out")["says"]
        self.assertRegex(said, r"the-sleeper at 127\.0\.0\.1 was removed \S+ ago: .*not been heard of")
        self.assertGreater(self.counter('moldau_group_events_total{event="session_timeout"}'), before)
        self.assertGreater(
            self.counter('moldau_group_rebalances_total{cause="session_timeout"}'), 0)
        paused.send_signal(signal.SIGCONT)
        self.settled(group, 2)
        self.assertIn("its process was paused", self.found(group, "timed_out")["says"])

    def test_a_member_that_comes_and_goes_is_flapping(self):
        topic, group = self.filled(2, 5), self.unique("group")
        self.member(topic, group)
        self.settled(group, 1)
        for _ in range(3):
            flapping = self.member(topic, group, "-X", "client.id=the-flapper")
            self.settled(group, 2)
            flapping.send_signal(signal.SIGTERM)
            flapping.wait(LIMIT_S)
            self.settled(group, 1)
        said = self.expect_cause(group, "flapping", "[0-9]+ rebalances in the last")["says"]
        self.assertIn("Most had to do with the-flapper at 127.0.0.1 (6 events)", said)
        self.assertRegex(said, r"3 by left")

    def test_members_beyond_the_partitions_are_idle(self):
        topic, group = self.filled(1, 5), self.unique("group")
        for _ in range(2):
            self.member(topic, group)
        self.settled(group, 2)
        self.assertIn("1 of 2 members have nothing to do", self.found(group, "idle_members")["says"])

    def test_an_offset_that_does_not_move_shows_the_record(self):
        topic, group = self.topic(1), self.unique("group")
        lines = [json.dumps({"key": f"key-{i}", "value": "x" * 2048}) for i in range(5)]
        self.ask("produce", topic, "--format", "json", stdin="\n".join(lines).encode() + b"\n")
        self.commit(group, {(topic, 0): 3})
        self.member(topic, group, "-X", "enable.auto.offset.store=false")
        self.settled(group, 1)
        cause = self.expect_cause(
            group, "stuck_record", rf"{topic}:0 does not get on: offset 3 was committed and has not "
            r'moved for \S+; 2 records wait for .*offset 3, key "key-3" \(5 B\), a value of 2.0 KiB')
        self.assertIn(f"moldau group reset {group} --topic {topic}:0 --to 4 --execute", cause["next"])
        self.assertEqual(cause["partitions"], [f"{topic}:0"])

    def test_an_offset_outside_of_the_log_is_named(self):
        topic, group = self.filled(1, 5), self.unique("group")
        self.commit(group, {(topic, 0): 99})
        self.expect_cause(group, "offset_out_of_range",
                          "offset 99 is committed, but the log ends at 5")

    def test_members_that_never_commit_are_told(self):
        topic, group = self.filled(2, 5), self.unique("group")
        self.member(topic, group, "-X", "enable.auto.offset.store=false")
        self.settled(group, 1)
        self.expect_cause(group, "no_commits", f"Members have {topic}:0-1 and have never committed")

    def test_a_topic_that_does_not_exist_or_was_deleted_is_named(self):
        topic = self.filled(1, 5)
        self.commit(self.unique("classic"), {(topic, 0): 1})  # the coordinator is there
        for name in (self.unique("no-topic"), topic):
            group = self.unique("group")
            wait_until(lambda: cli_rig.heartbeat(self.address, group, "m", name, 0)[0] == 0,
                       "the member has joined")
            self.settled(group, 1)
            if name == topic:
                self.assertNotEqual(self.explained(group)["findings"][0]["finding"], "missing_topic")
                self.ask("topic", "delete", topic)
            self.expect_cause(group, "missing_topic",
                              f"subscribe to topic {name}, which is not there")

    def test_a_member_whose_protocols_do_not_fit_is_told(self):
        topic, group = self.filled(1, 5), self.unique("group")
        self.member(topic, group)
        self.settled(group, 1)
        inconsistent_group_protocol = 23
        for _ in range(3):
            self.assertEqual(self.join(group, "other", protocol_type="connect"),
                             inconsistent_group_protocol)
        said = self.found(group, "turned_away")["says"]
        self.assertRegex(said, r'staller at 127\.0\.0\.1 wants to join and may not \(3 times.*offers '
                               r'"connect" with \["range"\], the members all support "consumer"')

    def test_a_member_of_the_consumer_protocol_that_keeps_a_partition_is_named(self):
        topic, group = self.filled(2, 5), self.unique("group")
        self.commit(group + "-classic", {(topic, 0): 1})  # the coordinator is there
        wait_until(lambda: cli_rig.heartbeat(self.address, group, "old", topic, 0)[0] == 0, "joined")
        epoch = cli_rig.heartbeat(self.address, group, "old", topic, 0)[1]
        cli_rig.heartbeat(self.address, group, "new", topic, 0)
        wait_until(lambda: cli_rig.heartbeat(self.address, group, "old", topic, epoch)[0] == 0
                   and self.page(group)[1]["waits_for"], "it is to give up a partition")
        self.expect_cause(group, "rebalance_waits",
                          rf"It waits for test at 127\.0\.0\.1 \(old\) to give up partitions "
                          rf"\({topic}:[01]\), since \S+; without that it is removed in")
        status, page = self.page(group)
        self.assertEqual((status, page["type"], page["state"]), (200, "consumer", "Reconciling"))
        # Without the page it is found out with Kafka's APIs alone.
        self.assertEqual([event["event"] for event in page["timeline"]][:2], ["joined", "rebalance"])

    def test_groups_have_names_of_any_bytes_and_pages_of_their_own(self):
        group = self.unique("a/b \u00e9%?")
        self.commit(group, {(self.filled(1, 1), 0): 1})
        status, page = self.page(group)
        self.assertEqual((status, page["group"], page["state"]), (200, group, "Empty"))
        self.assertEqual(self.page(self.unique("none"))[0], 404)
        self.ask("group", "delete", group)
        status, page = self.page(group)
        self.assertEqual((status, page["state"]), (200, "Dead"))
        self.assertEqual(page["timeline"][-1]["event"], "deleted")
        self.expect_cause(group, "no_such_group", r"It was deleted \S+ ago")
        self.assertGreaterEqual(self.counter("moldau_groups"), 0)


class Damaged(unittest.TestCase):
    def test_a_partition_that_is_kept_out_of_service_is_the_cause(self):
        with cli_rig.tempfile.TemporaryDirectory(prefix="moldau-explain-") as directory:
            ports, data = cli_rig.free_ports(3), pathlib.Path(directory) / "data"
            broker = cli_rig.Broker(data, ports, ["group.initial.rebalance.delay.ms=0"])
            self.addCleanup(broker.close)

            def ask(*arguments, stdin=b""):
                code, output, errors = cli_rig.run_moldau(*arguments, "--bootstrap", broker.address,
                                                          stdin=stdin)
                self.assertEqual(code, 0, errors)
                return output.decode()

            ask("topic", "create", "t", "--config", f"segment.bytes={1 << 20}")
            for _ in range(25):
                ask("produce", "t", "--format", "json",
                    stdin=json.dumps({"value": "x" * 100_000}).encode() + b"\n")
            ask("group", "reset", "g", "--topic", "t", "--to", "3", "--execute")
            broker.stop()
            damaged = sorted((data / "t-0").glob("*.log"))[1]
            os.truncate(damaged, 0)
            broker = cli_rig.Broker(data, ports, ["group.initial.rebalance.delay.ms=0"])
            self.addCleanup(broker.close)
            answer, = json.loads(ask("group", "explain", "g", "--format", "json"))
            first = answer["findings"][0]
            self.assertEqual((first["finding"], first["partitions"]), ("refused", ["t:0"]), answer)
            self.assertIn("moldau log verify", first["next"])


if __name__ == "__main__":
    cli_rig.main()
