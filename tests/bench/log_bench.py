#!/usr/bin/env python3
"""The log at scale:

    log_bench.py [--only engine|starts] [--quick] [--gigabytes N] [--partitions N ...] [--out FILE]

engine  One partition's log (storage::Log, without a broker) next to plain pwritev and fdatasync, and
        pread, of the same bytes on the same disk, in turns (log/log_engine_bench.cc).
starts  Moldau next to Apache Kafka: a broker with so many partitions gets so many gigabytes and is
        killed with SIGKILL; how long until the next start acknowledges a record; then the same after
        clean stops; and resident memory. Apache has its usual heap of 1 GiB. What was written is in
        the page cache as far as it fits, for both.

Medians. With --out the figures are merged into a JSON file, with machine, commit and versions.
"""

import argparse
import collections
import datetime
import json
import os
import pathlib
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "compat"), str(HERE.parent / "powercut"), str(HERE.parent)]

import batch  # noqa: E402  (found by the line above)
import broker_wire  # noqa: E402
import footprint  # noqa: E402
import kafka_jars  # noqa: E402
import kafka_rig  # noqa: E402

ROOT = kafka_rig.ROOT
BATCH_BYTES = 100_000
PARTS = 10  # partitions of a request
IN_FLIGHT = 5
TOPIC_PARTITIONS = 1_000  # a topic; Apache makes no more than 10,000 partitions in one request
LIMIT_S = 600
NOT_LEADER = 6
SETTLE_S = 5
CLEAN_STARTS = 3


class Apache(kafka_rig.Apache):
    """With the heap of kafka-server-start."""

    def command(self):
        return ["-Xmx1024m" if word.startswith("-Xmx") else word for word in super().command()]


# ---- Starts


