#!/usr/bin/env python3
"""What makes the wire and the files readable: `moldau protocol`, `moldau log dump --records` and
`moldau server --log-requests` (protocol_test.py PATH_OF_MOLDAU)."""

import array
import fcntl
import glob
import json
import select
import signal
import subprocess
import tempfile
import termios
import unittest

import captures
from captures import BROKER_PORT, CLIENT_PORT, Capture
from cli_rig import (LIMIT_S, MOLDAU, Broker, VerbTest, free_ports, main, run_moldau,
                     wait_until)


def decode(stdin, *arguments, code=0):
    """The objects that were printed."""
    got, output, errors = run_moldau("protocol", "decode", *arguments, stdin=stdin)
    if got != code:
        raise AssertionError(f"exit code {got}: {errors}{output.decode()}")
    return [json.loads(line) for line in output.splitlines()]


class Protocol(unittest.TestCase):
    def show(self, *arguments):
        code, output, errors = run_moldau("protocol", *arguments)
        self.assertEqual(code, 0, errors)
        return output.decode()

    def refused(self, *arguments):
        code, _, errors = run_moldau("protocol", *arguments)
        self.assertEqual(code, 2)
        return errors

    def test_list_has_every_api_and_show_knows_them_all(self):
        apis = json.loads(self.show("list", "--format", "json"))
        self.assertEqual(apis[1], {"apiKey": 1, "name": "Fetch", "lowest": 4, "highest": 18,
                                   "flexibleSince": 12, "latestVersionUnstable": False})
        self.assertEqual(len(self.show("list").splitlines()), len(apis) + 1)
        for api in apis:
            shown = json.loads(self.show("show", api["name"], "--format", "json"))
            self.assertEqual([one["apiKey"] for one in shown], [api["apiKey"]] * 2)
        records = json.loads(self.show("list", "--records", "--format", "json"))
        self.assertIn("OffsetCommitKey", [one["name"] for one in records])

    def test_show_prints_the_fields_of_one_version(self):
        table = self.show("show", "fetch", "--version", "17")
        self.assertIn("FetchRequest version 17, API key 1", table)
        self.assertIn("header version 2", table)
        self.assertRegex(table, r"\n    FetchOffset +int64")
        self.assertRegex(table, r"\n  TopicId +uuid")
        self.assertRegex(table, r"\n  ReplicaState +ReplicaState .* 1\n")
        self.assertNotIn("\nReplicaId ", table)
        old, = json.loads(self.show("show", "fetch-request", "--version", "4", "--format", "json"))
        self.assertEqual(old["headerVersion"], 1)
        self.assertEqual(old["fields"][0], {"name": "ReplicaId", "type": "int32",
                                            "nullable": False, "default": "-1"})

    def test_a_wrong_name_or_version_is_told_with_what_there_is(self):
        self.assertIn("Fetch", self.refused("show", "fetsh"))
        self.assertIn("versions 4 to 18", self.refused("show", "fetch", "--version", "99"))
        self.assertIn("no such API", self.refused("decode", "--response", "nothing"))
        self.assertIn("--response", self.refused("decode", "--version", "1"))

    def test_a_request_is_decoded_in_every_form_of_its_bytes(self):
        frame = captures.metadata(7, "orders")
        expected = [{"type": "request", "api": "Metadata", "apiKey": 3, "version": 1,
                     "correlationId": 7, "clientId": "tester",
                     "body": {"topics": [{"name": "orders"}]}}]
        self.assertEqual(decode(frame), expected)
        self.assertEqual(decode(frame.hex().encode()), expected)
        self.assertEqual(decode(", ".join(f"0x{byte:02x}" for byte in frame).encode()), expected)
        self.assertEqual(decode(frame[4:], "--no-size"), expected)
        self.assertEqual(decode(frame, "--input", "binary", "-"), expected)
        self.assertEqual(len(decode(frame * 3)), 3)

    def test_a_frame_that_does_not_decode_is_told_and_the_others_are_printed(self):
        good = captures.api_versions(1)
        unknown = captures.request(999, 0, 2)
        objects = decode(good + unknown + good, code=1)
        self.assertEqual([("error" in one) for one in objects], [False, True, False])
        self.assertIn("999", objects[1]["error"])
        self.assertEqual(objects[1]["start"], "03e70000")
        self.assertIn("inside of a frame", decode(good[:-1], code=1)[0]["error"])
        code, _, errors = run_moldau("protocol", "decode", "--input", "hex", stdin=b"00zz")
        self.assertEqual(code, 1)
        self.assertIn("line 1", errors)
        self.assertEqual(run_moldau("protocol", "decode", "/no/such/file")[0], 1)

    def test_secrets_are_hidden_unless_they_are_asked_for(self):
        frame = captures.sasl_authenticate(1, b"\0alice\0PASSWORD")
        self.assertEqual(decode(frame)[0]["body"], {"authBytes": "[hidden]"})
        self.assertEqual(decode(frame, "--show-secrets")[0]["body"],
                         {"authBytes": "AGFsaWNlAFBBU1NXT1JE"})


