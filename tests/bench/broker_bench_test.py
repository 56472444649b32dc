#!/usr/bin/env python3
"""Whether the broker benchmark works: Moldau and the bare loop alone, a few seconds; no figure is
judged, but every one must be there and make sense.

    broker_bench_test.py [--directory BUILD]
"""

import argparse
import json
import mmap
import os
import pathlib
import subprocess
import sys
import tempfile
import xml.dom.minidom

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import broker_bench  # noqa: E402  (found by the line above; and with it what follows)
import kafka_rig  # noqa: E402
import loads  # noqa: E402
import processes  # noqa: E402
import results  # noqa: E402
import servers  # noqa: E402
import warm_memory  # noqa: E402
import workloads  # noqa: E402

OPEN, CLOSED, RAW = "1 KiB at 50 %", "one consumer", "raw 16 KiB batches, 16 partitions"
WANTED = {
    OPEN: ("records/s", "ack p50, ms", "ack p99, ms", "end to end p99, ms", "CPU s/GB"),
    CLOSED: ("MB/s", "consumed MB/s", "CPU s/million records", "peak memory, MiB"),
    RAW: ("MB/s", "CPU s/GB", "ack p99, ms"),
    broker_bench.SELF: ("start to first ack, ms", "idle memory, MiB"),
}


def check(condition, what):
    if not condition:
        raise SystemExit(f"failed: {what}")


def words_of(build):
    programs = [f"--{name.removeprefix('broker_').replace('_', '-')}={build / name}" for name in
                ("moldau", "broker_load", "broker_raw_load", "broker_bare_loop")]
    return [*programs, "--brands", "moldau", "--rounds", "1", "--seconds", "0.5", "--warm-s", "0.2",
            "--jit-s", "0.5", "--idle-s", "0.1", "--warm-memory", "no"]


def program(build, out, *more):
    return [sys.executable, HERE / "broker_bench.py", *words_of(build), "--only",
            f"^({OPEN}|{CLOSED}|{RAW})$", "--out", out, *more]


def run(build, out, *more):
    """The benchmark as a program; what it has written."""
    subprocess.run(program(build, out, *more), check=True, timeout=200)
    return json.loads(out.read_text(encoding="utf-8"))


def check_more_rounds(build, out, before):
    """A run goes on with its own rates, and not with other cells."""
    check(before["rounds"] == 1, f"{before['rounds']} rounds")
    other = subprocess.run(program(build, out, "--continue", "--seconds", "0.6"), check=False,
                           capture_output=True, text=True, timeout=200)
    check(other.returncode == 1 and "another seconds of a cell" in other.stderr,
          f"it went on with longer cells: {other.stderr}")
    found = run(build, out, "--continue")
    check_values(found, 2)
    check(found["rounds"] == 2 and found["took, s"] > before["took, s"] and found["continued"],
          f"{found['rounds']} rounds, {found['took, s']} s, continued {found['continued']}")
    name = "maxima, records/s"
    check(found[name] == before[name], f"rates of {found[name]}, before of {before[name]}")


def check_rounds_not_ended():
    """What a round that was ended early has measured is measured again."""
    found = results.Results()
    for number in (1, 2):
        found.add("fsync", "cell", "moldau", number, {"MB/s": number, "ack curve, us": [[0.5, 1]]})
    found.add("fsync", "later", "moldau", 1, {"MB/s": 1})
    found.failures.append(results.ENDED)
    bench = broker_bench.Bench(None, None, [])
    bench.go_on(found, {"rounds": 1, "maxima, records/s": {"1 KiB, linger 0, fsync": {"moldau": 3}}})
    check(found.of("fsync", "cell", "MB/s", "moldau") == [1] and not found.failures,
          f"the second round is still there: {found.values} {found.failures}")
    check(len(found.curves["fsync", "cell", "ack curve, us"]["moldau"]) == 1, "and its curve")
    check(bench.maxima == {("fsync", "1 KiB, linger 0"): {"moldau": 3}}, f"rates: {bench.maxima}")


def check_soak(build, directory):
    """A few seconds of it."""
    out = directory / "soak.json"
    subprocess.run([sys.executable, HERE / "soak_bench.py", "--rate", "2000", "--minutes", "0.06",
                    "--minute-s", "1.5", "--warm-s", "0.3", "--moldau", build / "moldau",
                    "--program", build / "broker_load", "--out", out], check=True, timeout=200)
    minutes = json.loads(out.read_text(encoding="utf-8"))["minutes"]
    check(len(minutes) > 1, f"{len(minutes)} minutes")
    for minute in minutes:
        check(1500 < minute["records/s"] < 2500 and minute["memory, MiB"] > 1
              and minute["file descriptors"] > 16, f"a minute: {minute}")
    xml.dom.minidom.parse(str(out.with_suffix(".svg")))


