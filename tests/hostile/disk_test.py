"""Disks and directories that are full, read-only or taken, and too few descriptors: clients get
KAFKA_STORAGE_ERROR or wait, a start that can not be says why in one line, and what was acknowledged
is there when it is over."""

import fcntl
import os
import pathlib
import re
import socket
import subprocess
import time

import hostile_rig
from hostile_rig import (KAFKA_STORAGE_ERROR, LIMIT_S, MIB, NONE, Broker, Topic,
                         private_mounts)
from processes import expect, wait_until

DISK_MIB = 24
NOBODY = 65534


class Disk:
    """A small file system of its own for a broker's directory."""

    def __init__(self, rig):
        self.path = rig.directory / "broker"
        self.path.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_MIB}m", "none", self.path],
                       check=True)
        rig.mounts.append(self.path)

    def set_mode(self, mode):
        subprocess.run(["mount", "-o", f"remount,{mode},size={DISK_MIB}m", self.path], check=True)

    def fill(self):
        """Until nothing more goes in."""
        with open(self.path / "ballast", "wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(4096))
            except OSError:
                pass

    def empty(self):
        (self.path / "ballast").unlink()


def until_refused(topic, value):
    """Appends until the disk is full; the error."""
    for _ in range(10 * DISK_MIB):
        error = topic.produce(value)
        if error != NONE:
            return error
    return NONE


def expect_healed(topic):
    wait_until(lambda: topic.produce(b"there is room") == NONE, LIMIT_S, "produce works again")
    topic.check()


def a_nearly_full_disk_refuses_and_heals(rig):
    """With the reserve that is the default: refused before anything has gone wrong."""
    disk = Disk(rig)
    broker = rig.broker()
    topic = Topic(broker, "t")
    topic.append(b"before")
    broker.new_lines()
    disk.fill()
    broker.expect_one_line("^error log directory is nearly full, produce is refused")
    for _ in range(20):
        expect(topic.produce(b"refused") == KAFKA_STORAGE_ERROR, "the error of a full disk")
    topic.check()
    broker.expect_silence()
    disk.empty()
    broker.expect_one_line("^info log directory has room again")
    expect_healed(topic)
    broker.restart()
    topic.check()


# What the log says of a disk without a reserve: the write that it was too full for, of a batch or of
# a checkpoint, then that there is room, then the next such write.
FULL = re.compile("append failed log=t-0 .*No space|checkpoint not written.*No space")
ROOM = re.compile("^info log directory has room again")


def expect_full_and_room_in_turn(lines):
    """Ends with a full disk."""
    for number, line in enumerate(lines):
        expect((ROOM if number % 2 else FULL).search(line), f"line {number} of {lines}")
    expect(len(lines) % 2 == 1, f"the last is not of a full disk: {lines}")


def a_disk_that_fills_in_the_middle_of_an_append_heals(rig):
    """Without a reserve a write meets ENOSPC; no part of a batch stays behind. The log has one line
    for it, and none more until there is room, whatever is refused meanwhile."""
    disk = Disk(rig)
    broker = rig.broker(log_dir_min_free_bytes=0)
    topic = Topic(broker, "t")
    topic.append(b"before")
    value = os.urandom(MIB // 2)
    broker.new_lines()
    expect(until_refused(topic, value) == KAFKA_STORAGE_ERROR, "the error of a full disk")
    topic.check()
    disk.fill()
    expect(topic.produce(value) == KAFKA_STORAGE_ERROR, "the error of a full disk")
    expect_full_and_room_in_turn(broker.new_lines())
    for _ in range(30):
        expect(topic.produce(b"refused") == KAFKA_STORAGE_ERROR, "the error of a full disk")
        time.sleep(0.1)  # the broker looks for room every second
    broker.expect_silence()
    topic.check()
    disk.empty()
    broker.expect_one_line(ROOM.pattern)
    expect_healed(topic)
    disk.fill()
    wait_until(lambda: topic.produce(b"small") != NONE, LIMIT_S, "full again")
    expect_full_and_room_in_turn(broker.new_lines())
    broker.kill()
    disk.empty()
    subprocess.run(["mount", "-o", f"remount,size={4 * DISK_MIB}m", disk.path], check=True)
    broker.start()
    expect_healed(topic)


def a_start_on_a_full_disk_loses_nothing(rig):
    """It serves or it says why not; with room again everything is there."""
    disk = Disk(rig)
    broker = rig.broker()
    topic = Topic(broker, "t")
    for number in range(20):
        topic.append(b"before %d" % number)
    disk.fill()
    broker.kill()
    process = rig.spawn("while-full", broker.server.command())
    wait_until(lambda: broker.server.ready() or not process.running(), LIMIT_S, "up or not")
    if process.running():
        topic.check()
        process.terminate(LIMIT_S)
    else:
        expect(process.errors().count("not started") == 1, f"it said {process.errors()}")
    disk.empty()
    broker.start()
    expect_healed(topic)


def refused_start(broker, why, name="refused", **popen):
    """The broker ends by itself with code 1 and one line that says why."""
    done = subprocess.run(broker.server.command(), stdin=subprocess.DEVNULL, capture_output=True,
                          timeout=LIMIT_S, check=False, text=True, **popen)
    lines = [line for line in done.stderr.splitlines() if "not started" in line]
    expect(done.returncode == 1 and len(lines) == 1 and why in lines[0],
           f"{name}: code {done.returncode}, it said {done.stderr}")


def contents(directory):
    return {path: path.read_bytes() for path in sorted(directory.rglob("*")) if path.is_file()}


def a_read_only_disk_is_refused_at_the_start(rig):
    disk = Disk(rig)
    broker = rig.broker()
    topic = Topic(broker, "t")
    topic.append(b"before")
    broker.stop()
    before = contents(broker.data)
    disk.set_mode("ro")
    refused_start(broker, "Read-only file system")
    expect(contents(broker.data) == before, "something was changed")
    disk.set_mode("rw")
    broker.start()
    topic.check()


def a_directory_of_somebody_else_is_refused(rig):
    if os.getuid() != 0 or pathlib.Path("/proc/self/uid_map").read_text().split()[2] == "1":
        broker = Broker(rig)
        broker.data.mkdir(mode=0o500)
        refused_start(broker, "this user may not write there")
        return
    os.chmod(rig.directory, 0o755)
    program = rig.directory / "moldau"
    program.write_bytes(rig.moldau.read_bytes())
    program.chmod(0o755)
    rig.moldau = program
    broker = Broker(rig)
    broker.data.mkdir(mode=0o755)
    refused_start(broker, "this user may not write there", user=NOBODY, group=NOBODY)


def a_directory_or_a_port_that_is_taken_is_refused(rig):
    """Whoever has them goes on."""
    first = rig.broker()
    topic = Topic(first, "t")
    topic.append(b"before")
    first.new_lines()
    second = Broker(rig, "second")
    second.server.settings.data = first.data
    refused_start(second, "another broker uses this directory")
    third = Broker(rig, "third")
    for taken in ("broker_port", "controller_port"):
        own = getattr(third.server.settings, taken)
        setattr(third.server.settings, taken, getattr(first.server.settings, taken))
        refused_start(third, "something else listens there")
        setattr(third.server.settings, taken, own)
    with socket.create_server(("127.0.0.1", third.port)):
        refused_start(third, "something else listens there")
    topic.append(b"after")
    topic.check()
    first.expect_silence()


def apaches_lock_and_ours_exclude_each_other(rig):
    """Java's FileChannel.lock is a POSIX record lock of the whole file, as lockf is."""
    broker = rig.broker()
    with open(broker.data / ".lock", "r+b") as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            expect(False, "the lock of a running broker was given away")
        except OSError:
            pass
        broker.stop()
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        refused_start(broker, "another broker uses this directory")
    broker.start()


def idle_connections_leave_descriptors_for_files(rig):
    """More of them than the process may have descriptors: they wait, the log goes on."""
    broker = Broker(rig)
    rig.brokers.append(broker)
    command = broker.server.command
    broker.server.command = lambda: ["sh", "-c", 'ulimit -Sn 120; ulimit -Hn 120; exec "$@"', "sh",
                                     *command()]
    broker.start()
    topic = Topic(broker, "t", segment_ms=100)
    client = broker.client()
    topic.append(b"before", client)
    broker.new_lines()
    crowd = [broker.connect() for _ in range(200)]
    broker.expect_one_line("cannot accept connections .* Too many open files")
    for number in range(40):  # each rolls, and checkpoints are written meanwhile
        topic.append(b"meanwhile %d" % number, client)
        client.metadata()
    error, _ = client.create_topic("made-meanwhile", 5, {})
    expect(error == NONE, f"create: error {error}")
    for connection in crowd:
        connection.close()
    client.close()
    wait_until(lambda: broker.descriptors() < 90, LIMIT_S, "they are gone")
    topic.append(b"after")
    topic.check()
    lines = broker.new_lines()
    expect(not any("offline" in line or "rror " in line for line in lines), f"it said {lines}")


if __name__ == "__main__":
    private_mounts()
    hostile_rig.main((
        a_nearly_full_disk_refuses_and_heals, a_disk_that_fills_in_the_middle_of_an_append_heals,
        a_start_on_a_full_disk_loses_nothing, a_read_only_disk_is_refused_at_the_start,
        a_directory_of_somebody_else_is_refused, a_directory_or_a_port_that_is_taken_is_refused,
        apaches_lock_and_ours_exclude_each_other, idle_connections_leave_descriptors_for_files))
