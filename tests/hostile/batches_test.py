"""Record batches and topic names that are wrong: the right error code with words, nothing of it on
the disk, and no memory kept."""

import gzip
import re
import struct

import hostile_rig  # also finds the folders of the next ones
import batch
import wire
from broker_wire import BODY_AT, LIST_OFFSETS, METADATA, TAGS, string
from hostile_rig import (CORRUPT_MESSAGE, INVALID_RECORD, INVALID_TOPIC, MESSAGE_TOO_LARGE, MIB, NONE,
                         OFFSET_OUT_OF_RANGE, UNKNOWN_TOPIC_OR_PARTITION,
                         UNSUPPORTED_COMPRESSION_TYPE, Topic)
from processes import expect

# Where the fields of a batch's header are.
BASE_OFFSET, LENGTH, MAGIC, CRC, ATTRIBUTES, LAST_DELTA, COUNT = 0, 8, 16, 17, 21, 23, 57
HEADER_BYTES = 61
GZIP, SNAPPY, LZ4, ZSTD = 1, 2, 3, 4
GOOD = batch.record_batch([(b"k", b"good"), (b"k", b"too")])


def with_crc(data):
    """The batch with its checksum made right."""
    data = bytearray(data)
    struct.pack_into(">I", data, CRC, batch.crc32c(bytes(data[ATTRIBUTES:])))
    return bytes(data)


def patched(at, form, value, right_crc=True):
    data = bytearray(GOOD)
    struct.pack_into(">" + form, data, at, value)
    return with_crc(data) if right_crc else bytes(data)


def with_records(codec, area, records=1):
    """A batch whose records area is this."""
    header = bytearray(GOOD[:HEADER_BYTES])
    struct.pack_into(">i", header, LENGTH, HEADER_BYTES - 12 + len(area))
    struct.pack_into(">h", header, ATTRIBUTES, codec)
    struct.pack_into(">i", header, LAST_DELTA, records - 1)
    struct.pack_into(">i", header, COUNT, records)
    return with_crc(bytes(header) + area)


def expanding(size):
    """A batch of one record of so many zeros, compressed a thousandfold."""
    value = (b"\0" + batch.zigzag(0) + batch.zigzag(0) + batch.zigzag(-1) + batch.zigzag(size)
             + bytes(size) + batch.zigzag(0))
    return with_records(GZIP, gzip.compress(batch.zigzag(len(value)) + value, 6))


def record(delta, length=None):
    body = b"\0" + batch.zigzag(0) + batch.zigzag(delta) + batch.zigzag(-1) + b"\2v" + b"\0"
    return batch.zigzag(len(body) if length is None else length) + body


