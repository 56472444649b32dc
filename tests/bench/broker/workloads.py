"""What the broker benchmark runs: a base case and, from it, one thing at a time."""

import dataclasses

KIB = 1024


@dataclasses.dataclass(frozen=True)
class Workload:
    """One cell of the tables. What is not named is as in the base case."""

    name: str
    stands_for: str
    size: int = KIB  # bytes of a record's value
    partitions: int = 16
    producers: int = 4
    linger_ms: int = 5
    acks: str = "all"
    codec: str = "none"
    keys: str = "none"  # or roundrobin: 1,000 keys, or 16 for each partition
    idempotence: bool = True
    consumers: int = 0  # at the head, each reads everything
    readers: int = 0  # of what was there before, which is not in the page cache
    reader_mb_s: int = 0  # each; 0: as much as it can
    prefill_mb: int = 0
    connections: int = 0  # idle ones
    load: float = 0  # fraction of the slower broker's maximum; 0: as much as there is room for
    maximum_of: str = "1 KiB"  # the workload that tells that maximum
    generator: str = "librdkafka"  # raw, java-producer, java-consumer, java-latency
    depth: int = 5  # raw: requests under way on each connection
    batch_records: int = 16  # raw
    world: str = "plain"
    topic: tuple = ()  # its configuration
    settings: tuple = ("fsync", "cache")
    quick: bool = False
    bare: bool = False  # the bare loop gets the same bytes


# What a broker's life has that the others have not. Apache's own defaults otherwise.
WORLDS = {
    "plain": {},
    "retention": {"log.retention.check.interval.ms": 500},
    "idle partitions": {},
}
IDLE_PARTITIONS = 10_000


def _table():
    base = Workload("1 KiB", "the base case: 16 partitions, 4 producers, linger 5 ms, acks=all, "
                    "idempotent, no keys, no compression", quick=True)

    def but(name, stands_for, **changes):
        return dataclasses.replace(base, name=name, stands_for=stands_for,
                                   **{"quick": False, **changes})

    yield base
    yield but("100 B", "small records: events, readings", size=100)
    yield but("10 KiB", "documents", size=10 * KIB)
    yield but("round-robin keys", "keyed records; batches fill in all partitions", keys="roundrobin")
    for count in (1, 256, 1000):
        yield but(f"{count} partitions", "a flush covers one file, or many", partitions=count,
                  keys="roundrobin" if count > 1 else "none")
    yield but("1 producer", "one pipeline", producers=1)
    yield but("50 producers", "many services", producers=50)
    yield but("100 B, linger 0, 50 producers", "nobody waits to fill a batch: requests are tiny",
              size=100, linger_ms=0, producers=50, quick=True)
    yield but("linger 0", "records are sent at once", linger_ms=0)
    yield but("acks=1", "the old default; without idempotence, which needs all", acks="1",
              idempotence=False)
    yield but("not idempotent", "a producer without sequence numbers", idempotence=False)
    for codec in ("lz4", "zstd"):
        yield but(codec, "batches that the producer compresses", codec=codec)
    yield but("one consumer", "what is produced is consumed once", consumers=1, quick=True)
    yield but("three consumers", "what is produced is consumed three times", consumers=3)
    for percent in (10, 50, 80):
        yield but(f"1 KiB at {percent} %", "latency of a broker that is not full, and end to end",
                  load=percent / 100, consumers=1, quick=percent == 50)
        yield but(f"100 B, linger 0, 50 producers at {percent} %", "the same of tiny requests",
                  size=100, linger_ms=0, producers=50, load=percent / 100,
                  maximum_of="100 B, linger 0, 50 producers")
    yield but("catch-up readers at 50 %", "two readers of cold data, 75 MB/s each, while others "
              "produce", load=0.5, readers=2, reader_mb_s=75, prefill_mb=2_000)
    yield but("retention at 50 %", "segments are deleted while others produce", load=0.5,
              world="retention", topic=(("segment.bytes", 4 << 20), ("retention.bytes", 8 << 20)))
    yield but("10,000 idle partitions", "a broker that holds much and is used little",
              world="idle partitions", settings=("fsync",))
    yield but("10,000 idle partitions at 50 %", "the same, latency", world="idle partitions",
              settings=("fsync",), load=0.5)
    yield but("5,000 idle connections", "clients that wait", connections=5_000)
    yield but("5,000 idle connections at 50 %", "the same, latency", connections=5_000, load=0.5)
    for count in (1, 16, 256, 1000):
        yield but(f"raw 16 KiB batches, {count} partitions", "requests made beforehand, next to the "
                  "bare loop", generator="raw", partitions=count, quick=count == 16, bare=True,
                  producers=8, depth=32 if count > 1 else 5)
    yield but("raw 100 B records one by one, 50 connections", "requests of one record, next to the "
              "bare loop", generator="raw", size=100, batch_records=1, producers=50, depth=5, bare=True)
    yield but("kafka-producer-perf-test", "Apache's own producer", generator="java-producer")
    yield but("kafka-consumer-perf-test", "Apache's own consumer, from the page cache",
              generator="java-consumer", prefill_mb=1_000)
    yield but("kafka-e2e-latency", "Apache's own round trip, one record at a time",
              generator="java-latency", partitions=1, size=100)


TABLE = tuple(_table())
