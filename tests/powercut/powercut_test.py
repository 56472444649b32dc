#!/usr/bin/env python3
"""Tests the shim and the rollback: powercut_test.py SHIM PROGRAM [unittest arguments]."""

import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

import rollback

SHIM, PROGRAM = "", ""
SEEDS = 60
BIG = b"a" * 65536


class PowerCut(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix="moldau-powercut-")
        self.addCleanup(directory.cleanup)
        self.root, self.state = Path(directory.name) / "root", Path(directory.name) / "state"
        self.root.mkdir()
        (self.root / "f").write_bytes(b"old")
        (self.root / "big").write_bytes(BIG)
        (self.root / "empty").mkdir()

    def environment(self, ignore=""):
        return os.environ | {"LD_PRELOAD": SHIM, "POWERCUT_ROOT": str(self.root),
                             "POWERCUT_STATE": str(self.state), "POWERCUT_IGNORE": ignore}

    def run_program(self, name, ignore="", expected=-signal.SIGKILL):
        rollback.begin(self.root, self.state)
        done = subprocess.run([PROGRAM, name], cwd=self.root, env=self.environment(ignore),
                              capture_output=True, check=False)
        self.assertEqual(done.returncode, expected, done.stderr)
        return done

    def outcomes(self, name, look, ignore=""):
        """All that `look` sees over the seeds."""
        self.run_program(name, ignore)
        seen = set()
        for seed in range(SEEDS):
            rollback.apply(self.root, self.state, seed)
            seen.add(look())
        return seen

    def read(self, name):
        path = self.root / name
        return path.read_bytes() if path.is_file() else None

    def names(self):
        return tuple(sorted(str(path.relative_to(self.root)) for path in self.root.rglob("*")))

    def test_without_a_power_cut_the_model_is_what_the_program_left(self):
        for name in ("nothing_missing", "replace_no_data", "overwrite", "cut", "reopen_truncated",
                     "remove_names", "make_tree", "sync_everything", "other_calls"):
            with self.subTest(name):
                self.setUp()
                self.run_program(name)
                left = {one: self.read(one) for one in self.names()}
                rollback.apply(self.root, self.state, 1, keep="all")
                self.assertEqual({one: self.read(one) for one in self.names()}, left)

    def test_what_is_synced_stays(self):
        (self.root / "f").unlink()
        self.assertEqual(self.outcomes("nothing_missing", lambda: self.read("f")), {b"text"})

    def test_missing_sync_of_data_is_found(self):
        (self.root / "f").unlink()
        seen = self.outcomes("no_data_sync", lambda: self.read("f"))
        self.assertEqual(seen, {b"", b"text", b"\0\0\0\0"})

    def test_missing_sync_of_a_name_is_found(self):
        (self.root / "f").unlink()
        self.assertEqual(self.outcomes("no_name_sync", lambda: self.read("f")), {None, b"text"})

    def test_ignored_sync_is_as_a_missing_one(self):
        (self.root / "f").unlink()
        seen = self.outcomes("nothing_missing", lambda: self.read("f"), ignore="fdatasync")
        self.assertIn(b"", seen)
        self.assertNotIn(None, seen)
        self.setUp()
        (self.root / "f").unlink()
        seen = self.outcomes("nothing_missing", lambda: self.read("f"), ignore="syncfs,fsync")
        self.assertEqual(seen, {None, b"text"})

    def test_replacing_a_file(self):
        look = lambda: self.read("f")  # noqa: E731
        self.assertEqual(self.outcomes("replace_well", look), {b"new"})
        self.setUp()
        self.assertEqual(self.outcomes("replace_no_name", look), {b"old", b"new"})
        self.setUp()
        self.assertIn(b"", self.outcomes("replace_no_data", look))

    def test_write_is_kept_lost_or_torn_at_sectors(self):
        seen = self.outcomes("overwrite", lambda: self.read("big"))
        self.assertTrue({BIG, b"b" * 65536} <= seen)
        torn = seen - {BIG, b"b" * 65536}
        self.assertGreater(len(torn), 5)
        for contents in torn:
            for begin in range(0, 65536, 512):
                self.assertEqual(len(set(contents[begin:begin + 512])), 1)

    def test_truncation_may_come_undone(self):
        self.assertEqual(self.outcomes("cut", lambda: self.read("big")), {BIG, b"a" * 100})

    def test_truncation_at_open_is_part_of_the_next_sync(self):
        self.assertEqual(self.outcomes("reopen_truncated", lambda: self.read("big")), {b"short"})

    def test_removed_names_may_come_back(self):
        seen = self.outcomes("remove_names", self.names)
        self.assertEqual(seen, {("big", "empty", "f"), ("empty", "f"), ("big", "f"), ("f",)})

    def test_directories(self):
        self.assertEqual(self.outcomes("make_tree", lambda: self.read("d/e/f")), {b"deep"})

    def test_sync_of_the_file_system_covers_everything(self):
        look = lambda: (self.read("d/f"), self.read("g"))  # noqa: E731
        self.assertEqual(self.outcomes("sync_everything", look), {(b"one", b"two")})

    def test_other_calls(self):
        self.assertEqual(self.outcomes("other_calls", lambda: self.read("g")),
                         {b"abcdefcdefcdef!"})

    def test_calls_that_the_journal_would_not_see_end_the_program(self):
        done = self.run_program("unsupported", expected=-signal.SIGABRT)
        self.assertIn(b"link is not supported", done.stderr)
        done = self.run_program("longer", expected=-signal.SIGABRT)
        self.assertIn(b"is supported with FALLOC_FL_KEEP_SIZE only", done.stderr)

    def test_room_ahead_is_no_change(self):
        self.assertEqual(self.outcomes("room_ahead", lambda: self.read("f")), {b"textmore"})

    def test_what_threads_told_after_their_syncs_is_there_whenever_they_are_killed(self):
        told_at_all = 0
        for seed in range(15):
            self.setUp()
            rollback.begin(self.root, self.state)
            with subprocess.Popen([PROGRAM, "writers"], cwd=self.root, env=self.environment(),
                                  stdout=subprocess.PIPE) as process:
                time.sleep(0.02 + 0.01 * seed)
                process.kill()
                told = process.stdout.read().decode().splitlines(keepends=True)
            rollback.apply(self.root, self.state, seed, keep="none" if seed % 3 == 0 else "random")
            for line in told:
                if not line.endswith("\n"):
                    continue
                writer, block = map(int, line.split())
                contents = (self.root / f"w{writer}").read_bytes()
                self.assertEqual(contents[block * 600:(block + 1) * 600],
                                 bytes([ord("a") + block % 26]) * 600)
            told_at_all += len(told)
        # On a busy machine a program may be killed before it has begun.
        self.assertGreater(told_at_all, 0)


