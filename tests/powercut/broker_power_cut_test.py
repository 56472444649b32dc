#!/usr/bin/env python3
"""Power cuts on the real broker: broker_power_cut_test.py --broker PATH --shim PATH [--rounds N].

Each round starts the broker on what the last power cut has left, checks that every promise is kept
(broker_verify.py), lets clients produce, read, create and delete (broker_load.py), kills it at a
random moment and rolls its directory back to what a power cut could have left (rollback.py). Now
and then it is killed while it starts, is stopped cleanly before the cut, or is killed without one.
After ten rounds a new directory begins.

The seed decides what is done and what a power cut leaves, not how threads interleave. A failure
therefore keeps what is needed to look at it again: the directory before the broker saw it, made
from the journal and the seed of the rollback, the journal, and the broker's log.
"""

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import rollback
from broker_ledger import Ledger
from broker_load import clients
from broker_verify import verify
from broker_wire import LIMIT_S, Connection

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from free_ports import free_ports  # noqa: E402

ROUNDS_PER_DIRECTORY = 10


class Broken(Exception):
    """A promise was not kept."""


class Site:
    """Some log directories and the broker's lives on them."""

    directory_counts = (1, 1, 2, 3)

    def __init__(self, base, options, seed):
        self.base, self.options, self.chance = base, options, random.Random(seed)
        # The log directory is made by the broker, so that its own name is at stake too.
        self.root, self.state = base / "disk", base / "state"
        self.data = [self.root / f"data-{n}"
                     for n in range(self.chance.choice(self.directory_counts))]
        self.root.mkdir(parents=True)
        self.log = base / "broker.log"
        self.log.touch()
        self.ledger = Ledger()
        self.ports = free_ports(2, random.Random())
        self.process = None
        self.last_cut = None  # (state, seed) that the directory was made from
        self.recording = False

    def begin(self):
        """What is in the directory after a cut is durable."""
        if self.recording:
            rollback.resume(self.root, self.state)
        else:
            self.state = self.base / ("state-b" if self.state.name == "state-a" else "state-a")
            rollback.begin(self.root, self.state)
            self.recording = True

    def settings(self):
        chance = self.chance
        client, controller = self.ports
        return {
            "log.dirs": ",".join(map(str, self.data)),
            "listeners": f"PLAINTEXT://127.0.0.1:{client},CONTROLLER://127.0.0.1:{controller}",
            "metrics.listener": "",
            "flush.strategy": self.options.flush_strategy or chance.choice(
                ("auto", "fdatasync", "syncfs")),
            "replica.high.watermark.checkpoint.interval.ms": chance.choice((20, 5_000)),
            "log.retention.check.interval.ms": chance.choice((20, 300_000)),
            "log.initial.task.delay.ms": 0,
            "log.cleaner.backoff.ms": 20,
            "log.cleaner.dedupe.buffer.size": 2_000_000,
            "metadata.log.max.record.bytes.between.snapshots": chance.choice((2_000, 20_971_520)),
        }

    def environment(self):
        return {
            "LD_PRELOAD": str(self.options.shim), "POWERCUT_ROOT": str(self.root),
            "POWERCUT_STATE": str(self.state), "POWERCUT_IGNORE": self.options.ignore,
            "POWERCUT_SYNC_US": str(self.chance.choice((0, 300, 3_000)))}

    def spawn(self):
        command = [str(self.options.broker), "server"]
        for key, value in self.settings().items():
            command += ["--override", f"{key}={value}"]
        environment = os.environ | self.environment()
        self.log_from = self.log.stat().st_size
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log, env=environment)

    def said(self):
        with open(self.log, "rb") as log:
            log.seek(self.log_from)
            return log.read().decode(errors="replace")

    def wait_until_ready(self):
        deadline = time.monotonic() + LIMIT_S
        while " is ready: " not in self.said():
            if self.process.poll() is not None:
                raise Broken(f"the broker does not start: exit code {self.process.returncode}")
            if time.monotonic() > deadline:
                raise Broken(f"the broker is not ready after {LIMIT_S} s")
            time.sleep(0.005)

    def kill(self):
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def check_log(self):
        bad = [line for line in self.said().splitlines()
               if line.split(" ", 2)[1:2] == ["error"] or "quarantined" in line]
        if bad:
            raise Broken("the broker complains:\n  " + "\n  ".join(bad))

    def check(self):
        connection = Connection(self.ports[0])
        try:
            problems = verify(connection, self.ledger, self.chance)
        except (OSError, ValueError) as error:
            problems = [f"while looking: {error!r}"]
        connection.close()
        self.check_log()
        if problems:
            raise Broken("\n  ".join(problems[:20]))

    def load(self):
        chance = self.chance
        running = clients(self.ledger, self.ports[0], chance, self.data)
        for client in running:
            client.start()
        time.sleep(chance.choice((0.05, 0.2, 0.5)) * chance.random() * 2)
        died = self.process.poll()
        for client in running:
            client.over.set()
        clean = chance.random() < 0.1
        if not clean:
            self.kill()
        for client in running:
            client.join(LIMIT_S)
            if client.is_alive():
                raise Broken(f"{type(client).__name__} has had no answer for {LIMIT_S} s")
        if died is not None:
            raise Broken(f"the broker has ended by itself: exit code {died}")
        if clean:
            self.process.send_signal(signal.SIGTERM)
            if self.process.wait(LIMIT_S) != 0:
                raise Broken(f"exit code {self.process.returncode} after SIGTERM")
        self.check_log()
        if self.ledger.complaints:
            raise Broken("\n  ".join(self.ledger.complaints[:20]))

    def round(self):
        self.begin()
        self.spawn()
        if self.chance.random() < 0.1:
            time.sleep(self.chance.random() * 0.4)
            self.kill()
        else:
            self.wait_until_ready()
            self.check()
            self.load()
        if self.chance.random() < 0.85:
            self.cut()

    def cut(self):
        seed = self.chance.getrandbits(32)
        keep = self.chance.choice(("random", "random", "random", "none"))
        self.recording = False
        self.last_cut = self.state, seed, keep
        rollback.apply(self.root, self.state, seed, keep)

    def last_check(self):
        self.begin()
        self.spawn()
        self.wait_until_ready()
        self.check()
        self.kill()

    def keep(self, target):
        """Leaves what a failure can be understood from."""
        target.mkdir(parents=True)
        shutil.copy(self.log, target)
        for name in ("state-a", "state-b"):
            if (self.base / name).exists():
                shutil.copytree(self.base / name, target / name)
        shutil.copytree(self.root, target / "disk-now")
        if self.last_cut:
            state, seed, keep = self.last_cut
            (target / "disk-after-cut").mkdir()
            rollback.apply(target / "disk-after-cut", state, seed, keep)


