#!/usr/bin/env python3
"""The lint check (lint.py all|changed BUILD_DIRECTORY): clang-tidy with the checks of .clang-tidy on
our .cc files. A file that passed is not looked at again until it, a header that it includes, or
the checks change (stamps in .cache/lint). What differs from the last pushed commit gets ten minutes;
how many files were left out then is said."""

import concurrent.futures
import hashlib
import json
import os
import pathlib
import subprocess
import sys
import time

import changes
import sources

TOOL = "clang-tidy-19"
STAMPS = sources.ROOT / ".cache/lint"
SECONDS_MAX = {"changed": 600, "all": float("inf")}


def check(scope, build):
    paths = changes.selected(scope, (".cc",))
    database = json.loads((build / "compile_commands.json").read_text(encoding="utf-8"))
    compiled = {os.path.realpath(entry["file"]) for entry in database}
    headers = dependencies(build)
    STAMPS.mkdir(parents=True, exist_ok=True)
    work = []
    for path in paths:
        absolute = os.path.realpath(sources.ROOT / path)
        if absolute in compiled:
            stamp = STAMPS / fingerprint([absolute, *headers.get(absolute, [])])
            if not stamp.exists():
                work.append((path, stamp))
    print(f"{len(work)} of {len(paths)} files to look at")
    end = time.monotonic() + SECONDS_MAX[scope]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(lambda item: lint(*item, build, end), work))
    left_out = results.count(None)
    if left_out:
        print(f"{left_out} files were left out: the time was over")
    return [problem for problems in results for problem in problems or []]


def lint(path, stamp, build, end):
    """What clang-tidy says of the file; None if there is no time left for it."""
    if time.monotonic() > end:
        return None
    run = subprocess.run([TOOL, "-p", build, "--quiet", path], cwd=sources.ROOT,
                         capture_output=True, text=True, check=False)
    if run.returncode == 0:
        stamp.touch()
        return []
    errors = [line for line in run.stdout.splitlines() if ": error:" in line]
    return errors or [f"{path}: {TOOL} failed: {run.stderr.strip()[-500:]}"]


def dependencies(build):
    """Source -> our files that it includes, as ninja recorded them when it compiled."""
    text = subprocess.run(["ninja", "-C", build, "-t", "deps"], capture_output=True, text=True,
                          check=False).stdout
    found = {}
    for block in text.split("\n\n"):
        ours = [os.path.realpath(build / line.strip()) for line in block.splitlines()[1:]]
        ours = [path for path in ours if path.startswith(f"{sources.ROOT}{os.sep}")
                and "/build/" not in path]
        for path in ours:
            if path.endswith(".cc"):
                found[path] = sorted(ours)
    return found


def fingerprint(paths):
    digest = hashlib.sha256()
    for path in [sources.ROOT / ".clang-tidy", *paths]:
        digest.update(str(path).encode() + b"\0" + pathlib.Path(path).read_bytes() + b"\0")
    return digest.hexdigest()[:32]


if __name__ == "__main__":
    sys.exit(sources.report("lint", check(sys.argv[1], pathlib.Path(sys.argv[2]).resolve())))
