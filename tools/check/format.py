#!/usr/bin/env python3
"""The format check (format.py all|changed): clang-format has nothing to say."""

import subprocess
import sys

import changes
import sources

TOOL = "clang-format-19"


def check(scope):
    paths = changes.selected(scope, (".h", ".cc", ".c"))
    if not paths:
        return []
    run = subprocess.run([TOOL, "--dry-run", "-Werror", "--ferror-limit=1", *paths],
                         cwd=sources.ROOT, capture_output=True, text=True, check=False)
    places = [line.split(": error:")[0] for line in run.stderr.splitlines() if ": error:" in line]
    if run.returncode != 0 and not places:
        return [run.stderr.strip() or f"{TOOL} failed"]
    return [f"{place}: not as {TOOL} would write it; run {TOOL} -i" for place in places]


if __name__ == "__main__":
    sys.exit(sources.report("format", check(sys.argv[1])))