class Node:
    """A broker with many partitions, through its lives."""

    def __init__(self, rig, brand, partitions):
        settings = rig.settings(f"{brand}-{partitions}", log_retention_ms=-1)
        if brand == "moldau":
            self.server = kafka_rig.Moldau(rig, f"{brand}-{partitions}", settings)
        else:
            self.server = Apache(rig, f"{brand}-{partitions}", settings)
            self.server.format()
        self.server.start()
        self.partitions = partitions
        time.sleep(SETTLE_S)
        before = self.resident_kib()
        self.topics = [self.create(f"t{number}") for number in range(partitions // TOPIC_PARTITIONS)]
        time.sleep(SETTLE_S)
        self.kib_per_partition = (self.resident_kib() - before) / partitions
        self.data = batch.record_batch([(b"k", os.urandom(BATCH_BYTES))])

    def resident_kib(self):
        return footprint.resident_kib(self.server.process.child.pid)

    def connect(self):
        connection = broker_wire.Connection(self.server.settings.broker_port)
        connection.socket.settimeout(LIMIT_S)
        return connection

    def create(self, name):
        """The topic's id, when all its partitions have leaders."""
        connection = self.connect()
        error, topic_id = connection.create_topic(name, TOPIC_PARTITIONS, {})
        if error != broker_wire.NONE:
            raise SystemExit(f"{self.server.name}: CreateTopics: error {error}")
        not_yet = None, {0: NOT_LEADER}
        while any(connection.metadata()[1].get(topic_id, not_yet)[1].values()):
            time.sleep(0.1)
        connection.close()
        return topic_id

    def load(self, size):
        """Writes about so many bytes, evenly; returns bytes per second."""
        connection, waiting = self.connect(), []
        places = [(topic, partition) for topic in self.topics
                  for partition in range(TOPIC_PARTITIONS)]
        requests = max(round(size / BATCH_BYTES / PARTS), len(places) // PARTS)
        begun = time.monotonic()
        for number in range(requests):
            at = number * PARTS % len(places)
            waiting.append([(*place, self.data) for place in places[at:at + PARTS]])
            connection.send_produce(waiting[-1])
            while len(waiting) == IN_FLIGHT or (waiting and number + 1 == requests):
                self.receive(connection, waiting)
        took = time.monotonic() - begun
        connection.close()
        return requests * PARTS * BATCH_BYTES / took

    def receive(self, connection, waiting):
        """The oldest answer. A broker that was late with its heartbeats leads nothing for a while."""
        errors = {error for _, _, error, _ in connection.receive_produce()}
        request = waiting.pop(0)
        if errors == {broker_wire.NONE}:
            return
        if not errors <= {broker_wire.NONE, NOT_LEADER}:
            raise SystemExit(f"{self.server.name}: produce: errors {errors}")
        time.sleep(0.1)
        waiting.append(request)
        connection.send_produce(request)

    def start(self):
        """Seconds until a record to the last partition is acknowledged, tried again and again."""
        server = self.server
        begun = time.monotonic()
        server.process = server.rig.spawn(server.name, server.command())
        while time.monotonic() - begun < LIMIT_S:
            try:
                connection = self.connect()
                connection.send_produce([(self.topics[-1], TOPIC_PARTITIONS - 1,
                                          batch.record_batch([(b"k", b"x")]))])
                error = connection.receive_produce()[0][2]
                connection.close()
                if error == broker_wire.NONE:
                    return time.monotonic() - begun
            except (OSError, ValueError):
                pass
            if not server.process.running():
                raise SystemExit(f"{server.name} ended\n{server.process.tail()}")
            time.sleep(0.002)
        raise SystemExit(f"{server.name}: nothing acknowledged within {LIMIT_S} s")


def measure_starts(rig, brand, partitions, size):
    """{figure: value}."""
    node = Node(rig, brand, partitions)
    figures = {"memory per partition when made, KiB": node.kib_per_partition}
    figures["load, MB/s"] = node.load(size) / 1e6
    node.server.kill()
    figures["start after SIGKILL, s"] = node.start()
    clean = []
    for _ in range(CLEAN_STARTS):
        node.server.stop()
        clean.append(node.start())
    figures["start after a clean stop, s"] = statistics.median(clean)
    time.sleep(SETTLE_S)
    figures["memory after it, MiB"] = node.resident_kib() / 1024
    node.server.stop()
    shutil.rmtree(node.server.data)
    return figures


def starts(arguments):
    rows = []
    with tempfile.TemporaryDirectory(prefix="moldau-log-bench-", dir=arguments.directory) as base:
        rig = kafka_rig.Rig(base, "moldau", arguments.moldau)
        try:
            for partitions in arguments.partitions:
                rounds = [[measure_starts(rig, brand, partitions, arguments.gigabytes * 1e9)
                           for brand in ("moldau", "apache")] for _ in range(arguments.start_rounds)]
                for figure in rounds[0][0]:
                    ours, theirs = ([one[side][figure] for one in rounds] for side in (0, 1))
                    rows.append({
                        "figure": f"{partitions:,} partitions, {arguments.gigabytes:g} GB: {figure}",
                        "moldau": statistics.median(ours), "apache": statistics.median(theirs),
                        "ratio": statistics.median(a / b for a, b in zip(ours, theirs) if b)})
        finally:
            rig.close()
    print(f"\n{'':<66}{'Moldau':>10}{'Apache':>10}{'ratio':>8}")
    for row in rows:
        print(f"{row['figure']:<66}{row['moldau']:>10.2f}{row['apache']:>10.2f}{row['ratio']:>8.3f}")
    return rows


# ---- Engine


def engine(arguments):
    rounds = []
    for _ in range(arguments.rounds):
        with tempfile.TemporaryDirectory(prefix="moldau-log-engine-",
                                         dir=arguments.directory) as base:
            done = subprocess.run([arguments.engine, base, str(arguments.megabytes)], check=True,
                                  capture_output=True, text=True, timeout=LIMIT_S)
            rounds.append(json.loads(done.stdout))
    rows = []
    for figure in rounds[0]:
        fractions = sorted(one[figure]["log"] / one[figure]["plain"] for one in rounds)
        rows.append({"figure": figure,
                     "plain MB/s": statistics.median(one[figure]["plain"] for one in rounds),
                     "log MB/s": statistics.median(one[figure]["log"] for one in rounds),
                     "fraction": statistics.median(fractions),
                     "least": fractions[0], "greatest": fractions[-1]})
    print(f"\n{'':<32}{'plain MB/s':>12}{'log MB/s':>12}{'log : plain (least to greatest)':>36}")
    for row in sorted(rows, key=lambda row: row["fraction"]):
        spread = f"{row['fraction']:.2f} ({row['least']:.2f} to {row['greatest']:.2f})"
        print(f"{row['figure']:<32}{row['plain MB/s']:>12.1f}{row['log MB/s']:>12.1f}{spread:>36}")
    return rows


# ---- Results


def conditions(arguments):
    def git(*words):
        return subprocess.run(["git", "-C", ROOT, *words], check=False, capture_output=True,
                              text=True).stdout.strip()

    cpu = next((line.split(":", 1)[1].strip() for line in
                pathlib.Path("/proc/cpuinfo").read_text().splitlines()
                if line.startswith("model name")), platform.machine())
    memory_kib = int(pathlib.Path("/proc/meminfo").read_text().split()[1])
    version = subprocess.run([arguments.moldau, "--version"], check=False, capture_output=True,
                             text=True).stdout.strip()
    file_system = subprocess.run(["stat", "-f", "-c", "%T", arguments.directory], check=False,
                                 capture_output=True, text=True).stdout.strip()
    return {"date": datetime.date.today().isoformat(), "cpu": f"{os.cpu_count()} x {cpu}",
            "memory GiB": round(memory_kib / 2**20), "file system": file_system,
            "kernel": platform.release(), "load average": round(os.getloadavg()[1], 1),
            "commit": git("rev-parse", "--short", "HEAD"), "moldau": version}


def merge(path, arguments, results):
    """Rows of the same figure are replaced."""
    old = json.loads(path.read_text()) if path.exists() else {}
    merged = collections.defaultdict(list, old)
    for part, rows in results.items():
        here = conditions(arguments)
        if part == "starts":
            here["apache"] = kafka_jars.jars("newest").version
        fresh = {row["figure"]: {**row, "conditions": here} for row in rows}
        merged[part] = [row for row in merged[part] if row["figure"] not in fresh]
        merged[part] += fresh.values()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(merged, indent=1) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--only", choices=("engine", "starts"))
    parser.add_argument("--moldau", default=str(ROOT / "build/release/moldau"))
    parser.add_argument("--engine", default=str(ROOT / "build/release/log_engine_bench"))
    parser.add_argument("--directory", default=tempfile.gettempdir(), help="on the disk to measure")
    parser.add_argument("--megabytes", type=int, default=512, help="engine: appended by each")
    parser.add_argument("--rounds", type=int, default=5, help="of the engine")
    parser.add_argument("--start-rounds", type=int, default=1, help="of the starts: loads are long")
    parser.add_argument("--gigabytes", type=float, default=10, help="starts: written before")
    parser.add_argument("--partitions", type=int, nargs="+", default=[1_000, 10_000])
    parser.add_argument("--quick", action="store_true", help="1,000 partitions, 1 GB, 128 MiB")
    parser.add_argument("--out", type=pathlib.Path, help="a JSON file, made or added to")
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.partitions, arguments.gigabytes, arguments.megabytes = [1_000], 1, 128
    results = {}
    if arguments.only != "starts":
        results["engine"] = engine(arguments)
    if arguments.only != "engine":
        results["starts"] = starts(arguments)
    if arguments.out:
        merge(arguments.out, arguments, results)
    return 0


if __name__ == "__main__":
    sys.exit(main())
