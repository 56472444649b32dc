"""What is no request at all, or one that cannot be read: the connection is closed, the log has one
line that says why, and nobody else notices."""

import socket
import struct

import hostile_rig  # also finds the folders of the next ones
import wire
from broker_wire import PRODUCE, CREATE_TOPICS, DELETE_TOPICS, FETCH, METADATA
from hostile_rig import (LIMIT_S, MIB, NONE, UNSUPPORTED_VERSION, Topic, frame, read_to_end, request,
                         sent_and_closed)
from processes import expect, wait_until

API_VERSIONS = 18
FRAME_BYTES_MAX = 100 * MIB  # socket.request.max.bytes
ENDLESS_VARINT = b"\xff" * 64
HUGE_COMPACT_COUNT = b"\xff\xff\xff\xff\x07"  # 2^31 - 2 elements
CONNECTIONS = 'moldau_connections{listener="PLAINTEXT"}'


def closed(broker, data, why, port=None):
    """The bytes close their connection without an answer, and one line says why."""
    answer = broker.send(data, port)
    expect(answer == b"", f"answered {answer[:40]!r} to {data[:40]!r}...")
    broker.expect_one_line(rf"^warning connection closed remote=127\.0\.0\.1:\d+ .*{why}")


def each(broker, cases, port=None):
    topic = Topic(broker, "bystander")
    topic.append(b"before")
    broker.new_lines()
    for data, why in cases:
        closed(broker, data, why, port)
    topic.append(b"after")
    topic.check()
    broker.expect_silence()


FOREIGN = (
    (b"GET / HTTP/1.1\r\nHost: kafka\r\n\r\n", "this looks like an HTTP request"),
    (b"POST /topics HTTP/1.1\r\n\r\n", "this looks like an HTTP request"),
    (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500), "looks like a TLS handshake"),
    (bytes(range(128, 256)) * 300, "announces -2138996093 bytes"),
    (b"hello, is this the database?\n", r"announces \d+ bytes, the limit is 104857600"),
)

LENGTHS = (
    (struct.pack(">i", 0), "announces 0 bytes"),
    (struct.pack(">i", -1), "announces -1 bytes"),
    (struct.pack(">i", -(1 << 31)), "announces -2147483648 bytes"),
    (struct.pack(">i", FRAME_BYTES_MAX + 1), "announces 104857601 bytes, the limit is 104857600"),
    (struct.pack(">i", (1 << 31) - 1), "announces 2147483647 bytes, the limit is"),
)

TRUNCATED = (
    (frame(b"\0"), "request of 1 bytes has no header"),
    (frame(b"\0\3\0\1\0\0\0"), "request of 7 bytes has no header"),
    (frame(b"\0\3\0\1\0\0\0\7"), "ClientId: ends early"),
    (frame(b"\0\3\0\1\0\0\0\7\x7f\xffshort"), "ClientId: ends early"),
    (request(METADATA, 1, struct.pack(">i", 1) + b"\0\5ab"), "Topics.Name: ends early"),
    (request(METADATA, 12, b"", flexible=True), "MetadataRequest v12: Topics: ends early"),
    (request(FETCH, 12, bytes(20), flexible=True), "FetchRequest v12: .*ends early"),
    # Produce has a road of its own.
    (request(PRODUCE, 9, b"\0\xff\xff\0\0", flexible=True), "ProduceRequest v9: .*ends early"),
    (request(PRODUCE, 9, b"\0" + struct.pack(">hi", 1, 9) + b"\2\2t\2" + bytes(4) + b"\x40short",
             flexible=True), "ProduceRequest v9: .*Records: ends early"),
)

COUNTS = (
    (request(METADATA, 1, struct.pack(">i", (1 << 31) - 1)), "more elements than the bytes left"),
    (request(METADATA, 12, HUGE_COMPACT_COUNT, True), "more elements than the bytes left"),
    (request(METADATA, 1, struct.pack(">i", -7)), "Topics: negative size"),
    (request(FETCH, 12, bytes(25) + HUGE_COMPACT_COUNT, True), "more elements than the bytes left"),
    (request(CREATE_TOPICS, 7, HUGE_COMPACT_COUNT, True), "more elements than the bytes left"),
    (request(PRODUCE, 9, b"\0" + struct.pack(">hi", 1, 9) + HUGE_COMPACT_COUNT, True),
     "ProduceRequest v9: TopicData: more elements than the bytes left"),
)

VARINTS = (
    (request(METADATA, 12, ENDLESS_VARINT, True), "Topics: varint over 32 bits"),
    (request(METADATA, 12, b"\x80" * 64, True), "Topics: varint over 32 bits"),
    (request(METADATA, 12, ENDLESS_VARINT), "RequestHeader v2: tagged fields: varint over 32 bits"),
    (request(PRODUCE, 9, ENDLESS_VARINT, True), "TransactionalId: varint over 32 bits"),
    (request(CREATE_TOPICS, 7, b"\1" + struct.pack(">ib", 9, 0) + ENDLESS_VARINT, True),
     "CreateTopicsRequest v7: tagged fields: varint over 32 bits"),
    (request(CREATE_TOPICS, 7, b"\2" + wire.uvarint(40_001) + b"x" * 40_000, True),
     "Topics.Name: string over 32767 bytes"),
)

UNKNOWN = (
    (request(999, 0, b""), r"api Unknown \(999\) version 0 is not served"),
    (request(-1, 0, b""), r"api Unknown \(-1\) version 0 is not served"),
    (request(METADATA, 99, b""), r"api Metadata \(3\) version 99 is not served"),
    (request(METADATA, -1, b""), r"api Metadata \(3\) version -1 is not served"),
    (request(FETCH, 3, b""), r"api Fetch \(1\) version 3 is not served"),
    (request(PRODUCE, 99, b"", True), r"Produce.* version 99 is not served"),
    (request(PRODUCE, 0, b""), r"Produce.* version 0 is not served"),
    # Of brokers among themselves: announced to nobody.
    (request(4, 0, b""), r"api LeaderAndIsr \(4\) version 0 is not served"),
)


