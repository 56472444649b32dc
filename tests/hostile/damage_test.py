"""Damaged files at the start. Above the recovery point a torn tail is cut and said; below it the
partition is quarantined and nothing of it is changed; what can be made again is made again; the
others are served in any case."""

import os
import re
import shutil
import struct
import subprocess

import hostile_rig  # also finds the folders of the next ones
import batch
from hostile_rig import (KAFKA_STORAGE_ERROR, LIMIT_S, MIB, NONE, Topic)
from processes import expect, wait_until

SEGMENT_RECORDS = 10
VALUES = [b"%03d" % number + os.urandom(100_000) for number in range(25)]
RECORDS = len(VALUES)


class Site:
    """A broker with a topic of several segments that will be damaged, and one that will not."""

    def __init__(self, rig, name="broker"):
        self.broker = rig.broker(name)
        self.topic = Topic(self.broker, "t", segment_bytes=MIB)
        self.other = Topic(self.broker, "other")
        for value in VALUES:
            self.topic.append(value)
        self.other.append(b"other")

    @property
    def directory(self):
        return self.broker.data / "t-0"

    def files(self, suffix):
        return sorted(self.directory.glob("*" + suffix))

    def point(self):
        """The recovery point of the topic, as it is written down."""
        path = self.broker.data / "recovery-point-offset-checkpoint"
        text = path.read_text() if path.exists() else ""
        found = re.search(r"^t 0 (\d+)$", text, re.MULTILINE)
        return int(found[1]) if found else 0

    def end_by_kill(self, point):
        """SIGKILL. Then the recovery point is this: all that was acknowledged is in the files."""
        wait_until(lambda: self.point() == RECORDS, LIMIT_S, "the recovery point is written")
        self.broker.kill()
        path = self.broker.data / "recovery-point-offset-checkpoint"
        text = re.sub(r"(?m)^t 0 \d+$", f"t 0 {point}", path.read_text())
        path.write_text(without_checksum(text))

    def start(self):
        """The lines of the start that are no news of every start."""
        self.broker.new_lines()
        self.broker.start()
        return [line for line in self.broker.new_lines() if line.startswith(("warn", "error"))]

    def contents(self):
        return {path.name: path.read_bytes() for path in self.directory.iterdir()}

    def repair(self, contents):
        """By hand, from what contents() has said."""
        for file, data in contents.items():
            (self.directory / file).write_bytes(data)

    def expect_quarantined(self, lines, why):
        """One line says so, no client can touch it, nothing is changed, the others are served."""
        told = [line for line in lines if "quarantined" in line]
        expect(len(told) == 1 and len(lines) == 1 and re.search(why, told[0]),
               f"wanted one line, {why}; it said {lines}")
        expect(self.topic.produce(b"refused") == KAFKA_STORAGE_ERROR, "produce to it")
        expect(self.topic.fetch(0)[0] == KAFKA_STORAGE_ERROR, "fetch from it")
        self.other.append(b"is served")
        self.other.check()

    def expect_whole(self):
        self.topic.check()
        self.other.check()
        self.topic.append(b"goes on")
        self.topic.check()


def without_checksum(text):
    """Of an offset checkpoint that was changed by hand (docs/formats/checkpoints.md)."""
    version, _, *entries = [line for line in text.splitlines() if not line.startswith("#")]
    return "\n".join([version, str(len(entries)), *entries]) + "\n"


def flip(path, at):
    data = bytearray(path.read_bytes())
    data[at] ^= 0x10
    path.write_bytes(data)


def zero(path, at=0):
    data = path.read_bytes()
    path.write_bytes(data[:at] + bytes(len(data) - at))


def cut(path, by):
    os.truncate(path, path.stat().st_size - by)


# What happens to the last segment: {name: function of its path}.
DAMAGE = {
    "flipped": lambda path: flip(path, path.stat().st_size - 100),
    "zero-filled": lambda path: zero(path, path.stat().st_size - 150),
    "truncated": lambda path: cut(path, 10),
}


