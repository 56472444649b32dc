#!/usr/bin/env python3
"""Keeps the memory of a virtual machine warm while brokers are measured.

    warm_memory.py [--free-mib N]     at each line of its stdin takes all free memory but so much,
                                      says "warm" and gives; ends with its stdin

A machine with free page reporting gives memory that was free for two seconds back to its host, and
whoever touches it next pays for having it mapped again: 7 to 16 microseconds a page have been seen,
1.7 to 4 s of CPU time a gigabyte, which is more than a broker needs to append it. So this process
holds all that is free but a little, and gives as much as others take: what they get was in use a
moment ago. It takes only between two measurements: that fills a processor, for seconds if the host
was faster. Under memory pressure it is the first to be ended.

How much may be written and not yet be on the disk is a fraction of the memory that is free or holds
files (vm.dirty_ratio), so that what is held here would lower it, and a broker would be made to wait
for the disk, 200 ms at a time, that has gigabytes to go on a machine of this size. While this process
runs the limits are those fractions of all memory, in bytes.
"""

import argparse
import contextlib
import mmap
import os
import pathlib
import select
import sys

CHUNK = 16 << 20
PERIOD_S = 0.02  # a broker that writes 1 GB/s takes 20 MB meanwhile
POPULATE_WRITE = 23  # MADV_POPULATE_WRITE, Linux 5.14; mmap has no name for it
DIRTY_LIMITS = ("dirty", "dirty_background")  # each: _ratio, % of what is free or holds files; or _bytes
VM = pathlib.Path("/proc/sys/vm")


def memory_bytes(field):
    text = pathlib.Path("/proc/meminfo").read_text(encoding="ascii")
    return int(text.split(f"{field}:", 1)[1].split(maxsplit=1)[0]) << 10


def set_dirty_limits(ratios):
    for name, ratio in ratios.items():
        limit = memory_bytes("MemTotal") * ratio // 100
        (VM / f"{name}_bytes").write_text(str(limit), encoding="ascii")


@contextlib.contextmanager
def dirty_limits_of_all_memory():
    """Where they may be set, and nobody has set bytes."""
    ratios = {name: int((VM / f"{name}_ratio").read_text(encoding="ascii")) for name in DIRTY_LIMITS}
    ratios = {name: ratio for name, ratio in ratios.items() if ratio}
    try:
        set_dirty_limits(ratios)
    except OSError as error:
        print(f"{error}: brokers will be made to wait for the disk", file=sys.stderr, flush=True)
        ratios = {}
    try:
        yield
    finally:
        for name, ratio in ratios.items():
            (VM / f"{name}_ratio").write_text(str(ratio), encoding="ascii")


def take(held):
    chunk = mmap.mmap(-1, CHUNK, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    chunk.madvise(mmap.MADV_HUGEPAGE)
    chunk.madvise(POPULATE_WRITE)
    held.append(chunk)


def hold(target):
    """All but `target` bytes, until stdin ends."""
    held, is_taking = [], False
    while True:
        surplus = memory_bytes("MemFree") - target
        while surplus < 0 and held:
            held.pop().close()
            surplus += CHUNK
        if is_taking and surplus < 2 * CHUNK:
            print("warm", flush=True)
            is_taking = False
        if is_taking:
            take(held)  # one at a time: somebody may want memory meanwhile
        if select.select([sys.stdin], [], [], 0 if is_taking else PERIOD_S)[0]:
            if not os.read(sys.stdin.fileno(), 100):
                return
            is_taking = True


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--free-mib", type=int, default=1024, help="that are left free")
    target = parser.parse_args().free_mib << 20
    pathlib.Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")
    with dirty_limits_of_all_memory():
        hold(target)


if __name__ == "__main__":
    main()
