#!/usr/bin/env python3
"""The `group` commands and `consume --group`, checked against what python3-kafka sees."""

import json
import signal
import subprocess
import tempfile
import time
import unittest

from kafka import admin

import cli_rig
from cli_rig import LIMIT_S, wait_until


class Groups(cli_rig.VerbTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.client = admin.KafkaAdminClient(bootstrap_servers=cls.address)
        cls.addClassCleanup(cls.client.close)

    def committed(self, group):
        """{(topic, partition): offset} as another client sees it."""
        offsets = self.client.list_consumer_group_offsets(group)
        return {(place.topic, place.partition): offset.offset for place, offset in offsets.items()}

    def filled(self, partitions, records):
        """A topic with so many records in each partition."""
        topic = self.topic(partitions)
        for partition in range(partitions):
            self.ask("produce", topic, "--partition", str(partition),
                     stdin="".join(f"{partition}-{i}\n" for i in range(records)).encode())
        return topic

    def described(self, group):
        return json.loads(self.ask("group", "describe", group, "--format", "json"))[0]

    def described_or_none(self, group):
        """There is no such group until the first of its members has joined."""
        code, output, _ = cli_rig.run_moldau("group", "describe", group, "--format", "json",
                                             "--bootstrap", self.address)
        return json.loads(output)[0] if code == 0 else None

    def member(self, topic, group, *more):
        """kcat as a member of the group, reading."""
        process = subprocess.Popen(
            ["kcat", "-b", self.address, "-q", "-G", group, "-X", "auto.offset.reset=earliest",
             "-X", "auto.commit.interval.ms=100", "-X", "client.id=the-kcat", *more, topic],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(self.end, process)
        return process

    def leave(self, process):
        process.send_signal(signal.SIGTERM)
        process.wait(LIMIT_S)

    def test_a_group_is_described_while_it_reads_and_after(self):
        topic, group = self.filled(3, 10), self.unique("group")
        member = self.member(topic, group)
        wait_until(lambda: self.committed(group) == {(topic, p): 10 for p in range(3)},
                   "kcat has committed all it read")
        seen = self.described(group)
        self.assertEqual((seen["group"], seen["type"], seen["state"], seen["total_lag"]),
                         (group, "classic", "Stable", 0))
        self.assertEqual(seen["coordinator"]["address"], self.address)
        one, = seen["members"]
        self.assertEqual((one["client"], one["host"]), ("the-kcat", "127.0.0.1"))
        self.assertEqual(one["assigned"], [{"topic": topic, "partitions": [0, 1, 2]}])
        self.assertEqual({row["member"] for row in seen["partitions"]}, {one["member"]})
        text = self.ask("group", "describe", group)
        self.assertRegex(text, rf"(?m)^1  {one['member']}  the-kcat  127.0.0.1  {topic} 0-2$")
        self.assertRegex(text, rf"(?m)^{topic} +0 +10 +10 +0  1 the-kcat$")

        self.leave(member)
        wait_until(lambda: self.described(group)["state"] == "Empty", "the group is empty")
        self.ask("produce", topic, "--partition", "1", stdin=b"a\nb\nc\n")
        seen = self.described(group)
        self.assertEqual([row["lag"] for row in seen["partitions"]], [0, 3, 0])
        self.assertEqual((seen["total_lag"], seen["members"]), (3, []))

    def test_groups_of_the_consumer_protocol_are_listed_described_reset_and_deleted(self):
        topic, group = self.filled(2, 3), self.unique("group")
        self.ask("group", "list")  # the coordinator is there
        self.commit(group + "-classic", {(topic, 0): 1})
        wait_until(lambda: cli_rig.heartbeat(self.address, group, "m", topic, 0) == (0, 2),
                   "the member has joined")
        listed = json.loads(self.ask("group", "list", "--type", "Consumer", "--format", "json"))
        row, = [row for row in listed if row["group"] == group]
        self.assertEqual((row["type"], row["state"], row["protocol"]),
                         ("consumer", "Stable", "consumer"))
        self.assertEqual({row["type"] for row in listed}, {"consumer"})
        seen = self.described(group)
        self.assertEqual((seen["type"], seen["state"], seen["assignor"], seen["epoch"],
                          seen["assigned_for_epoch"]), ("consumer", "Stable", "uniform", 2, 2))
        one, = seen["members"]
        self.assertEqual((one["member"], one["epoch"], one["protocol"]), ("m", 2, "consumer"))
        self.assertEqual(one["assigned"], [{"topic": topic, "partitions": [0, 1]}])
        self.assertRegex(self.ask("group", "describe", group), r"(?m)^epoch +2, assigned for 2$")
        self.refused("group", "delete", group)
        self.refused("group", "reset", group, "--to", "latest", "--topic", topic, "--execute")

        self.assertEqual(cli_rig.heartbeat(self.address, group, "m", topic, -1), (0, -1))
        self.ask("group", "reset", group, "--to", "latest", "--topic", topic, "--execute")
        self.assertEqual(self.committed(group), {(topic, 0): 3, (topic, 1): 3})
        seen = self.described(group)
        self.assertEqual((seen["type"], seen["state"], seen["total_lag"]), ("consumer", "Empty", 0))
        self.ask("group", "delete", group)
        self.refused("group", "describe", group)

    def test_a_group_that_does_not_exist_is_said_to_be_none(self):
        errors = self.refused("group", "describe", self.unique("group"))
        self.assertIn("there is no such group. See `moldau group list`", errors)

    def test_groups_are_listed_with_type_state_and_coordinator(self):
        topic, group = self.filled(1, 1), self.unique("group")
        self.commit(group, {(topic, 0): 1})
        listed = {row["group"]: row for row in
                  json.loads(self.ask("group", "list", "--format", "json"))}
        self.assertEqual(listed[group], {"group": group, "type": "classic", "state": "Empty",
                                         "protocol": listed[group]["protocol"], "coordinator": 1})
        self.assertEqual(set(listed), {name for name, _ in self.client.list_consumer_groups()})
        self.assertRegex(self.ask("group", "list", "--state", "empty"), rf"(?m)^{group} +classic ")
        self.assertNotIn(group, self.ask("group", "list", "--state", "Stable"))
        code, _, errors = cli_rig.run_moldau("group", "list", "--bootstrap", "127.0.0.1:1")
        self.assertEqual((code, "no answer from 127.0.0.1:1" in errors), (1, True), errors)

    def test_a_reset_shows_first_and_changes_only_when_told_to(self):
        topic, group = self.filled(2, 20), self.unique("group")
        self.commit(group, {(topic, 0): 15, (topic, 1): 5})
        before = self.committed(group)
        plan = json.loads(self.ask("group", "reset", group, "--to", "earliest", "--format", "json"))
        self.assertEqual([(row["partition"], row["committed"], row["new"]) for row in plan],
                         [(0, 15, 0), (1, 5, 0)])
        self.assertEqual(self.committed(group), before)
        self.ask("group", "reset", group, "--to", "earliest", "--execute")
        self.assertEqual(self.committed(group), {(topic, 0): 0, (topic, 1): 0})

    def test_a_reset_goes_to_ends_offsets_times_and_back_and_forth(self):
        topic, group = self.topic(1), self.unique("group")
        now_ms = int(time.time() * 1000)
        hour_ms = 3_600_000
        lines = [json.dumps({"value": str(age), "timestamp": now_ms - age * hour_ms})
                 for age in (5, 4, 3, 2, 1)]
        self.ask("produce", topic, "--format", "json", stdin="\n".join(lines).encode() + b"\n")

        def reset(*arguments):
            self.ask("group", "reset", group, "--topic", topic, *arguments, "--execute")
            return self.committed(group)[(topic, 0)]

        self.assertEqual(reset("--to", "latest"), 5)
        self.assertEqual(reset("--to", "2"), 2)
        self.assertEqual(reset("--shift", "2"), 4)
        self.assertEqual(reset("--shift", "-3"), 1)
        self.assertEqual(reset("--to", "-2"), 3)
        self.assertEqual(reset("--to", f"@{now_ms - 4 * hour_ms}"), 1)
        at = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime((now_ms - 3 * hour_ms) / 1000 - 60))
        self.assertEqual(reset("--to", at), 2)
        self.assertEqual(reset("--to", "-2h30m"), 3)
        self.assertEqual(reset("--to", "-10s"), 5)
        self.assertEqual(reset("--to", "earliest"), 0)
        self.assertEqual(reset("--shift", "-7"), 0)
        self.assertEqual(reset("--to", "99"), 5)

    def test_a_reset_touches_only_the_partitions_that_are_named(self):
        one, two, group = self.filled(3, 4), self.filled(1, 4), self.unique("group")
        before = {(one, p): 2 for p in range(3)} | {(two, 0): 2}
        self.commit(group, before)
        self.ask("group", "reset", group, "--to", "latest", "--topic", f"{one}:0,2", "--execute")
        self.assertEqual(self.committed(group), before | {(one, 0): 4, (one, 2): 4})
        errors = self.refused("group", "reset", group, "--to", "latest", "--topic", f"{one}:3")
        self.assertIn("has 3 partitions", errors)
        self.assertIn("topic list", self.refused("group", "reset", group, "--to", "latest",
                                                 "--topic", self.unique("no-topic")))

    def test_a_group_with_members_is_neither_reset_nor_deleted(self):
        topic, group = self.filled(1, 3), self.unique("group")
        member = self.member(topic, group)
        wait_until(lambda: self.committed(group) == {(topic, 0): 3}, "kcat has committed")
        # What would change is shown all the same, and what stands in the way.
        _, output, errors = cli_rig.run_moldau("group", "reset", group, "--to", "earliest",
                                               "--bootstrap", self.address)
        self.assertIn(topic, output.decode())
        self.assertIn("has 1 members", errors)
        for refused in (["reset", group, "--to", "earliest", "--execute"], ["delete", group],
                        ["delete", group, "--topic", topic]):
            self.assertRegex(self.refused("group", *refused), r"[Ss]top (them|its members|the members)")
        self.assertEqual(self.committed(group), {(topic, 0): 3})
        self.leave(member)
        wait_until(lambda: self.described(group)["members"] == [], "kcat has left")
        self.ask("group", "reset", group, "--to", "earliest", "--execute")
        self.assertEqual(self.committed(group), {(topic, 0): 0})

    def test_wrong_resets_are_wrong_command_lines(self):
        for wrong in (["--to", "yesterday"], [], ["--to", "1", "--shift", "1"],
                      ["--to", "1", "--topic", "t:x"], ["--shift", "a"], ["--by-duration", "1x"],
                      ["--by-duration", "PT1H", "--to", "1"], ["--from-file", "f", "--shift", "1"],
                      ["--from-file", "f", "--topic", "t"]):
            self.refused("group", "reset", "g", *wrong, code=2)
        for wrong in ([], ["m", "--all"], ["--instance", "i", "--all"]):
            self.refused("group", "remove-member", "g", *wrong, code=2)

    def test_a_reset_goes_back_by_a_duration_in_both_forms(self):
        topic, group = self.topic(1), self.unique("group")
        now_ms = int(time.time() * 1000)
        lines = [json.dumps({"value": str(age), "timestamp": now_ms - age * 3_600_000})
                 for age in (5, 4, 3, 2, 1)]
        self.ask("produce", topic, "--format", "json", stdin="\n".join(lines).encode() + b"\n")
        for duration, offset in (("PT2H30M", 3), ("3h30m", 2), ("P1D", 0), ("PT5S", 5)):
            self.ask("group", "reset", group, "--topic", topic, "--by-duration", duration,
                     "--execute")
            self.assertEqual(self.committed(group), {(topic, 0): offset}, duration)

    def test_an_exported_plan_is_a_file_to_reset_by(self):
        topic, group = self.filled(2, 20), self.unique("group")
        self.commit(group, {(topic, 0): 15, (topic, 1): 5})
        before = self.committed(group)
        plan = self.ask("group", "reset", group, "--shift", "-3", "--export")
        self.assertEqual(plan, f"{topic},0,12\n{topic},1,2\n")
        self.assertEqual(self.committed(group), before)
        self.ask("group", "reset", group, "--from-file", "-", "--execute", stdin=plan.encode())
        self.assertEqual(self.committed(group), {(topic, 0): 12, (topic, 1): 2})
        # Lines about several groups, as Apache's tool writes them; offsets stay within the log.
        lines = f'{group},"{topic}",0,99\nanother,{topic},1,7\n'
        with tempfile.NamedTemporaryFile("w") as file:
            file.write(lines)
            file.flush()
            self.ask("group", "reset", group, "--from-file", file.name, "--execute")
        self.assertEqual(self.committed(group), {(topic, 0): 20, (topic, 1): 2})
        errors = self.refused("group", "reset", group, "--from-file", "-", stdin=b"orders,0\n")
        self.assertIn("-: line 1: write TOPIC,PARTITION,OFFSET", errors)
        self.refused("group", "reset", group, "--from-file", "/no/such/file")

    def test_the_lag_is_shown_in_time_when_asked_for(self):
        topic, group = self.topic(2), self.unique("group")
        now_ms = int(time.time() * 1000)
        lines = [json.dumps({"value": "x" * 100, "timestamp": now_ms - minutes * 60_000})
                 for minutes in (200, 125, 5)]
        self.ask("produce", topic, "--partition", "0", "--format", "json",
                 stdin="\n".join(lines).encode() + b"\n")
        self.commit(group, {(topic, 0): 1, (topic, 1): 0})
        self.assertNotIn("behind_ms", self.described(group))
        seen = json.loads(self.ask("group", "describe", group, "--time", "--format", "json"))[0]
        behind_ms = [row["behind_ms"] for row in seen["partitions"]]
        self.assertEqual(behind_ms[1], 0)
        self.assertEqual(behind_ms[0], seen["behind_ms"])
        self.assertTrue(125 * 60_000 <= behind_ms[0] < 126 * 60_000, behind_ms)
        self.assertRegex(self.ask("group", "describe", group, "--time"),
                         rf"(?m)^{topic} +0 +1 +3 +2 +2h5m +-$")

    def test_members_are_removed_by_id_by_instance_and_all_of_them(self):
        topic, group = self.filled(3, 1), self.unique("group")
        dynamic = self.member(topic, group)
        static = [self.member(topic, group, "-X", f"group.instance.id=worker-{i}")
                  for i in range(2)]
        seen = wait_until(lambda: (seen := self.described_or_none(group))
                          and seen["state"] == "Stable" and len(seen["members"]) == 3 and seen,
                          "all three are in")
        for process in (dynamic, *static):
            process.send_signal(signal.SIGKILL)  # gone without a word
            process.wait(LIMIT_S)
        id_of = {one["instance"]: one["member"] for one in seen["members"]}
        errors = self.refused("group", "remove-member", group, "nobody")
        self.assertIn("there is no such member", errors)
        output = self.ask("group", "remove-member", group, "--instance", "worker-0", id_of[None])
        self.assertEqual(sorted(output.splitlines()),
                         [f"removed member {id_of[None]}", "removed static member worker-0"])
        left = self.described(group)["members"]
        self.assertEqual([one["instance"] for one in left], ["worker-1"])
        self.assertEqual(self.ask("group", "remove-member", group, "--all", "--reason", "moved"),
                         "removed static member worker-1\n")
        self.assertEqual(self.described(group)["members"], [])
        self.assertIn("has no members", self.ask("group", "remove-member", group, "--all"))
        self.assertIn("no such group", self.refused("group", "remove-member",
                                                    self.unique("group"), "--all"))

    def test_a_member_of_the_consumer_protocol_is_removed_by_its_id(self):
        topic, group = self.filled(1, 1), self.unique("group")
        self.ask("group", "list")  # the coordinator is there
        wait_until(lambda: cli_rig.heartbeat(self.address, group, "m", topic, 0)[0] == 0,
                   "the member has joined")
        self.assertEqual(self.ask("group", "remove-member", group, "m"), "removed member m\n")
        self.assertEqual(self.described(group)["members"], [])

    def test_deleted_is_the_group_or_what_it_committed_for_a_topic(self):
        one, two, group = self.filled(1, 3), self.filled(1, 3), self.unique("group")
        self.commit(group, {(one, 0): 1, (two, 0): 2})
        self.ask("group", "delete", group, "--topic", one)
        self.assertEqual(self.committed(group), {(two, 0): 2})
        self.assertIn("no committed offsets", self.refused("group", "delete", group, "--topic", one))
        self.ask("group", "delete", group)
        self.assertEqual(self.committed(group), {})
        self.assertNotIn(group, [name for name, _ in self.client.list_consumer_groups()])
        self.assertIn("GROUP_ID_NOT_FOUND", self.refused("group", "delete", group))

    def test_consuming_in_a_group_commits_what_was_printed_and_goes_on_there(self):
        topic, group = self.filled(1, 5), self.unique("group")
        read = ["consume", topic, "--group", group, "--from", "beginning"]
        self.assertEqual(self.ask(*read, "-n", "3").split(), ["0-0", "0-1", "0-2"])
        self.assertEqual(self.committed(group), {(topic, 0): 3})
        self.assertEqual(self.ask(*read, "--exit").split(), ["0-3", "0-4"])
        self.assertEqual(self.committed(group), {(topic, 0): 5})
        self.assertEqual(self.ask(*read, "--exit"), "")

    def test_a_consumer_that_is_interrupted_leaves_its_group_in_good_order(self):
        topic, group = self.filled(2, 50), self.unique("group")
        process = self.start_moldau("consume", topic, "--group", group, "--from", "beginning")
        self.assertEqual(len({process.stdout.readline() for _ in range(100)}), 100)
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(LIMIT_S), 0, process.stderr.read())
        self.assertEqual(self.committed(group), {(topic, 0): 50, (topic, 1): 50})
        self.assertEqual(self.described(group)["members"], [])

    def test_two_consumers_of_a_group_share_its_partitions(self):
        topic, group = self.filled(4, 1), self.unique("group")
        for _ in range(2):
            self.start_moldau("consume", topic, "--group", group)

        def shares():
            # There is no such group until the first of them has joined.
            code, output, _ = cli_rig.run_moldau("group", "describe", group, "--format", "json",
                                                 "--bootstrap", self.address)
            seen = json.loads(output)[0] if code == 0 else {"state": "", "members": []}
            return seen["state"] == "Stable" and sorted(
                len(one["assigned"][0]["partitions"]) for one in seen["members"]
                if one["assigned"])

        wait_until(lambda: shares() == [2, 2], "each has two partitions")

    def test_a_group_takes_no_partitions_and_no_offsets(self):
        for wrong in (["--partition", "0"], ["--from", "7"], ["--from", "-1h"]):
            self.refused("consume", "t", "--group", "g", *wrong, code=2)


if __name__ == "__main__":
    cli_rig.main()
