#!/usr/bin/env python3
"""`produce` and `consume`: formats, keys, headers, places to begin at; checked against kcat."""

import json
import subprocess
import time
import unittest

import cli_rig
from cli_rig import LIMIT_S


class Records(cli_rig.VerbTest):
    def kcat(self, *arguments, stdin=None):
        done = subprocess.run(["kcat", "-b", self.address, "-q", *arguments], input=stdin,
                              capture_output=True, timeout=LIMIT_S, check=True)
        return done.stdout.decode()

    def consumed(self, topic, *arguments):
        lines = self.ask("consume", topic, "--from", "beginning", "--exit", "--format", "json",
                         *arguments).splitlines()
        return [json.loads(line) for line in lines]

    def test_keys_headers_and_tombstones_arrive_as_kcat_sees_them(self):
        topic = self.topic()
        self.ask("produce", topic, "--key", "k", "--header", "a=1", "--header", "b=x=y", stdin=b"v\n")
        self.ask("produce", topic, "--key-separator", ":", "--tombstones", stdin=b"gone:\nplain\n")
        self.assertEqual(self.kcat("-C", "-t", topic, "-e", "-Z", "-f", "%k|%s|%h\\n").splitlines(),
                         ["k|v|a=1,b=x=y", "gone|NULL|", "NULL|plain|"])

    def test_json_records_are_written_and_copied_as_they_are(self):
        one, two = self.topic(), self.topic()
        now_ms = int(time.time() * 1000) - 1234
        lines = [{"key": "k", "value": None, "headers": [{"name": "h", "value": "é"}]},
                 {"value": {"base64": "/wA="}, "timestamp": now_ms},
                 {"key": "", "value": ""}]
        self.ask("produce", one, "--format", "json",
                 stdin="".join(json.dumps(line) + "\n" for line in lines).encode())
        seen = self.consumed(one)
        self.assertEqual([(row["topic"], row["key"], row["value"]) for row in seen],
                         [(one, "k", None), (one, None, {"base64": "/wA="}), (one, "", "")])
        self.assertEqual(seen[0]["headers"], [{"name": "h", "value": "é"}])
        self.assertEqual(seen[1]["timestamp"], now_ms)
        copied = self.ask("consume", one, "--from", "beginning", "--exit", "--format", "json")
        self.ask("produce", two, "--format", "json", stdin=copied.encode())
        self.assertEqual([dict(row, topic=one) for row in self.consumed(two)], seen)

    def test_a_line_that_is_no_record_is_named_and_what_came_before_is_written(self):
        topic = self.topic()
        errors = self.refused("produce", topic, "--format", "json", stdin=b'{"value":"1"}\n{"value":2}\n')
        self.assertIn("line 2: value", errors)
        self.assertIn("1 records were written", errors)
        self.assertEqual([row["value"] for row in self.consumed(topic)], ["1"])
        self.refused("produce", topic, "--key", "k", "--key-separator", ":", code=2)
        self.assertIn("/no/such/file", self.refused("produce", topic, "--file", "/no/such/file"))

    def test_reading_begins_at_offsets_times_and_so_long_ago(self):
        topic = self.topic()
        now_ms = int(time.time() * 1000)
        hour_ms = 3_600_000
        lines = [json.dumps({"value": str(age), "timestamp": now_ms - age * hour_ms})
                 for age in (5, 4, 3, 2, 1)]
        self.ask("produce", topic, "--format", "json", stdin="\n".join(lines).encode() + b"\n")

        def values(where):
            return self.ask("consume", topic, "--from", where, "--exit").split()

        self.assertEqual(values("earliest"), ["5", "4", "3", "2", "1"])
        self.assertEqual(values("latest"), [])
        self.assertEqual(values("3"), ["2", "1"])
        self.assertEqual(values("-1"), ["1"])
        self.assertEqual(values(f"@{now_ms - 4 * hour_ms}"), ["4", "3", "2", "1"])
        self.assertEqual(values("-2h30m"), ["2", "1"])
        self.assertEqual(values("-5s"), [])
        at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime((now_ms - 3 * hour_ms) / 1000 - 60))
        self.assertEqual(values(at), ["3", "2", "1"])
        for wrong in ("soon", "-", "2026-02-30"):
            self.refused("consume", topic, "--from", wrong, code=2)

    def test_several_topics_and_chosen_partitions_are_read(self):
        one, two = self.topic(3), self.topic(3)
        for topic in (one, two):
            for partition in range(3):
                self.kcat("-P", "-t", topic, "-p", str(partition), stdin=f"{topic}/{partition}".encode())
        read = self.ask("consume", one, two, "--partition", "0", "--partition", "2", "--from",
                        "beginning", "--exit")
        self.assertEqual(sorted(read.split()),
                         sorted(f"{topic}/{p}" for topic in (one, two) for p in (0, 2)))
        self.assertIn("has 3, numbered from 0", self.refused("consume", one, "--partition", "3"))
        self.assertIn("no such topic", self.refused("consume", one, self.unique("none"), "--exit"))

    def test_records_are_printed_in_columns_and_by_template(self):
        topic = self.topic()
        self.ask("produce", topic, "--key", "k", "--header", "a=1", stdin=b"one\ttwo\n")
        read = ["consume", topic, "--from", "beginning", "--exit"]
        header, row = self.ask(*read, "--format", "table").splitlines()
        self.assertEqual(header.split()[0], "TOPIC")
        self.assertEqual(header.index("VALUE"), row.index("one\\ttwo"))
        self.assertEqual(self.ask(*read, "--template", "%t/%p/%o %k=%v %h %K,%V%%\\x21\\n"),
                         f"{topic}/0/0 k=one\ttwo a=1 1,7%!\n")
        self.assertIn("%x: not known", self.refused(*read, "--template", "%x", code=2))
        self.refused(*read, "--template", "%v", "--format", "json", code=2)


if __name__ == "__main__":
    cli_rig.main()
