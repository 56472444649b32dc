#!/usr/bin/env python3
"""The command line against our own broker, as a user types it (cli_test.py PATH_OF_MOLDAU)."""

import glob
import json
import os
import re
import signal
import subprocess
import tempfile
import time
import unittest
import urllib.error
import urllib.request

from cli_rig import (LIMIT_S, MOLDAU, Broker, free_ports, heartbeat, main, run_moldau, turn_off,
                     wait_until)


class CommandLine(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix="moldau-cli-")
        self.addCleanup(directory.cleanup)
        self.directory = directory.name + "/data"
        self.ports = free_ports(3)
        self.broker = None

    def start(self, overrides=()):
        self.broker = Broker(self.directory, self.ports, overrides)
        self.addCleanup(self.broker.close)
        self.assertIn("is ready", self.broker.ready, self.broker.said())

    def ask(self, *arguments, stdin=b""):
        """The output of a client command that must succeed."""
        code, output, errors = run_moldau(*arguments, "--bootstrap", self.broker.address,
                                               stdin=stdin)
        self.assertEqual(code, 0, errors)
        return output

    def refused(self, *arguments, stdin=b"", code=1):
        """What a command that must fail says."""
        got, output, errors = run_moldau(*arguments, stdin=stdin)
        self.assertEqual(got, code, errors + output.decode())
        return errors

    def test_wrong_command_lines_are_told_from_failures(self):
        self.refused(code=2)
        self.refused("topic", code=2)
        self.refused("topic", "create", code=2)
        self.refused("produce", "t", "--codec", "rar", code=2)
        self.assertIn("Examples:", run_moldau("produce", "--help")[1].decode())

    def test_without_a_broker_the_error_says_how_to_start_one(self):
        address = f"127.0.0.1:{self.ports[0]}"
        errors = self.refused("topic", "list", "--bootstrap", address, "--timeout", "1000")
        self.assertIn("moldau server", errors)

    def test_server_refuses_what_it_does_not_know_and_names_it(self):
        self.assertIn("log.segment.byte:", self.refused("server", "--override",
                                                        "log.segment.byte=1"))
        self.assertIn("x for configuration num.partitions", self.refused("server", "--override",
                                                          "num.partitions=x"))
        self.assertIn("/no/such/file", self.refused("server", "--config", "/no/such/file"))

    def test_two_servers_do_not_share_a_directory_or_a_port(self):
        self.start()
        other = free_ports(3)
        listeners = "listeners=PLAINTEXT://127.0.0.1:{},CONTROLLER://127.0.0.1:{}"
        errors = self.refused("server", "--override", f"log.dirs={self.directory}", "--override",
                              listeners.format(*other), "--override", "metrics.listener=")
        self.assertIn("another broker uses this directory", errors)
        errors = self.refused("server", "--override", f"log.dirs={self.directory}2", "--override",
                              listeners.format(self.ports[0], other[1]),
                              "--override", "metrics.listener=")
        self.assertIn("something else listens there", errors)

    def test_the_three_commands_of_the_ready_line_work_as_printed(self):
        self.start()
        commands = [line.strip() for line in self.broker.ready.splitlines()[2:]]
        self.assertEqual(len(commands), 3, self.broker.ready)
        for command in commands[:2]:
            subprocess.run(command, shell=True, check=True, timeout=LIMIT_S, capture_output=True)
        done = subprocess.run(commands[2] + " -n 1", shell=True, check=True, timeout=LIMIT_S,
                              capture_output=True)
        self.assertEqual(done.stdout, b"hello\n")
        self.assertRegex(self.broker.ready, r"moldau \d+\.\d+\.\d+ is ready: PLAINTEXT://127\.0\.0\.1"
                         r":\d+, CONTROLLER://.*; data in /.*; \d+ ms since start\n")

    def test_the_features_of_an_older_directory_are_raised_and_then_serve(self):
        self.start()
        self.ask("topic", "create", "t", "--partitions", "1")
        self.assertEqual(turn_off(self.broker.address, "group.version"), 0)
        self.assertEqual(self.broker.stop(), 0)
        self.start()
        unsupported = 35
        self.assertEqual(heartbeat(self.broker.address, "g", "m", "t", 0)[0], unsupported)
        raised = [{"feature": "group.version", "from": 0, "to": 1}]
        for more in (["--dry-run"], ["--feature", "group.version=1", "--dry-run"], []):
            output = self.ask("cluster", "upgrade", "--format", "json", *more)
            self.assertEqual(json.loads(output), raised)
        self.assertEqual(json.loads(self.ask("cluster", "upgrade", "--format", "json")), [])
        # Whoever asks for the coordinator makes __consumer_offsets.
        run_moldau("group", "describe", "g", "--bootstrap", self.broker.address)
        wait_until(lambda: heartbeat(self.broker.address, "g", "m", "t", 0) == (0, 2),
                   "the member has joined")
        self.assertEqual(self.broker.stop(), 0)
        self.start()
        wait_until(lambda: heartbeat(self.broker.address, "g", "m", "t", 2) == (0, 2),
                   "the member goes on")
        self.assertIn("only raised", self.refused("cluster", "upgrade", "--feature",
                                                  "group.version=0", "--bootstrap",
                                                  self.broker.address))
        self.assertIn("only supports versions 0-1",
                      self.refused("cluster", "upgrade", "--feature", "group.version=2",
                                   "--bootstrap", self.broker.address))
        self.refused("cluster", "upgrade", "--feature", "group.version", code=2)

    def test_topics_come_and_go(self):
        self.start()
        self.ask("topic", "create", "orders", "--partitions", "3", "--config", "retention.ms=1000")
        self.assertIn("this topic exists",
                      self.refused("topic", "create", "orders", "--bootstrap", self.broker.address))
        self.assertIn("no-such-key", self.refused("topic", "create", "x", "--config", "no-such-key=1",
                                                  "--bootstrap", self.broker.address))
        self.assertEqual(json.loads(self.ask("topic", "list", "--format", "json")),
                         [{"topic": "orders", "partitions": 3, "replicas": 1}])
        description = json.loads(self.ask("topic", "describe", "orders", "--format", "json"))
        self.assertEqual(description["configs"], {"retention.ms": "1000"})
        self.assertEqual([(row["partition"], row["leader"], row["start"], row["end"])
                          for row in description["partitions"]],
                         [(0, 1, 0, 0), (1, 1, 0, 0), (2, 1, 0, 0)])
        self.ask("topic", "delete", "orders")
        self.assertEqual(json.loads(self.ask("topic", "list", "--format", "json")), [])
        self.assertIn("no such topic",
                      self.refused("topic", "describe", "orders", "--bootstrap", self.broker.address))

    def test_records_come_back_as_they_were_also_after_a_restart(self):
        self.start()
        self.ask("topic", "create", "t", "--partitions", "1")
        expected = []
        for codec in ("none", "gzip", "snappy", "lz4", "zstd"):
            self.ask("produce", "t", "--codec", codec, "--key-separator", ":", "--header", "c=" + codec,
                     stdin=b"k\xc3\xa9y:" + codec.encode() + b":1\nno key\n\xff:\x80\n")
            expected += [("kéy", codec + ":1"), (None, "no key"),
                         ({"base64": "/w=="}, {"base64": "gA=="})]

        def consumed(*arguments):
            lines = self.ask("consume", "t", "-e", "--format", "json", *arguments).splitlines()
            return [json.loads(line) for line in lines]

        records = consumed("--from", "beginning")
        self.assertEqual([(one["key"], one["value"]) for one in records], expected)
        self.assertEqual([one["offset"] for one in records], list(range(15)))
        self.assertEqual(records[3]["headers"], [{"name": "c", "value": "gzip"}])
        self.assertEqual(self.broker.stop(), 0, self.broker.said())
        self.start()
        self.assertEqual(consumed("--from", "beginning"), records)
        self.assertEqual(consumed("--from", "-2"), records[-2:])
        self.assertEqual(consumed("--from", "4", "-n", "3"), records[4:7])
        self.assertEqual(self.ask("consume", "t", "--from", "0", "-n", "2", "--key-separator", "|"),
                         "kéy|none:1\n|no key\n".encode())

    def test_log_dump_reads_what_the_broker_wrote(self):
        self.start()
        self.ask("topic", "create", "t", "--partitions", "1")
        self.ask("produce", "t", "--codec", "zstd", stdin=b"one\ntwo\n")
        self.assertEqual(self.broker.stop(), 0)
        files = sorted(glob.glob(self.directory + "/t-0/*") + glob.glob(self.directory + "/*checkpoint")
                       + glob.glob(self.directory + "/__cluster_metadata-0/*.log"))
        files = [path for path in files if not path.endswith("bootstrap.checkpoint")]
        code, output, errors = run_moldau("log", "dump", "--records", *files)
        self.assertEqual(code, 0, errors + output.decode())
        self.assertIn('offset=1', output.decode())
        self.assertIn('value="two"', output.decode())
        segment = self.directory + "/t-0/00000000000000000000.log"
        with open(segment, "r+b") as file:
            file.seek(-1, os.SEEK_END)
            last = file.read(1)
            file.seek(-1, os.SEEK_END)
            file.write(bytes([last[0] ^ 1]))
        code, output, _ = run_moldau("log", "dump", segment)
        self.assertEqual(code, 1)
        self.assertIn("BAD position=0", output.decode())

    def test_metrics_count_what_happened(self):
        self.start()
        self.ask("produce", "t", stdin=b"one\ntwo\n")

        def page(path):
            with urllib.request.urlopen(self.broker.metrics + path, timeout=LIMIT_S) as answer:
                return answer.read().decode()

        def value(sample):
            return float(re.search("^" + re.escape(sample) + " (.*)$", page("/metrics"),
                                   re.MULTILINE)[1])

        self.assertEqual(value("moldau_produced_records_total"), 2)
        self.assertGreaterEqual(value('moldau_requests_total{api="Produce"}'), 1)
        self.assertEqual(value('moldau_request_seconds_bucket{api="Produce",le="+Inf"}'),
                         value('moldau_requests_total{api="Produce"}'))
        self.assertGreaterEqual(value(f'moldau_flush_rounds_total{{directory="{self.directory}"}}'), 1)
        self.assertEqual(value("moldau_partitions_under_min_isr"), 0)
        self.assertEqual(page("/health"), "ok\n")
        with self.assertRaises(urllib.error.HTTPError):
            page("/")

    def test_both_signals_stop_it_cleanly(self):
        for one in (signal.SIGINT, signal.SIGTERM):
            self.start()
            begun = time.monotonic()
            self.assertEqual(self.broker.stop(one), 0, self.broker.said())
            self.assertLess(time.monotonic() - begun, 30)
            self.assertTrue(os.path.exists(self.directory + "/.kafka_cleanshutdown"))

    def test_properties_without_effect_are_said_once(self):
        self.start(overrides=["num.io.threads=8", "num.network.threads=3"])
        self.assertEqual(self.broker.said().count("num.io.threads"), 1)
        self.assertEqual(self.broker.said().count("num.network.threads"), 1)


if __name__ == "__main__":
    main()
