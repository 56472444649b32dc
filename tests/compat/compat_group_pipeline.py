"""Real input, real crashes, a consumer group: while kcat and the Java producer write, two members
process; broker and members are killed again and again. At the end everything that was acknowledged
has been processed, and no committed offset has ever gone back."""

import os
import random
import threading
import time
import zlib

import group_wire
import kafka_rig
import real_input
from compat_clients import create
from compat_real_input import (DOWN_AT_MOST_S, DRAIN_LIMIT_S, PARTITIONS, check_java, check_kcat,
                               read_everything, split, start_producers)
from group_members import LEAVE_LIMIT_S, Member
from processes import expect, wait_until
from registry import compat_test

TOPIC, GROUP = "events", "processors"
BROKER_KILLS = 5
MEMBER_KILLS = 4
LOOK_EVERY_S = 0.1
CATCH_UP_LIMIT_S = 120
SEED = int(os.environ.get("MOLDAU_COMPAT_SEED", "848"))
# The shortest session that brokers accept by default: the partitions of a member that was killed
# stay unread as long.
MEMBER_SETTINGS = ("digest", "session.timeout.ms=6000", "max.poll.interval.ms=20000",
                   "max.poll.records=2000", "fetch.max.wait.ms=100")


class Watch(threading.Thread):
    """Looks at the committed offsets all along, on a plain socket. The members' own commits count
    too: what has been answered must be there the next time."""

    def __init__(self, address):
        super().__init__(daemon=True)
        self.address = address
        self.highest = {}  # partition: offset
        self.looks = 0
        self.problem = None
        self.ending = threading.Event()
        self.start()

    def run(self):
        while not self.ending.wait(LOOK_EVERY_S):
            try:
                self.look()
            except (OSError, ValueError) as error:
                if isinstance(error, ValueError):
                    self.problem = str(error)

    def look(self):
        known = group_wire.committed_offsets(self.address, GROUP, TOPIC, PARTITIONS)
        if known is None:
            return
        self.looks += 1
        for partition, before in self.highest.items():
            if known.get(partition, -1) < before:
                self.problem = (f"the committed offset of partition {partition} went from {before} "
                                f"back to {known.get(partition)}")
        self.highest.update(known)

    def check(self):
        expect(self.problem is None, self.problem)


class Crew:
    """Two members at any time; those that were killed stay known by what they have said."""

    def __init__(self, rig, server):
        self.rig, self.server = rig, server
        self.everybody = []
        self.working = []
        self.processed = {}  # (partition, offset): CRC of key and value
        self.committed = {}  # partition: the highest offset that was answered

    def hire(self):
        classpath, main = self.rig.program("Client")
        name = f"member-{len(self.everybody) + 1}"
        process = self.rig.spawn(name, kafka_rig.java_command(
            classpath, main, ["group", self.server.address, TOPIC, GROUP, *MEMBER_SETTINGS]))
        member = Member(process, name)
        self.everybody.append(member)
        self.working.append(member)

    def kill(self, rng):
        member = self.working.pop(rng.randrange(len(self.working)))
        expect(member.process.running(), f"{member.name} ended\n{member.process.tail()}")
        member.process.kill()
        self.listen(member)
        self.hire()

    def listen(self, member):
        for word, rest in member.take_news():
            if word == "digest":
                partition, offset, crc = map(int, rest.split())
                known = self.processed.setdefault((partition, offset), crc)
                expect(known == crc, f"{member.name} processed another record at "
                                     f"{partition}/{offset} than was processed before")
            elif word == "committed":
                partition, offset = map(int, rest.split())
                self.committed[partition] = max(offset, self.committed.get(partition, 0))
            elif word == "left":
                continue
            else:
                expect(word in ("assigned", "revoked"), f"{member.name} said {word} {rest}")

    def listen_to_all(self):
        for member in self.working:
            expect(member.process.running(), f"{member.name} ended with "
                                             f"{member.process.child.poll()}\n"
                                             f"{member.process.tail()}")
            self.listen(member)

    def leave(self):
        for member in self.working:
            code = member.process.terminate(LEAVE_LIMIT_S)
            expect(code == 0, f"{member.name} ended with {code}\n{member.process.tail()}")
            self.listen(member)