REFUSED = (
    ("nothing", b"", INVALID_RECORD),
    ("a part of a header", GOOD[:40], INVALID_RECORD),
    ("a batch without its last byte", GOOD[:-1], INVALID_RECORD),
    ("two batches", GOOD + GOOD, INVALID_RECORD),
    ("another crc", patched(CRC, "I", 1, right_crc=False), CORRUPT_MESSAGE),
    ("a flipped bit", GOOD[:-2] + bytes([GOOD[-2] ^ 4]) + GOOD[-1:], CORRUPT_MESSAGE),
    ("length -1", patched(LENGTH, "i", -1), CORRUPT_MESSAGE),
    ("length 0", patched(LENGTH, "i", 0), CORRUPT_MESSAGE),
    ("a length below the header's", patched(LENGTH, "i", HEADER_BYTES - 13), CORRUPT_MESSAGE),
    ("one byte less than there is", patched(LENGTH, "i", len(GOOD) - 13), CORRUPT_MESSAGE),
    ("one byte more than there is", patched(LENGTH, "i", len(GOOD) - 11), INVALID_RECORD),
    ("length 2^31 - 1", patched(LENGTH, "i", (1 << 31) - 1), INVALID_RECORD),
    ("magic 1", patched(MAGIC, "b", 1), INVALID_RECORD),
    ("magic 3", patched(MAGIC, "b", 3), CORRUPT_MESSAGE),
    ("magic -1", patched(MAGIC, "b", -1), CORRUPT_MESSAGE),
    ("a base offset", patched(BASE_OFFSET, "q", 7), INVALID_RECORD),
    ("a last offset beyond the records", patched(LAST_DELTA, "i", 5), INVALID_RECORD),
    ("a negative last offset", patched(LAST_DELTA, "i", -1), INVALID_RECORD),
    ("no records", patched(COUNT, "i", 0), INVALID_RECORD),
    ("2^31 - 1 records", patched(COUNT, "i", (1 << 31) - 1), INVALID_RECORD),
    ("fewer records than counted", with_records(0, record(0), 2), INVALID_RECORD),
    ("more records than counted", with_records(0, record(0) + record(1), 1), INVALID_RECORD),
    ("a record that is longer than the batch", with_records(0, record(0, 99)), INVALID_RECORD),
    ("a record of negative length", with_records(0, record(0, -5)), INVALID_RECORD),
    ("an endless varint", with_records(0, b"\xff" * 40), INVALID_RECORD),
    ("codec 5", patched(ATTRIBUTES, "h", 5), UNSUPPORTED_COMPRESSION_TYPE),
    ("gzip of nothing", with_records(GZIP, b""), INVALID_RECORD),
    ("gzip that is none", with_records(GZIP, b"\x1f\x8b" + bytes(40)), INVALID_RECORD),
    ("gzip without its end", with_records(GZIP, gzip.compress(record(0))[:-4]), INVALID_RECORD),
    ("gzip of something else", with_records(GZIP, gzip.compress(b"text")), INVALID_RECORD),
    ("snappy that is none", with_records(SNAPPY, b"\xff" * 40), INVALID_RECORD),
    ("lz4 that is none", with_records(LZ4, b"x" * 40), INVALID_RECORD),
    ("zstd that is none", with_records(ZSTD, b"x" * 40), INVALID_RECORD),
    ("a thousandfold, over 128 MiB", expanding(150 * MIB), MESSAGE_TOO_LARGE),
)


def bad_batches_get_their_error(rig):
    """Each alone, in words too; then the offsets go on as if nothing had been."""
    broker = rig.broker()
    topic = Topic(broker, "t")
    topic.append(b"before")
    broker.new_lines()
    for what, data, wanted in REFUSED:
        error, offset, message = batch.produce(broker.server.address, "t", 0, data)
        expect((error, offset) == (wanted, -1), f"{what}: error {error}, offset {offset}, {message}")
        expect(message, f"{what}: error {error} without a word")
        broker.expect_one_line(r"request refused api=Produce .* error=[A-Z_]+ about=\"t\" reason=\""
                               + re.escape(message))
    topic.append(b"after")
    expect(topic.acknowledged[-1][0] == 1, f"after the refusals: {topic.acknowledged}")
    topic.check()
    log, = (broker.data / "t-0").glob("*.log")
    expect(log.stat().st_size == sum(BODY_AT + len(body) for body in topic.batches().values()),
           "the log has more than what was acknowledged")


def one_bad_partition_does_not_spoil_the_others(rig):
    broker = rig.broker()
    topics = [Topic(broker, name) for name in ("first", "second", "third")]
    client = broker.client()
    bad = patched(CRC, "I", 1, right_crc=False)
    client.send_produce([(topics[0].id, 0, GOOD), (topics[1].id, 0, bad), (topics[2].id, 0, GOOD)])
    errors = [error for _, _, error, _ in client.receive_produce()]
    expect(errors == [NONE, CORRUPT_MESSAGE, NONE], f"errors {errors}")
    expect([len(topic.batches()) for topic in topics] == [1, 0, 1], "what was appended")
    client.close()


def batches_that_expand_a_thousandfold_leave_no_memory_behind(rig):
    """Each of many connections keeps open what it has: not what its batch expanded to."""
    broker = rig.broker()
    topic = Topic(broker, "t")
    clients = [broker.client() for _ in range(6)]
    cases = ((expanding(50 * MIB), NONE), (expanding(150 * MIB), MESSAGE_TOO_LARGE))
    for number, client in enumerate(clients):
        data, wanted = cases[number % 2]
        client.send_produce([(topic.id, 0, data)])
        (_, _, error, _), = client.receive_produce()
        expect(error == wanted, f"error {error}, wanted {wanted}")
    rig.expect_memory(broker, 150, f"{len(clients)} connections that sent such a batch")
    for client in clients:
        client.close()


