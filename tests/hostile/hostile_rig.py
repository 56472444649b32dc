"""What the tests of bad input work with: a broker whose log, memory and health are watched, plain
sockets, and requests that a test has made by hand.

    /usr/bin/python3 X_test.py --broker PATH [--only REGEX] [--keep]

Each scenario gets a directory of its own. At its end every broker that it has left running must stop
cleanly within its time, so that a leak, a crash or a hang fails the scenario that caused it.
"""

import argparse
import ctypes
import functools
import os
import pathlib
import re
import resource
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import traceback

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "compat"), str(HERE.parent / "powercut")]

import batch  # noqa: E402  (found by the line above)
import broker_wire  # noqa: E402
import kafka_rig  # noqa: E402
import processes  # noqa: E402
import wire  # noqa: E402
from processes import expect, wait_until  # noqa: E402

LIMIT_S = 20
MIB = 1 << 20
SANITIZER = re.compile(r"ERROR: \w+Sanitizer|runtime error:")

# Kafka's error codes that the tests meet.
NONE = 0
OFFSET_OUT_OF_RANGE = 1
CORRUPT_MESSAGE = 2
UNKNOWN_TOPIC_OR_PARTITION = 3
MESSAGE_TOO_LARGE = 10
INVALID_TOPIC = 17
UNSUPPORTED_VERSION = 35
KAFKA_STORAGE_ERROR = 56
UNSUPPORTED_COMPRESSION_TYPE = 76
INVALID_RECORD = 87


def frame(body):
    return struct.pack(">i", len(body)) + body


def request(api, version, body, flexible=False, client=b"hostile"):
    """A whole request, framed."""
    header = struct.pack(">hhi", api, version, 1) + struct.pack(">h", len(client)) + client
    return frame(header + (b"\0" if flexible else b"") + body)


CLONE_NEWNS, CLONE_NEWUSER = 0x20000, 0x10000000


def private_mounts():
    """Whatever is mounted from now on is seen by this process and its children only, and ends with
    them. Not as root, they get a user namespace in which they are."""
    uid, gid = os.getuid(), os.getgid()
    flags = CLONE_NEWNS if uid == 0 else CLONE_NEWNS | CLONE_NEWUSER
    if ctypes.CDLL(None, use_errno=True).unshare(flags) != 0:
        sys.exit(f"unshare: {os.strerror(ctypes.get_errno())}: these tests mount small disks")
    if uid != 0:
        pathlib.Path("/proc/self/setgroups").write_text("deny")
        pathlib.Path("/proc/self/uid_map").write_text(f"0 {uid} 1")
        pathlib.Path("/proc/self/gid_map").write_text(f"0 {gid} 1")
    subprocess.run(["mount", "--make-rprivate", "/"], check=True)


class Broker:
    """A running `moldau server`, and what it has said since the test last looked."""

    def __init__(self, rig, name="broker", **properties):
        self.rig = rig
        # The timestamps of batches made by hand are of the past.
        properties = {"log_retention_ms": -1, **properties}
        self.server = rig.server(rig.settings(name, **properties), name)
        self.seen = 0
        self.is_up = False  # as the test has left it

    @property
    def port(self):
        return self.server.settings.broker_port

    @property
    def data(self):
        return self.server.settings.data

    @property
    def pid(self):
        return self.server.process.child.pid

    def start(self):
        self.server.start()
        self.is_up = True
        return self

    def restart(self):
        self.stop()
        return self.start()

    def stop(self):
        self.is_up = False
        self.server.stop()
        said = self.said()
        expect(not SANITIZER.search(said), f"the sanitizer said\n{said[-6000:]}")

    def kill(self):
        self.is_up = False
        self.server.kill()

    # ---- Its log

    def said(self):
        path = self.rig.directory / f"{self.server.name}.err"
        return path.read_text(errors="replace") if path.exists() else ""

    def new_lines(self):
        """What it has said since the last call, without the time."""
        said = self.said()
        news, self.seen = said[self.seen:], len(said)
        return [line.split(" ", 1)[-1] for line in news.splitlines()]

    def expect_one_line(self, pattern, limit_s=LIMIT_S):
        """The next and only thing that it says is one line like that."""
        wait_until(lambda: self.said()[self.seen:].count("\n") > 0, limit_s, f"a line: {pattern}")
        lines = self.new_lines()
        expect(len(lines) == 1 and re.search(pattern, lines[0]), f"wanted {pattern}, got {lines}")

    def expect_silence(self):
        lines = self.new_lines()
        expect(not lines, f"it said {lines}")

    # ---- Its health

    def resident_mib(self):
        status = pathlib.Path(f"/proc/{self.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s*(\d+)", status)[1]) / 1024

    def descriptors(self):
        return len(list(pathlib.Path(f"/proc/{self.pid}/fd").iterdir()))

    def metric(self, sample):
        """A number of its metrics page."""
        with socket.create_connection(("127.0.0.1", self.server.metrics_port), LIMIT_S) as page:
            page.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            text = read_to_end(page).decode()
        return float(re.search("^" + re.escape(sample) + " (.*)$", text, re.MULTILINE)[1])

    # ---- Talking to it

    def connect(self, port=None):
        """A plain socket."""
        connection = socket.create_connection(("127.0.0.1", port or self.port), LIMIT_S)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    def client(self):
        return broker_wire.Connection(self.port)

    def send(self, data, port=None):
        """Sends bytes on a new connection, which the broker must close; what it answered."""
        with self.connect(port) as connection:
            return sent_and_closed(connection, data)


def read_to_end(connection):
    """What comes until the peer closes the connection, by whatever means."""
    data = bytearray()
    try:
        while part := connection.recv(1 << 16):
            data += part
    except ConnectionError:
        pass
    return bytes(data)


