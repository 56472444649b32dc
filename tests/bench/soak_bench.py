#!/usr/bin/env python3
"""A broker for half an hour at a part of what it can do, while retention deletes segments all the time,
and whether latency, memory or file descriptors drift (docs/performance.md):

    soak_bench.py [--minutes N] [--load FRACTION | --rate N] [--setting fsync|cache] [--out FILE]
                  [--show FILE]

4 producers of 100-byte records with linger 5 ms, in an open loop, one consumer at the head; segments of
4 MiB, of which two are kept. The load is a fraction of the highest rate at which the consumer kept up,
which is looked for before: on few processors that is the load's own limit. Each minute is a run of
broker_load, so that its percentiles are that minute's alone. Moldau only.
"""

import argparse
import dataclasses
import json
import pathlib
import signal
import statistics
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE / "broker"), str(HERE.parent), str(HERE.parent / "compat"),
                str(HERE.parent / "powercut")]

import kafka_rig  # noqa: E402  (found by the line above; and with it what follows)
import loads  # noqa: E402
import plots  # noqa: E402
import results  # noqa: E402
import servers  # noqa: E402
import workloads  # noqa: E402

BASE = "100 B"
TOPIC = (("segment.bytes", 4 << 20), ("retention.bytes", 8 << 20))
FIRST_RATE, STEP, STEP_S = 50_000, 1.2, 6
KEPT_UP_MS = 100  # end to end p99
SETTLED = 0.1  # of the minutes, at the beginning, are not compared
LATENCIES = ("ack p50, ms", "ack p99, ms", "ack p99.9, ms", "end to end p99, ms")
DRIFTS = ("ack p99, ms", "ack p99.9, ms", "memory, MiB", "file descriptors", "threads",
          "disk, MiB", "CPU s/million records")


def measure(options, rig):
    """(conditions, a dictionary for each minute)."""
    world = workloads.WORLDS["retention"]
    server = servers.make(rig, "moldau", "soak",
                          servers.configuration("moldau", options.setting, world, 3),
                          options.broker_cpus)
    servers.start(server, 1)
    base = next(cell for cell in workloads.TABLE if cell.name == BASE)
    workload = dataclasses.replace(base, name="soak", topic=TOPIC, consumers=1)
    connection = loads.connect(server)
    topic_id = loads.create_topic(connection, "soak", workload)
    loads.touch(connection, topic_id, workload.partitions)
    connection.close()

    def run(seconds, rate):
        options.seconds = seconds
        part = dataclasses.replace(workload, load=options.fraction)
        return loads.librdkafka(options, part, server.address, "soak", server.process.child.pid,
                                rate)

    maximum = None if options.rate else highest(run)
    rate = options.rate or maximum * options.fraction
    begun, minutes = time.monotonic(), []
    while time.monotonic() < begun + 60 * options.minutes:
        found = run(options.minute_s - options.warm_s, rate)
        found = {name: value for name, value in found.items() if not name.endswith("curve, us")}
        minutes.append({"minute": (time.monotonic() - begun) / 60, **found, **state(server)})
        say(minutes[-1])
    server.stop()
    return {"maximum, records/s": maximum, "rate, records/s": rate}, minutes


def highest(run):
    """Records a second."""
    best, rate = 0, FIRST_RATE
    while any(keeps_up(run, rate) for _ in range(2)):  # the machine may have been busy
        best, rate = rate, rate * STEP
        print(f"{best:,.0f} records/s are kept up with", flush=True)
    if not best:
        raise SystemExit(f"not even {rate:,.0f} records/s are kept up with")
    return best


def keeps_up(run, rate):
    try:
        found = run(STEP_S, rate)
    except SystemExit as error:
        if "were not consumed" not in str(error):
            raise
        return False  # retention took them away before
    return found["records/s"] > 0.97 * rate and found["end to end p99, ms"] < KEPT_UP_MS


def state(server):
    pid = server.process.child.pid
    proc = pathlib.Path(f"/proc/{pid}")
    files = [path for path in server.data.glob("soak-*/*") if path.is_file()]
    return {"memory, MiB": servers.memory_mib(pid),
            "file descriptors": len(list((proc / "fd").iterdir())),
            "threads": len(list((proc / "task").iterdir())),
            "disk, MiB": sum(size_of(path) for path in files) / (1 << 20),
            "first segment": min(int(path.name[:20]) for path in files if path.suffix == ".log")}


def size_of(path):
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0  # retention was there