def damage_above_the_recovery_point_is_a_torn_tail(rig):
    """The last batch of the last segment, in every way: it is cut, with one line and its bytes."""
    for name, damage in DAMAGE.items():
        site = Site(rig, name)
        site.end_by_kill(point=RECORDS // 2)
        damage(site.files(".log")[-1])
        lines = site.start()
        torn = [line for line in lines if "torn tail cut log=t-0" in line]
        expect(len(torn) == 1 and re.search(rf"bytes=\d+ end={RECORDS - 1}", torn[0])
               and not any("quarantined" in line for line in lines), f"{name}: it said {lines}")
        site.topic.acknowledged.pop()  # the damage was ours
        site.expect_whole()
        site.broker.stop()


def damage_below_the_recovery_point_is_never_cut(rig):
    """In the segment that holds the point: set aside as it is, start after start."""
    for name, damage in DAMAGE.items():
        site = Site(rig, name)
        site.end_by_kill(point=RECORDS)
        good = site.contents()
        damage(site.files(".log")[-1])
        before = site.contents()
        for _ in range(2):
            site.expect_quarantined(site.start(), f"below the recovery point {RECORDS}")
            site.broker.stop()
            expect(site.contents() == before, f"{name}: something of it was changed")
        site.repair(good)
        expect(site.start() == [], "repaired by hand")
        site.expect_whole()
        site.broker.stop()


# What happens in the middle of the first segment, to the batch at offset 5: {name: function of its
# path}. What it begins with is its offset and its length.
HURT = 5
SEALED_DAMAGE = {
    "record": lambda path: flip(path, batch_at(path, HURT) + 100),
    "length": lambda path: flip(path, batch_at(path, HURT) + 9),
    "zeros": lambda path: zero(path, batch_at(path, HURT)),
    "truncated": lambda path: os.truncate(path, batch_at(path, HURT) + 100),
}


def batch_at(path, number):
    """Where a batch begins: all are of one size."""
    return number * (path.stat().st_size // SEGMENT_RECORDS)


def damage_above_the_recovery_point_in_an_older_segment_cuts_all_behind(rig):
    """Nothing behind it was synced before it, so none of it was acknowledged."""
    for name, damage in SEALED_DAMAGE.items():
        site = Site(rig, name)
        site.end_by_kill(point=0)
        damage(site.files(".log")[0])
        lines = site.start()
        expect(any("torn tail cut log=t-0 bytes=" in line and line.endswith(f"end={HURT}")
                   for line in lines) and not any("quarantined" in line for line in lines),
               f"{name}: it said {lines}")
        expect(len(site.files(".log")) == 1, f"{name}: later segments are there")
        del site.topic.acknowledged[HURT:]  # the damage was ours
        site.expect_whole()
        site.broker.stop()


def damage_in_an_older_segment_below_the_recovery_point_concerns_its_offsets(rig):
    """As Apache Kafka we do not read such segments at a start. Where a batch can not be found any
    more a fetch gets KAFKA_STORAGE_ERROR and one line says where; a record that is flipped goes to
    the client, whose checksum tells. All else is served, and nothing is changed."""
    for ending in ("kill", "stop"):
        for name, damage in SEALED_DAMAGE.items():
            site = Site(rig, f"{ending}-{name}")
            site.end_by_kill(RECORDS) if ending == "kill" else site.broker.stop()
            good = site.contents()
            damage(site.files(".log")[0])
            hurt = site.files(".log")[0].read_bytes()
            expect(site.start() == [], f"{ending}, {name}: it said something")
            error, _, data = site.topic.fetch(HURT)
            if name == "record":
                expect(error == NONE and not is_intact(data), f"{ending}: error {error}")
            else:
                expect(error == KAFKA_STORAGE_ERROR, f"{ending}, {name}: error {error}")
                site.broker.expect_one_line(rf"^error fetch failed partition=t-0 offset={HURT} "
                                            r"error=.*t-0/0{20}\.log")
                for _ in range(300):  # a consumer asks again and again
                    site.topic.fetch(HURT)
                lines = site.broker.new_lines()
                expect(len(lines) <= 101, f"{ending}, {name}: {len(lines)} lines of 300 fetches")
            for offset in (0, HURT - 1, SEGMENT_RECORDS, RECORDS - 1):
                error, _, data = site.topic.fetch(offset)
                expect(error == NONE and VALUES[offset] in data and is_intact(data),
                       f"{ending}, {name}: fetch at {offset}: error {error}")
            site.topic.append(b"goes on")
            site.other.check()
            site.broker.stop()
            expect(site.files(".log")[0].read_bytes() == hurt, "it was changed")
            site.repair({file: data for file, data in good.items() if file.startswith("0" * 20)})
            site.start()
            site.expect_whole()
            site.broker.stop()


def is_intact(data):
    """Whether the checksum of the first batch is right."""
    length, = struct.unpack_from(">i", data, 8)
    checksum, = struct.unpack_from(">I", data, 17)
    return batch.crc32c(data[21:12 + length]) == checksum


def an_older_segment_that_is_empty_is_damage(rig):
    """Or a consumer would go over what was in it without a word."""
    for ending in ("kill", "stop"):
        site = Site(rig, ending)
        site.end_by_kill(RECORDS) if ending == "kill" else site.broker.stop()
        good = site.contents()
        os.truncate(site.files(".log")[1], 0)
        site.expect_quarantined(site.start(), rf"0{SEGMENT_RECORDS}\.log is empty")
        site.broker.stop()
        site.repair(good)
        site.start()
        site.expect_whole()
        site.broker.stop()


def a_quarantined_topic_can_be_deleted_and_made_again(rig):
    """Its directory goes with the topic; the name is free at once, and after the next start."""
    site = Site(rig)
    site.end_by_kill(point=RECORDS)
    cut(site.files(".log")[-1], 10)
    site.expect_quarantined(site.start(), f"below the recovery point {RECORDS}")
    client = site.broker.client()
    expect(client.delete_topic("t") == NONE, "deleted")
    fresh = Topic(site.broker, "t")
    fresh.append(b"new", client)
    expect(site.broker.metric("moldau_partitions_quarantined") == 0, "still counted")
    client.close()
    site.broker.restart()
    fresh.check()
    left = {path.name for path in site.broker.data.iterdir() if re.match("t[-.]", path.name)}
    expect("t-0" in left and all(name.endswith("-delete") for name in left - {"t-0"}),
           f"left: {left}")


def a_log_that_has_vanished_below_the_recovery_point_is_damage(rig):
    site = Site(rig)
    site.end_by_kill(point=RECORDS)
    kept = site.contents()
    for path in site.files(".log"):
        path.unlink()
    site.expect_quarantined(site.start(), "below the recovery point|no segments")
    site.broker.stop()
    site.repair(kept)
    site.start()
    site.expect_whole()


def indexes_are_made_again(rig):
    """Gone, after a kill and after a clean stop; damaged above the point: records and look-ups by
    time are as before."""
    for ending in ("kill", "stop"):
        site = Site(rig, ending)
        if ending == "kill":
            site.end_by_kill(point=0)
            for path in site.files(".index") + site.files(".timeindex"):
                zero(path)
        else:
            site.broker.stop()
        for path in site.files("index")[:4]:
            path.unlink()
        expect(not any("quarantined" in line for line in site.start()), "quarantined")
        client = site.broker.client()
        for timestamp, wanted in ((0, 0), (1_700_000_000_000, 0), (1_700_000_000_001, -1)):
            found = client.offsets_for_times([("t", 0, timestamp)])["t", 0]
            expect(found == (NONE, wanted), f"{ending}, time {timestamp}: {found}")
        client.close()
        site.expect_whole()
        site.broker.stop()


def a_checkpoint_that_can_not_be_read_refuses_the_start_by_name(rig):
    """Without it nobody knows what may be cut. With the file back, or removed by hand, all is there."""
    site = Site(rig)
    site.broker.stop()
    kept = rig.directory / "kept"
    shutil.copytree(site.broker.data, kept)
    for name in ("recovery-point-offset-checkpoint", "replication-offset-checkpoint",
                 "log-start-offset-checkpoint"):
        path = site.broker.data / name
        for damage in (zero, lambda path: path.write_bytes(path.read_bytes()[:-3] + b"\xff!\n")):
            damage(path)
            done = subprocess.run(site.broker.server.command(), stdin=subprocess.DEVNULL,
                                  capture_output=True, timeout=LIMIT_S, check=False, text=True,
                                  errors="replace")
            lines = done.stderr.splitlines()
            expect(done.returncode == 1 and len(lines) == 1 and name in lines[0],
                   f"{name}: code {done.returncode}, it said {done.stderr}")
            shutil.rmtree(site.broker.data)
            shutil.copytree(kept, site.broker.data)
    expect(site.start() == [], "with the files back")
    site.expect_whole()


def a_damaged_epoch_checkpoint_concerns_its_partition_only(rig):
    site = Site(rig)
    site.broker.stop()
    path = site.directory / "leader-epoch-checkpoint"
    good = path.read_bytes()
    zero(path)
    site.expect_quarantined(site.start(), "t-0")
    site.broker.stop()
    path.write_bytes(good)
    site.start()
    site.expect_whole()


if __name__ == "__main__":
    hostile_rig.main((
        damage_above_the_recovery_point_is_a_torn_tail,
        damage_below_the_recovery_point_is_never_cut,
        damage_above_the_recovery_point_in_an_older_segment_cuts_all_behind,
        damage_in_an_older_segment_below_the_recovery_point_concerns_its_offsets,
        an_older_segment_that_is_empty_is_damage,
        a_quarantined_topic_can_be_deleted_and_made_again,
        a_log_that_has_vanished_below_the_recovery_point_is_damage, indexes_are_made_again,
        a_checkpoint_that_can_not_be_read_refuses_the_start_by_name,
        a_damaged_epoch_checkpoint_concerns_its_partition_only))
