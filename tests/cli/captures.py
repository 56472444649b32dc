"""Frames of Kafka's protocol and captures of them, made by hand."""

import socket
import struct

CLIENT_PORT = 50000
BROKER_PORT = 9092


def text(value):
    encoded = value.encode()
    return struct.pack(">h", len(encoded)) + encoded


def request(key, version, correlation_id, body=b"", client="tester"):
    """A frame with its size, for versions with request header 1."""
    content = struct.pack(">hhi", key, version, correlation_id) + text(client) + body
    return struct.pack(">i", len(content)) + content


def api_versions(correlation_id):
    return request(18, 0, correlation_id)


def metadata(correlation_id, *topics):
    return request(3, 1, correlation_id,
                   struct.pack(">i", len(topics)) + b"".join(text(topic) for topic in topics))


def sasl_authenticate(correlation_id, token):
    return request(36, 0, correlation_id, struct.pack(">i", len(token)) + token)


def incremental_alter_configs(correlation_id, topic, settings):
    body = struct.pack(">ib", 1, 2) + text(topic) + struct.pack(">i", len(settings))
    for name, value in settings.items():
        body += text(name) + b"\0" + text(value)
    return request(44, 0, correlation_id, body + b"\0")


def exchange(address, frames):
    """The answers to frames on one connection, with their sizes; as many as there are."""
    host, port = address.rsplit(":", 1)
    answers = []
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        stream = connection.makefile("rb")
        for frame in frames:
            connection.sendall(frame)
            size = stream.read(4)
            if len(size) < 4:
                break
            answers.append(size + stream.read(struct.unpack(">i", size)[0]))
    return answers


class Capture:
    """A pcap of one connection over Ethernet."""

    def __init__(self):
        self.packets = []
        self.sent = {CLIENT_PORT: 1000, BROKER_PORT: 0xfffffff0}  # the broker's numbers wrap
        for port in (CLIENT_PORT, BROKER_PORT):
            self.packets.append(self.packet(port, self.sent[port] - 1, b"", 0x02))

    @staticmethod
    def packet(from_port, sequence, payload, flags=0x18):
        is_client = from_port == CLIENT_PORT
        ends = [bytes([10, 0, 0, 1]), bytes([10, 0, 0, 2])]
        ends = ends if is_client else ends[::-1]
        tcp = struct.pack(">HHIIBBHHH", from_port, BROKER_PORT if is_client else CLIENT_PORT,
                          sequence & 0xffffffff, 0, 0x50, flags, 1024, 0, 0) + payload
        ip = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(tcp), 0, 0x4000, 64, 6, 0) + b"".join(ends)
        return bytes(12) + b"\x08\x00" + ip + tcp

    def send(self, port, data, pieces=1):
        """The packets that carry the data."""
        size = -(-len(data) // pieces)
        packets = []
        for at in range(0, len(data), size):
            piece = data[at:at + size]
            packets.append(self.packet(port, self.sent[port], piece))
            self.sent[port] += len(piece)
        return packets

    @staticmethod
    def record(packet):
        """A packet as a file has it."""
        return struct.pack("<IIII", 0, 0, len(packet), len(packet)) + packet

    def file(self):
        """All of it as a file."""
        return (struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1) +
                b"".join(map(self.record, self.packets)))

    def write(self, path):
        with open(path, "wb") as file:
            file.write(self.file())
