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
INSTANCES = 60
BUILD_LIMIT_S = 1800
GOLDEN_TEST = "AllMessages.agree_with_apache_on_golden_bytes"


class Copy:
    """A commit's tree in a directory of its own, and its build."""

    def __init__(self, directory, revision, lock):
        self.root, self.lock = pathlib.Path(directory) / "tree", lock
        self.root.mkdir(exist_ok=True)
        archive = subprocess.run(["git", "archive", revision], cwd=kafka_rig.ROOT,
                                 capture_output=True, check=True)
        subprocess.run(["tar", "-x"], cwd=self.root, input=archive.stdout, check=True)
        self.build_directory = self.root / "build/debug"

    @contextlib.contextmanager
    def locked(self):
        if not self.lock:
            yield
            return
        with open(self.lock, "a", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def configure(self):
        with self.locked():
            subprocess.run(["cmake", "--preset", "debug"], cwd=self.root, check=True,
                           stdout=subprocess.DEVNULL)

    def build(self):
        """Whether it compiles."""
        with self.locked():
            result = subprocess.run(["ninja", "-C", self.build_directory, "-j2", *TARGETS],
                                    capture_output=True, timeout=BUILD_LIMIT_S, check=False)
        return result.returncode == 0

    def dump(self):
        """Our descriptions, as the binary says them."""
        return json.loads(subprocess.run([self.peer, "--dump-schema"], capture_output=True,
                                         check=True).stdout)

    @property
    def peer(self):
        return self.build_directory / "encoding_peer"


def schema_oracle_notices(tree):
    comparison = schema_oracle.compare(tree.dump(),
                                       schema_oracle.apache_messages(kafka_jars.jars("newest")))
    return bool(schema_oracle.unexpected(comparison))


def encoding_notices(tree, rig, seed, message):
    try:
        encoding.compare_messages(rig, tree.peer, seed, INSTANCES, f"^{message}$")
        return False
    except processes.Failure:
        return True


def golden_frames_notice(tree):
    result = subprocess.run([tree.build_directory / "protocol_test",
                             f"--gtest_filter={GOLDEN_TEST}"],
                            cwd=tree.root, capture_output=True, check=False)
    return result.returncode != 0


def judge(tree, rig, seed, message):
    """Which of the three notice: {name: bool}."""
    return {"schema": schema_oracle_notices(tree),
            "encoding": encoding_notices(tree, rig, seed, message),
            "golden": golden_frames_notice(tree)}


def try_break(tree, rig, seed, change, clean):
    """The judgement of one change; None if it does not compile or says nothing else than before."""
    path = tree.root / change.path
    original = path.read_text()
    path.write_text(change.text)
    try:
        if not tree.build():
            return None
        if tree.dump() == clean:
            return None
        return judge(tree, rig, seed, change.message)
    finally:
        path.write_text(original)


def run(tree, rig, options):
    rng = random.Random(options.seed)
    clean = tree.dump()
    fields = field_breaks.all_fields(tree.root)
    counts = {"schema": 0, "encoding": 0, "golden": 0}
    unnoticed, tried, redrawn = [], 0, 0
    while tried < options.count:
        change = field_breaks.draw(tree.root, rng.choice(fields), rng)
        found = change and try_break(tree, rig, options.seed, change, clean)
        if not found:
            redrawn += change is not None
            continue
        tried += 1
        for name, noticed in found.items():
            counts[name] += noticed
        by = ", ".join(name for name, noticed in found.items() if noticed) or "NOBODY"
        print(f"{tried:3} {change.message}: {change.what}: noticed by {by}", flush=True)
        if not any(found.values()):
            unnoticed.append(change)
    print(f"{tried} broken fields: {tried - len(unnoticed)} noticed, {len(unnoticed)} not; schema "
          f"oracle {counts['schema']}, encodings {counts['encoding']}, golden frames "
          f"{counts['golden']}; {redrawn} changes were drawn again")
    return not unnoticed


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
            tree = Copy(options.directory or directory, options.revision, options.lock)
            tree.configure()
            processes.expect(tree.build(), "the clean copy does not build")
            clean = judge(tree, rig, options.seed, "FetchRequest")
            processes.expect(not any(clean.values()), f"the clean copy is not clean: {clean}")
            return 0 if run(tree, rig, options) else 1
        finally:
            rig.close()


if __name__ == "__main__":
    sys.exit(main())
