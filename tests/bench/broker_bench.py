#!/usr/bin/env python3
"""The broker next to Apache Kafka, on the same disk and processors, in turns (docs/performance.md):

    broker_bench.py [--quick] [--only REGEX] [--list] [--rounds N] [--settings fsync cache]
                    [--out FILE] [--continue] [--plots FILE]

A round is a life of each broker, alone: start, idle, warm-up, all cells. Round 0 finds the maxima
that the rates of the open loops are fractions of, and is not counted. The brands take turns in
being first. Medians of the rounds, ratios of each round with their spread.
"""

import argparse
import contextlib
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE / "broker"), str(HERE.parent), str(HERE.parent / "compat"),
                str(HERE.parent / "powercut")]

import broker_wire  # noqa: E402  (found by the line above)
import kafka_rig  # noqa: E402
import loads  # noqa: E402
import plots  # noqa: E402
import processes  # noqa: E402
import results as results_module  # noqa: E402
import servers  # noqa: E402
import workloads  # noqa: E402

SELF = results_module.SELF
DELETED_LIMIT_S = 60  # of the cell before
FAILURES = (SystemExit, OSError, ValueError, subprocess.TimeoutExpired, processes.Failure)
WARM_UPS = (  # what the warm-up's time is divided among: as many paths as the cells have
    workloads.Workload("warm-up", "", consumers=1),
    workloads.Workload("warm-up", "", size=100, linger_ms=0, producers=50),
    workloads.Workload("warm-up", "", generator="raw", producers=8, depth=32),
)


