"""What the tests of the command line share: a running broker, and the program as a user types it.

A test file is called as X_test.py PATH_OF_MOLDAU [ADDRESS]. With an address the commands are tried
on the broker there, whoever made it, and none is started.
"""

import os
import pathlib
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import unittest
import uuid

import kafka

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from free_ports import free_ports  # noqa: E402

MOLDAU = os.path.abspath(sys.argv[1])
ADDRESS = sys.argv[2] if len(sys.argv) > 2 else None
LIMIT_S = 60


def main():
    unittest.main(argv=sys.argv[:1], verbosity=2)


def wait_until(condition, what):
    """What the condition returned, once it is true."""
    deadline = time.monotonic() + LIMIT_S
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {LIMIT_S} s: {what}")
        time.sleep(0.05)


class Broker:
    """A running `moldau server` on a directory; `ready` is what it said."""

    def __init__(self, directory, ports, overrides=(), options=()):
        client, controller, metrics = ports
        self.address = f"127.0.0.1:{client}"
        self.metrics = f"http://127.0.0.1:{metrics}"
        arguments = ["server", "--override", f"log.dirs={directory}", "--override",
                     f"listeners=PLAINTEXT://127.0.0.1:{client},CONTROLLER://127.0.0.1:{controller}",
                     "--override", f"metrics.listener={self.metrics}"]
        for override in overrides:
            arguments += ["--override", override]
        arguments += options
        self.log = tempfile.TemporaryFile("w+", encoding="utf-8")
        self.process = subprocess.Popen([MOLDAU, *arguments], stdout=subprocess.PIPE,
                                        stderr=self.log, text=True)
        self.ready = "".join(self.process.stdout.readline() for _ in range(5))

    def said(self):
        self.log.seek(0)
        return self.log.read()

    def stop(self, with_signal=signal.SIGTERM):
        """The exit code."""
        if self.process.poll() is None:
            self.process.send_signal(with_signal)
        try:
            return self.process.wait(LIMIT_S)
        finally:
            self.process.kill()

    def close(self):
        self.stop(signal.SIGKILL)
        self.process.stdout.close()
        self.log.close()


def run_moldau(*arguments, stdin=b"", environment=None):
    """Exit code, standard output, standard error."""
    done = subprocess.run([MOLDAU, *arguments], input=stdin, capture_output=True, timeout=LIMIT_S,
                          check=False, env={**os.environ, **(environment or {})})
    return done.returncode, done.stdout, done.stderr.decode()


def exchange(address, api_key, version, body):
    """The body of the answer to a request with flexible headers."""
    header = struct.pack(">hhi", api_key, version, 1) + struct.pack(">h", 4) + b"test" + b"\0"
    host, port = address.rsplit(":", 1)
    with socket.create_connection((host, int(port)), timeout=LIMIT_S) as connection:
        connection.sendall(struct.pack(">i", len(header + body)) + header + body)
        with connection.makefile("rb") as answers:
            return answers.read(struct.unpack(">i", answers.read(4))[0])[5:]


def turn_off(address, feature):
    """The feature goes back to level 0, as it is where an older release made the directory."""
    update = bytes([len(feature) + 1]) + feature.encode() + struct.pack(">hb", 0, 2) + b"\0"
    answer = exchange(address, 57, 1, struct.pack(">i", 30_000) + bytes([2]) + update + b"\0\0")
    return struct.unpack(">h", answer[4:6])[0]


def heartbeat(address, group, member, topic, epoch):
    """The (error code, member epoch) of a ConsumerGroupHeartbeat (KIP-848): no client that
    distributions have speaks the protocol."""
    def text(value):
        return bytes([len(value) + 1]) + value.encode()

    null, none = b"\0", b"\0"
    joins = epoch == 0
    body = (text(group) + text(member) + struct.pack(">i", epoch) + null + null
            + struct.pack(">i", 60_000 if joins else -1)
            + (bytes([2]) + text(topic) if joins else null)  # subscribed topics
            + null  # regular expression
            + null  # assignor
            + (bytes([1]) if joins else null)  # owned partitions
            + none)
    answer = exchange(address, 68, 1, body)
    error, rest = struct.unpack(">h", answer[4:6])[0], answer[6:]
    for _ in range(2):  # the error message and the member's id
        rest = rest[max(rest[0], 1):]
    return error, struct.unpack(">i", rest[:4])[0]


class VerbTest(unittest.TestCase):
    """Commands on one broker for all tests of a class, so each takes names of its own."""

    @classmethod
    def setUpClass(cls):
        cls.address = ADDRESS
        if ADDRESS:
            return
        directory = tempfile.TemporaryDirectory(prefix="moldau-cli-")
        cls.addClassCleanup(directory.cleanup)
        # A group forms at once: nobody else will join.
        broker = Broker(directory.name + "/data", free_ports(3),
                        ["group.initial.rebalance.delay.ms=0"])
        cls.addClassCleanup(broker.close)
        assert "is ready" in broker.ready, broker.said()
        cls.address = broker.address

    def unique(self, what):
        return f"{what}-{uuid.uuid4().hex[:8]}"

    def commit(self, group, offsets):
        """Offsets by another client, in no membership: {(topic, partition): offset}."""
        consumer = kafka.KafkaConsumer(bootstrap_servers=self.address, group_id=group,
                                       enable_auto_commit=False)
        try:
            places = {kafka.TopicPartition(*place): kafka.OffsetAndMetadata(offset, "")
                      for place, offset in offsets.items()}
            consumer.assign(list(places))
            consumer.commit(places)
        finally:
            consumer.close()

    def topic(self, partitions=1, *more):
        """A new topic."""
        name = self.unique("topic")
        self.ask("topic", "create", name, "--partitions", str(partitions), *more)
        return name

    def ask(self, *arguments, stdin=b""):
        """The output of a command that must succeed."""
        code, output, errors = run_moldau(*arguments, "--bootstrap", self.address, stdin=stdin)
        self.assertEqual(code, 0, errors)
        return output.decode()

    def refused(self, *arguments, stdin=b"", code=1):
        """What a command that must fail says."""
        got, output, errors = run_moldau(*arguments, "--bootstrap", self.address, stdin=stdin)
        self.assertEqual(got, code, errors + output.decode())
        return errors

    def start_moldau(self, *arguments):
        """A command that goes on until it is stopped."""
        process = subprocess.Popen([MOLDAU, *arguments, "--bootstrap", self.address],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   stdin=subprocess.DEVNULL)
        self.addCleanup(self.end, process)
        return process

    @staticmethod
    def end(process):
        if process.poll() is None:
            process.kill()
            process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream:
                stream.close()