def other_protocols_are_named(rig):
    each(rig.broker(), FOREIGN)


def impossible_lengths_are_refused(rig):
    each(rig.broker(), LENGTHS)


def requests_that_end_early_are_refused(rig):
    each(rig.broker(), TRUNCATED)


def counts_beyond_the_frame_are_refused(rig):
    each(rig.broker(), COUNTS)


def endless_varints_are_refused(rig):
    each(rig.broker(), VARINTS)


def unknown_apis_and_versions_are_refused(rig):
    broker = rig.broker()
    each(broker, UNKNOWN)
    # Only here there is an answer that every client reads (KIP-511): the range that is served.
    with broker.connect() as connection:
        connection.sendall(request(API_VERSIONS, 99, b"", True))
        answer = wire.Reader(wire._receive(connection, 20)[4:])
        expect(answer.fixed("ih") == (1, UNSUPPORTED_VERSION), "ApiVersions of the future")
        expect(answer.int32() == 1 and answer.int16() == API_VERSIONS, "the range of ApiVersions")
        broker.expect_silence()


def the_controllers_listener_is_as_strict(rig):
    broker = rig.broker()
    each(broker, FOREIGN[:3] + LENGTHS + TRUNCATED[:2], broker.server.settings.controller_port)
    closed(broker, request(PRODUCE, 9, b"", True), r"api Produce \(0\) .* not served on CONTROLLER",
           broker.server.settings.controller_port)


def a_frame_that_breaks_off_is_told(rig):
    """The client leaves in the middle of its length, of a small frame and of a large one."""
    broker = rig.broker()
    topic = Topic(broker, "bystander")
    broker.new_lines()
    large = struct.pack(">i", FRAME_BYTES_MAX) + bytes(3 * MIB)
    for part in (b"\0\0", struct.pack(">i", 100) + b"half", large):
        with broker.connect() as connection:
            connection.sendall(part)
        broker.expect_one_line("connection closed .* the peer left inside a frame")
    wait_until(lambda: broker.metric(CONNECTIONS) == 0, LIMIT_S, "connections are forgotten")
    topic.append(b"after")
    broker.expect_silence()


def bytes_that_trickle_are_put_together(rig):
    """Not everything that is slow is bad."""
    broker = rig.broker()
    with broker.connect() as connection:
        for byte in request(METADATA, 1, struct.pack(">i", 0)):
            connection.sendall(bytes([byte]))
        size, correlation = struct.unpack(">ii", wire._receive(connection, 8))
        expect(size > 10 and correlation == 1, f"{size} bytes answer request {correlation}")


def elements_that_cost_more_than_their_bytes_are_limited(rig):
    """A frame of 60 MB would be gigabytes of empty names, partitions and answers."""
    broker = rig.broker()
    count = 20_000_000
    cases = (
        request(METADATA, 9, wire.uvarint(count + 1) + b"\1\0" * count + bytes(4), True),
        request(DELETE_TOPICS, 5, wire.uvarint(2 * count + 1) + b"\1" * 2 * count + bytes(5), True),
        request(PRODUCE, 9, b"\0" + struct.pack(">hi", 1, 9) + b"\2\2t"
                + wire.uvarint(count // 2 + 1) + bytes(3 * count) + b"\0\0", True),
    )
    each(broker, [(data, "more elements than memory is given for") for data in cases])
    rig.expect_memory(broker, 60, "after the frames")


def nonsense_at_the_metrics_page_is_harmless(rig):
    broker = rig.broker()
    topic = Topic(broker, "bystander")
    broker.new_lines()
    port = broker.server.metrics_port
    for data in (b"\x16\x03\x01\x02\x00" + bytes(500), struct.pack(">i", 100) + bytes(100),
                 b"GET " + b"x" * 100_000 + b" HTTP/1.1\r\n\r\n", bytes(10 * MIB)):
        with broker.connect(port) as connection:
            answer = sent_and_closed(connection, data)
        expect(not answer or b" 4" in answer.split(b"\r\n", 1)[0], f"answered {answer[:60]!r}")
    expect(broker.metric(CONNECTIONS) >= 0, "the page is still served")
    topic.append(b"after")
    rig.expect_memory(broker, 40, "after the nonsense")
    broker.expect_silence()


def a_client_that_ends_its_side_gets_its_answers(rig):
    """Requests in flight are answered though no more will come."""
    broker = rig.broker()
    with broker.connect() as connection:
        connection.sendall(2 * request(METADATA, 1, struct.pack(">i", 0)))
        connection.shutdown(socket.SHUT_WR)
        answer = read_to_end(connection)
        size, = struct.unpack_from(">i", answer)
        expect(len(answer) == 2 * (size + 4), f"{len(answer)} bytes, {size} each")
    expect(Topic(broker, "bystander").produce(b"after") == NONE, "the broker is well")


if __name__ == "__main__":
    hostile_rig.main((
        other_protocols_are_named, impossible_lengths_are_refused,
        requests_that_end_early_are_refused, counts_beyond_the_frame_are_refused,
        endless_varints_are_refused, unknown_apis_and_versions_are_refused,
        the_controllers_listener_is_as_strict, a_frame_that_breaks_off_is_told,
        bytes_that_trickle_are_put_together, elements_that_cost_more_than_their_bytes_are_limited,
        nonsense_at_the_metrics_page_is_harmless, a_client_that_ends_its_side_gets_its_answers))
