"""The benchmark's values as a JSON file and as tables."""

import datetime
import json
import os
import pathlib
import platform
import shutil
import statistics
import subprocess

import kafka_jars
import kafka_rig
import servers

SELF = "the broker itself"
ENDED = "ended before its last round"
# What must be the same for rounds to be of one run.
SAME = ("machine", "memory GiB", "kernel", "disk", "file system", "broker's CPUs", "load's CPUs", "code",
        "changed files", "apache", "java", "apache's JVM", "librdkafka", "settings",
        "seconds of a cell", "seconds of the JIT's warm-up", "warm memory", "configurations", "workloads")
FOREIGN_CPUS_MAX = 0.15  # of other processes; beyond it a cell is not trusted
# What is said of a cell, most telling first; all other figures are in the JSON file.
SAID = {
    0: ("MB/s", "CPU s/GB", "CPU s/GB, user", "CPU s/million records", "disk flushes/s", "ack p99, ms"),
    1: ("ack p50, ms", "ack p99, ms", "ack p99.9, ms", "end to end p50, ms", "end to end p99, ms",
        "late sends, %", "CPU s/GB", "CPU s/GB, user", "CPU s/million records", "cold reads, MB/s"),
}
JAVA_SAID = ("MB/s", "CPU s/GB", "ack p99, ms", "end to end p50, ms", "end to end p99, ms",
             "broker CPU, s")


class Results:
    """Every value of every run: {(setting, what, figure): {brand: [one of each round, or None]}}."""

    def __init__(self):
        self.values = {}
        self.curves = {}
        self.foreign = []
        self.failures = []

    def add(self, setting, what, brand, number, figures):
        """Of round `number`, from 1 on; rounds that failed have no value."""
        for figure, value in figures.items():
            key = setting, what, figure
            if figure.endswith("curve, us"):
                self.curves.setdefault(key, {}).setdefault(brand, []).append(value)
                continue
            rounds = self.values.setdefault(key, {}).setdefault(brand, [])
            rounds += [None] * (number - 1 - len(rounds))
            rounds.append(value)
        if figures.get("foreign CPUs", 0) > FOREIGN_CPUS_MAX:
            self.foreign.append(f"{brand}, {setting}, {what}: {figures['foreign CPUs']:.2f}")

    def keep(self, rounds):
        """Forgets what was measured after so many rounds."""
        for brands in (*self.values.values(), *self.curves.values()):
            for found in brands.values():
                del found[rounds:]
        if ENDED in self.failures:
            self.failures.remove(ENDED)

    def of(self, setting, what, figure, brand):
        return self.values.get((setting, what, figure), {}).get(brand, [])

    def median(self, setting, what, figure, brand):
        found = [one for one in self.of(setting, what, figure, brand) if one is not None]
        return statistics.median(found) if found else None

    def ratios(self, setting, what, figure, below="apache"):
        """Moldau : the other one, of each round, least first."""
        sides = (self.of(setting, what, figure, brand) for brand in ("moldau", below))
        return sorted(ours / theirs for ours, theirs in zip(*sides) if theirs and ours is not None)

    # ---- Tables

    def table(self, chosen, cells):
        """The lines of one table for each setting, and what is to be known of them."""
        for setting in chosen:
            yield ""
            yield (f"| {setting} | figure | Moldau | Apache | Moldau : Apache (least to most) |"
                   " Moldau : bare loop |")
            yield "|---|---|---|---|---|---|"
            worlds = dict.fromkeys(what for of, what, _ in self.values
                                   if of == setting and what.startswith(SELF))
            for what, said in [*((world, None) for world in worlds), *cells]:
                for row in self.rows(setting, what, said):
                    yield "| " + " | ".join(row) + " |"
        if self.foreign:
            yield ""
            yield (f"{len(self.foreign)} cells had other processes beside them (more than "
                   f"{FOREIGN_CPUS_MAX} of a CPU), for instance {self.foreign[0]}")
        for failure in self.failures:
            yield ""
            yield f"FAILED {failure}"

    def rows(self, setting, what, said):
        for key in [key for key in self.values if key[:2] == (setting, what)]:
            figure = key[2]
            if said is None or figure in said:
                yield [what, figure, *(show(self.median(setting, what, figure, brand))
                                       for brand in servers.BRANDS),
                       spread(self.ratios(setting, what, figure)),
                       spread(self.ratios(setting, what, figure, "bare"))]

    # ---- JSON

    def write(self, path, head):
        cells = []
        for (setting, what, figure), brands in [*self.values.items(), *self.curves.items()]:
            cell = {"setting": setting, "what": what, "figure": figure, **brands}
            ratios = self.ratios(setting, what, figure) if (setting, what, figure) in self.values else []
            if ratios:
                cell["ratio"] = {"median": statistics.median(ratios), "least": ratios[0],
                                 "most": ratios[-1]}
            cells.append(cell)
        lines = ",\n".join(json.dumps(rounded(cell)) for cell in cells)
        text = json.dumps({**head, "foreign": self.foreign, "failures": self.failures}, indent=1)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f'{text[:-2]},\n "values": [\n{lines}\n]\n}}\n', encoding="utf-8")

    @staticmethod
    def read(path):
        """(Results, what stands above the values)."""
        known = json.loads(path.read_text(encoding="utf-8"))
        results = Results()
        for cell in known.pop("values"):
            key = cell["setting"], cell["what"], cell["figure"]
            into = results.curves if key[2].endswith("curve, us") else results.values
            into[key] = {brand: cell[brand] for brand in (*servers.BRANDS, "bare")
                         if brand in cell}
        results.foreign = known.get("foreign", [])
        results.failures = known.get("failures", [])
        return results, known


