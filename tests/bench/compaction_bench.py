#!/usr/bin/env python3
"""Log compaction next to Apache Kafka's: the same log, cleaned by both in turns.

    compaction_bench.py [--moldau PATH] [--megabytes N] [--keys N] [--rounds N] [--codec NAME]

A directory with two equal topics is written once. Each run starts a broker on a copy of it, with one
cleaner and the defaults, lets it compact the first topic (which also warms the JVM), and then measures
the second: from the change of cleanup.policy until cleaner-offset-checkpoint says that all sealed
segments are clean. CPU time is that of the whole process, less what it takes when it is idle. Rates are
of the log's size before. Medians, and ratios with their spread.
"""

import argparse
import os
import pathlib
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "compat"))

import compat_compaction  # noqa: E402  (found by the line above)
import kafka_rig  # noqa: E402
import processes  # noqa: E402

VALUE_BYTES = 300
SEGMENT_BYTES = 32 << 20
IDLE_S = 3
LIMIT_S = 300
WARM, MEASURED = "warm", "measured"


def moldau(arguments, server, *words):
    subprocess.run([arguments.moldau, *words, "--bootstrap", server.address], check=True,
                   stdout=subprocess.DEVNULL, timeout=LIMIT_S)


def write_lines(path, arguments):
    """Keys that come back, and values of which half is noise."""
    rng = random.Random(1)
    count = (arguments.megabytes << 20) // (VALUE_BYTES + 10)
    with open(path, "w", encoding="ascii") as file:
        for _ in range(count):
            noise = rng.randbytes(VALUE_BYTES // 4).hex()
            file.write(f"{rng.randrange(arguments.keys):09}:{noise}{noise[::-1]}\n")


def write_template(rig, arguments):
    """A stopped directory with both topics; their settings of before."""
    settings = rig.settings("template", log_cleaner_backoff_ms=100)
    server = kafka_rig.Moldau(rig, "template", settings).start()
    lines = rig.directory / "lines"
    write_lines(lines, arguments)
    for topic in (WARM, MEASURED):
        moldau(arguments, server, "topic", "create", topic, "--config", "cleanup.policy=delete",
               "--config", f"segment.bytes={SEGMENT_BYTES}", "--config", "retention.ms=-1")
        moldau(arguments, server, "produce", topic, "--file", str(lines), "--key-separator", ":",
               "--codec", arguments.codec, "--quiet")
    server.stop()
    lines.unlink()
    return settings


def cpu_s(server):
    """User and system time of the process so far."""
    fields = pathlib.Path(f"/proc/{server.process.child.pid}/stat").read_text().rsplit(")", 1)[1]
    user, system = fields.split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def log_bytes(server, topic):
    return sum(path.stat().st_size for path in (server.data / f"{topic}-0").glob("*.log"))


def compact(arguments, server, topic):
    """(seconds, CPU seconds) until the topic is clean."""
    folder = server.data / f"{topic}-0"
    active = max(int(path.stem) for path in folder.glob("*.log"))
    time.sleep(IDLE_S)
    before = cpu_s(server)
    time.sleep(IDLE_S)
    idle = (cpu_s(server) - before) / IDLE_S
    begun, before = time.monotonic(), cpu_s(server)
    moldau(arguments, server, "topic", "alter", topic, "--config", "cleanup.policy=compact")
    processes.wait_until(lambda: compat_compaction.clean_offset(server, topic) >= active, LIMIT_S,
                         f"{server.name} has compacted {topic}")
    took = time.monotonic() - begun
    return took, cpu_s(server) - before - idle * took


def measure(rig, arguments, template, brand, number):
    """{figure: value} of one run."""
    settings = rig.settings(f"{brand}-{number}", log_cleaner_backoff_ms=100)
    shutil.copytree(template.data, settings.data)
    make = kafka_rig.Moldau if brand == "moldau" else kafka_rig.Apache
    server = make(rig, f"{brand}-{number}", settings).start()
    compact(arguments, server, WARM)
    size = log_bytes(server, MEASURED) - SEGMENT_BYTES / 2  # about half of one is not compacted
    seconds, cpu = compact(arguments, server, MEASURED)
    left = log_bytes(server, MEASURED)
    server.stop()
    shutil.rmtree(settings.data)
    return {"MB/s": size / 1e6 / seconds, "CPU s/GB": cpu / (size / 1e9), "MB left": left / 1e6}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--moldau", default=str(kafka_rig.ROOT / "build/release/moldau"))
    parser.add_argument("--megabytes", type=int, default=400, help="of records in each topic")
    parser.add_argument("--keys", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--codec", default="none", help="none, gzip, snappy, lz4 or zstd")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="moldau-compaction-") as directory:
        rig = kafka_rig.Rig(directory, "moldau", arguments.moldau)
        try:
            template = write_template(rig, arguments)
            rounds = [[measure(rig, arguments, template, brand, number)
                       for brand in ("moldau", "apache")] for number in range(arguments.rounds)]
        finally:
            rig.close()
    print(f"{arguments.megabytes} MiB, {arguments.keys} keys, codec {arguments.codec}, "
          f"{arguments.rounds} rounds")
    print(f"{'':10}{'Moldau':>10}{'Apache':>10}   Moldau : Apache (least to greatest)")
    for figure in rounds[0][0]:
        sides = [[one[side][figure] for one in rounds] for side in (0, 1)]
        ratios = sorted(ours / theirs for ours, theirs in zip(*sides))
        print(f"{figure:10}{statistics.median(sides[0]):10.2f}{statistics.median(sides[1]):10.2f}"
              f"{statistics.median(ratios):8.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
