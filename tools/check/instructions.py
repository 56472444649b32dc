#!/usr/bin/env python3
"""The instruction count check (instructions.py BUILD_DIRECTORY [--update]): no path that every record
takes costs more than 5 % more instructions than the baseline says. --update makes what is counted now
the baseline.

Callgrind counts micro_bench, which walks each path a fixed number of times in a world of one thread
without kernel and clock (tests/bench/micro): the counts are the same from run to run, on whatever
processor and beside whatever load. They do depend on the compiler and on what the distribution's
libraries do: with others than the baseline's, nothing is judged."""

import json
import os
import pathlib
import platform
import re
import subprocess
import sys
import tempfile

import sources

BASELINE = sources.ROOT / "tests/bench/micro/baseline.json"
GROWTH_MAX = 0.05
SECONDS_MAX = 300
# libc's string functions, as on every x86-64; valgrind's processor is a fixed one otherwise.
TUNABLES = "glibc.cpu.hwcaps=-AVX,-AVX2,-ERMS,-FSRM"


def check(baseline, setting, count):
    """Problems; `count` returns the instructions of one operation, by path."""
    for what, value in setting.items():
        if baseline["setting"].get(what) != value:
            print(f"SKIPPED: the {what} is {value}; the baseline was counted with "
                  f"{baseline['setting'].get(what)}. Nothing is judged.")
            return []
    return compare(baseline["instructions"], count())


def compare(before, now):
    """Problems; says what has become cheaper."""
    problems = []
    for name in sorted(before.keys() | now.keys()):
        if name not in now:
            problems.append(f"{name}: in the baseline, but micro_bench has no such path")
            continue
        if name not in before:
            problems.append(f"{name}: not in the baseline, {now[name]:.1f} instructions")
            continue
        growth = now[name] / before[name] - 1
        change = f"{name}: {before[name]:.1f} -> {now[name]:.1f} instructions, {growth:+.1%}"
        if growth > GROWTH_MAX:
            problems.append(change)
        elif growth < -GROWTH_MAX:
            print(f"cheaper: {change}; renew the baseline")
    return problems


def count(build):
    """Path -> instructions of one operation."""
    with tempfile.TemporaryDirectory() as directory:
        # -q leaves errors.
        run = subprocess.run(
            ["valgrind", "-q", "--tool=callgrind", "--collect-atstart=no",
             f"--callgrind-out-file={directory}/profile", build / "micro_bench", "--count"],
            capture_output=True, text=True, check=False, timeout=SECONDS_MAX,
            env={"PATH": os.environ["PATH"], "GLIBC_TUNABLES": TUNABLES})
        if run.returncode != 0:
            sys.exit(f"micro_bench has failed:\n{run.stderr[-2000:]}")
        profiles = [path.read_text(encoding="utf-8")
                    for path in pathlib.Path(directory).glob("profile.*")]
    return per_operation(run.stdout, profiles)


def per_operation(lines, profiles):
    """`lines` has the number of operations for each path, a profile its name and the sum."""
    operations = {name: int(number) for name, number in map(str.split, lines.splitlines())}
    counts = {}
    for profile in profiles:
        name = re.search(r"^desc: Trigger: Client Request: (\S+)$", profile, re.MULTILINE)
        total = re.search(r"^totals: (\d+)$", profile, re.MULTILINE)
        if name and total:
            counts[name[1]] = round(int(total[1]) / operations[name[1]], 1)
    missing = operations.keys() - counts.keys()
    if missing:
        sys.exit(f"callgrind has written no profile of {', '.join(sorted(missing))}")
    return counts


def setting_of(build):
    """What counts depend on."""
    cache = (build / "CMakeCache.txt").read_text(encoding="utf-8")
    compiler = re.search(r"^CMAKE_CXX_COMPILER:\w+=(.*)$", cache, re.MULTILINE)[1]
    release = platform.freedesktop_os_release()
    return {
        "architecture": platform.machine(),
        "compiler": first_line(compiler, "--version"),
        "distribution": f"{release['ID']} {release.get('VERSION_ID', '')}".strip(),
        "valgrind": first_line("valgrind", "--version"),
    }


def first_line(*command):
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    return run.stdout.splitlines()[0]


def main(build, update):
    if not (build / "micro_bench").exists():
        return [f"{build}/micro_bench is missing; it is built where valgrind is installed"]
    setting = setting_of(build)
    if update:
        baseline = {"setting": setting, "instructions": count(build)}
        BASELINE.write_text(json.dumps(baseline, indent=1, sort_keys=True) + "\n",
                            encoding="utf-8")
        return []
    problems = check(json.loads(BASELINE.read_text(encoding="utf-8")), setting,
                     lambda: count(build))
    if problems:
        print(f"More than {GROWTH_MAX:.0%} more than in {BASELINE.relative_to(sources.ROOT)}, or other "
              f"paths. If that is meant: tools/check/instructions.py {build} --update")
    return problems


if __name__ == "__main__":
    sys.exit(sources.report("instructions", main(pathlib.Path(sys.argv[1]),
                                                 sys.argv[2:] == ["--update"])))
