#!/usr/bin/env python3
"""Deletes each sync call in turn and shows that the power cut test finds it:
delete_each_sync.py --broker PATH --shim PATH [--rounds N] [--only TEXT].

A sync is deleted by letting the shim not count it (POWERCUT_IGNORE), which for what a power cut may
leave is the same. First each of the three calls in env/real; then, by the path that it is made for,
each place that makes such a call. Prints which round broke and ends with 1 if one survived that
should not have.

These do no harm alone, and are printed as such:
- replication-offset-checkpoint and log-start-offset-checkpoint, contents: high watermarks are found
  again from the log, and no round sends DeleteRecords, which is what moves log starts (its promise
  has tests in storage and broker only), so that the files stay empty or are written once. The file that such a rename replaces is torn only if its data had not
  been written, which is why they are synced.
- indexes and producer snapshots of sealed segments: needed below the recovery point only, where a
  start does not read the log again. Whether a look-up hits a lost entry depends on the round.
- the clean shutdown file: what a power cut leaves of it that cannot be read is an unclean stop.
"""

import copy
import sys
import time

import broker_power_cut_test as power_cut

LOGS = "data/[!_]*-*/*"

# What to ignore, what it is, whether it must be found.
CASES = (
    ("fdatasync", "File::datasync in env/real", True),
    ("fsync", "Disk::sync_directory in env/real", True),
    ("syncfs", "Disk::sync_file_system in env/real", True),
    (f"fdatasync:{LOGS}.log", "segments of topics, flush round", True),
    ("fdatasync:data/__cluster_metadata-0/*.log", "metadata log, flush round", True),
    ("fdatasync:*/meta.properties.tmp", "meta.properties, format", True),
    ("fdatasync:*/bootstrap.checkpoint.tmp", "bootstrap.checkpoint, format", True),
    ("fdatasync:data/__cluster_metadata-0/*.checkpoint.tmp", "voters, format", True),
    ("fdatasync:data/__cluster_metadata-0/*.part", "metadata snapshots", True),
    ("fdatasync:*/quorum-state.tmp", "quorum-state", True),
    ("fdatasync:*/recovery-point-offset-checkpoint.tmp", "recovery points", True),
    ("fdatasync:*/leader-epoch-checkpoint.tmp", "leader epochs", True),
    (f"fdatasync:{LOGS}partition.metadata", "partition.metadata, new partition", True),
    ("fsync:", "the parent of the log directory", True),
    ("fsync:data", "names in the log directory", True),
    ("fsync:data/__cluster_metadata-0", "names beside the metadata log", True),
    ("fsync:data/[!_]*", "names in partitions", True),
    ("fdatasync:*/replication-offset-checkpoint.tmp", "high watermarks", False),
    ("fdatasync:*/log-start-offset-checkpoint.tmp", "log starts", False),
    (f"fdatasync:{LOGS}index", "offset and time indexes", False),
    (f"fdatasync:{LOGS}.snapshot", "producer snapshots", False),
    ("fdatasync:*/.kafka_cleanshutdown.tmp", "clean shutdown", False),
)


def first_line(text):
    return " ".join(text.split())[:110]


def main():
    parser = power_cut.parser()
    parser.add_argument("--only", default="", help="cases whose pattern contains this")
    options = parser.parse_args()
    survivors = 0
    for pattern, what, must in CASES:
        if options.only not in pattern:
            continue
        one = copy.copy(options)
        # A sync of one file counts for nothing as long as a syncfs makes up for it.
        one.ignore, one.flush_strategy = pattern, "syncfs" if pattern == "syncfs" else "fdatasync"
        one.keep = None
        began = time.monotonic()
        done, _, broken = power_cut.run(one)
        result = f"round {done}" if broken else f"not in {done} rounds"
        print(f"{pattern:<55} {what:<36} {result:<17} {time.monotonic() - began:4.0f} s  "
              f"{first_line(broken) if broken else '' if must else '(expected)'}", flush=True)
        survivors += must and not broken
    sys.exit(1 if survivors else 0)


if __name__ == "__main__":
    main()
