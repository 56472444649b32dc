"""Our command line against Apache Kafka: the tests of tests/cli that take any broker."""

import pathlib
import sys

import kafka_rig
import processes
from processes import expect
from registry import compat_test

TESTS = pathlib.Path(__file__).resolve().parent.parent / "cli"
SCRIPT_LIMIT_S = 200
# The distribution's Python has python3-kafka.
PYTHON = "/usr/bin/python3" if pathlib.Path("/usr/bin/python3").exists() else sys.executable


def run_verbs(rig, script):
    """One file of tests against an Apache broker of its own."""
    settings = rig.settings(group_initial_rebalance_delay_ms=0)
    apache = kafka_rig.Apache(rig, "apache", settings)
    apache.format()
    apache.start()
    code, out, err = processes.run(
        script, [PYTHON, str(TESTS / f"{script}_test.py"), str(rig.moldau), apache.address],
        rig.directory, SCRIPT_LIMIT_S, None)
    expect(code == 0, f"{script} ended with {code}:\n{(out + err)[-3000:]}")
    expect("\nOK" in err, f"{script} ran no tests: {err[-300:]}")
    apache.stop()


@compat_test(limit_s=300, against=("moldau",))
def test_cli_groups_on_apache(rig):
    run_verbs(rig, "verbs_groups")


@compat_test(limit_s=300, against=("moldau",))
def test_cli_admin_on_apache(rig):
    run_verbs(rig, "verbs_admin")


@compat_test(limit_s=300, against=("moldau",))
def test_cli_records_on_apache(rig):
    run_verbs(rig, "verbs_records")
