#!/usr/bin/env python3
"""Compares our encodings with those of Apache's generated message classes and batch builder.

    encoding.py [--seed N] [--instances N] [--batches N] [--messages REGEX] [--peer PATH]
    encoding.py --write-golden

For every version of every message: random instances that Apache encodes, we decode and encode
again; instances that we encode, Apache decodes and encodes again; the same bytes each time. Unknown
tagged fields we skip, so there Apache's encoding without them is expected. The same instance must
become the same (or be refused) in every other version, and be the same JSON.

--write-golden writes src/protocol/testdata/golden.tsv anew: small frames of each message and
version.
"""

import argparse
import pathlib
import re
import sys
import tempfile
import time

import kafka_rig
import processes
from processes import expect

GOLDEN = kafka_rig.ROOT / "src/protocol/testdata/golden.tsv"
PEER = kafka_rig.ROOT / "build/release/encoding_peer"
LIMIT_S = 3600

# {message: reason}: what is not compared. Empty is what we want.
NOT_COMPARED = {}
# {Apache's message: reason}: what we do not describe. Empty is what we want.
NOT_DESCRIBED = {}


class Difference(processes.Failure):
    """Something was compared and is not the same; any other Failure says that nothing was."""


def ask(rig, arguments, stdin_bytes=None):
    """Runs Encoding.java; returns its lines and the numbers of its last one."""
    classpath, main = rig.program("Encoding")
    # The jars by name: the program looks through them for message classes.
    jars = [str(one) for one in sorted(pathlib.Path(classpath.split(":")[1][:-2]).glob("*.jar"))]
    classpath = ":".join([classpath.split(":")[0], *jars])
    _, out, _ = rig.java("encoding", classpath, main, arguments, LIMIT_S, stdin_bytes)
    lines = out.splitlines()
    expect(lines and lines[-1].startswith("total "), f"no total at the end:\n{out[-2000:]}")
    return lines, {key: int(number) for key, number in re.findall(r"(\w+)=(\d+)", lines[-1])}


def refuse_differences(lines, total):
    wrong = [line for line in lines if not line.startswith(("total", "undescribed"))]
    if total["differences"] != 0:
        raise Difference("\n".join(wrong[:60]) or "differences without a word")


def all_kinds(total):
    """Whether there were some of everything that is counted."""
    return all(number > 0 for key, number in total.items() if key != "differences")


def compare_messages(rig, peer, seed, instances, regex=""):
    """Returns the totals; fails at any difference, and if something was left out unexplained."""
    lines, total = ask(rig, ["messages", peer, seed, instances, regex])
    refuse_differences(lines, total)
    left_out = [line.split("\t")[1:] for line in lines if line.startswith("uncovered\t")]
    unexplained = [" ".join(one) for one in left_out if one[0] not in NOT_COMPARED]
    expect(not unexplained, f"not compared: {unexplained}")
    unknown = {line.split("\t")[1] for line in lines if line.startswith("undescribed\t")}
    expect(unknown <= set(NOT_DESCRIBED), f"not described: {unknown - set(NOT_DESCRIBED)}")
    expect(total["messages"] > 0 and total["versions"] >= total["messages"], f"nothing: {total}")
    # Both ways, and one empty instance of each.
    expected = total["versions"] * (2 * instances + 1)
    expect(total["instances"] == expected, f"{total['instances']} instances, not {expected}")
    expect(regex or all_kinds(total), f"left out: {total}")
    return total


def compare_batches(rig, peer, seed, instances):
    lines, total = ask(rig, ["batches", peer, seed, instances])
    refuse_differences(lines, total)
    # Of each: five codecs, one without records, five kinds of control record, several, a marker.
    expect(total["batches"] == 13 * instances > 0, f"{total['batches']} batches")
    expect(all_kinds(total), f"left out: {total}")
    return total


def check_golden(rig, peer):
    """The committed frames are what Apache's classes read and write, and none is missing."""
    lines, total = ask(rig, ["check-golden", peer], GOLDEN.read_bytes())
    refuse_differences(lines, total)
    missing = [line for line in lines if line.startswith("missing")]
    expect(not missing, "\n".join(missing[:10] + ["tests/compat/encoding.py --write-golden"]))
    expect(total["frames"] > 0, "no golden frames")
    return total


def write_golden(rig, peer):
    lines, total = ask(rig, ["golden", peer])
    GOLDEN.write_text("".join(f"{line}\n" for line in lines[:-1]))
    return total


def text(total):
    return ", ".join(f"{number} {key.replace('_', ' ')}" for key, number in total.items())


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--instances", type=int, default=200, help="of each version, each way")
    parser.add_argument("--batches", type=int, default=200, help="of each codec and kind")
    parser.add_argument("--messages", default="", metavar="REGEX", help="only these")
    parser.add_argument("--peer", type=pathlib.Path, default=PEER)
    parser.add_argument("--write-golden", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="moldau-encoding-") as directory:
        rig = kafka_rig.Rig(directory, "moldau", kafka_rig.ROOT / "build/release/moldau")
        try:
            if options.write_golden:
                print(text(write_golden(rig, options.peer)))
                return 0
            print(f"seed {options.seed}", flush=True)
            print(text(compare_messages(rig, options.peer, options.seed, options.instances,
                                        options.messages)), flush=True)
            if not options.messages:
                print(text(compare_batches(rig, options.peer, options.seed, options.batches)))
        except processes.Failure as failure:
            print(failure)
            return 1
        finally:
            rig.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
