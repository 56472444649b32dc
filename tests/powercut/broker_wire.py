"""Requests to a broker on connections that stay open, several in flight: what the power cut test
needs beyond tests/compat/wire.py. Topics are named by their ids wherever data is concerned, so that
nothing meant for a deleted topic can land in its successor of the same name."""

import socket
import struct
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "compat"))

import wire  # noqa: E402  (found by the line above)
from batch import record_batch  # noqa: E402, F401  (for broker_load)

PRODUCE, FETCH, LIST_OFFSETS, METADATA = 0, 1, 2, 3
CREATE_TOPICS, DELETE_TOPICS, DELETE_RECORDS = 19, 20, 21
INIT_PRODUCER_ID, ALTER_REPLICA_LOG_DIRS, CREATE_PARTITIONS = 22, 34, 37

NONE = 0
LIMIT_S = 30
FETCH_BYTES = 64 << 20  # more than there is in a directory
TAGS = b"\0"
BODY_AT = 16  # in a batch, behind what the broker sets: base offset and leader epoch


def pack(form, *values):
    return struct.pack(">" + form, *values)


def string(text):
    data = text.encode()
    return pack("h", len(data)) + data


class Connection:
    """Answers come in the order of the requests."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=LIMIT_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sent = self.received = 0
        self.flexible = []

    def close(self):
        self.socket.close()

    def send(self, api, version, body, flexible=False):
        self.sent += 1
        frame = pack("hhi", api, version, self.sent) + string("cut") + TAGS * flexible + body
        self.flexible.append(flexible)
        self.socket.sendall(pack("i", len(frame)) + frame)

    def _take(self, count):
        data = bytearray()
        while len(data) < count:
            part = self.socket.recv(count - len(data))
            if not part:
                raise ConnectionError("closed by the broker")
            data += part
        return bytes(data)

    def receive(self):
        size, = struct.unpack(">i", self._take(4))
        reader = wire.Reader(self._take(size))
        self.received += 1
        if reader.int32() != self.received:
            raise ValueError("answers out of order")
        if self.flexible.pop(0):
            reader.tags()
        return reader

    def call(self, api, version, body, flexible=False):
        self.send(api, version, body, flexible)
        return self.receive()

    # ---- Data

    def send_produce(self, parts):
        """Produce v13, acks=all, of [(topic id, partition, batch)]."""
        body = b"\0" + pack("hi", -1, 20_000) + wire.uvarint(len(parts) + 1)
        for topic_id, partition, batch in parts:
            body += (topic_id + wire.uvarint(2) + pack("i", partition)
                     + wire.uvarint(len(batch) + 1) + batch + TAGS + TAGS)
        self.send(PRODUCE, 13, body + TAGS, flexible=True)

    def receive_produce(self):
        """[(topic id, partition, error, base offset)]."""
        reader, answers = self.receive(), []
        for _ in range(reader.uvarint() - 1):
            topic_id = reader.take(16)
            for _ in range(reader.uvarint() - 1):
                partition, error, offset, _, _ = reader.fixed("ihqqq")
                for _ in range(reader.uvarint() - 1):
                    reader.int32()
                    reader.compact_string()
                    reader.tags()
                reader.compact_string()
                reader.tags()
                answers.append((topic_id, partition, error, offset))
            reader.tags()
        return answers

    def fetch(self, parts):
        """Fetch v13 without a session of [(topic id, partition, offset, max bytes)]:
        {(topic id, partition): (error, high watermark, bytes of batches)}."""
        body = pack("iiiibii", -1, 0, 1, FETCH_BYTES, 0, 0, -1) + wire.uvarint(len(parts) + 1)
        for topic_id, partition, offset, max_bytes in parts:
            body += (topic_id + wire.uvarint(2)
                     + pack("iiqiqi", partition, -1, offset, -1, -1, max_bytes) + TAGS + TAGS)
        body += wire.uvarint(1) + wire.uvarint(1) + TAGS
        reader, answers = self.call(FETCH, 13, body, flexible=True), {}
        _, error, _ = reader.fixed("ihi")
        if error != NONE:
            raise ValueError(f"Fetch: error {error}")
        for _ in range(reader.uvarint() - 1):
            topic_id = reader.take(16)
            for _ in range(reader.uvarint() - 1):
                partition, error, high_watermark, _, _ = reader.fixed("ihqqq")
                for _ in range(reader.uvarint() - 1):
                    reader.fixed("qq")
                    reader.tags()
                reader.int32()
                data = reader.take(max(reader.uvarint() - 1, 0))
                reader.tags()
                answers[topic_id, partition] = error, high_watermark, data
            reader.tags()
        if len(answers) != len(parts):
            raise ValueError(f"Fetch: {len(answers)} answers for {len(parts)} partitions")
        return answers

    def offsets_for_times(self, parts):
        """ListOffsets v1 of [(topic, partition, timestamp)]: {(topic, partition): (error,
        offset)}."""
        body = pack("ii", -1, len(parts))
        for topic, partition, timestamp in parts:
            body += string(topic) + pack("iiq", 1, partition, timestamp)
        reader, answers = self.call(LIST_OFFSETS, 1, body), {}
        for _ in range(reader.int32()):
            topic = reader.take(reader.fixed("h")[0]).decode()
            for _ in range(reader.int32()):
                partition, error, _, offset = reader.fixed("ihqq")
                answers[topic, partition] = error, offset
        return answers

    def init_producer_id(self):
        """(error, producer id, epoch)."""
        return self.call(INIT_PRODUCER_ID, 0, pack("hi", -1, 60_000)).fixed("ihqh")[1:]

    def delete_records(self, topic, partition, offset):
        """DeleteRecords v0: (error, where the log starts now)."""
        body = pack("i", 1) + string(topic) + pack("iiqi", 1, partition, offset, 20_000)
        reader = self.call(DELETE_RECORDS, 0, body)
        reader.fixed("ii")
        reader.take(reader.fixed("h")[0])
        _, _, start, error = reader.fixed("iiqh")
        return error, start

    # ---- Topics

    def create_topic(self, name, partitions, configs):
        """CreateTopics v7: (error, topic id)."""
        body = wire.uvarint(2) + wire.compact_string(name) + pack("ih", partitions, 1)
        body += wire.uvarint(1) + wire.uvarint(len(configs) + 1)
        for key, value in configs.items():
            body += wire.compact_string(key) + wire.compact_string(str(value)) + TAGS
        body += TAGS + pack("ib", 20_000, 0) + TAGS
        reader = self.call(CREATE_TOPICS, 7, body, flexible=True)
        reader.int32()
        reader.uvarint()
        reader.compact_string()
        topic_id = reader.take(16)
        return reader.int16(), topic_id

    def delete_topic(self, name):
        """DeleteTopics v6: the error."""
        body = (wire.uvarint(2) + wire.compact_string(name) + bytes(16) + TAGS
                + pack("i", 20_000) + TAGS)
        reader = self.call(DELETE_TOPICS, 6, body, flexible=True)
        reader.int32()
        reader.uvarint()
        reader.compact_string()
        reader.take(16)
        return reader.int16()

    def create_partitions(self, name, count):
        """CreatePartitions v0: the error."""
        body = pack("i", 1) + string(name) + pack("iiib", count, -1, 20_000, 0)
        reader = self.call(CREATE_PARTITIONS, 0, body)
        reader.fixed("ii")
        reader.take(reader.fixed("h")[0])
        return reader.int16()

    def move_replica(self, path, topic, partition):
        """AlterReplicaLogDirs v1: the error."""
        body = pack("i", 1) + string(path) + pack("i", 1) + string(topic) + pack("ii", 1, partition)
        reader = self.call(ALTER_REPLICA_LOG_DIRS, 1, body)
        reader.fixed("ii")
        reader.take(reader.fixed("h")[0])
        return reader.fixed("iih")[2]

    def metadata(self):
        """Metadata v12 of everything: (cluster id, {topic id: (name, {partition: error})})."""
        reader = self.call(METADATA, 12, b"\0\0\0" + TAGS, flexible=True)
        reader.int32()
        for _ in range(reader.uvarint() - 1):
            reader.int32()
            reader.compact_string()
            reader.int32()
            reader.compact_string()
            reader.tags()
        cluster_id = reader.compact_string()
        reader.int32()
        topics = {}
        for _ in range(reader.uvarint() - 1):
            reader.int16()
            name = reader.compact_string()
            topic_id = reader.take(16)
            reader.take(1)
            partitions = {}
            for _ in range(reader.uvarint() - 1):
                error, index, _, _ = reader.fixed("hiii")
                for _ in range(3):
                    reader.take(4 * max(reader.uvarint() - 1, 0))
                reader.tags()
                partitions[index] = error
            reader.int32()
            reader.tags()
            topics[topic_id] = (name, partitions)
        return cluster_id, topics


RECORDS_AT = 45  # in a body


def records(body):
    """(key, value) of each record of an uncompressed batch."""
    count, = struct.unpack_from(">i", body, RECORDS_AT - 4)
    at = RECORDS_AT

    def varint():
        nonlocal at
        shift = number = 0
        while True:
            byte = body[at]
            at += 1
            number |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return (number >> 1) ^ -(number & 1)

    def field():
        nonlocal at
        size = varint()
        found = body[at:at + max(size, 0)]
        at += max(size, 0)
        return found

    for _ in range(count):
        end = varint() + at
        at += 1
        varint(), varint()
        yield field(), field()
        at = end


def batches(data):
    """(base offset, next offset, max timestamp, body) of each whole batch."""
    at = 0
    while at + 61 <= len(data):
        base, length = struct.unpack_from(">qi", data, at)
        end = at + 12 + length
        if end > len(data):
            return
        last_delta, = struct.unpack_from(">i", data, at + 23)
        timestamp, = struct.unpack_from(">q", data, at + 35)
        yield base, base + last_delta + 1, timestamp, bytes(data[at + BODY_AT:end])
        at = end
