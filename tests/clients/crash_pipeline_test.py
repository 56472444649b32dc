"""Real input, real crashes: this machine's log files and package database, keyed, produced by kcat
and a C program on librdkafka at once with acks=all and idempotence, while the broker is killed at
seeded random moments. At the end everything that was acknowledged is there, exactly once, in order.
"""

import itertools
import os
import pathlib
import random
import subprocess
import threading
import time
import zlib

import client_rig
import real_input
from c_client import CClient
from processes import expect, wait_until
from records import Record

SEED = int(os.environ.get("MOLDAU_CRASH_SEED", "1847"))
KILLS = 3
DOWN_AT_MOST_S = 0.5
PARTITIONS = 4
TOPIC = "events"
# Pace of both producers together; all events in about ten seconds.
EVENTS_MAX = 60_000
LOG_LINES_MAX = 20_000
LINES_PER_SECOND = 6_000
FEED_EVERY_S = 0.05
DRAIN_LIMIT_S = 60

# Small queues, so that a producer stops reading its input soon after the broker is gone and the
# kills are spread over all the input. Giving up would be a failed test.
SETTINGS = ("acks=all", "enable.idempotence=true", "linger.ms=5",
            "queue.buffering.max.messages=5000", "message.timeout.ms=60000",
            "reconnect.backoff.max.ms=200", "retry.backoff.ms=50")


def real_events():
    """(key, line): log files by their name, the package database by the package's."""
    logs = real_input.log_lines()[-LOG_LINES_MAX:]

    def packages():
        for path in sorted(pathlib.Path("/var/lib/dpkg/info").glob("*.list")):
            key = b"package " + path.stem.encode()
            for line in path.read_bytes().splitlines():
                yield key, line

    events = logs + list(itertools.islice(packages(), EVENTS_MAX - len(logs)))
    expect(len(events) > 5_000, f"only {len(events)} lines of real input on this machine")
    # kcat takes what is between its delimiters; a line with a tab would be cut in two there.
    return [(key, line) for key, line in events if line and b"\t" not in key]


class Feeder(threading.Thread):
    """Writes lines to a producer's standard input at a steady pace."""

    def __init__(self, process, lines, lines_per_second):
        super().__init__(daemon=True)
        self.process, self.lines = process, lines
        self.chunk = max(1, int(lines_per_second * FEED_EVERY_S))
        self.fed = 0
        self.error = None
        self.start()

    def run(self):
        start = time.monotonic()
        try:
            for turn, at in enumerate(range(0, len(self.lines), self.chunk), 1):
                self.process.stdin.write(b"".join(self.lines[at:at + self.chunk]))
                self.process.stdin.flush()
                self.fed = min(at + self.chunk, len(self.lines))
                time.sleep(max(0, start + turn * FEED_EVERY_S - time.monotonic()))
            self.process.stdin.close()
        except (OSError, ValueError) as error:
            self.error = error

    def expect_alive(self):
        expect(self.error is None and (self.process.running() or self.fed == len(self.lines)),
               f"{self.process.name} gave up, {self.fed} of {len(self.lines)} lines fed, "
               f"{self.error}\n{self.process.tail()}")

    def finish(self):
        self.join(DRAIN_LIMIT_S)
        expect(not self.is_alive(), f"{self.process.name} takes no more input\n"
                                    f"{self.process.tail()}")
        self.expect_alive()
        code = self.process.wait(DRAIN_LIMIT_S)
        expect(code == 0, f"{self.process.name} ended with {code}\n{self.process.tail()}")


def start_producers(rig, server, for_c, for_kcat):
    """Both producers with their feeders, each at the pace of its share."""
    options = [word for setting in SETTINGS for word in ("-X", setting)]
    # -E: a broker that is away is not a reason to give up.
    kcat = rig.spawn("kcat", ["kcat", "-P", "-E", "-b", server.address, "-t", TOPIC, "-K", "\\t",
                              *options], stdin=subprocess.PIPE)
    program = rig.spawn("c-program", [rig.program, "produce", server.address, TOPIC, *SETTINGS],
                        stdin=subprocess.PIPE)
    c_lines = [Record(None, None, key, value).line().encode() for key, value in for_c]
    kcat_lines = [key + b"\t" + value + b"\n" for key, value in for_kcat]
    share = len(for_c) / (len(for_c) + len(for_kcat))
    return (Feeder(program, c_lines, LINES_PER_SECOND * share),
            Feeder(kcat, kcat_lines, LINES_PER_SECOND * (1 - share)))


