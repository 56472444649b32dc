"""Child processes with time limits and captured output. Every process that is started here is
ended here, by its own id."""

import os
import pathlib
import signal
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from free_ports import free_ports  # noqa: E402,F401


class Failure(AssertionError):
    """A compatibility test found something wrong."""


def expect(condition, message):
    """Fails the running test with the message unless the condition holds."""
    if not condition:
        raise Failure(message)


class Process:
    """One child in a process group of its own, its stdout and stderr in files of `directory`."""

    def __init__(self, name, command, directory, stdin=subprocess.DEVNULL, environment=None):
        self.name = name
        self.stdout_path = pathlib.Path(directory) / f"{name}.out"
        self.stderr_path = pathlib.Path(directory) / f"{name}.err"
        # Appending: a server that is started again continues its log.
        with open(self.stdout_path, "ab") as out, open(self.stderr_path, "ab") as err:
            self.output_from = out.tell()
            self.child = subprocess.Popen(
                command, stdin=stdin, stdout=out, stderr=err, start_new_session=True,
                env={**os.environ, **(environment or {})})

    @property
    def stdin(self):
        return self.child.stdin

    def running(self):
        return self.child.poll() is None

    def output(self):
        """What this child has written to stdout so far."""
        with open(self.stdout_path, "rb") as file:
            file.seek(self.output_from)
            return file.read().decode(errors="replace")

    def errors(self):
        return self.stderr_path.read_text(errors="replace")

    def wait(self, limit_s):
        """The exit code; fails the test, and kills the child, if it has not ended in time."""
        try:
            return self.child.wait(limit_s)
        except subprocess.TimeoutExpired:
            self.kill()
            raise Failure(f"{self.name} did not end within {limit_s} s\n{self.tail()}") from None

    def terminate(self, limit_s):
        """SIGTERM, then the exit code."""
        if self.running():
            self.child.send_signal(signal.SIGTERM)
        return self.wait(limit_s)

    def kill(self):
        """SIGKILL to the child and to what it started."""
        if self.running():
            os.killpg(self.child.pid, signal.SIGKILL)
            self.child.wait()

    def tail(self, lines=15):
        """The last lines of both outputs, for a failure's message."""
        last = []
        for path in (self.stdout_path, self.stderr_path):
            text = path.read_text(errors="replace").splitlines()[-lines:]
            last += [f"  {path.name}: {line[:400]}" for line in text]
        return "\n".join(last)


def wait_until(condition, limit_s, what, pause_s=0.02):
    """Calls `condition` until it is true; fails the test with `what` at the limit."""
    deadline = time.monotonic() + limit_s
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise Failure(f"not within {limit_s} s: {what}")
        time.sleep(pause_s)


def run(name, command, directory, limit_s, stdin_bytes=None):
    """Runs a command to its end. Returns (exit code, stdout, stderr) as text."""
    directory = pathlib.Path(directory)
    serial = len(list(directory.glob(f"{name}*.out")))
    process = Process(f"{name}-{serial}", command, directory,
                      stdin=subprocess.PIPE if stdin_bytes is not None else subprocess.DEVNULL)
    try:
        if stdin_bytes is not None:
            try:
                process.stdin.write(stdin_bytes)
                process.stdin.close()
            except BrokenPipeError:
                pass  # it ended early: its exit code tells
        code = process.wait(limit_s)
    finally:
        process.kill()
    return code, process.output(), process.errors()
