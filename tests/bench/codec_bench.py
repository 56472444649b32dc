#!/usr/bin/env python3
"""Our codecs next to Apache Kafka's generated one (Java) and franz-go's (Go), on the same messages.

    codec_bench.py [--bench PATH] [--rounds N]

The three run in turns, N rounds; the medians are printed, as a ratio too. What is encoded is
described in src/protocol/codec_bench.cc.
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "compat"))

import client_builds  # noqa: E402  (found by the line above)
import kafka_rig  # noqa: E402

LIMIT_S = 300


def franz_go():
    """The program of codec/, built once and kept in the cache."""
    sources = [(name, (HERE / "codec" / name).read_bytes()) for name in ("go.mod", "main.go")]
    go = client_builds.go_command()

    def fill(directory):
        client_builds.write(directory / "src", sources)
        client_builds.build_step([go, "build", "-mod=mod", "-trimpath", "-o", f"{directory}/", "."],
                                 directory / "src", CGO_ENABLED="0")

    return client_builds.kept("codec-go", (sources, client_builds.version_of(go, "version")),
                              fill) / "codec"


def lines(command):
    """{name: ns} of a program that prints lines with tabs."""
    out = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S, check=True).stdout
    return {name: float(ns) for name, ns, _ in (line.split("\t") for line in out.splitlines())}


def ours(bench):
    """{name: ns} of our benchmark: the compiled codec where there is one, else the table codec."""
    out = subprocess.run([bench, "--benchmark_format=json", "--benchmark_min_time=0.3"],
                         capture_output=True, text=True, timeout=LIMIT_S, check=True).stdout
    found = {}
    for run in json.loads(out)["benchmarks"]:
        name, codec = run["name"].rsplit("/", 1)
        if codec == "compiled" or name not in found:
            found[name] = run["real_time"] * {"us": 1e3, "ns": 1.0}[run["time_unit"]]
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bench", default="build/release/protocol_bench")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    go = franz_go()
    with tempfile.TemporaryDirectory(prefix="moldau-codec-") as directory:
        rig = kafka_rig.Rig(directory, "moldau", "unused")
        java = kafka_rig.java_command(*rig.program("CodecBench"), [], heap_mb=512, fast_start=False)
        rounds = [(ours(arguments.bench), lines(java), lines([str(go)]))
                  for _ in range(arguments.rounds)]
    print(f"{'':44}{'Moldau':>12}{'Apache':>12}{'franz-go':>12}   Moldau is faster by")
    for name in rounds[0][1]:
        us = [statistics.median(one[side][name] for one in rounds) / 1e3 for side in range(3)]
        print(f"{name:44}" + "".join(f"{value:9.2f} us" for value in us)
              + f"{us[1] / us[0]:11.1f} x{us[2] / us[0]:8.1f} x")


if __name__ == "__main__":
    main()