def kill_at_random(server, feeders, total):
    """Each kill comes when a random share of the input has been fed; returns the shares."""
    rng = random.Random(SEED)
    shares = sorted(rng.uniform(0.05, 0.9) for _ in range(KILLS))
    for share in shares:
        def fed(share=share):
            for feeder in feeders:
                feeder.expect_alive()
            return sum(feeder.fed for feeder in feeders) >= share * total

        wait_until(fed, DRAIN_LIMIT_S, f"{share:.0%} of the input is fed", pause_s=0.001)
        time.sleep(rng.uniform(0, 2 * FEED_EVERY_S))
        server.kill()
        time.sleep(rng.uniform(0, DOWN_AT_MOST_S))
        server.start()
    return shares


def read_everything(client):
    """{(partition, offset): (key, value)}, in order; offsets are consecutive from 0."""
    rows, next_offset = {}, {}
    for offset, record in client.consume(TOPIC, PARTITIONS):
        want = next_offset.get(record.partition, 0)
        expect(offset == want, f"partition {record.partition}: offset {offset} after {want - 1}")
        next_offset[record.partition] = want + 1
        rows[(record.partition, offset)] = (record.key, record.value)
    return rows


def check_acknowledged(output, sent, rows):
    """Each line of the C program is where it was acknowledged to be, and no two at one place."""
    places = {}
    for line in output.splitlines():
        number, partition, offset, *_ = line.split()
        expect(partition != "failed", f"line {number} failed: {offset}")
        place = int(partition), int(offset)
        expect(rows.get(place) == sent[int(number)],
               f"line {number} was acknowledged at {place}, where {rows.get(place)} is, "
               f"not {sent[int(number)]}")
        places[place] = int(number)
    expect(len(places) == len(sent), f"{len(places)} places for {len(sent)} lines")


def check_in_order(who, sent, rows):
    """What one producer sent is there exactly once: in each partition, in the order of sending."""
    keys = {key for key, _ in sent}
    partition_of, found = {}, {}
    for (partition, _), event in rows.items():
        if event[0] in keys:
            known = partition_of.setdefault(event[0], partition)
            expect(known == partition, f"{who}: key {event[0]} is in two partitions")
            found.setdefault(partition, []).append(event)
    expect(set(partition_of) == keys, f"{who}: {len(keys - set(partition_of))} keys are missing")
    want = {}
    for event in sent:
        want.setdefault(partition_of[event[0]], []).append(event)
    for partition, events in want.items():
        pairs = itertools.zip_longest(events, found[partition])
        for index, (one, other) in enumerate(pairs):
            expect(one == other, f"{who}, partition {partition}: record {index} is {other}, sent "
                                 f"{one}; {len(found[partition])} records, sent {len(events)}")


def crash_pipeline(rig):
    """Three times SIGKILL under load by two idempotent producers, and once more at the end."""
    events = real_events()
    halves = ([], [])
    for event in events:
        halves[zlib.crc32(event[0]) & 1].append(event)
    for_c, for_kcat = halves
    server = rig.server().start()
    client = rig.client(CClient, server)
    client.create(TOPIC, PARTITIONS)
    feeders = start_producers(rig, server, for_c, for_kcat)
    shares = kill_at_random(server, feeders, len(events))
    for feeder in feeders:
        feeder.finish()
    program, kcat = (feeder.process for feeder in feeders)
    expect("delivery failed" not in kcat.errors().lower(), f"kcat: {kcat.tail()}")
    server.kill()
    server.start()
    rows = read_everything(client)
    expect(len(rows) == len(events), f"{len(rows)} records, {len(events)} were sent")
    check_acknowledged(program.output(), for_c, rows)
    check_in_order("the C program", for_c, rows)
    check_in_order("kcat", for_kcat, rows)
    server.stop()
    print(f"    {len(for_c)} lines by the C program, {len(for_kcat)} by kcat; seed {SEED}; killed "
          f"at {', '.join(f'{share:.0%}' for share in shares)} of the input")


if __name__ == "__main__":
    client_rig.main(lambda _: {"crash_pipeline": crash_pipeline})
