"""Records as the Java programs write and read them (java/Lines.java), seeded random ones, and the
comparison of what went in with what came out."""

import dataclasses
import random

from processes import expect


@dataclasses.dataclass(frozen=True)
class Record:
    """What a client gives to a producer. `headers` is a tuple of (name, bytes or None)."""

    partition: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: tuple = ()

    def line(self):
        headers = ",".join(f"{_hex(name.encode())}:{_hex(value)}" for name, value in self.headers)
        partition = "-" if self.partition is None else self.partition
        timestamp = "-" if self.timestamp is None else self.timestamp
        return f"{partition}\t-\t{timestamp}\t{_hex(self.key)}\t{_hex(self.value)}\t{headers}\n"


def _hex(data):
    return "-" if data is None else data.hex()


def _bytes(field):
    return None if field == "-" else bytes.fromhex(field)


def parse(text):
    """The output of Consume: a list of (offset, Record) in the order in which it was read."""
    found = []
    for line in text.splitlines():
        partition, offset, timestamp, key, value, headers = line.split("\t")
        pairs = (header.split(":") for header in headers.split(",") if header)
        found.append((int(offset), Record(
            int(partition), int(timestamp), _bytes(key), _bytes(value),
            tuple((_bytes(name).decode(), _bytes(value)) for name, value in pairs))))
    return found


def by_partition(found):
    """{partition: [(offset, Record)]}, order kept."""
    partitions = {}
    for offset, record in found:
        partitions.setdefault(record.partition, []).append((offset, record))
    return partitions


def random_records(seed, count, partitions):
    """Records of every shape: null and empty keys and values, large values, text and noise,
    headers that repeat a name or have no value, timestamps that go back."""
    rng = random.Random(seed)
    words = [bytes(rng.choices(b"abcdefghij ", k=rng.randrange(3, 12))) for _ in range(50)]
    # Not in the future: brokers have a limit on that.
    now = 1_700_000_000_000
    result = []
    for number in range(count):
        key = rng.choice([None, b"", b"key-%d" % rng.randrange(20), rng.randbytes(8)])
        shape = rng.randrange(20)
        if shape == 0:
            value = None
        elif shape == 1:
            value = b""
        elif shape == 2:
            value = rng.randbytes(rng.randrange(10_000, 100_000))
        elif shape < 10:
            value = b" ".join(rng.choices(words, k=rng.randrange(1, 200)))
        else:
            value = rng.randbytes(rng.randrange(1, 200))
        headers = tuple((rng.choice(["trace", "schéma", "trace"]),
                         rng.choice([None, b"", rng.randbytes(12)]))
                        for _ in range(rng.choice([0, 0, 0, 1, 3])))
        timestamp = now + number * 10 - rng.randrange(5_000)
        result.append(Record(rng.randrange(partitions), timestamp, key, value, headers))
    return result


def difference(sent, read):
    """The first field that differs, in words."""
    for field in dataclasses.fields(sent):
        one, other = getattr(sent, field.name), getattr(read, field.name)
        if one != other:
            return f"sent {field.name} {str(one)[:300]}, read {str(other)[:300]}"
    return "equal"


def check_equal(sent, found, what):
    """The partitions hold exactly the records that were sent to them, in the order of sending,
    at consecutive offsets from 0."""
    got = by_partition(found)
    expect(len(found) == len(sent), f"{what}: {len(found)} records, sent {len(sent)}")
    for partition in {record.partition for record in sent}:
        want = [record for record in sent if record.partition == partition]
        rows = got.get(partition, [])
        offsets = [offset for offset, _ in rows]
        expect(offsets == list(range(len(want))),
               f"{what}: partition {partition} has offsets {offsets[:3]}..{offsets[-3:]}")
        for index, (record, (_, read)) in enumerate(zip(want, rows)):
            expect(record == read,
                   f"{what}: partition {partition} offset {index}: {difference(record, read)}")