def temporary_directory():
    """In memory where possible: the shim knows what was synced, the disk need not work for it."""
    memory = Path("/dev/shm")
    return tempfile.TemporaryDirectory(prefix="moldau-powercut-",
                                       dir=memory if os.access(memory, os.W_OK) else None)


def run(options, site_type=Site):
    """Returns (rounds done, batches acknowledged, records compacted away, what is broken or None)."""
    acknowledged = compacted = done = 0
    began = time.monotonic()

    def time_is_up():
        return options.seconds and time.monotonic() - began > options.seconds

    with temporary_directory() as base:
        while done < options.rounds and not time_is_up():
            number = done // ROUNDS_PER_DIRECTORY
            site = site_type(Path(base) / f"site-{number}", options, f"{options.seed}/{number}")
            try:
                for _ in range(min(ROUNDS_PER_DIRECTORY, options.rounds - done)):
                    done += 1
                    site.round()
                    if time_is_up():
                        break
                site.last_check()
            except Broken as broken:
                site.kill()
                if options.keep:
                    site.keep(Path(options.keep))
                text = f"round {done}, seed {options.seed}/{number}: {broken}"
                return done, acknowledged + site.ledger.acknowledged, compacted, text
            finally:
                site.kill()
            acknowledged += site.ledger.acknowledged
            compacted += site.ledger.compacted_away
            shutil.rmtree(site.base)
    return done, acknowledged, compacted, None


def parser():
    result = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    result.add_argument("--broker", type=Path, required=True)
    result.add_argument("--shim", type=Path, required=True)
    result.add_argument("--rounds", type=int, default=25)
    result.add_argument("--seconds", type=float, default=0, help="no new round after so long")
    result.add_argument("--seed", type=int, default=1)
    result.add_argument("--ignore", default="", help="POWERCUT_IGNORE of the shim")
    result.add_argument("--flush-strategy", help="this one always, not one by chance")
    result.add_argument("--keep", help="a new directory for what a failure leaves")
    return result


def run_and_report(options, site_type=Site):
    """Ends the process."""
    if options.keep is None:
        options.keep = Path(tempfile.gettempdir()) / f"moldau-powercut-failure-{os.getpid()}"
    began = time.monotonic()
    done, acknowledged, compacted, broken = run(options, site_type)
    print(f"{done} rounds, {acknowledged} batches acknowledged, {compacted} records compacted away, "
          f"{time.monotonic() - began:.0f} s: {'broken' if broken else 'every promise kept'}")
    if broken:
        print(broken)
        print(f"kept in {options.keep}")
    sys.exit(1 if broken else 0)


if __name__ == "__main__":
    run_and_report(parser().parse_args())
