"""Real input, real crashes: kcat and the Java producer write at once while the broker is killed
again and again; what was acknowledged is there, exactly once and in order."""

import os
import random
import subprocess
import threading
import time
import zlib

import kafka_rig
import real_input
from compat_clients import consume, create
from processes import expect, wait_until
from records import Record
from registry import compat_test

KILLS = 10
PARTITIONS = 6
# Pace of each producer; both together bring all events in about half a minute.
LINES_PER_SECOND = 6_000
DOWN_AT_MOST_S = 0.5
DRAIN_LIMIT_S = 240
SEED = int(os.environ.get("MOLDAU_COMPAT_SEED", "20131"))

# Small buffers, so that a producer stops reading its input soon after the broker is gone and the
# kills are spread over all the input. Long patience: giving up would be a failed test.
JAVA_SETTINGS = ("acks=all", "linger.ms=5", "compression.type=lz4", "buffer.memory=2097152",
                 "delivery.timeout.ms=240000", "max.block.ms=240000",
                 "reconnect.backoff.max.ms=200", "retry.backoff.max.ms=200")
KCAT_SETTINGS = ("acks=all", "enable.idempotence=true", "linger.ms=5", "compression.codec=zstd",
                 "queue.buffering.max.messages=20000", "message.timeout.ms=240000",
                 "reconnect.backoff.max.ms=200", "retry.backoff.ms=100")


class Feeder(threading.Thread):
    """Writes lines to a producer's standard input at a steady pace."""

    def __init__(self, name, pipe, lines):
        super().__init__(name=name, daemon=True)
        self.pipe, self.lines = pipe, lines
        self.fed = 0
        self.error = None

    def run(self):
        start = time.monotonic()
        chunk = LINES_PER_SECOND // 20
        try:
            for at in range(0, len(self.lines), chunk):
                self.pipe.write(b"".join(self.lines[at:at + chunk]))
                self.pipe.flush()
                self.fed = min(at + chunk, len(self.lines))
                ahead = at / LINES_PER_SECOND - (time.monotonic() - start)
                if ahead > 0:
                    time.sleep(ahead)
            self.pipe.close()
        except (OSError, ValueError) as error:
            self.error = error


def split(events):
    """Events by their key, half of the keys for each producer: (for Java, for kcat)."""
    halves = ([], [])
    for event in events:
        halves[zlib.crc32(event[0]) & 1].append(event)
    return halves


def start_producers(rig, server, for_java, for_kcat):
    """Both producers with their feeders: [(process, feeder)]."""
    classpath, main = rig.program("Produce")
    java = rig.spawn("java-producer",
                     kafka_rig.java_command(classpath, main,
                                            [server.address, "events", *JAVA_SETTINGS]),
                     stdin=subprocess.PIPE)
    options = [word for setting in KCAT_SETTINGS for word in ("-X", setting)]
    # -E: a broker that is away is not a reason to give up.
    kcat = rig.spawn("kcat", ["kcat", "-P", "-E", "-b", server.address, "-t", "events",
                              "-K", "\\t", *options], stdin=subprocess.PIPE)
    java_lines = [Record(None, None, key, value).line().encode() for key, value in for_java]
    kcat_lines = [key + b"\t" + value + b"\n" for key, value in for_kcat]
    producers = [(java, Feeder("java", java.stdin, java_lines)),
                 (kcat, Feeder("kcat", kcat.stdin, kcat_lines))]
    for _, feeder in producers:
        feeder.start()
    return producers


def kill_again_and_again(rng, server, producers, total):
    """Ten kills, each when a random share of the input has been fed; returns the shares."""
    shares = sorted(rng.uniform(0.02, 0.95) for _ in range(KILLS))
    for share in shares:
        def fed(share=share):
            for process, feeder in producers:
                expect(process.running() or feeder.fed == len(feeder.lines),
                       f"{process.name} gave up\n{process.tail()}")
            return sum(feeder.fed for _, feeder in producers) >= share * total

        wait_until(fed, DRAIN_LIMIT_S, f"{share:.0%} of the input is fed", pause_s=0.001)
        server.kill()
        time.sleep(rng.uniform(0, DOWN_AT_MOST_S))
        server.start()
    return shares


