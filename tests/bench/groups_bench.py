#!/usr/bin/env python3
"""Consumer groups next to Apache Kafka's, on this machine, the brands in turns:

    groups_bench.py [--rounds N] [--only PART ...] [--protocols P ...] [--moldau PATH] [--out FILE]

Parts: load (a start on a million committed offsets, until every group's can be fetched), requests
(CPU of a heartbeat and of a commit, both protocols), many (10,000 groups of 3 members) and large
(one group of 1,000). The members are tests/bench/groups (C++, one thread, raw frames); CPU time is the
broker's alone. Defaults of both brokers, but for Apache's cluster of one; Apache's heap is 1 GiB.
Medians, and ratios with their spread. --out FILE keeps all values as JSON, beside those of earlier
runs of the same commit; the tables are made of all of them. --show FILE only prints them.
"""

import argparse
import dataclasses
import datetime
import json
import os
import pathlib
import platform
import resource
import shutil
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "compat"))

import kafka_jars  # noqa: E402  (found by the line above)
import kafka_rig  # noqa: E402
import wire  # noqa: E402
from processes import wait_until  # noqa: E402

BRANDS = ("moldau", "apache")
PROTOCOLS = ("classic", "consumer")
OFFSETS_PARTITIONS = 50
LIMIT_S = 240
FIND_COORDINATOR, OFFSET_FETCH = 10, 9

# load
GROUPS, PARTITIONS, EACH = 10_000, 100, 10
# requests
MEMBERS, WARM_REQUESTS, REQUESTS = 300, 100_000, 50_000
# many, large
MANY, LARGE, STEADY_S = 10_000, 1_000, 12


class RoomyApache(kafka_rig.Apache):
    """With the heap that Kafka's own script gives."""

    def command(self):
        return [word.replace("-Xmx640m", "-Xmx1g") for word in super().command()]


def make_server(rig, brand, name, settings, format_it=True):
    if brand == "moldau":
        return kafka_rig.Moldau(rig, name, settings)
    server = RoomyApache(rig, name, settings)
    if format_it:
        server.format()
    return server


def find_coordinator(address, group):
    """FindCoordinator v4: whether there is one. It creates `__consumer_offsets`."""
    body = b"\0" + wire.uvarint(2) + wire.compact_string(group) + b"\0"
    reader = wire.call(address, FIND_COORDINATOR, 4, body, flexible=True)
    reader.int32()
    reader.uvarint()
    reader.compact_string()
    reader.fixed("i")
    reader.compact_string()
    reader.fixed("i")
    return reader.int16() == 0


def ready_for_groups(options, server, topic, partitions):
    """Creates the topic and the coordinators."""
    subprocess.run([options.moldau, "topic", "create", topic, "--partitions", str(partitions),
                    "--bootstrap", server.address], check=True, stdout=subprocess.DEVNULL,
                   timeout=LIMIT_S)
    wait_until(lambda: find_coordinator(server.address, "load-0"), LIMIT_S, "a coordinator")
    groups = group_of_each_partition("load")
    wait_until(lambda: offsets_answer(server.address, groups, topic), LIMIT_S, "all coordinators")


def group_of_each_partition(prefix):
    """A group for each partition of `__consumer_offsets` (the hash is Java's)."""
    found = {}
    for number in range(GROUPS):
        value = 0
        for byte in f"{prefix}-{number}".encode():
            value = (31 * value + byte) & 0xFFFFFFFF
        signed = value - (1 << 32) if value >= 1 << 31 else value
        found.setdefault(abs(signed) % OFFSETS_PARTITIONS, f"{prefix}-{number}")
    return [found[partition] for partition in range(OFFSETS_PARTITIONS)]


