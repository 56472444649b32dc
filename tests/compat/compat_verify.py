"""`moldau log verify` finds nothing wrong with what Apache Kafka has written, after a clean stop and
after a kill, and finds a flipped bit in it."""

import json

import kafka_rig
import processes
import records
from compat_clients import create, produce
from compat_compaction import FEATURES, TOPIC, TOPIC_SETTINGS, changes, wait_until_cleaned
from processes import expect
from registry import compat_test

CODECS = ("none", "gzip", "snappy", "lz4", "zstd")
VERIFY_LIMIT_S = 60


def verify(rig, *paths):
    """(exit code, findings, summary)."""
    code, out, err = processes.run("verify", [str(rig.moldau), "log", "verify", "--format", "json",
                                              *map(str, paths)], rig.directory, VERIFY_LIMIT_S)
    lines = [json.loads(line) for line in out.splitlines()]
    expect(lines and lines[-1]["kind"] == "summary", f"no summary: {out}{err}")
    return code, lines[:-1], lines[-1]


def expect_clean(rig, what, *paths, warnings=()):
    """No damage, and no warnings but those with one of the texts."""
    code, findings, summary = verify(rig, *paths)
    bad = [one for one in findings
           if one["kind"] == "damage" or not any(text in one["what"] for text in warnings)]
    expect(not bad and code == 0, f"{what}: exit code {code}, {bad[:5]}")
    return summary


def expect_refused(rig, path):
    """A directory that somebody has open, of whatever brand: not a byte of it is judged."""
    code, out, err = processes.run("verify", [str(rig.moldau), "log", "verify", str(path)],
                                   rig.directory, VERIFY_LIMIT_S)
    expect(code == 1 and "a broker has it open" in err,
           f"a directory in use is not refused: exit code {code}\n{out}{err}")


def fill(rig, server):
    """A topic of each codec with several segments, a compacted one, transactions."""
    for seed, codec in enumerate(CODECS):
        create(rig, server, codec, "--config", f"segment.bytes={1 << 20}",
               "--config", "retention.ms=-1", "--config", "index.interval.bytes=1000", partitions=1)
        produce(rig, server, codec, records.random_records(seed, 1_500, 1),
                f"compression.type={codec}")
    create(rig, server, TOPIC, *(word for key, value in TOPIC_SETTINGS.items()
                                 for word in ("--config", f"{key}={value}")), partitions=1)
    produce(rig, server, TOPIC, changes(7), "compression.type=lz4")
    wait_until_cleaned(server)


def flip(path, position):
    with open(path, "r+b") as file:
        file.seek(position)
        byte = file.read(1)[0]
        file.seek(position)
        file.write(bytes([byte ^ 4]))


def check_flips(rig, data):
    """One bit at a time, somewhere in a segment, an index and a snapshot."""
    folder = data / "zstd-0"
    log = sorted(folder.glob("*.log"))[0]
    index = sorted(folder.glob("*.index"))[0]
    snapshot = sorted(folder.glob("*.snapshot"))[-1]
    for path, position in ((log, log.stat().st_size // 2), (index, 15), (snapshot, 20)):
        flip(path, position)
        code, findings, _ = verify(rig, folder)
        expect(code == 1 and any(one["kind"] == "damage" and one["file"] == str(path)
                                 for one in findings),
               f"a bit in {path.name}: exit code {code}, {findings}")
        flip(path, position)


@compat_test(limit_s=300, against=("moldau",))
def test_verify_of_apaches_directory(rig):
    """Five codecs, a compacted topic, transactions; after a kill and after a clean stop."""
    settings = rig.settings(log_cleaner_backoff_ms=100, log_flush_offset_checkpoint_interval_ms=500)
    apache = kafka_rig.Apache(rig, "apache", settings)
    apache.format(**FEATURES)
    apache.start()
    fill(rig, apache)
    create(rig, apache, "transactions", "--config", "index.interval.bytes=100", partitions=1)
    classpath, main = rig.program("Transactions")
    rig.java("transactions", classpath, main, [apache.address, "transactions", "20"])
    expect_refused(rig, apache.data)
    apache.kill()
    expect_clean(rig, "Apache, killed", apache.data, warnings=("",))
    apache.start()
    apache.stop()
    expect((apache.data / ".kafka_cleanshutdown").exists(), "Apache did not stop cleanly")
    summary = expect_clean(rig, "Apache, stopped", apache.data)
    expect(summary["records"] > 7_500 and summary["segments"] > 60, f"checked: {summary}")
    check_flips(rig, apache.data)


@compat_test(limit_s=200, against=("moldau",))
def test_verify_of_our_directory(rig):
    """The same of ours, without the transactions that we do not serve yet."""
    server = kafka_rig.Moldau(rig, "moldau", rig.settings(log_cleaner_backoff_ms=100)).start()
    fill(rig, server)
    expect_refused(rig, server.data)
    server.kill()
    expect_clean(rig, "Moldau, killed", server.data, warnings=("",))
    server.start()
    server.stop()
    expect_clean(rig, "Moldau, stopped", server.data)
    check_flips(rig, server.data)
