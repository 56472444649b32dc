"""kafka-dump-log reads our segments, indexes, snapshots and metadata log without complaint."""

import re

import records
from compat_clients import create, produce
from processes import Failure, expect
from registry import compat_test

# What the tool prints when it dislikes something.
COMPLAINTS = ("Mismatches in", "Non-consecutive offsets", "are not found in", "out of order",
              "timestamp mismatch", "invalid bytes", "isvalid: false", "Exception", "Corrupt",
              "Unable to", "Could not", "Failed")
# 1 MiB is the least that Kafka allows for segment.bytes.
SEGMENT_BYTES = 1 << 20


def dump(rig, files, *options, accepted=()):
    """The tool's output for the files, having checked that it contains no complaint but those that
    are accepted."""
    expect(files, f"no files to dump with {options}")
    text = rig.tool("kafka-dump-log", *options, "--files", ",".join(map(str, files)))
    for complaint in COMPLAINTS:
        if complaint in text and complaint not in accepted:
            where = text.index(complaint)
            raise Failure(f"kafka-dump-log {options} complains: ...{text[where:where + 600]}")
    for file in files:
        expect(f"Dumping {file}" in text or str(file) in text, f"nothing about {file}")
    return text


def check_leader_epochs(path):
    """The checkpoint of leader epochs: version 0, the number of entries, then epochs and start
    offsets that rise."""
    lines = path.read_text().split("\n")
    expect(lines[0] == "0" and lines[-1] == "", f"{path} is {lines}")
    entries = [tuple(map(int, line.split(" "))) for line in lines[2:-1]]
    expect(entries and int(lines[1]) == len(entries), f"{path} has {len(entries)} entries: {lines}")
    expect(entries == sorted(entries) and len({epoch for epoch, _ in entries}) == len(entries),
           f"{path} does not rise: {entries}")


def check_topic_files(rig, folder, count):
    """Every file of a partition's folder; `count` records must be in its log."""
    logs = sorted(folder.glob("*.log"))
    expect(len(logs) > 1, f"only {len(logs)} segments")
    for options in ((), ("--deep-iteration",), ("--print-data-log",)):
        text = dump(rig, logs, *options)
    printed = len(re.findall(r"^\| offset: ", text, re.MULTILINE))
    expect(printed == count, f"{printed} records in the dump, {count} were produced")
    indexes = sorted(folder.glob("*.index")) + sorted(folder.glob("*.timeindex"))
    expect(len(indexes) == 2 * len(logs), f"{len(indexes)} indexes of {len(logs)} segments")
    expect(all(index.stat().st_size > 0 for index in indexes[:len(logs) - 1]),
           "an offset index of a full segment is empty")
    dump(rig, indexes)
    dump(rig, indexes, "--verify-index-only")
    sane = dump(rig, indexes, "--index-sanity-check").count("passed sanity check")
    expect(sane == len(indexes), f"{sane} of {len(indexes)} indexes pass the sanity check")
    snapshots = dump(rig, sorted(folder.glob("*.snapshot")))
    expect("producerId:" in snapshots, f"no producer in the snapshots: {snapshots}")
    check_leader_epochs(folder / "leader-epoch-checkpoint")


def check_metadata_files(rig, server):
    """The metadata log and its snapshots, decoded."""
    folder = server.data / "__cluster_metadata-0"
    text = dump(rig, sorted(folder.glob("*.log")), "--cluster-metadata-decoder",
                "--deep-iteration")
    for wanted in ("LeaderChange", "KRaftVoters", "FEATURE_LEVEL_RECORD", "REGISTER_BROKER_RECORD",
                   '"name":"segments"', "PARTITION_RECORD"):
        expect(wanted in text, f"no {wanted} in the metadata log")
    text = dump(rig, sorted(folder.glob("*.checkpoint")), "--cluster-metadata-decoder")
    for wanted in ("SnapshotHeader", "SnapshotFooter"):
        expect(wanted in text, f"no {wanted} in the metadata snapshots")
    check_leader_epochs(folder / "leader-epoch-checkpoint")
    if server.brand == "moldau":  # Apache does not close the metadata log's indexes
        indexes = sorted(folder.glob("*.index")) + sorted(folder.glob("*.timeindex"))
        dump(rig, indexes)
        dump(rig, indexes, "--index-sanity-check")


@compat_test(limit_s=300)
def test_dump_log(rig):
    """Segments of two codecs and two runs of the broker, after a clean stop."""
    server = rig.server().start()
    create(rig, server, "segments", "--config", f"segment.bytes={SEGMENT_BYTES}", partitions=1)
    sent = []
    for seed, codec in enumerate(("none", "lz4")):
        some = records.random_records(seed, 1_500, 1)
        produce(rig, server, "segments", some, f"compression.type={codec}")
        sent += some
        server.stop()
        if seed == 0:
            server.start()
    check_topic_files(rig, server.data / "segments-0", len(sent))
    check_metadata_files(rig, server)