class Bench:
    """One run of the program."""

    def __init__(self, options, rig, cells):
        self.options, self.rig, self.cells = options, rig, cells
        self.results = results_module.Results()
        self.maxima = {}  # {(setting, workload's name): {brand: records/s}}
        self.rounds = 0  # whole ones
        self.serial = 0

    def go_on(self, found, head):
        """The rounds to come belong to a run of before: its values and its rates."""
        self.results, self.rounds = found, head["rounds"]
        found.keep(self.rounds)
        for name, brands in head["maxima, records/s"].items():
            what, _, setting = name.rpartition(", ")
            self.maxima[setting, what] = brands

    def run(self):
        first = self.rounds + 1 if self.rounds else 0
        for number in range(first, self.rounds + self.options.rounds + 1):
            for setting in self.options.settings:
                for world in workloads.WORLDS:
                    cells = [cell for cell in self.cells
                             if cell.world == world and setting in cell.settings]
                    if number == 0:
                        cells = self.calibrating(setting, world)
                    for brand in self.in_turn(number):
                        if cells:
                            self.life(brand, number, setting, world, cells)
            bare = [cell for cell in self.cells if cell.bare]
            for setting in self.options.settings if number else ():
                for cell in bare:
                    with self.failing_alone(number, setting, "bare", cell.name):
                        self.bare_cell(cell, setting, number)
            self.rounds = number

    def in_turn(self, number):
        brands = list(self.options.brands)
        return brands if number % 2 else brands[::-1]

    def calibrating(self, setting, world):
        """The workloads whose maximum others are fractions of."""
        names = {cell.maximum_of for cell in self.cells
                 if cell.load and setting in cell.settings}
        if world != "plain":
            return []
        return [cell for cell in workloads.TABLE if cell.name in names]

    def life(self, brand, number, setting, world, cells):
        self.serial += 1
        name = f"{brand}-{self.serial}"
        properties = servers.configuration(brand, setting, workloads.WORLDS[world],
                                           self.options.network_threads)
        server = servers.make(self.rig, brand, name, properties, self.options.broker_cpus)
        self.keep_warm()
        what = SELF if world == "plain" else f"{SELF}, {world}"
        with self.failing_alone(number, setting, brand, what):
            figures = servers.start(server, self.options.idle_s)
            if world == "idle partitions":
                figures = self.fill_with_partitions(server)
            self.warm_up(server)
            for cell in cells:
                self.say(number, setting, brand, cell)
                with self.failing_alone(number, setting, brand, cell.name):
                    self.measure(server, number, setting, brand, cell)
            figures["memory after the load, MiB"] = servers.memory_mib(server.process.child.pid)
            if number:
                self.results.add(setting, what, brand, number, figures)
        server.stop()
        shutil.rmtree(server.data)

    def measure(self, server, number, setting, brand, cell):
        self.keep_warm()
        found = self.cell(server, cell).run(self.rate(setting, cell))
        if number:
            self.results.add(setting, cell.name, brand, number, found)
        else:
            self.maxima.setdefault((setting, cell.name), {})[brand] = found["records/s"]

    @contextlib.contextmanager
    def failing_alone(self, number, setting, brand, what):
        """A failure in hours of measuring costs its own values only, is told, and is no success.
        Without the maxima of round 0 there is nothing to measure."""
        try:
            yield
        except FAILURES as failure:
            if number == 0:
                raise
            self.results.failures.append(f"round {number}: {setting}, {brand}, {what}: {failure}")
            print(self.results.failures[-1], file=sys.stderr, flush=True)

    def cell(self, server, workload):
        self.serial += 1
        return loads.Cell(self.options, server, workload, self.serial)

    def warm_up(self, server):
        total = (self.options.jit_s if server.brand == "apache"
                 else min(self.options.jit_s, self.options.moldau_warm_s))
        measured = self.options.seconds
        self.options.seconds = max(total / len(WARM_UPS) - self.options.warm_s, 0.5)
        try:
            for workload in WARM_UPS:
                self.cell(server, workload).run(0)
        finally:
            self.options.seconds = measured

    def rate(self, setting, cell):
        """Records a second of all producers; 0 for as many as there is room for."""
        if not cell.load:
            return 0
        return cell.load * min(self.maxima[setting, cell.maximum_of].values())

    def keep_warm(self):
        """What was freed before is held, so that whoever is next gets memory that the machine
        has."""
        if self.options.memory is not None:
            processes.wait_until(lambda: not list(self.rig.directory.glob("*/*-delete")),
                                 DELETED_LIMIT_S, "deleted partitions are gone")
            self.options.memory.take()

    def fill_with_partitions(self, server):
        connection = loads.connect(server)
        before = servers.memory_mib(server.process.child.pid)
        for number in range(workloads.IDLE_PARTITIONS // 1000):
            error, _ = connection.create_topic(f"idle-{number}", 1000, {})
            if error != broker_wire.NONE:
                raise SystemExit(f"CreateTopics: error {error}")
        while any(error for _, partitions in connection.metadata()[1].values()
                  for error in partitions.values()):
            time.sleep(0.5)
        connection.close()
        pid = server.process.child.pid
        time.sleep(self.options.idle_s)
        cpu = servers.cpu_seconds(pid)
        time.sleep(self.options.idle_s)
        return {"idle CPU, % of a core": 100 * (servers.cpu_seconds(pid) - cpu) / self.options.idle_s,
                "memory per 1,000 partitions, MiB": (servers.memory_mib(pid) - before)
                / (workloads.IDLE_PARTITIONS / 1000)}

    def bare_cell(self, cell, setting, number):
        self.serial += 1
        self.say(number, setting, "bare", cell)
        self.keep_warm()
        loop = servers.BareLoop(self.rig, self.options.bare_loop, f"bare-{self.serial}",
                                cell.partitions, setting, self.options.broker_cpus)
        self.results.add(setting, cell.name, "bare", number,
                         loads.raw(self.options, cell, loop.port, loop.pid))
        loop.stop()
        shutil.rmtree(loop.data)

    def say(self, number, setting, brand, cell):
        if self.options.verbose:
            print(f"{time.strftime('%H:%M:%S')} round {number}: {setting}, {brand}, {cell.name}",
                  file=sys.stderr, flush=True)


def chosen(options):
    if options.only:
        return [cell for cell in workloads.TABLE if re.search(options.only, cell.name)]
    return [cell for cell in workloads.TABLE if cell.quick or not options.quick]


def print_list():
    for cell in workloads.TABLE:
        print(f"{'*' if cell.quick else ' '} {cell.name:<48}{cell.stands_for}")
    print("* with --quick")


def draw(path):
    """The tables and plots of a JSON file, beside it."""
    found, head = results_module.Results.read(path)
    names = set(what for _, what, _ in found.values)
    cells = [cell for cell in workloads.TABLE if cell.name in names]
    for name in write_beside(path, found, cells, head):
        print(path.parent / name)


def write_beside(path, found, cells, head):
    """The plots, and the tables with what they were made on; their names."""
    lines = list(found.table(head["settings"], [(cell.name, results_module.said_of(cell))
                                                for cell in cells]))
    print("\n".join(lines))
    text = (f"# Moldau and Apache Kafka {head['apache']}, {head['date'][:10]}\n\n"
            f"Commit {head['commit']}, {head['machine']}, Linux {head['kernel']}; medians of"
            f" {head['rounds']} rounds, cells of {head['seconds of a cell']} s. Made by"
            f" `./dev bench` from [{path.name}]({path.name}), where all figures and conditions are;"
            " [how](../performance.md).\n")
    tables = path.with_suffix(".md")
    tables.write_text(text + "\n".join(lines) + "\n", encoding="utf-8")
    return [tables.name, *plots.write_all(path.parent, path.stem, found, cells, head["settings"])]


def parse():
    build = kafka_rig.ROOT / "build/release"
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--quick", action="store_true", help="under ten minutes: few cells, 2 rounds")
    parser.add_argument("--only", metavar="REGEX", help="the cells whose name matches")
    parser.add_argument("--list", action="store_true", help="names the cells")
    parser.add_argument("--plots", type=pathlib.Path, metavar="FILE",
                        help="makes tables and plots of a JSON file again, and measures nothing")
    parser.add_argument("--out", type=pathlib.Path, help="JSON; tables and plots beside it. "
                        "docs/bench/broker.json, or broker-quick.json")
    parser.add_argument("--continue", dest="goes_on", action="store_true",
                        help="adds its rounds to those in the file of --out: same code, machine, options")
    parser.add_argument("--brands", nargs="+", choices=servers.BRANDS, default=servers.BRANDS)
    parser.add_argument("--settings", nargs="+", choices=servers.DURABILITY,
                        default=list(servers.DURABILITY))
    parser.add_argument("--rounds", type=int, help="counted ones")
    parser.add_argument("--seconds", type=float, help="of each cell that count")
    parser.add_argument("--warm-s", type=float, help="of each cell before that")
    parser.add_argument("--jit-s", type=float, help="warm-up of Apache's JIT in each life")
    parser.add_argument("--moldau-warm-s", type=float, default=6)
    parser.add_argument("--idle-s", type=float, help="before memory is looked at, and CPU")
    parser.add_argument("--broker-cpus", help="like 0,1; the first half")
    parser.add_argument("--network-threads", type=int, default=3, help="Apache's")
    parser.add_argument("--warm-memory", choices=("auto", "yes", "no"), default="auto",
                        help="hold what is free, see warm_memory.py; auto: in a virtual machine")
    parser.add_argument("--directory", default=tempfile.gettempdir(), help="on the disk to measure")
    parser.add_argument("--verbose", action="store_true")
    for name in ("moldau", "load", "raw_load", "bare_loop"):
        program = name if name == "moldau" else f"broker_{name}"
        parser.add_argument(f"--{name.replace('_', '-')}", default=str(build / program))
    return parser.parse_args()


def complete(options):
    """What was not given: short times with --quick."""
    usual = {"rounds": (5, 2), "seconds": (8, 2), "warm_s": (2, 0.7), "jit_s": (60, 12),
             "idle_s": (5, 1.5)}
    for name, values in usual.items():
        if getattr(options, name) is None:
            setattr(options, name, values[options.quick])
    if options.out is None:
        stem = "broker-quick" if options.quick else "broker"
        options.out = kafka_rig.ROOT / f"docs/bench/{stem}.json"
    options.broker_cpus, options.load_cpus = servers.split_cpus(options.broker_cpus)
    options.disk = servers.disk_of(options.directory)
    options.memory = None
    if options.warm_memory == "auto":
        options.warm_memory = "yes" if servers.may_lose_memory() else "no"


def main():
    options = parse()
    if options.list:
        print_list()
        return 0
    if options.plots:
        draw(options.plots)
        return 0
    complete(options)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # and what was started ends, too
    servers.allow_many_files()
    cells = chosen(options)
    if not cells:
        raise SystemExit("no workload has such a name; see --list")
    head = head_of(options, cells)
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="moldau-bench-", dir=options.directory) as directory:
        rig = kafka_rig.Rig(directory, "moldau", options.moldau)
        bench = Bench(options, rig, cells)
        if options.goes_on:
            head = resume(bench, head)
        try:
            if options.warm_memory == "yes":
                options.memory = servers.WarmMemory(rig, options.load_cpus)
            bench.run()
        except KeyboardInterrupt:
            for number in (signal.SIGINT, signal.SIGTERM):  # a second one would lose the report
                signal.signal(number, signal.SIG_IGN)
            bench.results.failures.append(results_module.ENDED)
        finally:
            if options.memory is not None:
                options.memory.stop()
            rig.close()
            if bench.results.values:  # also what a run that is ended early has
                report(options, bench, head, time.monotonic() - begun)
    return 1 if bench.results.failures else 0


