"""A few requests of Kafka's wire protocol, written out by hand on a plain socket: what no client
library lets one send, and an opinion that is independent of every client library."""

import socket
import struct

API_VERSIONS = 18
INIT_PRODUCER_ID = 22
FIND_COORDINATOR = 10

UNSUPPORTED_VERSION = 35


def uvarint(value):
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def compact_string(text):
    data = text.encode()
    return uvarint(len(data) + 1) + data


class Reader:
    """Takes the fields of a response apart, in order."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, count):
        if self.at + count > len(self.data):
            raise ValueError(f"response ends at {len(self.data)}, wanted {self.at + count}")
        self.at += count
        return self.data[self.at - count:self.at]

    def fixed(self, form):
        return struct.unpack(">" + form, self.take(struct.calcsize(">" + form)))

    def int16(self):
        return self.fixed("h")[0]

    def int32(self):
        return self.fixed("i")[0]

    def int64(self):
        return self.fixed("q")[0]

    def uvarint(self):
        value = shift = 0
        while True:
            byte = self.take(1)[0]
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    def compact_string(self):
        """Text, or None."""
        length = self.uvarint() - 1
        return None if length < 0 else self.take(length).decode()

    def tags(self):
        """{tag: bytes} of a tagged field section."""
        return {self.uvarint(): self.take(self.uvarint()) for _ in range(self.uvarint())}

    def at_end(self):
        return self.at == len(self.data)


def call(address, api_key, version, body, flexible, header_tags=True, limit_s=10):
    """Sends one request, returns a Reader at the start of the response's body."""
    header = struct.pack(">hhi", api_key, version, 7) + struct.pack(">h", 6) + b"compat"
    frame = header + (b"\0" if flexible else b"") + body
    host, port = address.rsplit(":", 1)
    with socket.create_connection((host, int(port)), timeout=limit_s) as connection:
        connection.sendall(struct.pack(">i", len(frame)) + frame)
        size = struct.unpack(">i", _receive(connection, 4))[0]
        reader = Reader(_receive(connection, size))
    if reader.int32() != 7:
        raise ValueError("the response has another correlation id")
    if flexible and header_tags:
        reader.tags()
    return reader


def _receive(connection, count):
    data = bytearray()
    while len(data) < count:
        part = connection.recv(count - len(data))
        if not part:
            raise ConnectionError(f"connection closed after {len(data)} of {count} bytes")
        data += part
    return bytes(data)


def api_versions(address):
    """What a listener advertises, by ApiVersions v4.

    Returns {"apis": {key: (min, max)}, "supported": {feature: (min, max)},
    "finalized": {feature: level}}.
    """
    body = compact_string("compat") + compact_string("1") + b"\0"
    # The response header of ApiVersions never has tagged fields (KIP-511).
    reader = call(address, API_VERSIONS, 4, body, flexible=True, header_tags=False)
    error = reader.int16()
    if error != 0:
        raise ValueError(f"ApiVersions answered with error {error}")
    apis = {}
    for _ in range(reader.uvarint() - 1):
        key, low, high = reader.fixed("hhh")
        reader.tags()
        apis[key] = (low, high)
    reader.int32()  # throttle time
    tags = reader.tags()
    if not reader.at_end():
        raise ValueError("ApiVersions: bytes after the end of the response")
    supported, finalized = {}, {}
    if 0 in tags:
        supported = {name: (low, high) for name, low, high in _features(tags[0])}
    if 2 in tags:
        finalized = {name: high for name, high, _ in _features(tags[2])}
    return {"apis": apis, "supported": supported, "finalized": finalized}


def _features(data):
    reader = Reader(data)
    for _ in range(reader.uvarint() - 1):
        name = reader.compact_string()
        first, second = reader.fixed("hh")
        reader.tags()
        yield name, first, second


def init_producer_id(address, transactional_id):
    """InitProducerId v4: the error code."""
    body = compact_string(transactional_id) + struct.pack(">iqh", 60_000, -1, -1) + b"\0"
    reader = call(address, INIT_PRODUCER_ID, 4, body, flexible=True)
    reader.int32()  # throttle time
    return reader.int16()


def find_transaction_coordinator(address, transactional_id):
    """FindCoordinator v4 for a transactional id: (error code, error message)."""
    body = b"\x01" + uvarint(2) + compact_string(transactional_id) + b"\0"
    reader = call(address, FIND_COORDINATOR, 4, body, flexible=True)
    reader.int32()  # throttle time
    reader.uvarint()  # number of coordinators
    reader.compact_string()  # key
    reader.fixed("i")  # node id
    reader.compact_string()  # host
    reader.fixed("i")  # port
    return reader.int16(), reader.compact_string()
