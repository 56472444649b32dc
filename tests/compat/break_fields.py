#!/usr/bin/env python3
"""Breaks one field of our message descriptions at a time and looks which comparison notices.

    break_fields.py [--count N] [--seed N] [--revision REV] [--directory DIR] [--lock FILE]

Everything happens in a copy of a commit in a temporary directory, with a build of its own. A
field's version bound, tag, default, type, ignorable or place is changed at random; then the schema
oracle, the comparison of encodings and the golden frames run. The oracle sees whatever changes the
descriptions as we print them, so what the other two see is also counted without it, and a change
that leaves them as they were is judged like any other. A bound that means the same in every version
is not drawn; a change that does not compile or start is drawn again. Fails if nobody notices one.
--directory keeps the copy, so that the next run builds little. --lock names a file that is locked
while something is built, for machines where others build too.
"""

import argparse
import contextlib
import dataclasses
import fcntl
import json
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile

import encoding
import field_breaks
import kafka_jars
import kafka_rig
import processes
import schema_oracle

TARGETS = ["encoding_peer", "protocol_test"]
PRESET = "debug"
INSTANCES = 60
BUILD_LIMIT_S = 1800
GOLDEN_TEST = "AllMessages.agree_with_apache_on_golden_bytes"
GOLDEN_LIMIT_S = 120
JUDGES = ("schema", "encoding", "golden")


@dataclasses.dataclass(frozen=True)
class Broken:
    """What was built of one change."""

    change: field_breaks.Change
    variant: pathlib.Path  # of the binaries
    prints_the_same: bool  # our descriptions, as without the change


