#!/usr/bin/env python3
"""Whether the broker benchmark works: Moldau and the bare loop alone, a few seconds; no figure is
judged, but every one must be there and make sense.

    broker_bench_test.py [--directory BUILD]
"""

import argparse
import json
import mmap
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


def run(build, directory):
    """The benchmark as a program; what it has written."""
    out = directory / "out.json"
    subprocess.run([sys.executable, HERE / "broker_bench.py", *words_of(build), "--only",
                    f"^({OPEN}|{CLOSED}|{RAW})$", "--out", out], check=True, timeout=200)
    return json.loads(out.read_text(encoding="utf-8"))


def check_values(found):
    values = {(cell["setting"], cell["what"], cell["figure"]): cell for cell in found["values"]}
    for setting in ("fsync", "cache"):
        for what, figures in WANTED.items():
            for figure in figures:
                cell = values.get((setting, what, figure), {})
                brands = ("moldau", "bare") if what == RAW else ("moldau",)
                for brand in brands:
                    check(len(cell.get(brand, [])) == 1 and cell[brand][0] > 0,
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


def check_warm_memory():
    """It takes what is free, but for so much, when it is asked, and gives what others want."""
    margin_mib = 1024
    free_mib = warm_memory.free_bytes() >> 20
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
        with mmap.mmap(-1, margin_mib << 20) as wanted:
            wanted.madvise(warm_memory.POPULATE_WRITE)
            processes.wait_until(lambda: held() < margin_mib / 4, 20, "what others want is given")
        process.stdin.close()
        check(process.wait(timeout=20) == 0, "it does not end with its input")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--directory", type=pathlib.Path, help="of the programs",
                        default=kafka_rig.ROOT / "build/release")
    build = parser.parse_args().directory.resolve()
    with tempfile.TemporaryDirectory(prefix="moldau-bench-test-") as name:
        directory = pathlib.Path(name)
        check_failing_rounds()
        check_warm_memory()
        check_values(run(build, directory))
        plots = list(directory.glob("out-*.svg"))
        check(len(plots) == 2, f"plots: {plots}")
        for plot in plots:
            xml.dom.minidom.parse(str(plot))
        check_refusal(build, directory)
    print("passed")


if __name__ == "__main__":
    main()
