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
"""

import argparse
import mmap
import os
import pathlib
import select
import sys

CHUNK = 16 << 20
PERIOD_S = 0.02  # a broker that writes 1 GB/s takes 20 MB meanwhile
POPULATE_WRITE = 23  # MADV_POPULATE_WRITE, Linux 5.14; mmap has no name for it


def free_bytes():
    text = pathlib.Path("/proc/meminfo").read_text(encoding="ascii")
    return int(text.split("MemFree:", 1)[1].split(maxsplit=1)[0]) << 10


def take(held):
    chunk = mmap.mmap(-1, CHUNK, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    chunk.madvise(mmap.MADV_HUGEPAGE)
    chunk.madvise(POPULATE_WRITE)
    held.append(chunk)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--free-mib", type=int, default=1024, help="that are left free")
    target = parser.parse_args().free_mib << 20
    pathlib.Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")
    held, is_taking = [], False
    while True:
        surplus = free_bytes() - target
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


if __name__ == "__main__":
    main()