def head_of(options, cells):
    """What stands above the values, as far as it is known before there are any."""
    return {
        **results_module.conditions(options), "settings": options.settings,
        "seconds of a cell": options.seconds, "seconds of the JIT's warm-up": options.jit_s,
        "warm memory": options.warm_memory, "took, s": 0, "continued": [],
        "configurations": {f"{brand}, {setting}": servers.configuration(
            brand, setting, {}, options.network_threads)
                           for brand in options.brands for setting in options.settings},
        "workloads": {cell.name: vars(cell) for cell in cells},
    }


def resume(bench, head):
    """The head of a run that goes on."""
    if not bench.options.out.exists():
        raise SystemExit(f"{bench.options.out} is not there, to go on with")
    found, known = results_module.Results.read(bench.options.out)
    different = results_module.different(known, head)
    if different:
        raise SystemExit(f"{bench.options.out} is of a run with another {', '.join(different)}")
    bench.go_on(found, known)
    return {**known, "continued": [*known["continued"], head["date"]]}


def report(options, bench, head, took):
    head = {**head, "rounds": bench.rounds, "took, s": head["took, s"] + took,
            "maxima, records/s": {f"{what}, {setting}": brands
                                  for (setting, what), brands in bench.maxima.items()}}
    bench.results.write(options.out, head)
    names = write_beside(options.out, bench.results, bench.cells, head)
    print(f"\n{took:.0f} s; {options.out}, {', '.join(names)}")


if __name__ == "__main__":
    sys.exit(main())