def connections_that_compress_have_no_decompressor_each(rig):
    """What is kept for the next batch is kept once per thread."""
    broker = rig.broker()
    topic = Topic(broker, "t")
    data = expanding(900_000)
    clients = [broker.client() for _ in range(101)]
    before = None
    for client in clients:
        client.send_produce([(topic.id, 0, data)])
        (_, _, error, _), = client.receive_produce()
        expect(error == NONE, f"error {error}")
        before = before or broker.resident_mib()
    rig.expect_memory(broker, before + 20, "100 more connections that compress")
    for client in clients:
        client.close()


NAMES = (".", "..", "../outside", "a/b", "/etc", "a\\b", "", " ", "a b", "a\0b", "a\nforged line",
         "\u00fcber", "x" * 250, "x" * 300, "%2e%2e", "a*", "a:b")


def metadata_error(client, name):
    """The error of a topic that Metadata v12 is asked to create."""
    body = (wire.uvarint(2) + bytes(16) + wire.compact_string(name) + TAGS + b"\1\0" + TAGS)
    reader = client.call(METADATA, 12, body, flexible=True)
    reader.int32()
    for _ in range(reader.uvarint() - 1):
        reader.int32()
        reader.compact_string()
        reader.int32()
        reader.compact_string()
        reader.tags()
    reader.compact_string()
    reader.int32()
    reader.uvarint()
    return reader.int16()


def list_offsets_error(client, name):
    """Of the end of partition 0, by ListOffsets v1."""
    body = struct.pack(">ii", -1, 1) + string(name) + struct.pack(">iiq", 1, 0, -1)
    reader = client.call(LIST_OFFSETS, 1, body)
    reader.int32()
    reader.take(reader.int16())
    return reader.fixed("iih")[2]


def topic_names_stay_inside_their_directory(rig):
    broker = rig.broker()
    client = broker.client()
    broker.new_lines()
    for name in NAMES:
        error, _ = client.create_topic(name, 1, {})
        expect(error == INVALID_TOPIC, f"CreateTopics {name!r}: error {error}")
        lines = broker.new_lines()
        expect(len(lines) == 1 and "error=INVALID_TOPIC_EXCEPTION" in lines[0]
               and not any(c in lines[0] for c in "\0\n"), f"the log of {name!r}: {lines}")
        error = metadata_error(client, name)
        expect(error == INVALID_TOPIC, f"Metadata {name!r}: error {error}")
        broker.expect_one_line("request refused api=Metadata .* error=INVALID_TOPIC_EXCEPTION")
        error, _, _ = batch.produce(broker.server.address, name, 0, GOOD)
        expect(error == UNKNOWN_TOPIC_OR_PARTITION, f"Produce {name!r}: error {error}")
        error = list_offsets_error(client, name)
        expect(error == UNKNOWN_TOPIC_OR_PARTITION, f"ListOffsets {name!r}: error {error}")
        broker.new_lines()
    longest = Topic(broker, "x" * 249)
    longest.append(b"the longest name")
    found = sorted(path.name for path in broker.data.iterdir() if path.is_dir())
    expect(found == ["__cluster_metadata-0", "x" * 249 + "-0"], f"directories {found}")
    around = sorted(path.name for path in rig.directory.iterdir())
    expect(around == ["broker", "broker.err", "broker.out"], f"beside the data: {around}")
    client.close()
    broker.restart()
    longest.check()


def offsets_that_are_not_there_are_out_of_range(rig):
    broker = rig.broker()
    topic = Topic(broker, "t")
    topic.append(b"one")
    for offset in (2, (1 << 63) - 1, -2, -(1 << 63)):
        error, _, data = topic.fetch(offset)
        expect((error, data) == (OFFSET_OUT_OF_RANGE, b""), f"offset {offset}: error {error}")
    topic.check()


if __name__ == "__main__":
    hostile_rig.main((
        bad_batches_get_their_error, one_bad_partition_does_not_spoil_the_others,
        batches_that_expand_a_thousandfold_leave_no_memory_behind,
        connections_that_compress_have_no_decompressor_each,
        topic_names_stay_inside_their_directory, offsets_that_are_not_there_are_out_of_range))