def drift(minutes):
    """{figure: (median of the first third, of the last third)}, without the beginning."""
    settled = minutes[round(SETTLED * len(minutes)):]
    third = max(len(settled) // 3, 1)
    return {figure: tuple(statistics.median(minute[figure] for minute in part)
                          for part in (settled[:third], settled[-third:])) for figure in DRIFTS}


def say(minute):
    words = ", ".join(f"{name.removesuffix(', ms')} {minute[name]:.3g}" for name in LATENCIES)
    print(f"{minute['minute']:5.1f} min  {minute['records/s']:,.0f} records/s  {words} ms  "
          f"{minute['memory, MiB']:.1f} MiB  {minute['file descriptors']} fds  "
          f"{minute['disk, MiB']:.0f} MiB on disk", flush=True)


def show(head, minutes):
    print("\n| figure | first third | last third | ratio |\n|---|---|---|---|")
    for figure, (first, last) in drift(minutes).items():
        print(f"| {figure} | {first:.4g} | {last:.4g} | {last / first:.2f} |")
    print(f"\n{len(minutes)} minutes at {said_of_rate(head)}")


def said_of_rate(head):
    said = f"{head['rate, records/s']:,.0f} records of 100 B a second"
    maximum = head["maximum, records/s"]
    return f"{said}, {head['load']:.0%} of {maximum:,.0f}" if maximum else said


def draw(path, head, minutes):
    """Over the minutes: latencies, and what must not grow."""
    panels = (("latency, ms", LATENCIES, True), ("memory, MiB", ("memory, MiB",), False),
              ("file descriptors", ("file descriptors",), False),
              ("on disk, MiB", ("disk, MiB",), False))
    wide, high, top = 860, 170, 50
    sheet = plots.Svg(wide, top + high * len(panels))
    sheet.text(12, 22, f"Moldau under {said_of_rate(head)}, while retention deletes", 15)
    sheet.text(12, 40, f"{head['setting']}; a point is a minute", 11, colour="#666")
    for number, (title, figures, logarithmic) in enumerate(panels):
        plots.over_time(sheet, (60, top + number * high + 20, wide - 150, high - 50), title,
                        [minute["minute"] for minute in minutes],
                        {figure: [minute[figure] for minute in minutes] for figure in figures},
                        logarithmic)
    sheet.write(path)


def parse():
    build = kafka_rig.ROOT / "build/release"
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--minute-s", type=float, default=60, help="of one measurement")
    parser.add_argument("--warm-s", type=float, default=3, help="of each, which do not count")
    parser.add_argument("--load", dest="fraction", type=float, default=0.6, help="fraction of the maximum")
    parser.add_argument("--rate", type=float, help="records a second, and no maximum is looked for")
    parser.add_argument("--setting", choices=servers.DURABILITY, default="fsync")
    parser.add_argument("--broker-cpus", help="like 0,1; the first half")
    parser.add_argument("--directory", default=tempfile.gettempdir(), help="on the disk to measure")
    parser.add_argument("--out", type=pathlib.Path, default=kafka_rig.ROOT / "docs/bench/soak.json",
                        help="JSON; the plot beside it")
    parser.add_argument("--show", type=pathlib.Path, metavar="FILE",
                        help="prints and draws a JSON file again, and measures nothing")
    parser.add_argument("--moldau", default=str(build / "moldau"))
    parser.add_argument("--program", dest="load", default=str(build / "broker_load"))
    return parser.parse_args()


def main():
    options = parse()
    if options.show:
        known = json.loads(options.show.read_text(encoding="utf-8"))
        show(known, known["minutes"])
        draw(options.show.with_suffix(".svg"), known, known["minutes"])
        return 0
    options.broker_cpus, options.load_cpus = servers.split_cpus(options.broker_cpus)
    options.disk = servers.disk_of(options.directory)
    options.brands = ("moldau",)
    options.memory = None
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))  # and what was started ends, too
    servers.allow_many_files()
    head = {**results.conditions(options), "setting": options.setting, "load": options.fraction}
    with tempfile.TemporaryDirectory(prefix="moldau-soak-", dir=options.directory) as directory:
        rig = kafka_rig.Rig(directory, "moldau", options.moldau)
        try:
            found, minutes = measure(options, rig)
        finally:
            rig.close()
    head |= found
    show(head, minutes)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    rows = ",\n".join(json.dumps(results.rounded(minute)) for minute in minutes)
    text = json.dumps(head, indent=1)
    options.out.write_text(f'{text[:-2]},\n "minutes": [\n{rows}\n]\n}}\n', encoding="utf-8")
    draw(options.out.with_suffix(".svg"), head, minutes)
    print(f"{options.out}, {options.out.with_suffix('.svg').name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