def kill_broker_and_members(rng, server, crew, producers, total):
    """Each kill when a random share of the input has been fed; returns [(share, who)]."""
    who = ["broker"] * BROKER_KILLS + ["member"] * MEMBER_KILLS
    rng.shuffle(who)
    kills = list(zip(sorted(rng.uniform(0.05, 0.95) for _ in who), who))
    for share, victim in kills:
        def fed(share=share):
            for process, feeder in producers:
                expect(process.running() or feeder.fed == len(feeder.lines),
                       f"{process.name} gave up\n{process.tail()}")
            return sum(feeder.fed for _, feeder in producers) >= share * total

        wait_until(fed, DRAIN_LIMIT_S, f"{share:.0%} of the input is fed", pause_s=0.01)
        if victim == "member":
            crew.kill(rng)
        else:
            server.kill()
            time.sleep(rng.uniform(0, DOWN_AT_MOST_S))
            server.start()
    return kills


def drain(producers):
    """Both producers end well: everything has been acknowledged."""
    for process, feeder in producers:
        feeder.join(DRAIN_LIMIT_S)
        expect(not feeder.is_alive() and feeder.error is None,
               f"{process.name}: {feeder.fed} of {len(feeder.lines)} fed, {feeder.error}")
        code = process.wait(DRAIN_LIMIT_S)
        expect(code == 0, f"{process.name} ended with {code}\n{process.tail()}")


def check_processed(crew, watch, rows):
    """Everything was processed by somebody, byte for byte, and is committed."""
    missing = rows.keys() - crew.processed.keys()
    expect(not missing, f"{len(missing)} records were acknowledged and never processed, such as "
                        f"{sorted(missing)[:5]}")
    expect(len(crew.processed) == len(rows),
           f"{len(crew.processed) - len(rows)} records were processed that are not there")
    for place, (key, value) in rows.items():
        expect(crew.processed[place] == zlib.crc32(value, zlib.crc32(key)),
               f"what was processed at {place} is not {key}, {value}")
    watch.look()
    watch.check()
    for partition, offset in crew.committed.items():
        expect(watch.highest.get(partition, -1) >= offset,
               f"partition {partition}: {offset} was committed, {watch.highest.get(partition)} "
               "is there")


@compat_test(limit_s=420, needs_apis=(group_wire.OFFSET_FETCH, group_wire.JOIN_GROUP))
def test_group_pipeline_with_kills(rig):
    """Five times SIGKILL for the broker, four times for a member, under load."""
    events = real_input.flights() + real_input.log_lines()
    for_java, for_kcat = split(events)
    server = rig.server(rig.settings(group_initial_rebalance_delay_ms=0)).start()
    create(rig, server, TOPIC, partitions=PARTITIONS)
    crew = Crew(rig, server)
    crew.hire()
    crew.hire()
    watch = Watch(server.address)
    producers = start_producers(rig, server, for_java, for_kcat)
    kills = kill_broker_and_members(random.Random(SEED), server, crew, producers, len(events))
    drain(producers)

    def caught_up():
        crew.listen_to_all()
        watch.check()
        return sum(watch.highest.values()) >= len(events)

    wait_until(caught_up, CATCH_UP_LIMIT_S, "everything is committed", 0.1)
    crew.leave()
    watch.ending.set()
    watch.join()
    server.kill()
    server.start()
    wait_until(lambda: group_wire.committed_offsets(server.address, GROUP, TOPIC, PARTITIONS)
               is not None, CATCH_UP_LIMIT_S, "the group is loaded")
    rows = read_everything(rig, server)
    java, kcat = (process for process, _ in producers)
    expect("Delivery failed" not in kcat.errors(), f"kcat: {kcat.tail()}")
    answers = [tuple(map(int, line.split()[:3])) for line in java.output().splitlines()]
    expect(len(rows) == len(events), f"{len(rows)} records, {len(events)} were sent")
    check_java(answers, for_java, rows)
    check_kcat(for_kcat, rows)
    check_processed(crew, watch, rows)
    server.stop()
    said = ", ".join(f"{who} at {share:.0%}" for share, who in kills)
    print(f"    {len(events)} events; {watch.looks} looks at the committed offsets; seed {SEED}; "
          f"killed {said}")