def check_java(answers, for_java, rows):
    """Every line of the Java producer is where it was acknowledged to be, once, in order."""
    expect(len(answers) == len(for_java), f"{len(answers)} answers to {len(for_java)} records")
    last = {}
    for number, partition, offset in sorted(answers):
        row = rows.get((partition, offset))
        expect(row == for_java[number],
               f"acknowledged line {number} at {partition}/{offset} is {row}, "
               f"sent {for_java[number]}")
        expect(offset > last.get(partition, -1),
               f"line {number} at {partition}/{offset} is behind an earlier line")
        last[partition] = offset
    places = {(partition, offset) for _, partition, offset in answers}
    expect(len(places) == len(answers), "two lines were acknowledged at one place")
    keys = {key for key, _ in for_java}
    count = sum(1 for key, _ in rows.values() if key in keys)
    expect(count == len(for_java), f"{count} records of the Java producer, sent {len(for_java)}")


def check_kcat(for_kcat, rows):
    """Every line of kcat is there once; in each partition in the order of sending."""
    keys = {key for key, _ in for_kcat}
    got, partition_of = {}, {}
    for (partition, _), (key, value) in rows.items():
        if key in keys:
            got.setdefault(partition, []).append((key, value))
            known = partition_of.setdefault(key, partition)
            expect(known == partition, f"key {key} is in partitions {known} and {partition}")
    expect(set(partition_of) == keys, f"{len(keys) - len(partition_of)} keys of kcat are missing")
    want = {}
    for event in for_kcat:
        want.setdefault(partition_of[event[0]], []).append(event)
    for partition, sent in want.items():
        found = got[partition]
        expect(len(found) == len(sent),
               f"partition {partition}: {len(found)} records of kcat, sent {len(sent)}")
        for index, (one, other) in enumerate(zip(sent, found)):
            expect(one == other, f"partition {partition}, record {index} of kcat is {other}, "
                                 f"sent {one}")


def read_everything(rig, server):
    """{(partition, offset): (key, value)}, offsets consecutive from 0, order kept."""
    rows, next_offset = {}, {}
    for offset, record in consume(rig, server, "events"):
        partition = record.partition
        expect(offset == next_offset.get(partition, 0),
               f"partition {partition} goes from {next_offset.get(partition, 0) - 1} to {offset}")
        next_offset[partition] = offset + 1
        rows[(partition, offset)] = (record.key, record.value)
    return rows


@compat_test(limit_s=600)
def test_real_input_with_kills(rig):
    """Ten times SIGKILL under load by two idempotent producers with acks=all."""
    events = real_input.flights() + real_input.log_lines()
    for_java, for_kcat = split(events)
    server = rig.server().start()
    create(rig, server, "events", partitions=PARTITIONS)
    producers = start_producers(rig, server, for_java, for_kcat)
    shares = kill_again_and_again(random.Random(SEED), server, producers, len(events))
    for process, feeder in producers:
        feeder.join(DRAIN_LIMIT_S)
        expect(not feeder.is_alive() and feeder.error is None,
               f"{process.name}: {feeder.fed} of {len(feeder.lines)} fed, {feeder.error}")
        code = process.wait(DRAIN_LIMIT_S)
        expect(code == 0, f"{process.name} ended with {code}\n{process.tail()}")
    java, kcat = (process for process, _ in producers)
    expect("Delivery failed" not in kcat.errors(), f"kcat: {kcat.tail()}")
    answers = [tuple(map(int, line.split()[:3])) for line in java.output().splitlines()]

    server.kill()
    server.start()
    rows = read_everything(rig, server)
    expect(len(rows) == len(events), f"{len(rows)} records, {len(events)} were sent")
    check_java(answers, for_java, rows)
    check_kcat(for_kcat, rows)
    server.stop()
    print(f"    {len(for_java)} events by the Java producer, {len(for_kcat)} by kcat; seed {SEED}; "
          f"killed at {', '.join(f'{share:.0%}' for share in shares)} of the input")
