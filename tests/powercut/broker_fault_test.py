#!/usr/bin/env python3
"""Errors of the disk under the real broker:
broker_fault_test.py --broker PATH --shim PATH --fault-shim PATH [--rounds N].

Each round starts the broker on two or three log directories, where no call fails, and checks that
every promise of the lives before is kept (broker_verify.py). Then clients work (broker_load.py), and
fault_shim.c lets calls in one of the directories fail: writes, syncs, renames, opens, ... with EIO,
EROFS or ENOSPC, once or from then on. What must hold:

- The broker goes on, and says which file has failed and why.
- Only a directory in which a call has failed goes offline, and after a failed write or sync of a log
  it does. Its partitions answer KAFKA_STORAGE_ERROR and have no leader; all others are written to.
- A full disk takes nothing offline, but for a failed sync: when there is room again, all
  partitions are written to, without a restart.
- Nobody was told that something is written which is not there after the next start. That start may
  come after a power cut, as in broker_power_cut_test.py.

Some rounds let the broker start on a failing disk: it serves, or it ends with one line that says why.
"""

import atexit
import collections
import errno
import os
import re
import signal
import time
import urllib.request
from pathlib import Path

from broker_ledger import Batch
from broker_load import STORAGE_ERRORS, clients
from broker_power_cut_test import Broken, Site, parser, run_and_report
from broker_wire import LIMIT_S, NONE, Connection, record_batch
from free_ports import free_ports

LEADER_NOT_AVAILABLE = 5
# fdatasync, fsync and syncfs: what a failed one has lost is not written by another.
SYNCS = ("fdatasync", "fsync", "syncfs")
# Which calls on which files; below the directory, and "" is the directory itself.
FAULTS = (
    ("write", "*"), ("write", "*.log"), ("write", "*.index"), ("write", "*.timeindex"),
    ("write", "*.snapshot*"), ("write", "*-checkpoint*"), ("write", "*.cleaned"),
    ("write", "*/compacted-*.log"), ("write", "*/__cluster_metadata-0/*"),
    ("fdatasync", "*"), ("fdatasync", "*.log"), ("fdatasync", "*-checkpoint*"),
    ("fdatasync", "*.cleaned"), ("fdatasync", "*/__cluster_metadata-0/*"),
    ("fsync", "*"), ("fsync", ""), ("fsync", "/*"), ("syncfs", ""),
    ("rename", "*"), ("rename", "*-checkpoint"), ("rename", "*.swap"), ("rename", "*.deleted"),
    ("rename", "*-delete"), ("rename", "*.checkpoint"),
    ("open", "*"), ("open", "*.log"), ("open", "*.cleaned"), ("open", "*.tmp"), ("open", "*.part"),
    ("truncate", "*"), ("truncate", "*.log"), ("unlink", "*"), ("unlink", "*.deleted"),
    ("mkdir", "*"), ("write", "*-future/*"), ("fdatasync", "*-future/*"), ("rename", "*-future"),
    ("open", "*-future/*"), ("truncate", "*-future/*"))
MOVING = 0.5  # of the rounds have a client that moves partitions between the directories
LINES_MAX = 1_000
ERRNOS = (errno.EIO,) * 3 + (errno.ENOSPC,) * 3 + (errno.EROFS,)
Hit = collections.namedtuple("Hit", "call error path")