@contextlib.contextmanager
def locked(path):
    """While something is built, if there is a file to lock."""
    if not path:
        yield
        return
    with open(path, "a", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


class Copy:
    """A commit's tree in a directory of its own, and its build."""

    def __init__(self, directory, revision):
        self.directory = pathlib.Path(directory)
        self.root = self.directory / "tree"
        self.root.mkdir(exist_ok=True)
        archive = subprocess.run(["git", "archive", revision], cwd=kafka_rig.ROOT,
                                 capture_output=True, check=True)
        subprocess.run(["tar", "-x"], cwd=self.root, input=archive.stdout, check=True)

    def configure(self):
        subprocess.run(["cmake", "--preset", PRESET], cwd=self.root, check=True,
                       stdout=subprocess.DEVNULL)

    def build(self, name):
        """The binaries under a name of their own, or None if something does not compile."""
        result = subprocess.run(["ninja", "-C", f"build/{PRESET}", "-j2", *TARGETS],
                                cwd=self.root, stdout=subprocess.DEVNULL,
                                timeout=BUILD_LIMIT_S, check=False)
        if result.returncode != 0:
            return None
        variant = self.directory / name
        variant.mkdir(exist_ok=True)
        for target in TARGETS:
            shutil.copy2(self.root / "build" / PRESET / target, variant / target)
        return variant


def dump(variant):
    """The descriptions of messages, as the binary says them; None if it does not start."""
    result = subprocess.run([variant / "encoding_peer", "--dump-schema"], capture_output=True,
                            check=False)
    return json.loads(result.stdout) if result.returncode == 0 else None


def schema_oracle_notices(descriptions):
    comparison = schema_oracle.compare(descriptions,
                                       schema_oracle.apache_messages(kafka_jars.jars("newest")))
    return bool(schema_oracle.unexpected(comparison))


def compare_encodings(variant, rig, seed, messages):
    total = encoding.compare_messages(rig, variant / "encoding_peer", seed, INSTANCES,
                                      f"^({'|'.join(messages)})$")
    processes.expect(total["messages"] == len(messages), f"not all were compared: {messages}")


def encodings_notice(variant, rig, seed, message):
    """Only a difference counts: no Java or a timeout is another Failure, and ends the run."""
    try:
        compare_encodings(variant, rig, seed, [message])
        return False
    except encoding.Difference:
        return True


def golden_frames_notice(variant, root):
    """Only a failed test counts, or our own CHECK in it."""
    result = subprocess.run([variant / "protocol_test", f"--gtest_filter={GOLDEN_TEST}"],
                            cwd=root, capture_output=True, text=True, errors="replace",
                            timeout=GOLDEN_LIMIT_S, check=False)
    failed = (f"[  FAILED  ] {GOLDEN_TEST}" in result.stdout or
              "CHECK failed at " in result.stderr)
    passed = result.returncode == 0 and "[  PASSED  ] 1 test." in result.stdout
    processes.expect(failed != passed, f"{GOLDEN_TEST} ended with {result.returncode}:\n"
                     f"{result.stdout[-1000:]}{result.stderr[-1000:]}")
    return failed


def judge(tree, broken, rig, seed):
    """The names of those that notice."""
    found = {"schema": schema_oracle_notices(dump(broken.variant)),
             "encoding": encodings_notice(broken.variant, rig, seed, broken.change.message),
             "golden": golden_frames_notice(broken.variant, tree.root)}
    return {name for name, notices in found.items() if notices}


def expect_clean(tree, clean, rig, seed, messages):
    """Without a change nobody notices anything, in none of the messages that were drawn."""
    compare_encodings(clean, rig, seed, messages)
    processes.expect(not schema_oracle_notices(dump(clean)), "the schema oracle is not clean")
    processes.expect(not golden_frames_notice(clean, tree.root), "the golden frames are not clean")


def build_broken(tree, change, name, lock):
    """The binaries with one change; None if they do not compile or do not start."""
    path = tree.root / change.path
    original = path.read_text()
    path.write_text(change.text)
    try:
        with locked(lock):
            variant = tree.build(name)
        return variant if variant and dump(variant) is not None else None
    finally:
        path.write_text(original)


def build_all(tree, clean, options):
    """[Broken], and how many changes were drawn again."""
    rng = random.Random(options.seed)
    fields = field_breaks.all_fields(tree.root)
    built, redrawn = [], 0
    while len(built) < options.count:
        change = field_breaks.draw(tree.root, fields, rng)
        variant = build_broken(tree, change, f"broken-{len(built)}", options.lock)
        if variant is None:
            redrawn += 1
        else:
            built.append(Broken(change, variant, dump(variant) == dump(clean)))
    return built, redrawn


def judge_all(tree, rig, built, seed):
    """Says of each change who noticed; returns the sets of their names."""
    verdicts = []
    for number, broken in enumerate(built, 1):
        verdicts.append(judge(tree, broken, rig, seed))
        by = ", ".join(name for name in JUDGES if name in verdicts[-1]) or "NOBODY"
        same = " (our descriptions print the same)" if broken.prints_the_same else ""
        print(f"{number:3} {broken.change.message}: {broken.change.what}{same}: noticed by {by}",
              flush=True)
    return verdicts


def summary(built, verdicts, redrawn):
    noticed = sum(bool(one) for one in verdicts)
    by = {name: sum(name in one for one in verdicts) for name in JUDGES}
    without_oracle = sum(bool(one - {"schema"}) for one in verdicts)
    not_by_oracle = sum(bool(one) and "schema" not in one for one in verdicts)
    return (f"{len(built)} broken fields: {noticed} noticed, {len(built) - noticed} by nobody\n"
            f"schema oracle {by['schema']}, encodings {by['encoding']}, golden frames "
            f"{by['golden']}\n"
            f"encodings or golden frames, the oracle left aside: {without_oracle}; "
            f"only they: {not_by_oracle}\n"
            f"{sum(one.prints_the_same for one in built)} left our descriptions as we print them; "
            f"{redrawn} did not compile or start and were drawn again")


def run(tree, rig, options):
    with locked(options.lock):
        tree.configure()
        clean = tree.build("clean")
    processes.expect(clean, "the clean copy does not build")
    built, redrawn = build_all(tree, clean, options)
    drawn = sorted({broken.change.message for broken in built})
    expect_clean(tree, clean, rig, options.seed, drawn)
    verdicts = judge_all(tree, rig, built, options.seed)
    print(summary(built, verdicts, redrawn))
    return all(verdicts) and len(verdicts) > 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--revision", default="HEAD")
    parser.add_argument("--directory", type=pathlib.Path)
    parser.add_argument("--lock")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="moldau-break-") as directory:
        rig = kafka_rig.Rig(directory, "moldau", kafka_rig.ROOT / "build/release/moldau")
        try:
            tree = Copy(options.directory or directory, options.revision)
            return 0 if run(tree, rig, options) else 1
        except processes.Failure as failure:
            print(f"could not be judged: {failure}")
            return 1
        finally:
            rig.close()


if __name__ == "__main__":
    sys.exit(main())