def sent_and_closed(connection, data):
    try:
        connection.sendall(data)
    except ConnectionError:
        pass  # closed before it had all: as good
    try:
        return read_to_end(connection)
    except TimeoutError:
        raise processes.Failure(f"not closed after {data[:40]!r}...") from None


@functools.cache  # its checksum is made by Python
def one_record(value):
    return batch.record_batch([(b"k", value)])


class Topic:
    """A topic of one partition, and what was acknowledged in it: (offset, value), in order."""

    def __init__(self, broker, name, **configs):
        self.broker, self.name = broker, name
        self.acknowledged = []
        client = broker.client()
        error, self.id = client.create_topic(
            name, 1, {key.replace("_", "."): value for key, value in configs.items()})
        client.close()
        expect(error == NONE, f"create {name}: error {error}")

    def produce(self, value, client=None):
        """Appends one record; the error."""
        own = client or self.broker.client()
        own.send_produce([(self.id, 0, one_record(value))])
        (_, _, error, offset), = own.receive_produce()
        if client is None:
            own.close()
        if error == NONE:
            self.acknowledged.append((offset, value))
        return error

    def append(self, value, client=None):
        """Appends one record, which must succeed."""
        error = self.produce(value, client)
        expect(error == NONE, f"produce to {self.name}: error {error}")

    def fetch(self, offset=0):
        """(error, high watermark, bytes of batches)."""
        client = self.broker.client()
        answer = client.fetch([(self.id, 0, offset, broker_wire.FETCH_BYTES)])[self.id, 0]
        client.close()
        return answer

    def batches(self):
        """{base offset: what follows base offset and epoch} of all that consumers can read."""
        found, offset, end = {}, 0, 1
        while offset < end:
            error, end, data = self.fetch(offset)
            expect(error == NONE, f"fetch of {self.name} at {offset}: error {error}")
            for base, following, _, body in broker_wire.batches(data):
                found[base], offset = body, following
            expect(data or offset >= end, f"fetch of {self.name} at {offset}: nothing below {end}")
        return found

    def check(self):
        """Everything that was acknowledged is there, where it was said to be."""
        found = self.batches()
        for offset, value in self.acknowledged:
            expect(value in found.get(offset, b""),
                   f"{self.name}: {value[:20]!r} was acknowledged at {offset} and is not there")


class HostileRig(kafka_rig.Rig):
    """One scenario's directory and everything that runs in it."""

    def __init__(self, directory, options):
        super().__init__(directory, "moldau", options.broker)
        self.options = options
        self.brokers = []
        self.mounts = []
        # Sanitizers keep what was freed for a while, and shadow all of it.
        self.has_sanitizer = b"__asan_init" in pathlib.Path(options.broker).read_bytes()

    def broker(self, name="broker", **properties):
        """Started. Properties are written with _ for the dots."""
        broker = Broker(self, name, **properties)
        self.brokers.append(broker)
        return broker.start()

    def close(self):
        """Then its directory can be removed."""
        super().close()
        for mount in self.mounts:
            subprocess.run(["umount", mount], check=False)

    def expect_memory(self, broker, limit_mib, what):
        """The broker has no more than so much in memory; without a sanitizer."""
        used = broker.resident_mib()
        if self.has_sanitizer:
            return used  # it keeps what was freed
        expect(used <= limit_mib, f"{what}: {used:.0f} MiB, more than {limit_mib}")
        return used

    def stop_brokers(self):
        for broker in self.brokers:
            if broker.is_up:
                expect(broker.server.process.running(), "the broker has ended")
                broker.stop()


def raise_file_limit(wanted):
    """As many descriptors as a scenario needs, in this process and what it starts."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, wanted))  # root may
    else:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def run_one(name, scenario, options):
    """Runs a scenario; returns whether it passed, having said so."""
    directory = tempfile.mkdtemp(prefix=f"moldau-hostile-{name}-")
    rig = HostileRig(directory, options)
    start = time.monotonic()
    problem = None
    try:
        scenario(rig)
        rig.stop_brokers()
    except processes.Failure as failure:
        problem = str(failure)
    except Exception:  # pylint: disable=broad-except; a scenario that breaks is one that fails
        problem = traceback.format_exc()
    finally:  # also when this process is told to end
        rig.close()
        logs = "\n".join(broker.said()[-2000:] for broker in rig.brokers) if problem else ""
        if not (problem and options.keep):
            shutil.rmtree(directory, ignore_errors=True)
    print(f"{'FAIL' if problem else 'PASS'} {name} {time.monotonic() - start:.1f} s", flush=True)
    if problem:
        print("    " + problem.strip().replace("\n", "\n    "))
        print(f"    -- the end of its log\n{logs}", flush=True)
    return problem is None


def main(scenarios, extend=lambda parser: None):
    """Runs the scenarios, functions of a HostileRig, and ends the process."""
    parser = argparse.ArgumentParser(description=sys.modules["__main__"].__doc__)
    parser.add_argument("--broker", required=True, type=lambda path: pathlib.Path(path).resolve())
    parser.add_argument("--only", default="", help="scenarios whose name matches")
    parser.add_argument("--keep", action="store_true", help="keep directories of failed scenarios")
    extend(parser)
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("told to end"))
    chosen = [run for run in scenarios if re.search(options.only, run.__name__)]
    if not chosen:
        sys.exit(f"no scenario matches {options.only!r}")
    results = [run_one(run.__name__, run, options) for run in chosen]
    print(f"{results.count(True)} scenarios passed, {results.count(False)} failed")
    sys.exit(0 if all(results) else 1)