class FaultySite(Site):
    directory_counts = (2, 2, 3)
    failed = collections.Counter()  # calls, of all sites

    def __init__(self, base, options, seed):
        super().__init__(base, options, seed)
        self.plan = base / "plan"
        self.hits_file = base / "plan.hits"
        self.metrics_port, = free_ports(1, self.chance)
        self.rules = []

    def settings(self):
        return super().settings() | {
            "metrics.listener": f"http://127.0.0.1:{self.metrics_port}",
            "log.dir.min.free.bytes": 0,
            "log.retention.check.interval.ms": self.chance.choice((20, 1_000)),
            "replica.high.watermark.checkpoint.interval.ms": self.chance.choice((20, 500)),
            "log.flush.start.offset.checkpoint.interval.ms": self.chance.choice((20, 500)),
        }

    def environment(self):
        shims = f"{self.options.fault_shim}:{self.options.shim}"
        return super().environment() | {"LD_PRELOAD": shims, "FAULTS_PLAN": str(self.plan)}

    # ---- Faults

    def inject(self):
        """One or two rules for one directory."""
        chance = self.chance
        where = chance.choice(self.data)
        rules = []
        for _ in range(chance.choice((1, 1, 2))):
            call, path = chance.choice([one for one in FAULTS if re.search(
                self.options.only, " ".join(one))])
            rules.append((call, f"{where}{path}", chance.choice(ERRNOS),
                          chance.choice((0, 0, 3, 10)), chance.choice((1, 1, 5, 0, 0))))
        self.rules = rules
        new = self.plan.with_suffix(".new")
        new.write_text("".join(" ".join(map(str, rule)) + "\n" for rule in rules))
        new.rename(self.plan)

    def end_faults(self):
        self.plan.unlink(missing_ok=True)

    def hits(self):
        if not self.hits_file.exists():
            return []
        parts = [line.split(" ", 2) for line in self.hits_file.read_text().splitlines()[-1_000:]]
        return [Hit(call, int(error), Path(path)) for call, error, path in parts]

    def directory_of(self, path):
        return next(data for data in self.data if path == data or data in path.parents)

    # ---- What must hold

    def load(self):
        chance = self.chance
        self.hits_file.unlink(missing_ok=True)
        self.ledger.faulty, self.ledger.excused = True, STORAGE_ERRORS
        running = clients(self.ledger, self.ports[0], chance,
                          self.data if chance.random() < MOVING else [])
        for client in running:
            client.start()
        time.sleep(chance.random() * 0.3)
        self.inject()
        deadline = time.monotonic() + 1.5
        while not self.hits_file.exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(chance.choice((0.02, 0.3)) * chance.random())
        if chance.random() < 0.5:
            self.end_faults()
            time.sleep(chance.random() * 0.2)
        for client in running:
            client.over.set()
        # What a full disk keeps from the metadata log is answered when there is room.
        self.end_faults()
        for client in running:
            client.join(LIMIT_S)
            if client.is_alive():
                raise Broken(f"{type(client).__name__} has had no answer for {LIMIT_S} s")
        self.wait_for_moves()
        self.check_life()
        self.ledger.faulty, self.ledger.excused = False, frozenset()
        if chance.random() < 0.3:
            self.stop()
        else:
            self.kill()

    def wait_for_moves(self):
        """Then it is known in which directory a partition is. One that has failed is over, too."""
        deadline = time.monotonic() + LIMIT_S
        quiet = 0
        while quiet < 3:
            said = self.said()
            begun = collections.Counter(re.findall(r" move begins partition=(\S+)", said))
            ended = collections.Counter(re.findall(
                r" (?:moved|move cancelled|was not moved, it stays where it is) partition=(\S+)", said))
            quiet = 0 if begun - ended else quiet + 1
            if time.monotonic() > deadline:
                raise Broken(f"moves do not end: {begun - ended}")
            time.sleep(0.02)

    def offline(self):
        said = self.said()
        return {data for data in self.data if f"goes offline dir={data} " in said}

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        if self.process.wait(LIMIT_S) != 0:
            raise Broken(f"exit code {self.process.returncode} after SIGTERM")

    def check_life(self):
        """The clients have ended, and no call fails any more."""
        if self.process.poll() is not None:
            raise Broken(f"the broker has ended by itself: exit code {self.process.returncode}")
        if self.ledger.complaints:
            raise Broken("\n  ".join(self.ledger.complaints[:20]))
        hits, said = self.hits(), self.said()
        self.failed.update(f"{hit.call} {errno.errorcode[hit.error]}" for hit in hits)
        offline = self.offline()
        self.check_offline(offline, hits)
        self.check_words(hits, said, offline)
        self.check_health(offline)
        self.check_partitions(offline, hits)

    def check_offline(self, offline, hits):
        for data in offline:
            reasons = [hit for hit in hits if self.directory_of(hit.path) == data]
            if not any(takes_offline(hit) for hit in reasons):
                raise Broken(f"{data.name} went offline for {reasons}")
        for hit in hits:
            must = hit.call in ("fdatasync", "fsync") or (
                hit.call == "write" and hit.error != errno.ENOSPC and hit.path.suffix == ".log")
            # The files of a topic that is deleted do not matter.
            if must and not is_going(hit.path) and self.directory_of(hit.path) not in offline:
                raise Broken(f"{hit} has not taken the directory offline")

    def check_words(self, hits, said, offline):
        """Every error has a line, but not one for each time that it was met."""
        lines = said.splitlines()
        if len(lines) > LINES_MAX:
            raise Broken(f"it said {len(lines)} lines")
        for hit in hits:
            if hit.call == "syncfs" or is_going(hit.path):
                continue  # of another program, perhaps; of no importance
            if hit.call == "rename" and hit.error == errno.ENOSPC and (
                    hit.path.suffix not in (".tmp", ".part", ".cleaned", ".swap")):
                continue  # it was to go, and went at once
            # Why it went offline is enough to know of a directory.
            home = self.directory_of(hit.path)
            words = f"goes offline dir={home} " if home in offline else os.strerror(hit.error)
            if not any(words in line for line in lines):
                raise Broken(f"nothing was said of {hit}")

    def check_health(self, offline):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.metrics_port}/health") as answer:
                code = answer.status
        except urllib.error.HTTPError as error:
            code = error.code
        if code != (503 if offline else 200):
            raise Broken(f"health is {code} with {len(offline)} directories offline")

    def check_partitions(self, offline, hits):
        """Those in directories that are not offline take records; a full disk has ended."""
        connection = Connection(self.ports[0])
        deadline = time.monotonic() + LIMIT_S
        uncreated = bool(offline) or any(hit.error != errno.ENOSPC for hit in hits)
        # A move has failed in its last step, and the metadata log before it could say so.
        unnamed = set(re.findall(r" cannot be changed partition=(\S+)", self.said()))
        if unnamed and self.data[0] not in offline:
            raise Broken(f"the metadata log is there, and does not name the place of {unnamed}")
        left = {(topic.id, partition): topic for topic in self.ledger.usable()
                for partition in range(topic.partitions)}
        while left:
            connection.send_produce([(*place, self.probe(place, left[place])) for place in
                                     sorted(left)])
            answers = {answer[:2]: answer[2:] for answer in connection.receive_produce()}
            wrong = []
            for place, (error, offset) in answers.items():
                topic = left[place]
                home = self.home_of(topic.name, place[1], offline)
                ended = home in offline or f"{topic.name}-{place[1]}" in unnamed
                self.ledger.answered(self.probes.pop(place), offset if error == NONE else None)
                if ended or (home is None and uncreated):
                    if error not in STORAGE_ERRORS | ({3} if home is None else set()):
                        raise Broken(f"{topic.name}-{place[1]} in {home}, offline: error {error}")
                    del left[place]
                elif error == NONE:
                    del left[place]
                elif error in STORAGE_ERRORS | {3}:
                    wrong.append(f"{topic.name}-{place[1]} in {home}: error {error}")
                else:
                    raise Broken(f"{topic.name}-{place[1]} in {home}: error {error}")
            if time.monotonic() > deadline:
                raise Broken("not healed:\n  " + "\n  ".join(wrong))
            time.sleep(0.05 if left else 0)
        self.check_leaders(connection, offline, deadline)
        connection.close()

    def probe(self, place, topic):
        """A record for the ledger like any other."""
        batch = Batch(topic, place[1], record_batch([(b"k", b"%d probe" % time.monotonic_ns())], 0,
                                                    -1, -1, -1, int(time.time() * 1000)), None)
        self.ledger.sending(batch)
        self.probes[place] = batch
        return batch.data

    def check_leaders(self, connection, offline, deadline):
        """Metadata knows which have none, unless it is offline itself."""
        if self.data[0] in offline:
            return
        while True:
            wrong = []
            for name, partitions in connection.metadata()[1].values():
                for partition, error in partitions.items():
                    home = self.home_of(name, partition, offline)
                    wanted = LEADER_NOT_AVAILABLE if home in offline else NONE
                    if home is not None and error != wanted:
                        wrong.append(f"{name}-{partition} in {home}: error {error} in Metadata")
            if not wrong:
                return
            if time.monotonic() > deadline:
                raise Broken("\n  ".join(wrong))
            time.sleep(0.05)

    def home_of(self, name, partition, offline):
        """One that is offline may still have a copy that was to come, or was to go."""
        found = [data for data in self.data if (data / f"{name}-{partition}").is_dir()]
        return min(found, key=lambda data: data in offline, default=None)

    # ---- Rounds

    def start_on_a_failing_disk(self):
        self.inject()
        self.spawn()
        time.sleep(0.1 + self.chance.random())
        # What it has no room for at a start, it waits for.
        self.end_faults()
        deadline = time.monotonic() + LIMIT_S
        while " is ready: " not in self.said() and self.process.poll() is None:
            if time.monotonic() > deadline:
                raise Broken(f"neither started nor not after {LIMIT_S} s")
            time.sleep(0.005)
        ended = self.process.poll()
        if ended is not None and (ended != 1 or self.said().count("not started: ") != 1):
            raise Broken(f"exit code {ended} of a start on a failing disk")
        if len(self.said().splitlines()) > LINES_MAX:
            raise Broken(f"it said {len(self.said().splitlines())} lines")
        self.kill()

    def round(self):
        self.probes = {}
        self.begin()
        if self.chance.random() < 0.2:
            self.start_on_a_failing_disk()
        else:
            self.spawn()
            self.wait_until_ready()
            self.check()
            self.load()
        if self.chance.random() < 0.5:
            self.cut()

    def keep(self, target):
        super().keep(target)
        (target / "rules").write_text("\n".join(map(str, self.rules + self.hits())))


def is_going(path):
    return any(part.endswith(("-delete", ".deleted")) for part in path.parts)


def takes_offline(hit):
    """Whether it may. A sync that had no room has lost as much as any other; and where a swap has
    stopped, only a start can tell (docs/compaction.md)."""
    return hit.error != errno.ENOSPC or hit.call in SYNCS or (
        hit.call == "rename" and hit.path.suffix == ".swap")


def main():
    options = parser()
    options.add_argument("--fault-shim", type=Path, required=True)
    options.add_argument("--only", default="", help="faults like this regular expression")
    atexit.register(lambda: print("calls that failed:", ", ".join(
        f"{count} {what}" for what, count in sorted(FaultySite.failed.items()))))
    run_and_report(options.parse_args(), FaultySite)


if __name__ == "__main__":
    main()