class Journal(unittest.TestCase):
    """Orders that a program cannot be made to show at will."""

    def contents(self, *records):
        with tempfile.TemporaryDirectory(prefix="moldau-powercut-") as directory:
            root, state = Path(directory) / "root", Path(directory) / "state"
            root.mkdir()
            (root / "f").write_bytes(b"----")
            rollback.begin(root, state)
            (state / "journal").write_bytes(b"".join(records))
            rollback.apply(root, state, 1, keep="none")
            return (root / "f").read_bytes()

    record = staticmethod(rollback.encode)

    def test_sync_covers_only_what_was_over_when_it_began(self):
        contents = self.contents(
            self.record(rollback.OPEN, handle=1, path="f"),
            self.record(rollback.WRITE, handle=1, value=0, payload=b"a"),
            self.record(rollback.SYNC_BEGIN, handle=1, value=1),
            self.record(rollback.WRITE, handle=1, value=1, payload=b"b"),
            self.record(rollback.SYNC_END, value=1))
        self.assertEqual(contents, b"a---")

    def test_sync_that_did_not_return_covers_nothing(self):
        contents = self.contents(
            self.record(rollback.OPEN, handle=1, path="f"),
            self.record(rollback.WRITE, handle=1, value=0, payload=b"a"),
            self.record(rollback.SYNC_BEGIN, handle=1, value=1))
        self.assertEqual(contents, b"----")

    def test_torn_last_record_did_not_happen(self):
        write = self.record(rollback.WRITE, handle=1, value=0, payload=b"a")
        synced = (self.record(rollback.OPEN, handle=1, path="f"), write,
                  self.record(rollback.SYNC_BEGIN, handle=1, value=1),
                  self.record(rollback.SYNC_END, value=1))
        self.assertEqual(self.contents(*synced), b"a---")
        self.assertEqual(self.contents(*synced[:3], synced[3][:-1]), b"----")

    def resumed(self, change, *records):
        """What is in the root when everything is kept, and when nothing is, after a life of which
        `change` has made the last effect and the journal has only `records`."""
        with tempfile.TemporaryDirectory(prefix="moldau-powercut-") as directory:
            root, state = Path(directory) / "root", Path(directory) / "state"
            root.mkdir()
            (root / "f").write_bytes(b"----")
            (root / "g").write_bytes(b"other")
            rollback.begin(root, state)
            (state / "journal").write_bytes(b"".join(records))
            change(root)
            rollback.resume(root, state)
            with open(state / "journal", "ab") as journal:
                journal.write(self.record(rollback.START))
            left = []
            for keep in ("all", "none"):
                rollback.apply(root, state, 1, keep)
                left.append({str(path): contents for path, contents in rollback.paths(root)})
            return left

    def test_effects_without_a_record_are_unsynced_changes_for_the_next_life(self):
        before = {"f": b"----", "g": b"other"}
        cases = (
            ("created", lambda root: (root / "h").touch(), before | {"h": b""}),
            ("directory", lambda root: (root / "d").mkdir(), before | {"d": None}),
            ("unlinked", lambda root: (root / "f").unlink(), {"g": b"other"}),
            ("renamed", lambda root: (root / "f").rename(root / "h"),
             {"g": b"other", "h": b"----"}),
            ("replaced", lambda root: (root / "f").rename(root / "g"), {"g": b"----"}),
            ("written", lambda root: (root / "f").write_bytes(b"-ab---"),
             {"f": b"-ab---", "g": b"other"}),
            ("cut", lambda root: (root / "g").write_bytes(b"ot"), {"f": b"----", "g": b"ot"}))
        for name, change, after in cases:
            with self.subTest(name):
                self.assertEqual(self.resumed(change), [after, before])

    def test_torn_record_is_cut_off_before_the_next_life(self):
        torn = self.record(rollback.OPEN, handle=1, path="h", flags=rollback.CREATED)[:-1]
        self.assertEqual(self.resumed(lambda root: (root / "h").touch(), torn)[0],
                         {"f": b"----", "g": b"other", "h": b""})

    def test_handles_of_a_former_process_are_void(self):
        with self.assertRaises(KeyError):
            self.contents(self.record(rollback.OPEN, handle=1, path="f"),
                          self.record(rollback.START),
                          self.record(rollback.WRITE, handle=1, payload=b"a"))


if __name__ == "__main__":
    SHIM, PROGRAM = (os.path.abspath(path) for path in sys.argv[1:3])
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
