"""Compacted topics: what Apache's cleaner leaves we serve and clean further, and the other way round,
and Apache's tools find nothing wrong with the segments that ours has made."""

import random

import kafka_rig
from compat_clients import consume, create, produce
from compat_dump_log import dump
from processes import expect, wait_until
from records import Record, difference
from registry import compat_test

TOPIC = "compacted"
# 1 MiB is the least that Kafka allows for segment.bytes.
TOPIC_SETTINGS = {"cleanup.policy": "compact", "segment.bytes": 1 << 20,
                  "min.cleanable.dirty.ratio": 0.01, "delete.retention.ms": 100}
RECORDS_EACH_LEG = 3_000
KEYS = 300
CLEANED_LIMIT_S = 60
# What a directory of Apache's has that we do not serve yet.
FEATURES = {"eligible_leader_replicas_version": 0, "group_version": 0, "transaction_version": 0,
            "share_version": 0, "streams_version": 0}
CODECS = ("none", "lz4", "zstd")


def changes(seed):
    """About 3 MB: few keys, many values, a tombstone now and then; values that do not compress."""
    rng = random.Random(seed)
    made = []
    for number in range(RECORDS_EACH_LEG):
        key = b"key-%d" % rng.randrange(KEYS)
        value = None if rng.randrange(10) == 0 else rng.randbytes(rng.randrange(1, 2_000))
        made.append(Record(0, 1_700_000_000_000 + number, key, value))
    return made


def check_compacted(sent, found, what):
    """Every record that is left is where it was sent; the newest of each key is left, unless it
    is a tombstone with nothing before it."""
    last = -1
    left = {}
    for offset, record in found:
        expect(offset > last, f"{what}: offset {offset} after {last}")
        expect(sent[offset] == record, f"{what}: at {offset}: {difference(sent[offset], record)}")
        last = offset
        left.setdefault(record.key, []).append(offset)
    newest = {record.key: offset for offset, record in enumerate(sent)}
    for key, offset in newest.items():
        offsets = left.get(key, [])
        gone = sent[offset].value is None and not offsets
        expect(gone or (offsets and offsets[-1] == offset),
               f"{what}: {key} is newest at {offset}, left are {offsets}")


def clean_offset(server, wanted=TOPIC):
    """What cleaner-offset-checkpoint says of the topic's partition."""
    path = server.data / "cleaner-offset-checkpoint"
    lines = path.read_text().split("\n") if path.exists() else []
    entries = [line.rsplit(" ", 2) for line in lines[2:] if line]
    return next((int(offset) for topic, _, offset in entries if topic == wanted), 0)


def wait_until_cleaned(server):
    """Up to the active segment."""
    folder = server.data / f"{TOPIC}-0"

    def is_clean():
        # A segment may be on its way to another name.
        active = max(int(path.stem) for path in folder.glob("*.log"))
        return active > 0 and clean_offset(server) >= active

    wait_until(is_clean, CLEANED_LIMIT_S, f"{server.name} has cleaned {TOPIC}")


def check_files(rig, server):
    """The tools' opinion of the segments of a stopped broker."""
    folder = server.data / f"{TOPIC}-0"
    odd = [path.name for path in folder.iterdir() if path.suffix in (".cleaned", ".swap")]
    expect(not odd, f"half-made files are left: {odd}")
    # That offsets are missing is what compaction does.
    dump(rig, sorted(folder.glob("*.log")), "--deep-iteration",
         accepted=("Non-consecutive offsets",))
    indexes = sorted(folder.glob("*.index")) + sorted(folder.glob("*.timeindex"))
    dump(rig, indexes)
    dump(rig, indexes, "--index-sanity-check")
    dump(rig, sorted(folder.glob("*.snapshot")))


def run_legs(rig, brands, end):
    """One directory, served by one brand after the other; each takes records, cleans, is checked
    and ended by `end`."""
    settings = rig.settings(log_cleaner_backoff_ms=100, log_flush_offset_checkpoint_interval_ms=500)
    sent = []
    for leg, brand in enumerate(brands):
        if brand == "apache":
            server = kafka_rig.Apache(rig, f"apache-{leg}", settings)
            if leg == 0:
                server.format(**FEATURES)
        else:
            server = kafka_rig.Moldau(rig, f"moldau-{leg}", settings)
        server.start()
        if leg == 0:
            create(rig, server, TOPIC, *(word for key, value in TOPIC_SETTINGS.items()
                                         for word in ("--config", f"{key}={value}")), partitions=1)
        else:
            check_compacted(sent, consume(rig, server, TOPIC), f"{server.name}, what it found")
        more = changes(leg)
        produce(rig, server, TOPIC, more, f"compression.type={CODECS[leg % len(CODECS)]}")
        sent += more
        wait_until_cleaned(server)
        found = consume(rig, server, TOPIC)
        expect(len(found) < RECORDS_EACH_LEG, f"{server.name} leaves {len(found)} records")
        check_compacted(sent, found, f"{server.name}, cleaned")
        end(server)
        if brand == "moldau" and end is kafka_rig.Server.stop:
            check_files(rig, server)
        if brand == "apache":
            log = server.process.errors() + server.process.output()
            for bad in ("Error in dedupe", "Failed to clean", "Corrupt", "Fatal"):
                expect(bad not in log, f"Apache's log: {log[max(0, log.find(bad) - 300):][:900]}")


@compat_test(limit_s=300, against=("moldau",))
def test_compaction_ours_then_apaches(rig):
    """Moldau, Apache, Moldau, each stopped cleanly."""
    run_legs(rig, ("moldau", "apache", "moldau"), kafka_rig.Server.stop)


@compat_test(limit_s=300, against=("moldau",))
def test_compaction_with_sigkill(rig):
    """Apache, Moldau, Apache, Moldau, each killed."""
    run_legs(rig, ("apache", "moldau", "apache", "moldau"), kafka_rig.Server.kill)
