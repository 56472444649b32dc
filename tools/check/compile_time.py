#!/usr/bin/env python3
"""The compile time check (compile_time.py BUILD_DIRECTORY): no translation unit takes more than 12
seconds of CPU time, so that touching one handler stays a matter of seconds.

clang appends a line to compile_times.csv for every compilation (cmake/compiler.cmake). What ccache
answered has no line: only what was compiled in this directory is judged, and it is said how much. A
processor that is shared counts up to half as much again, so what was over the limit is compiled
twice more, and the least counts, over how slow the machine is just now: reference.cc tells."""

import csv
import functools
import json
import os
import pathlib
import re
import resource
import shlex
import subprocess
import sys

import sources

SECONDS_MAX = 12
# What reference.cc takes where the limit was set, and how much slower a machine may be at most.
REFERENCE_SECONDS = 3.2
SLOWNESS_MAX = 1.6
REPORTED = 5


def check(build):
    path = build / "compile_times.csv"
    if not path.is_file():
        print("nothing was compiled here (all from ccache)")
        return []
    return judge(path.read_text(encoding="utf-8"),
                 lambda output: compile_again(build, output) / slowness())


@functools.lru_cache(maxsize=None)
def slowness():
    """How many times slower than usual this machine compiles; at least 1."""
    source = pathlib.Path(__file__).parent / "reference.cc"
    least = least_cpu_seconds(f"clang++-19 -std=c++2b -O2 -c {shlex.quote(str(source))} -o /dev/null",
                              pathlib.Path.cwd())
    slower = min(max(least / REFERENCE_SECONDS, 1), SLOWNESS_MAX)
    print(f"this machine is {slower:.1f} times as slow as usual just now")
    return slower


def compile_again(build, output):
    """The least CPU seconds of two more compilations; nothing is written."""
    entries = json.loads((build / "compile_commands.json").read_text(encoding="utf-8"))
    command = next((entry["command"] for entry in entries
                    if f" -o {output} " in entry["command"]), None)
    if command is None:  # a precompiled header
        return float("inf")
    command = re.sub(r" -fproc-stat-report=\S+| -MD\b| -M[TF] \S+", "", command)
    return least_cpu_seconds(re.sub(r" -o \S+", " -o /dev/null", command), build,
                             SECONDS_MAX * slowness())


def least_cpu_seconds(command, directory, enough=0.0):
    """Of two runs, or of one that took no longer than `enough`."""
    least = float("inf")
    for _ in range(2):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, shell=True, cwd=directory, check=True,
                       env={**os.environ, "CCACHE_DISABLE": "1"})
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        least = min(least, after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)
        if least <= enough:
            break
    return least


def judge(text, measure_again=lambda _: float("inf")):
    """`text` has rows of: program, output, CPU time in microseconds, user time, memory in KiB."""
    newest = {}
    for row in csv.reader(text.splitlines()):
        if len(row) == 5 and row[0] == "clang" and row[1].endswith((".o", ".pch")):
            newest[row[1]] = int(row[2]) / 1e6
    for output, seconds in newest.items():
        if seconds > SECONDS_MAX:
            newest[output] = min(seconds, measure_again(output))
    slowest = sorted(newest.items(), key=lambda item: -item[1])
    print(f"{len(newest)} translation units measured, {sum(newest.values()):.0f} s together")
    for output, seconds in slowest[:REPORTED]:
        print(f"  {seconds:5.1f} s {output}")
    return [f"{output}: {seconds:.1f} s, more than {SECONDS_MAX} s; split it, or include less"
            for output, seconds in slowest if seconds > SECONDS_MAX]


if __name__ == "__main__":
    sys.exit(sources.report("compile time", check(pathlib.Path(sys.argv[1]))))
