#!/usr/bin/env python3
"""Plants each bug of bugs.py in turn, and says what finds it: the simulator and at which seed, or
the test that the bug names. Works in a git worktree of its own (--tree), whose build is kept, so
that a bug costs the compilation of a file or two. CI runs --fit only.

    tests/planted_bugs/plant.py [--seeds N] [--seconds T] [--only NAME,...] [--tree DIR]
    tests/planted_bugs/plant.py --fit     only whether each patch still fits the code

Exit status 0 if every bug was found."""

import argparse
import os
import pathlib
import re
import subprocess
import sys

import bugs

POWER_CUTS = "power cuts"  # as the executable of `otherwise`
ROOT = pathlib.Path(__file__).resolve().parents[2]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=5000)
    parser.add_argument("--seconds", type=int, default=120, help="of the simulator, for each bug")
    parser.add_argument("--only", default="", help="names, by commas")
    parser.add_argument("--tree", default="/tmp/moldau-planted", type=pathlib.Path)
    parser.add_argument("--jobs", default=os.cpu_count(), type=int)
    parser.add_argument("--fit", action="store_true", help="plant nothing")
    options = parser.parse_args()
    wanted = set(filter(None, options.only.split(",")))
    chosen = [bug for bug in bugs.BUGS if not wanted or bug.name in wanted]
    if unknown := wanted - {bug.name for bug in bugs.BUGS}:
        sys.exit(f"plant: no such bug: {', '.join(sorted(unknown))}")
    problems = [problem for bug in bugs.BUGS for problem in misfits(bug, ROOT)]
    if problems:
        sys.exit("\n".join(f"plant: {problem}" for problem in problems))
    if options.fit:
        print(f"{len(bugs.BUGS)} bugs fit the code")
        return 0

    prepare(options.tree)
    sound = simulate(options.tree, options)
    if sound:
        sys.exit(f"plant: the simulator complains without any bug: {sound}")
    rows = [(bug, judge(bug, options)) for bug in chosen]
    width = max(len(bug.name) for bug in chosen)
    print()
    for bug, finding in rows:
        print(f"{bug.name:{width}}  {finding or 'NOT FOUND'}")
    missed = sum(1 for _, finding in rows if not finding)
    print(f"{len(rows) - missed} found, {missed} not found")
    return 1 if missed else 0


def misfits(bug, root):
    """Patches whose text is not in its file exactly once."""
    for path, text, _ in bug.patches:
        count = (root / path).read_text(encoding="utf-8").count(text)
        if count != 1:
            yield f"{bug.name}: the text is {count} times in {path}, not once: {text!r}"


def prepare(tree):
    """The worktree is at the commit of this checkout, and the simulator built there."""
    if not (tree / ".git").exists():
        run(["git", "worktree", "add", "--detach", str(tree), "HEAD"], ROOT)
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, check=True, capture_output=True,
                          text=True).stdout.strip()
    run(["git", "checkout", "--quiet", "--force", "--detach", head], tree)
    if not (tree / "build/release/build.ninja").exists():
        run(["cmake", "--preset", "release"], tree)
    build(tree, "moldau-sim")


def judge(bug, options):
    """What finds the bug, as text; None: nothing."""
    print(f"== {bug.name}: {bug.what}", flush=True)
    tree = options.tree
    try:
        for path, text, replacement in bug.patches:
            file = tree / path
            file.write_text(file.read_text(encoding="utf-8").replace(text, replacement),
                            encoding="utf-8")
        build(tree, "moldau-sim")
        finding = simulate(tree, options)
        if not finding and bug.otherwise:
            finding = ask_test(tree, *bug.otherwise)
    finally:
        run(["git", "checkout", "--quiet", "--", *{path for path, _, _ in bug.patches}], tree)
    print(f"   {finding or 'NOT FOUND'}", flush=True)
    return finding


def simulate(tree, options):
    command = [str(tree / "build/release/moldau-sim"), "--until-failure", "--once", "--seeds",
               str(options.seeds), "--seconds", str(options.seconds), "--jobs", str(options.jobs)]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace")
    if done.returncode == 0:
        return None
    found = re.search(r"^seed (\d+) FAILED: (\S+)", done.stdout, re.MULTILINE)
    if not found:
        sys.exit(f"plant: the simulator failed without naming a seed:\n{done.stdout}{done.stderr}")
    return f"seed {found.group(1)}: {found.group(2)}"


def ask_test(tree, executable, pattern):
    """The stress test and the power cuts are programs of their own; the others are GoogleTest's."""
    if executable == POWER_CUTS:
        return cut_power(tree, pattern)
    build(tree, executable)
    program = next(path for path in sorted((tree / "build/release").rglob(executable))
                   if path.is_file() and os.access(path, os.X_OK))
    arguments = [f"--gtest_filter={pattern}"] if pattern else []
    done = subprocess.run([str(program), *arguments], cwd=tree, capture_output=True, text=True,
                          errors="replace")
    return f"{executable} {pattern}".strip() if done.returncode != 0 else None


def cut_power(tree, arguments):
    build(tree, "moldau", "powercut_shim")
    release = tree / "build/release"
    done = subprocess.run(
        [sys.executable, str(tree / "tests/powercut/broker_power_cut_test.py"), "--broker",
         str(release / "moldau"), "--shim", str(next(release.rglob("libpowercut_shim.so"))),
         *arguments.split()], capture_output=True, text=True, errors="replace")
    return f"power cuts {arguments}" if done.returncode != 0 else None


def build(tree, *targets):
    done = subprocess.run(["ninja", "-C", "build/release", *targets], cwd=tree, capture_output=True,
                          text=True)
    if done.returncode != 0:
        sys.exit(f"plant: the build fails:\n{done.stdout[-5000:]}")


def run(command, directory):
    subprocess.run(command, cwd=directory, check=True)


if __name__ == "__main__":
    sys.exit(main())