def different(head, other):
    """What keeps the rounds of two runs from being those of one."""
    # As a file would have it: tuples are lists there.
    known, new = (json.loads(json.dumps({name: one.get(name) for name in SAME})) for one in (head, other))
    return [name for name in SAME if known[name] != new[name]]


def said_of(workload):
    if workload.generator.startswith("java"):
        return JAVA_SAID
    return SAID[1 if workload.load else 0]


def show(value):
    return "" if value is None else f"{value:.3g}" if abs(value) < 100 else f"{value:,.0f}"


def spread(ratios):
    if not ratios:
        return ""
    return f"{statistics.median(ratios):.3f} ({ratios[0]:.3f} to {ratios[-1]:.3f})"


def rounded(value):
    """Six digits are more than were measured."""
    if isinstance(value, float):
        return float(f"{value:.6g}")
    if isinstance(value, dict):
        return {key: rounded(one) for key, one in value.items()}
    return [rounded(one) for one in value] if isinstance(value, list) else value


def conditions(options):
    def said(*command):
        if not shutil.which(command[0]):
            return ["?"]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        return (done.stdout + done.stderr).strip().splitlines() or ["?"]

    model = next((line.split(":", 1)[1].strip() for line in
                  pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
                  if line.startswith("model name")), platform.machine())
    git = ["git", "-C", str(kafka_rig.ROOT)]
    memory_kib = int(pathlib.Path("/proc/meminfo").read_text(encoding="ascii").split()[1])
    return {
        "date": datetime.datetime.now().isoformat(timespec="minutes"),
        "machine": f"{os.cpu_count()} x {model}", "memory GiB": round(memory_kib / 2**20),
        "kernel": platform.release(), "disk": options.disk,
        "file system": said("stat", "-f", "-c", "%T", options.directory)[0],
        "broker's CPUs": options.broker_cpus, "load's CPUs": options.load_cpus,
        "commit": said(*git, "rev-parse", "--short", "HEAD")[0],
        "code": said(*git, "rev-parse", "HEAD:src", "HEAD:tests/bench"),
        # Not those that a benchmark writes itself.
        "changed files": len([line for line in said(*git, "status", "--porcelain", "--untracked-files=no",
                                                    "--", ".", ":!docs") if line != "?"]),
        "moldau": said(options.moldau, "--version")[0],
        "apache": kafka_jars.jars("newest").version if "apache" in options.brands else None,
        "java": said("java", "-version")[:1], "apache's JVM": servers.APACHE_JVM,
        "librdkafka": said("pkg-config", "--modversion", "rdkafka")[0],
        "load average before": os.getloadavg()[0],
    }