class Live(unittest.TestCase):
    """Input that is still coming: as of tcpdump, of which nobody waits for the end."""

    def start(self, content):
        process = subprocess.Popen([MOLDAU, "protocol", "decode"], stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(VerbTest.end, process)
        self.feed(process, content)
        return process

    @staticmethod
    def feed(process, content):
        process.stdin.write(content)
        process.stdin.flush()

    def printed(self, process):
        """The next object, while the input goes on."""
        ready, _, _ = select.select([process.stdout], [], [], LIMIT_S)
        self.assertTrue(ready, "nothing is printed before the input ends")
        return json.loads(process.stdout.readline())

    def packet(self, capture, correlation_id):
        return capture.record(capture.send(CLIENT_PORT, captures.metadata(correlation_id))[0])

    def test_a_packet_is_printed_as_soon_as_it_is_there(self):
        capture = Capture()
        process = self.start(capture.file())
        for correlation_id in (1, 2):
            self.feed(process, self.packet(capture, correlation_id))
            self.assertEqual(self.printed(process)["correlationId"], correlation_id)
        self.assertEqual(process.communicate(timeout=LIMIT_S), (b"", b""))
        self.assertEqual(process.returncode, 0)

    def test_a_frame_is_printed_as_soon_as_it_is_there(self):
        process = self.start(captures.metadata(1))
        self.assertEqual(self.printed(process)["correlationId"], 1)
        second = captures.metadata(2)
        self.feed(process, second[:9])
        self.feed(process, second[9:])
        self.assertEqual(self.printed(process)["correlationId"], 2)

    def test_a_signal_is_the_end_of_the_input(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            capture = Capture()
            process = self.start(capture.file() + self.packet(capture, 1))
            self.assertEqual(self.printed(process)["correlationId"], 1)
            self.feed(process, self.packet(capture, 2)[:30])
            process.send_signal(number)
            self.assertEqual(process.wait(LIMIT_S), 0, process.stderr.read())
            self.assertEqual(process.stdout.read(), b"")

    def test_hexadecimal_text_is_decoded_up_to_the_signal(self):
        process = self.start(captures.metadata(1).hex().encode())
        self.wait_for_a_read(process)
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=LIMIT_S)
        self.assertEqual(process.returncode, 0, errors)
        self.assertEqual(json.loads(output)["correlationId"], 1)

    @staticmethod
    def wait_for_a_read(process):
        """Until what was written has been taken out of the pipe."""
        def is_empty():
            left = array.array("i", [0])
            fcntl.ioctl(process.stdin, termios.FIONREAD, left)
            return left[0] == 0
        wait_until(is_empty, "the pipe is empty")


class WithABroker(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        directory = tempfile.TemporaryDirectory(prefix="moldau-protocol-")
        cls.addClassCleanup(directory.cleanup)
        cls.directory = directory.name
        cls.broker = Broker(directory.name + "/data", free_ports(3),
                            ["group.initial.rebalance.delay.ms=0"], ["--log-requests", "all"])
        cls.addClassCleanup(cls.broker.close)
        assert "is ready" in cls.broker.ready, cls.broker.said()

    def ask(self, *arguments, stdin=b""):
        code, output, errors = run_moldau(*arguments, "--bootstrap", self.broker.address,
                                          stdin=stdin)
        self.assertEqual(code, 0, errors)
        return output

    def logged(self, api, what=""):
        """The lines of the request log, once there is one of that API with that in it."""
        def lines():
            return [line for line in self.broker.said().splitlines()
                    if f"request api={api} " in line and what in line]
        return wait_until(lines, f"a line about {api} with {what}")

    def test_a_capture_becomes_what_was_said(self):
        asked = [captures.api_versions(1), captures.metadata(2), captures.metadata(3, "nothing")]
        answers = captures.exchange(self.broker.address, asked)
        capture = Capture()
        for frame, answer in zip(asked, answers):
            packets = capture.send(CLIENT_PORT, frame, pieces=2)
            capture.packets += packets[::-1] + packets[:1]  # out of order, and one twice
            packets = capture.send(BROKER_PORT, answer, pieces=3)
            capture.packets += [packets[2], packets[0], packets[0], packets[1]]
        path = self.directory + "/capture.pcap"
        capture.write(path)
        objects = decode(b"", path)
        self.assertEqual([(one["type"], one["api"], one["correlationId"]) for one in objects],
                         [("request", "ApiVersions", 1), ("response", "ApiVersions", 1),
                          ("request", "Metadata", 2), ("response", "Metadata", 2),
                          ("request", "Metadata", 3), ("response", "Metadata", 3)])
        self.assertEqual((objects[0]["from"], objects[0]["to"]), ("10.0.0.1:50000", "10.0.0.2:9092"))
        self.assertEqual(objects[3]["body"]["brokers"][0]["nodeId"], 1)
        with open(path, "rb") as file:
            self.assertEqual(decode(file.read()), objects)
        code, _, errors = run_moldau("protocol", "decode", path, "--port", "1")
        self.assertEqual(code, 1)
        self.assertIn("9092", errors)
        self.assertEqual(decode(answers[1], "--response", "metadata", "--version", "1")[0]["body"],
                         objects[3]["body"])

    def test_what_a_lost_packet_takes_is_told_and_what_follows_is_decoded(self):
        capture = Capture()
        capture.packets += capture.send(CLIENT_PORT, captures.metadata(1, "one"))
        capture.send(CLIENT_PORT, captures.metadata(2, "two"))
        capture.packets += capture.send(CLIENT_PORT, captures.metadata(3, "three"))
        path = self.directory + "/gap.pcap"
        capture.write(path)
        objects = decode(b"", path, code=1)
        self.assertEqual([one.get("correlationId") for one in objects], [1, None, 3])
        self.assertIn("not in the capture", objects[1]["error"])

    def test_records_are_decoded_if_asked_for(self):
        self.ask("produce", "records", "--codec", "zstd", stdin=b"one\ntwo\n")
        with open(glob.glob(self.directory + "/data/records-0/*.log")[0], "rb") as file:
            batch = file.read()
        body = b"\xff\xff" + b"\xff\xff" + b"\0\0\3\xe8" + b"\0\0\0\1" + captures.text("records")
        body += b"\0\0\0\1" + bytes(4) + len(batch).to_bytes(4, "big") + batch
        frame = captures.request(0, 3, 1, body)
        data = decode(frame)[0]["body"]["topicData"][0]["partitionData"][0]
        self.assertEqual(data["records"], {"sizeInBytes": len(batch), "batches": 1, "records": 2})
        data = decode(frame, "--records")[0]["body"]["topicData"][0]["partitionData"][0]
        batch, = data["records"]["batches"]
        self.assertEqual([one["value"] for one in batch["records"]], ["one", "two"])

    def test_the_groups_log_and_the_metadata_log_are_readable(self):
        self.ask("produce", "for-groups", stdin=b"one\n")
        self.ask("consume", "for-groups", "--group", "readers", "-n", "1", "--from", "beginning")
        files = glob.glob(self.directory + "/data/__c*/*.log")
        files += glob.glob(self.directory + "/data/*.checkpoint")
        code, output, errors = run_moldau("log", "dump", "--records", "--format", "json", *files)
        self.assertEqual(code, 0, errors)
        records = [one.get("record") for one in map(json.loads, output.splitlines())]
        types = {one["type"] for one in records if one}
        self.assertLessEqual({"OffsetCommit", "GroupMetadata", "TOPIC_RECORD",
                              "LeaderChangeMessage"}, types)
        commit = [one for one in records if one and one["type"] == "OffsetCommit"][-1]
        self.assertEqual(commit["key"], {"group": "readers", "topic": "for-groups", "partition": 0})
        self.assertEqual(commit["value"]["offset"], 1)

    def test_a_logged_request_has_its_answer_also_of_produce(self):
        self.ask("produce", "logged", stdin=b"RECORD\n")
        line = self.logged("Produce", "logged")[0]
        self.assertRegex(line, r"version=\d+ correlation_id=\d+ client=\"[^ ]+\" remote=127.0.0.1:"
                               r"\d+ listener=PLAINTEXT ms=\d+\.\d{3} request_bytes=\d+ "
                               r"answer_bytes=\d+ request={.*\"recordsSizeInBytes\":\d+.*} "
                               r"answer={\"responses\":.*\"baseOffset\":0")
        self.assertNotIn("RECORD", self.broker.said())

    def test_no_secret_of_a_configuration_is_in_the_request_log(self):
        """Requests with SASL's tokens and SCRAM's passwords are not served yet, so they are in no
        log; that they would be redacted is a unit test (redact_test.cc)."""
        self.ask("topic", "create", "configured")
        settings = {"retention.ms": "77777", "ssl.key.password": "PASSWORD",
                    "sasl.jaas.config": "user=\"PASSWORD\"", "my.key": "PASSWORD"}
        frames = [captures.incremental_alter_configs(1, "configured", settings)]
        captures.exchange(self.broker.address, frames)
        self.assertIn("77777", self.logged("IncrementalAlterConfigs", "77777")[0])
        captures.exchange(self.broker.address, [captures.metadata(2, "the end")])
        self.logged("Metadata", "the end")
        self.assertNotIn("PASSWORD", self.broker.said())

    def test_no_client_can_forge_a_line_of_the_log(self):
        frame = captures.request(3, 1, 1, b"\0\0\0\0", client="x\nforged line\x1b[2J")
        captures.exchange(self.broker.address, [frame])
        self.assertIn(r'client="x\u000aforged line\u001b[2J"', self.logged("Metadata", "forged")[0])
        self.assertFalse([line for line in self.broker.said().splitlines()
                          if line.startswith("forged")])

    def test_the_option_takes_only_what_it_understands(self):
        code, _, errors = run_moldau("server", "--log-requests", "some")
        self.assertEqual(code, 2)
        self.assertIn("every=N", errors)


if __name__ == "__main__":
    main()
