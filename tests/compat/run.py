#!/usr/bin/env python3
"""Runs the compatibility tests: foreign clients, foreign tools and a real Apache Kafka.

    run.py [-R REGEX] [--list] [--against moldau|apache] [--moldau PATH] [--keep]

Each test has a time limit and a temporary directory of its own, which is removed afterwards.
The last line is "N passed, N failed"; the exit code is 1 if any failed.
"""

import argparse
import pathlib
import re
import shutil
import signal
import sys
import tempfile
import time
import traceback

import client_table
import foreign_clients
import kafka_jars
import kafka_rig
import processes
import registry
import wire

# Importing a module registers its tests, in this order.
import compat_schema  # noqa: F401
import compat_encoding  # noqa: F401
import compat_error_codes  # noqa: F401
import compat_api_versions  # noqa: F401
import compat_tools  # noqa: F401
import compat_cli  # noqa: F401
import compat_clients  # noqa: F401
import compat_refusals  # noqa: F401
import compat_dump_log  # noqa: F401
import compat_directory  # noqa: F401
import compat_compaction  # noqa: F401
import compat_verify  # noqa: F401
import compat_migration  # noqa: F401
import compat_moves  # noqa: F401
import compat_real_input  # noqa: F401
import compat_groups
import compat_consumer_groups  # noqa: F401
import compat_group_exchange  # noqa: F401
import compat_chaos  # noqa: F401
import compat_group_tools  # noqa: F401
import compat_group_pipeline  # noqa: F401
import compat_differential  # noqa: F401


class TimeLimit(Exception):
    """The running test used up its time."""


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-R", "--regex", default="", help="only tests whose name matches")
    parser.add_argument("--list", action="store_true", help="print the names and limits only")
    parser.add_argument("--against", choices=["moldau", "apache"], default="moldau",
                        help="the broker under test; apache proves the tests themselves")
    parser.add_argument("--moldau", default=kafka_rig.ROOT / "build/release/moldau",
                        type=pathlib.Path, help="our binary")
    parser.add_argument("--keep", action="store_true", help="keep the directories of failed tests")
    return parser.parse_args()


def on_alarm(_signal, _frame):
    raise TimeLimit()


def run_one(test, options):
    """Runs a test; returns whether it passed, having said so."""
    directory = tempfile.mkdtemp(prefix=f"moldau-compat-{test.name}-")
    rig = kafka_rig.Rig(directory, options.against, options.moldau.resolve())
    start = time.monotonic()
    problem = None
    try:
        if test.prepare:
            test.prepare(rig)
        signal.alarm(test.limit_s)
        test.function(rig)
    except TimeLimit:
        problem = f"over its limit of {test.limit_s} s"
    except processes.Failure as failure:
        problem = str(failure)
    except Exception:  # pylint: disable=broad-except; a test that breaks is a test that fails
        problem = traceback.format_exc()
    finally:
        signal.alarm(0)
        rig.close()
    seconds = time.monotonic() - start
    print(f"{'FAIL' if problem else 'PASS'} {test.name} {seconds:.1f} s", flush=True)
    if problem:
        print("    " + problem.strip().replace("\n", "\n    "), flush=True)
    if problem and options.keep:
        print(f"    kept: {directory}", flush=True)
    else:
        shutil.rmtree(directory, ignore_errors=True)
    return problem is None


def served_apis(options):
    """The keys of the APIs that the broker under test announces."""
    directory = tempfile.mkdtemp(prefix="moldau-compat-apis-")
    rig = kafka_rig.Rig(directory, options.against, options.moldau.resolve())
    try:
        return set(wire.api_versions(rig.server().start().address)["apis"])
    finally:
        rig.close()
        shutil.rmtree(directory, ignore_errors=True)


def without_unserved(chosen, options):
    """The tests whose API the broker serves, and how many were left out: which is a failure."""
    if options.against != "moldau" or not any(test.needs_apis for test in chosen):
        return chosen, 0
    apis = served_apis(options)
    left = []
    for test in chosen:
        missing = set(test.needs_apis) - apis
        if missing:
            print(f"FAIL {test.name}: the broker does not serve API {min(missing)}")
        else:
            left.append(test)
    return left, len(chosen) - len(left)


def main():
    options = arguments()
    signal.signal(signal.SIGALRM, on_alarm)
    chosen = [test for test in registry.TESTS
              if re.search(options.regex, test.name) and options.against in test.against]
    if options.list:
        for test in chosen:
            print(f"{test.name} (at most {test.limit_s} s)")
        return 0
    if not chosen:
        print(f"no test matches {options.regex!r}")
        return 1
    if options.against == "moldau" and not options.moldau.exists():
        print(f"{options.moldau} does not exist: build it first (./dev build)")
        return 1
    for role in kafka_jars.ROLES:
        kafka = kafka_jars.jars(role)
        print(f"Apache Kafka, {role}: {kafka.version}", flush=True)
    served, unserved = without_unserved(chosen, options)
    results = [run_one(test, options) for test in served]
    if options.against == "moldau":
        client_table.write(foreign_clients.CLIENTS, [name for name, _ in compat_groups.STEPS])
    failed = results.count(False) + unserved
    print(f"{results.count(True)} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