def check_values(found, rounds):
    values = {(cell["setting"], cell["what"], cell["figure"]): cell for cell in found["values"]}
    for setting in ("fsync", "cache"):
        for what, figures in WANTED.items():
            for figure in figures:
                cell = values.get((setting, what, figure), {})
                brands = ("moldau", "bare") if what == RAW else ("moldau",)
                for brand in brands:
                    check(len(cell.get(brand, [])) == rounds and cell[brand][-1] > 0,
                          f"{setting}, {what}, {figure}, {brand}: {cell}")
        maximum = found["maxima, records/s"][f"1 KiB, {setting}"]["moldau"]
        achieved = values[setting, OPEN, "records/s"]["moldau"][0]
        check(achieved < 0.8 * maximum, f"{setting}: {achieved} records/s is no half of {maximum}")
        curve = [us for _, us in values[setting, OPEN, "ack curve, us"]["moldau"][0]]
        check(curve == sorted(curve) and curve[0] > 0, f"a curve that falls: {curve}")
        end_to_end = values[setting, OPEN, "end to end p50, ms"]["moldau"][0]
        check(end_to_end > curve[0] / 1000, "a record was there before it was sent")


def check_refusal(build, directory):
    """A load that the broker refuses is no measurement."""
    sys.argv[1:] = words_of(build)
    options = broker_bench.parse()
    broker_bench.complete(options)
    rig = kafka_rig.Rig(directory, "moldau", options.moldau)
    refused = workloads.Workload("refused", "", topic=(("max.message.bytes", 100),))
    try:
        server = servers.make(rig, "moldau", "refusing", {}, options.broker_cpus)
        servers.start(server, 0.1)
        loads.Cell(options, server, refused, 0).run(0)
    except SystemExit as failure:
        check("errors" in str(failure), f"it failed otherwise: {failure}")
        return
    finally:
        rig.close()
    check(False, "refused records were measured")


def check_failing_rounds():
    """A failure is told, and the rounds around it stay pairs."""
    bench = broker_bench.Bench(None, None, [])
    for number in (1, 2, 3):
        for brand, value in (("moldau", 10.0 * number), ("apache", 100.0)):
            with bench.failing_alone(number, "fsync", brand, "cell"):
                if (number, brand) == (2, "moldau"):
                    raise SystemExit("lost")
                bench.results.add("fsync", "cell", brand, number, {"MB/s": value})
    found = bench.results
    check(found.failures == ["round 2: fsync, moldau, cell: lost"], f"failures: {found.failures}")
    check(found.ratios("fsync", "cell", "MB/s") == [0.1, 0.3], "ratios of other rounds")
    check(found.median("fsync", "cell", "MB/s", "moldau") == 20, "the median of what is there")
    try:
        with bench.failing_alone(0, "fsync", "moldau", "maximum"):
            raise SystemExit("lost")
    except SystemExit:
        return
    check(False, "measured without maxima")


def check_giving(held):
    """Memory is wanted, step by step, since the rest of the machine gives some back meanwhile."""
    wanted = []
    most = held() - 256

    def is_given():
        if held() < most:
            return True
        if len(wanted) < 24:
            wanted.append(mmap.mmap(-1, 128 << 20))
            wanted[-1].madvise(warm_memory.POPULATE_WRITE)
        return False

    processes.wait_until(is_given, 20, "what others want is given", pause_s=0.1)
    for one in wanted:
        one.close()


def check_warm_memory():
    """It takes what is free, but for so much, when it is asked, and gives what others want; what
    may wait to be written does not become less by it."""
    limits = [warm_memory.VM / name for name in ("dirty_bytes", "dirty_ratio")]
    read = lambda: [int(path.read_text(encoding="ascii")) for path in limits]  # noqa: E731
    before = read()
    may_set = os.access(limits[0], os.W_OK) and before[1]
    margin_mib = 1024
    free_mib = warm_memory.memory_bytes("MemFree") >> 20
    if free_mib < 4 * margin_mib:
        print(f"SKIPPED: warm_memory.py, with {free_mib} MiB free")
        return
    command = [sys.executable, HERE / "broker/warm_memory.py", "--free-mib",
               str(free_mib - margin_mib)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          text=True) as process:
        held = lambda: servers.memory_mib(process.pid)  # noqa: E731
        check(held() < margin_mib / 4, f"{held()} MiB are held before anybody has asked")
        process.stdin.write("\n")
        process.stdin.flush()
        check(process.stdout.readline() == "warm\n", "no word that it is warm")
        check(held() > margin_mib / 4, f"{held()} MiB are held")
        limited = [warm_memory.memory_bytes("MemTotal") * before[1] // 100, 0] if may_set else before
        check(read() == limited, f"limits in bytes and %: {read()}, not {limited}")
        check_giving(held)
        process.stdin.close()
        check(process.wait(timeout=20) == 0, "it does not end with its input")
    check(read() == before, f"it leaves limits of {read()}, found {before}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--directory", type=pathlib.Path, help="of the programs",
                        default=kafka_rig.ROOT / "build/release")
    build = parser.parse_args().directory.resolve()
    with tempfile.TemporaryDirectory(prefix="moldau-bench-test-") as name:
        directory = pathlib.Path(name)
        check_failing_rounds()
        check_warm_memory()
        check_rounds_not_ended()
        found = run(build, directory / "out.json")
        check_values(found, 1)
        check_more_rounds(build, directory / "out.json", found)
        plots = list(directory.glob("out-*.svg"))
        check(len(plots) == 2, f"plots: {plots}")
        for plot in plots:
            xml.dom.minidom.parse(str(plot))
        check_refusal(build, directory)
        check_soak(build, directory)
    print("passed")


if __name__ == "__main__":
    main()
