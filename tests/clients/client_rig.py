"""Runs the scenarios of a test, each in a temporary directory of its own with a broker of its own.

    /usr/bin/python3 X_test.py --broker PATH --program PATH [--only REGEX] [--keep]

--broker is our binary, --program the C program of this folder. `--against apache` puts Apache Kafka
in our broker's place (it needs what ./dev compat installs): it proves the tests themselves.
"""

import argparse
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback

from client import CALL_LIMIT_S  # also finds the folder with what is shared
import kafka_rig
import processes


class ClientRig(kafka_rig.Rig):
    """One scenario's directory and everything that runs in it."""

    def __init__(self, directory, options):
        super().__init__(directory, options.against, options.broker)
        self.program = str(options.program)

    def settings(self, name="data", **properties):
        """Without retention by time: the timestamps of random records are of the past."""
        return super().settings(name, **{"log_retention_ms": -1, **properties})

    def client(self, kind, server):
        return kind(self, server.address, self.program)

    def run(self, name, command, stdin_bytes=None, limit_s=CALL_LIMIT_S):
        """Runs a command to its end: (exit code, stdout as bytes, stderr as text)."""
        try:
            done = subprocess.run([str(word) for word in command], input=stdin_bytes,
                                  stdin=subprocess.DEVNULL if stdin_bytes is None else None,
                                  capture_output=True, timeout=limit_s, check=False)
        except subprocess.TimeoutExpired as late:
            raise processes.Failure(f"{name} did not end within {limit_s} s\n"
                                    f"{(late.stderr or b'')[-1500:].decode()}") from None
        return done.returncode, done.stdout, done.stderr.decode(errors="replace")


def arguments(extend):
    parser = argparse.ArgumentParser(description=sys.modules["__main__"].__doc__)
    parser.add_argument("--broker", required=True, type=lambda path: pathlib.Path(path).resolve())
    parser.add_argument("--program", required=True, type=lambda path: pathlib.Path(path).resolve())
    parser.add_argument("--only", default="", help="scenarios whose name matches")
    parser.add_argument("--against", choices=["moldau", "apache"], default="moldau",
                        help=argparse.SUPPRESS)
    parser.add_argument("--keep", action="store_true", help="keep directories of failed scenarios")
    parser.add_argument("--limit", type=int, default=280, help="seconds for everything")
    extend(parser)
    return parser.parse_args()


class Watchdog:
    """Ends the broker, then this process, when the time is over: a client library may hang where
    no signal reaches it, and ctest would leave the broker behind."""

    def __init__(self, limit_s):
        self.rig = None
        self.timer = threading.Timer(limit_s, self.bite, [limit_s])
        self.timer.daemon = True
        self.timer.start()

    def bite(self, limit_s):
        print(f"FAIL over the limit of {limit_s} s", flush=True)
        if self.rig is not None:
            for name, stack in sys._current_frames().items():
                if name == threading.main_thread().ident:
                    traceback.print_stack(stack, file=sys.stdout)
            self.rig.close()
            shutil.rmtree(self.rig.directory, ignore_errors=True)
        sys.stdout.flush()
        os._exit(1)


def run_one(name, scenario, options, watchdog):
    """Runs a scenario; returns whether it passed, having said so."""
    directory = tempfile.mkdtemp(prefix=f"moldau-clients-{name}-")
    rig = watchdog.rig = ClientRig(directory, options)
    start = time.monotonic()
    problem = None
    try:
        scenario(rig)
    except processes.Failure as failure:
        problem = str(failure)
    except Exception:  # pylint: disable=broad-except; a scenario that breaks is one that fails
        problem = traceback.format_exc()
    finally:  # also when this process is told to end
        rig.close()
        if not (problem and options.keep):
            report = end_of_logs(rig) if problem else ""
            shutil.rmtree(directory, ignore_errors=True)
    print(f"{'FAIL' if problem else 'PASS'} {name} {time.monotonic() - start:.1f} s", flush=True)
    if problem:
        print("    " + problem.strip().replace("\n", "\n    "))
        print(f"    kept: {directory}" if options.keep else report, flush=True)
    return problem is None


def end_of_logs(rig):
    """The last words of the broker; all that a sanitizer had to say."""
    report = []
    for log in (rig.directory / "broker.out", rig.directory / "broker.err"):
        text = log.read_text(errors="replace") if log.exists() else ""
        at = re.search(r"ERROR: \w+Sanitizer|runtime error:", text)
        text = text[at.start():][:6000] if at else text[-2000:]
        report.append(f"    -- {log.name}\n{text}")
    return "\n".join(report)


def main(scenarios, extend=lambda parser: None):
    """`scenarios`: options -> {name: function of a ClientRig}. Ends the process."""
    options = arguments(extend)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("told to end"))
    watchdog = Watchdog(options.limit)
    chosen = {name: run for name, run in scenarios(options).items()
              if re.search(options.only, name)}
    if not chosen:
        print(f"no scenario matches {options.only!r}")
        sys.exit(1)
    results = [run_one(name, run, options, watchdog) for name, run in chosen.items()]
    print(f"{results.count(True)} scenarios passed, {results.count(False)} failed")
    sys.stdout.flush()
    # At once: python3-confluent-kafka 1.7 has miscounted None by now, which ends Python's own way
    # out with an abort.
    os._exit(0 if all(results) else 1)
