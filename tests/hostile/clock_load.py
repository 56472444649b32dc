"""A broker whose wall clock a test moves, and the load that goes on meanwhile: producers that write
down what was acknowledged, and a member of a group."""

import contextlib
import mmap
import os
import pathlib
import struct
import threading
import time

import hostile_rig  # also finds the folders of the next ones
import batch
import group_wire
import groups_test
from broker_wire import pack, string
from hostile_rig import LIMIT_S, NONE, Broker
from processes import expect

INVALID_TIMESTAMP = 32
SESSION_MS = 5000
# Of one core; the load takes a tenth of that, and a thread that turns round and round all of it.
BUSY = 0.5


class Clock:
    """The wall clock of a broker, which is this machine's and so many seconds."""

    def __init__(self, rig):
        self.path = rig.directory / "clock"
        self.path.write_bytes(bytes(8))
        with open(self.path, "r+b") as file:
            self.map = mmap.mmap(file.fileno(), 8)
        self.offset_s = self.jumps = self.latest_ms = 0

    def jump(self, by_s):
        self.latest_ms = max(self.latest_ms, self.now_ms())
        self.offset_s += by_s
        self.jumps += 1
        self.map[:] = struct.pack("=q", self.offset_s)

    def now_ms(self):
        return int((time.time() + self.offset_s) * 1000)


def broker_with_a_clock(rig):
    """(broker, its clock)."""
    broker, clock = Broker(rig, offsets_retention_check_interval_ms=500,
                           group_min_session_timeout_ms=SESSION_MS,
                           log_retention_check_interval_ms=200, log_initial_task_delay_ms=0,
                           log_flush_scheduler_interval_ms=500, **groups_test.settings()), Clock(rig)
    rig.brokers.append(broker)
    command = broker.server.command
    broker.server.command = lambda: ["env", f"LD_PRELOAD={rig.options.shim}",
                                     f"CLOCK_SHIM_FILE={clock.path}", *command()]
    return broker.start(), clock


def offset_at(topic, timestamp):
    client = topic.broker.client()
    error, offset = client.offsets_for_times([(topic.name, 0, timestamp)])[topic.name, 0]
    client.close()
    expect(error == NONE, f"ListOffsets of {topic.name}: error {error}")
    return offset


class Writer:
    """Appends to a topic, with the broker's time as the record's; what is acknowledged is written
    down with that time."""

    def __init__(self, topic, clock, producer=None):
        self.topic, self.clock, self.producer = topic, clock, producer
        self.client = topic.broker.client()
        self.timestamps, self.last = {}, None

    def append(self):
        while True:
            jumps, timestamp = self.clock.jumps, self.clock.now_ms()
            error = self.send(timestamp)
            if error == NONE:
                return
            expect(error == INVALID_TIMESTAMP and self.clock.jumps != jumps,
                   f"produce to {self.topic.name}: error {error}")

    def send(self, timestamp):
        value = os.urandom(8)
        number = len(self.topic.acknowledged)
        identity = (*self.producer, number) if self.producer else ()
        self.last = batch.record_batch([(b"k", value)], 0, *identity, timestamp=timestamp)
        error, offset = self.send_again()
        if error == NONE:
            self.topic.acknowledged.append((offset, value))
            self.timestamps[offset] = timestamp
        return error

    def send_again(self):
        """(error, offset) of the last batch, byte for byte."""
        self.client.send_produce([(self.topic.id, 0, self.last)])
        (_, _, error, offset), = self.client.receive_produce()
        return error, offset

    def end(self):
        return self.topic.acknowledged[-1][0] + 1 if self.topic.acknowledged else 0


def subscription(topic):
    """The metadata of a consumer, so that the coordinator knows what the group reads."""
    return pack("hi", 0, 1) + string(topic) + pack("i", 0)


def member_of(broker, group, topic):
    return groups_test.ready_member(broker, group, metadata=subscription(topic),
                                    session_ms=SESSION_MS)


class Load(threading.Thread):
    """Two producers and a member of a group that commits, while the clock jumps."""

    def __init__(self, writers, member):
        super().__init__(daemon=True)
        self.writers, self.member = writers, member
        self.committed, self.problem = 0, None
        self.is_over = threading.Event()

    def run(self):
        try:
            while not self.is_over.wait(0.02):
                for writer in self.writers:
                    writer.append()
                expect(self.member.heartbeat() == NONE, "the member is thrown out")
                end = self.writers[0].end()
                expect(self.member.commit("kept", end) == NONE, "the commit is refused")
                self.committed = end
        except Exception as problem:  # pylint: disable=broad-except; told to the scenario
            self.problem = problem

    def stop(self):
        self.is_over.set()
        self.join(LIMIT_S)
        expect(not self.is_alive(), "the load hangs")
        if self.problem:
            raise self.problem


@contextlib.contextmanager
def load(writers, member):
    """Goes on while the block runs."""
    running = Load(writers, member)
    running.start()
    try:
        yield running
    finally:
        running.stop()


def cpu_s(broker):
    fields = pathlib.Path(f"/proc/{broker.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def expect_not_busy(broker, seconds):
    before, begin = cpu_s(broker), time.monotonic()
    time.sleep(seconds)
    used = (cpu_s(broker) - before) / (time.monotonic() - begin)
    expect(used < BUSY, f"the broker takes {used:.2f} of a core")