def offsets_answer(address, groups, topic):
    """OffsetFetch v8 for all these groups: whether none has an error."""
    body = wire.uvarint(len(groups) + 1)
    for group in groups:
        body += (wire.compact_string(group) + wire.uvarint(2) + wire.compact_string(topic)
                 + wire.uvarint(2) + struct.pack(">i", 0) + b"\0\0")
    reader = wire.call(address, OFFSET_FETCH, 8, body + b"\0\0", flexible=True)
    reader.int32()
    answered = True
    for _ in range(reader.uvarint() - 1):
        reader.compact_string()
        for _ in range(reader.uvarint() - 1):
            reader.compact_string()
            for _ in range(reader.uvarint() - 1):
                reader.fixed("iqi")
                reader.compact_string()
                reader.int16()
                reader.tags()
            reader.tags()
        answered = reader.int16() == 0 and answered
        reader.tags()
    return answered


def resident_mib(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(next(line.split()[1] for line in status.splitlines()
                    if line.startswith("VmRSS"))) / 1024


class Load:
    """The program that plays the members, against one broker."""

    def __init__(self, options, server, *words):
        self.server = server
        pid = server.process.child.pid
        self.child = subprocess.Popen(
            [options.load, str(server.settings.broker_port), str(pid), *map(str, words)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def line(self, word):
        """The rest of the next line that begins with the word."""
        for line in self.child.stdout:
            first, _, rest = line.partition(" ")
            if first == word:
                return rest
        raise SystemExit(f"{self.server.name}: the load ended with {self.child.wait()}")

    def measure(self, command):
        self.child.stdin.write(command + "\n")
        self.child.stdin.flush()
        return json.loads(self.line("measured"))

    def end(self):
        self.child.stdin.close()
        if self.child.wait(LIMIT_S) != 0:
            raise SystemExit(f"{self.server.name}: the load failed")


# ------------------------------------------------------------------------------------ load

def write_offsets(options, rig, name, groups, partitions, each):
    """A stopped directory with so many committed offsets."""
    settings = rig.settings(name)
    server = kafka_rig.Moldau(rig, name, settings).start()
    ready_for_groups(options, server, "filled", PARTITIONS)
    Load(options, server, "fill", "filled", groups, partitions, each).line("filled")
    server.stop()
    return settings


def taken_over(rig, brand, template):
    """A copy where the brand has run and stopped: a first start waits for another's session."""
    name = f"{template.data.name}-{brand}"
    settings = rig.settings(name)
    shutil.copytree(template.data, settings.data)
    make_server(rig, brand, name, settings, format_it=False).start().stop()
    return settings


def start_on(rig, brand, template, number):
    """(seconds from the start of the process until all groups' offsets can be fetched, MiB)."""
    name = f"{template.data.name}-{number}"
    settings = rig.settings(name)
    shutil.copytree(template.data, settings.data)
    server = make_server(rig, brand, name, settings, format_it=False)
    groups = group_of_each_partition("filled")
    begun = time.monotonic()
    server.process = rig.spawn(name, server.command())

    def answers():
        try:
            return offsets_answer(server.address, groups, "filled")
        except (OSError, ValueError):
            return False

    wait_until(answers, LIMIT_S, f"{name} answers", pause_s=0.005)
    took = time.monotonic() - begun
    memory = resident_mib(server.process.child.pid)
    server.stop()
    shutil.rmtree(settings.data)
    return took, memory


def part_load(options, rig):
    empty = write_offsets(options, rig, "few", 1_000, 10, 10)
    full = write_offsets(options, rig, "million", GROUPS, PARTITIONS, EACH)
    log_mb = sum(path.stat().st_size for path in full.data.glob("__consumer_offsets-*/*.log")) / 1e6
    print(f"load: {GROUPS * PARTITIONS} offsets, {log_mb:.0f} MB of log", flush=True)
    templates = {brand: (taken_over(rig, brand, full), taken_over(rig, brand, empty))
                 for brand in BRANDS}
    for number in range(options.rounds):
        one = {}
        for brand in in_turn(number):
            seconds, memory = start_on(rig, brand, templates[brand][0], number)
            bare, bare_memory = start_on(rig, brand, templates[brand][1], number)
            one[brand] = {"start with 1,000,000 offsets, s": seconds,
                          "start with 10,000 offsets, s": bare,
                          "memory with 1,000,000 offsets, MiB": memory,
                          "memory with 10,000 offsets, MiB": bare_memory}
        yield one


# -------------------------------------------------------------------------------- requests

def in_turn(number):
    return BRANDS if number % 2 == 0 else BRANDS[::-1]


def both(options, rig, part, partitions):
    """Both brokers, started, and the topic."""
    servers = {}
    for brand in BRANDS:
        settings = rig.settings(f"{part}-{brand}")
        servers[brand] = make_server(rig, brand, f"{part}-{brand}", settings).start()
        ready_for_groups(options, servers[brand], "work", partitions)
    return servers


def part_requests(options, rig):
    """Groups of 3, 32 requests under way."""
    servers = both(options, rig, "requests", 3)
    loads = {}
    for brand, server in servers.items():
        for protocol in options.protocols:
            # Not the same groups: those of one protocol would be changed to the other.
            load = Load(options, server, "members", protocol, "work", MEMBERS // 3, 3, protocol)
            load.line("settled")
            loads[brand, protocol] = load
            for what in ("heartbeats", "commits"):
                load.measure(f"{what} {WARM_REQUESTS}")
    for number in range(options.rounds):
        one = {brand: {} for brand in BRANDS}
        for protocol in options.protocols:
            for what in ("heartbeats", "commits"):
                for brand in in_turn(number):
                    found = loads[brand, protocol].measure(f"{what} {REQUESTS}")
                    note_requests(one[brand], protocol, what, found)
        yield one
    for load in loads.values():
        load.end()
    for server in servers.values():
        server.stop()


def note_requests(into, protocol, what, found):
    per_thousand = 1000 * found["cpu_s"] / REQUESTS * 1000
    into[f"CPU of 1,000 {what}, {protocol}, ms"] = per_thousand
    into[f"{what} a second, {protocol}"] = REQUESTS / found["seconds"]
    into[f"load's CPU of 1,000 {what}, {protocol}, ms"] = (
        1000 * found["load_cpu_s"] / REQUESTS * 1000)


# ----------------------------------------------------------------------------- many, large

def crowd(options, rig, brand, title, protocol, groups, members):
    """One broker's life with these groups."""
    settings = rig.settings(f"{brand}-{protocol}-{groups}")
    server = make_server(rig, brand, f"{brand}-{protocol}-{groups}", settings).start()
    ready_for_groups(options, server, "work", members)
    pid = server.process.child.pid
    before = resident_mib(pid)
    load = Load(options, server, "members", protocol, "work", groups, members, protocol)
    settled = float(load.line("settled"))
    time.sleep(STEADY_S / 2)
    found = load.measure(f"natural {STEADY_S}")
    memory = resident_mib(pid)
    load.end()
    server.kill()
    shutil.rmtree(settings.data)
    if not found["settled"]:
        raise SystemExit(f"{server.name}: did not stay settled")
    return {f"{title}, {protocol}: settled after, s": settled,
            f"{title}, {protocol}: CPU, % of a core": 100 * found["cpu_s"] / found["seconds"],
            f"{title}, {protocol}: heartbeats a second": found["heartbeats"] / found["seconds"],
            f"{title}, {protocol}: commits a second": found["commits"] / found["seconds"],
            f"{title}, {protocol}: heartbeat p50, ms": found["heartbeat_p50_ms"],
            f"{title}, {protocol}: heartbeat p99, ms": found["heartbeat_p99_ms"],
            f"{title}, {protocol}: memory more, MiB": memory - before,
            f"{title}, {protocol}: load's CPU, %": 100 * found["load_cpu_s"] / found["seconds"]}


def crowds(options, rig, title, groups, members):
    for number in range(options.rounds):
        one = {brand: {} for brand in BRANDS}
        for protocol in options.protocols:
            for brand in in_turn(number):
                one[brand] |= crowd(options, rig, brand, title, protocol, groups, members)
        yield one


def part_many(options, rig):
    return crowds(options, rig, "10,000 groups of 3", MANY, 3)


def part_large(options, rig):
    return crowds(options, rig, "a group of 1,000", 1, LARGE)


# ---------------------------------------------------------------------------------- report

PARTS = {"load": part_load, "requests": part_requests, "many": part_many, "large": part_large}


@dataclasses.dataclass
class Row:
    """One figure of both brands."""

    what: str
    values: dict

    def ratios(self):
        return sorted(ours / theirs for ours, theirs in zip(*(self.values[one] for one in BRANDS))
                      if theirs > 0)

    def cells(self):
        """[what, Moldau, Apache, ratio] as text."""
        medians = [f"{statistics.median(self.values[brand]):.2f}" for brand in BRANDS]
        ratios = self.ratios()
        ratio = (f"{statistics.median(ratios):.3f} ({ratios[0]:.3f} to {ratios[-1]:.3f})"
                 if ratios else "")
        return [self.what, *medians, ratio]


def rows_of(rounds):
    return [Row(what, {brand: [one[brand][what] for one in rounds] for brand in BRANDS})
            for what in rounds[0]["moldau"]]


def circumstances():
    model = next((line.split(":")[1].strip()
                  for line in pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
                  if line.startswith("model name")), "?")
    commit = subprocess.run(["git", "-C", kafka_rig.ROOT, "log", "-1", "--format=%h", "--", "src"],
                            capture_output=True, text=True, check=False).stdout.strip()
    return {"machine": f"{model}, {os.cpu_count()} CPUs, Linux {platform.release()}",
            "apache": kafka_jars.jars("newest").version, "commit": commit,
            "date": datetime.date.today().isoformat()}


def write(options, part, rounds):
    """Keeps the values, and prints the table as Markdown."""
    rows = rows_of(rounds)
    if options.out:
        rows = kept(options.out, part, rows)
    show(part, rows)


def show(part, rows):
    count = max(len(row.values["moldau"]) for row in rows)
    print(f"\n| {part}, {count} rounds | Moldau | Apache | Moldau : Apache (least to most) |")
    print("|---|---|---|---|")
    for row in rows:
        print("| " + " | ".join(row.cells()) + " |", flush=True)


def kept(path, part, rows):
    """With those of before, if the commit is the same; written to the file."""
    known = json.loads(path.read_text()) if path.exists() else {}
    now = circumstances()
    old = known.get(part, {})
    figures = old.get("figures", {}) if old.get("commit") == now["commit"] else {}
    for row in rows:
        values = figures.setdefault(row.what, {brand: [] for brand in BRANDS})
        for brand in BRANDS:
            values[brand] += row.values[brand]
    known[part] = {**now, "figures": figures}
    path.write_text(json.dumps(known, indent=1) + "\n")
    return [Row(what, values) for what, values in figures.items()]


def build_load(directory):
    """The members' program: a few seconds."""
    program = pathlib.Path(directory) / "group_load"
    subprocess.run(["clang++-19", "-std=c++23", "-O2", "-o", str(program),
                    str(HERE / "groups/main.cc")], check=True, timeout=LIMIT_S)
    return str(program)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--moldau", default=str(kafka_rig.ROOT / "build/release/moldau"))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--protocols", nargs="+", choices=PROTOCOLS, default=PROTOCOLS)
    parser.add_argument("--out", type=pathlib.Path, help="a JSON file that keeps all values")
    parser.add_argument("--show", type=pathlib.Path, help="prints the tables of such a file")
    options = parser.parse_args()
    if options.show:
        for part, known in json.loads(options.show.read_text()).items():
            show(part, [Row(what, values) for what, values in known["figures"].items()])
        return 0
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))  # and what was started ends, too
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    for part in options.only:
        with tempfile.TemporaryDirectory(prefix="moldau-groups-") as directory:
            options.load = build_load(directory)
            rig = kafka_rig.Rig(directory, "moldau", options.moldau)
            try:
                write(options, part, list(PARTS[part](options, rig)))
            finally:
                rig.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
