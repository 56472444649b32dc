#!/usr/bin/env python3
"""Progress of produce and consume: on a terminal only, and never between what else is there."""

import os
import pty
import re
import subprocess
import time
import unittest

import cli_rig
from cli_rig import LIMIT_S, MOLDAU

ERASE = b"\r\x1b[K"
LINES = 40
PAUSE_S = 0.02  # so that it all takes longer than the first look at the progress
SHOWN = rb"\r\x1b\[K\d+ records %s, [\d.]+ \w+, \d+ records/s"


class Terminal:
    """A pseudo terminal: what a command gets as its own, and all that it has shown there."""

    def __init__(self):
        self.ours, self.theirs = pty.openpty()

    def text(self):
        """Once nobody has the other end any more."""
        os.close(self.theirs)
        shown = bytearray()
        try:
            while part := os.read(self.ours, 4096):
                shown += part
        except OSError:  # how Linux says that the other end is closed
            pass
        os.close(self.ours)
        return bytes(shown)


class Progress(cli_rig.VerbTest):
    def produce_slowly(self, topic, stderr):
        """Feeds the lines through a pipe."""
        process = subprocess.Popen([MOLDAU, "produce", topic, "--bootstrap", self.address],
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stderr)
        for number in range(LINES):
            process.stdin.write(b"%d\n" % number)
            process.stdin.flush()
            time.sleep(PAUSE_S)
        output, errors = process.communicate(timeout=LIMIT_S)
        self.assertEqual(process.returncode, 0, errors)
        return output, errors

    def start_consume(self, topic, stdout, stderr):
        """Reads until it has all the lines."""
        process = subprocess.Popen(
            [MOLDAU, "consume", topic, "--from", "beginning", "--count", str(LINES), "--bootstrap",
             self.address], stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr)
        self.addCleanup(self.end, process)
        return process

    def test_produce_shows_it_on_a_terminal_and_wipes_it_off(self):
        terminal = Terminal()
        output, _ = self.produce_slowly(self.topic(), terminal.theirs)
        shown = terminal.text()
        self.assertRegex(shown, SHOWN % b"sent")
        self.assertIn(ERASE, shown.rstrip(b"\r\n"))
        self.assertNotRegex(shown, rb"records/s[^\r]*$", "the last one was not wiped off")
        self.assertNotIn(b"records/s", output)

    def test_produce_shows_nothing_on_a_pipe(self):
        output, errors = self.produce_slowly(self.topic(), subprocess.PIPE)
        self.assertNotIn(ERASE, output + errors)
        self.assertNotIn(b"records/s", output + errors)

    def test_consume_shows_it_on_a_terminal_beside_a_pipe(self):
        topic, terminal = self.topic(), Terminal()
        process = self.start_consume(topic, subprocess.PIPE, terminal.theirs)
        self.produce_slowly(topic, subprocess.PIPE)
        output, _ = process.communicate(timeout=LIMIT_S)
        shown = terminal.text()
        self.assertEqual(output, b"".join(b"%d\n" % number for number in range(LINES)))
        self.assertRegex(shown, SHOWN % b"read")
        self.assertNotRegex(shown, rb"records/s[^\r]*$", "the last one was not wiped off")

    def test_consume_shows_nothing_between_records_on_the_terminal(self):
        topic, terminal = self.topic(), Terminal()
        process = self.start_consume(topic, terminal.theirs, terminal.theirs)
        self.produce_slowly(topic, subprocess.PIPE)
        self.assertEqual(process.wait(LIMIT_S), 0)
        shown = terminal.text()
        self.assertEqual(re.findall(rb"(?m)^\d+", shown), [b"%d" % n for n in range(LINES)])
        self.assertNotIn(ERASE, shown)

    def test_produce_shows_nothing_between_what_is_typed(self):
        terminal = Terminal()
        process = subprocess.Popen(
            [MOLDAU, "produce", self.topic(), "--bootstrap", self.address], stdin=terminal.theirs,
            stdout=subprocess.PIPE, stderr=terminal.theirs)
        for _ in range(LINES):
            os.write(terminal.ours, b"typed\n")
            time.sleep(PAUSE_S)
        os.write(terminal.ours, b"\x04")  # the end of what is typed
        self.assertEqual(process.wait(LIMIT_S), 0)
        process.stdout.close()
        shown = terminal.text()
        self.assertIn(b"typed", shown)  # the terminal's own echo
        self.assertNotIn(b"records/s", shown)


if __name__ == "__main__":
    cli_rig.main()
