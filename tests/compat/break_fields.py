#!/usr/bin/env python3
"""Breaks one field of our message descriptions at a time and looks which comparison notices.

    break_fields.py [--count N] [--seed N] [--revision REV] [--directory DIR] [--lock FILE]

Everything happens in a copy of a commit in a temporary directory, with a build of its own. A
field's version bound, tag, default, type, ignorable or place is changed at random; then the schema
oracle, the comparison of encodings and the golden frames run. A change that means nothing in any
live version, or that does not compile, is drawn again. Fails if one is not noticed. --directory
keeps the copy, so that the next run builds little. --lock names a file that is locked while
something is built, for machines where others build too.
"""

import argparse
import contextlib
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
    """The descriptions of messages, as the binary says them."""
    return json.loads(subprocess.run([variant / "encoding_peer", "--dump-schema"],
                                     capture_output=True, check=True).stdout)


def schema_oracle_notices(variant):
    comparison = schema_oracle.compare(dump(variant),
                                       schema_oracle.apache_messages(kafka_jars.jars("newest")))
    return bool(schema_oracle.unexpected(comparison))


def encoding_notices(variant, rig, seed, message):
    try:
        encoding.compare_messages(rig, variant / "encoding_peer", seed, INSTANCES,
                                  f"^{message}$")
        return False
    except processes.Failure:
        return True


def golden_frames_notice(variant, root):
    result = subprocess.run([variant / "protocol_test", f"--gtest_filter={GOLDEN_TEST}"],
                            cwd=root, capture_output=True, check=False)
    return result.returncode != 0


def judge(tree, variant, rig, seed, message):
    """Which of the three notice: {name: bool}."""
    return {"schema": schema_oracle_notices(variant),
            "encoding": encoding_notices(variant, rig, seed, message),
            "golden": golden_frames_notice(variant, tree.root)}


def build_broken(tree, change, name, clean):
    """The binaries with one change; None if it does not compile or changes no description."""
    path = tree.root / change.path
    original = path.read_text()
    path.write_text(change.text)
    try:
        variant = tree.build(name)
        return variant if variant and dump(variant) != clean else None
    finally:
        path.write_text(original)


def build_all(tree, clean, options):
    """[(change, its binaries)], and how many changes were drawn again."""
    rng = random.Random(options.seed)
    fields = field_breaks.all_fields(tree.root)
    built, redrawn = [], 0
    while len(built) < options.count:
        change = field_breaks.draw(tree.root, fields, rng)
        variant = build_broken(tree, change, f"broken-{len(built)}", clean)
        if variant is None:
            redrawn += 1
        else:
            built.append((change, variant))
    return built, redrawn


def judge_all(tree, rig, built, seed):
    """Says of each change who noticed; returns how many were noticed by whom, and by anybody."""
    counts = {"schema": 0, "encoding": 0, "golden": 0}
    noticed = 0
    for number, (change, variant) in enumerate(built, 1):
        found = judge(tree, variant, rig, seed, change.message)
        for name, value in found.items():
            counts[name] += value
        noticed += any(found.values())
        by = ", ".join(name for name, value in found.items() if value) or "NOBODY"
        print(f"{number:3} {change.message}: {change.what}: noticed by {by}", flush=True)
    return counts, noticed


def run(tree, rig, options):
    with locked(options.lock):
        tree.configure()
        clean = tree.build("clean")
        processes.expect(clean, "the clean copy does not build")
        built, redrawn = build_all(tree, dump(clean), options)
    found = judge(tree, clean, rig, options.seed, "FetchRequest")
    processes.expect(not any(found.values()), f"the clean copy is not clean: {found}")
    counts, noticed = judge_all(tree, rig, built, options.seed)
    print(f"{len(built)} broken fields: {noticed} noticed, {len(built) - noticed} not; schema "
          f"oracle {counts['schema']}, encodings {counts['encoding']}, golden frames "
          f"{counts['golden']}; {redrawn} changes were drawn again")
    return noticed == len(built) > 0


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
        finally:
            rig.close()


if __name__ == "__main__":
    sys.exit(main())
