"""What is written in `__consumer_offsets`, in a stopped broker's directory: read by the schemas inside
Apache's jars."""

import dataclasses
import struct

import wire

HEADER = struct.Struct(">qiibIhiqqqhii")
CODEC, CONTROL = 7, 0x20
# Of other coordinators' logs, with numbers of their own.
FOREIGN = ("TransactionLog", "ShareSnapshot", "ShareUpdate")


@dataclasses.dataclass(frozen=True)
class Entry:
    """A record. `kind` is the schema's name without Key; `value` is None for a tombstone."""

    partition: int
    offset: int
    timestamp: int
    kind: str
    key: dict
    value: dict | None


def varint(reader):
    value = reader.uvarint()
    return value >> 1 ^ -(value & 1)


def batches(content):
    """(base offset, first timestamp, attributes, count, bytes of the records) of a log file."""
    at = 0
    while at + HEADER.size <= len(content):
        (base, length, _, _, _, attributes, _, first, _, _, _, _,
         count) = HEADER.unpack_from(content, at)
        if length == 0 or at + 12 + length > len(content):
            return
        yield base, first, attributes, count, content[at + HEADER.size:at + 12 + length]
        at += 12 + length


def records(content):
    """(offset, timestamp, key, value) of the records of a log file that is not compressed."""
    for base, first, attributes, count, data in batches(content):
        if attributes & CODEC:
            raise ValueError(f"the batch at {base} is compressed")
        reader = wire.Reader(data)
        for _ in range(0 if attributes & CONTROL else count):
            varint(reader)  # length
            reader.take(1)
            timestamp, offset = first + varint(reader), base + varint(reader)
            key, value = (None if size < 0 else reader.take(size)
                          for size in _sizes(reader))
            for _ in range(varint(reader)):
                reader.take(varint(reader))
                reader.take(max(varint(reader), 0))
            yield offset, timestamp, key, value


def _sizes(reader):
    """The size before the key, then, when that is read, the one before the value."""
    yield varint(reader)
    yield varint(reader)


class Log:
    """Reads the logs of all partitions."""

    def __init__(self, schemas):
        self.values = schemas.others
        self.kinds = {message.key: name.removesuffix("Key")
                      for name, message in schemas.others.items()
                      if name.endswith("Key") and message.key is not None
                      and name.removesuffix("Key") not in FOREIGN}

    def entries(self, data, partitions=range(50)):
        """All records, by partition in the order of their log."""
        found = []
        for partition in partitions:
            folder = data / f"__consumer_offsets-{partition}"
            for path in sorted(folder.glob("*.log")):
                for offset, timestamp, key, value in records(path.read_bytes()):
                    found.append(self.entry(partition, offset, timestamp, key, value))
        return found

    def entry(self, partition, offset, timestamp, key, value):
        kind_number, = struct.unpack(">h", key[:2])
        kind = self.kinds[kind_number]
        return Entry(partition, offset, timestamp, kind,
                     self.values[f"{kind}Key"].decode(0, key[2:]),
                     None if value is None else self.value(kind, value))

    def value(self, kind, data):
        version, = struct.unpack(">h", data[:2])
        return self.values[f"{kind}Value"].decode(version, data[2:])


def classic_assignment(data):
    """{topic: [partition]} of a member's assignment in the embedded consumer protocol."""
    if not data:
        return {}
    reader = wire.Reader(data)
    reader.int16()
    found = {}
    for _ in range(reader.int32()):
        topic = reader.take(reader.int16()).decode()
        found[topic] = [reader.int32() for _ in range(reader.int32())]
    return found
