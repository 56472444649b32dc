"""Record batches (magic 2) made by hand, and Produce v9 around them: for batches that no client
library would send."""

import struct

import wire

PRODUCE = 0

NO_ERROR = 0
CORRUPT_MESSAGE = 2
INVALID_TXN_STATE = 48
INVALID_RECORD = 87

TRANSACTIONAL = 0x10
CONTROL = 0x20
# The key of a control record: version 0, type 1 = commit. Its value: version 0, coordinator epoch.
COMMIT_KEY = struct.pack(">hh", 0, 1)
COMMIT_VALUE = struct.pack(">hi", 0, 0)


def _crc32c_table():
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
        table.append(byte)
    return table


CRC32C = _crc32c_table()


def crc32c(data):
    value = 0xFFFFFFFF
    for byte in data:
        value = value >> 8 ^ CRC32C[(value ^ byte) & 0xFF]
    return value ^ 0xFFFFFFFF


def zigzag(value):
    return wire.uvarint(value << 1 if value >= 0 else (-value << 1) - 1)


def record_batch(records, attributes=0, producer_id=-1, producer_epoch=-1, sequence=-1,
                 timestamp=1_700_000_000_000):
    """A batch of (key, value) pairs, uncompressed."""
    body = b""
    for delta, (key, value) in enumerate(records):
        one = (b"\0" + zigzag(0) + zigzag(delta) + zigzag(len(key)) + key + zigzag(len(value))
               + value + zigzag(0))
        body += zigzag(len(one)) + one
    checked = struct.pack(">hiqqqhii", attributes, len(records) - 1, timestamp, timestamp,
                          producer_id, producer_epoch, sequence, len(records)) + body
    rest = struct.pack(">ibI", -1, 2, crc32c(checked)) + checked
    return struct.pack(">qi", 0, len(rest)) + rest


def produce(address, topic, partition, batch, transactional_id=None):
    """Produce v9 with acks=all: (error code, base offset, error message)."""
    name = b"\0" if transactional_id is None else wire.compact_string(transactional_id)
    body = (name + struct.pack(">hi", -1, 10_000) + wire.uvarint(2) + wire.compact_string(topic)
            + wire.uvarint(2) + struct.pack(">i", partition) + wire.uvarint(len(batch) + 1) + batch
            + b"\0\0\0")
    reader = wire.call(address, PRODUCE, 9, body, flexible=True)
    reader.uvarint()  # topics
    reader.compact_string()
    reader.uvarint()  # partitions
    reader.int32()
    error = reader.int16()
    base_offset = reader.int64()
    reader.int64()  # log append time
    reader.int64()  # log start offset
    for _ in range(reader.uvarint() - 1):
        reader.int32()
        reader.compact_string()
        reader.tags()
    return error, base_offset, reader.compact_string()
