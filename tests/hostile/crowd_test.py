"""Very many clients: idle, announcing what they never send, sending half of it, or nonsense. Memory
stays within its budget, everybody else is served, and the log stays readable."""

import re
import struct
import time

import hostile_rig
from hostile_rig import LIMIT_S, MIB, Topic, raise_file_limit, sent_and_closed
from processes import expect, wait_until

CROWD = 10_000
FRAME_BYTES = 100 * MIB
CONNECTIONS = 'moldau_connections{listener="PLAINTEXT"}'
SERVED_WITHIN_S = 5
# What the log may say of one crowd: 100 lines in ten seconds, then their sum.
LINES_MAX = 100


def expect_served(topic, value, within_s=SERVED_WITHIN_S):
    """A client that comes now is served as if nobody else were there."""
    begin = time.monotonic()
    topic.append(value)
    took = time.monotonic() - begin
    expect(took < within_s, f"a record took {took:.1f} s")


def come(broker, count):
    connections = [broker.connect() for _ in range(count)]
    wait_until(lambda: broker.metric(CONNECTIONS) >= count, LIMIT_S, f"{count} connections")
    return connections


def leave(broker, connections):
    for connection in connections:
        connection.close()
    wait_until(lambda: broker.metric(CONNECTIONS) == 0, LIMIT_S, "all connections are forgotten")


def connections_told(lines):
    """How many closed connections the lines speak of; all other lines fail the test."""
    told = 0
    for line in lines:
        count = re.search(r"more connections closed for the like.* count=(\d+)", line)
        expect(count or "connection closed remote=" in line, f"it said {line}")
        told += int(count[1]) if count else 1
    return told


def ten_thousand_idle_connections_cost_little(rig):
    """Twice, so that what the first crowd cost is seen to be free again."""
    broker = rig.broker()
    topic = Topic(broker, "t")
    broker.new_lines()
    empty, descriptors, full = broker.resident_mib(), broker.descriptors(), []
    for turn in range(2):
        connections = come(broker, CROWD)
        expect_served(topic, b"beside the idle %d" % turn)
        full.append(rig.expect_memory(broker, empty + CROWD * 8 / 1024, f"{CROWD} connections"))
        leave(broker, connections)
    expect(full[1] < full[0] + 8, f"MiB in use by one crowd and the next: {full}")
    wait_until(lambda: broker.descriptors() <= descriptors + 2, LIMIT_S, "descriptors are closed")
    topic.check()
    broker.expect_silence()


def ten_thousand_that_announce_100_mb_keep_nobody_out(rig):
    """Four bytes that announce a frame, and ten of it. They would be a terabyte."""
    broker = rig.broker()
    topic = Topic(broker, "t")
    broker.new_lines()
    empty = broker.resident_mib()
    connections = come(broker, CROWD)
    for connection in connections:
        connection.sendall(struct.pack(">i", FRAME_BYTES) + bytes(10))
    expect_served(topic, b"beside the announcements")
    rig.expect_memory(broker, empty + CROWD * 12 / 1024, f"{CROWD} announcements")
    leave(broker, connections)
    expect_served(topic, b"after the announcements")
    topic.check()
    lines = broker.new_lines()
    expect(len(lines) <= LINES_MAX, f"{len(lines)} lines, the last {lines[-1:]}")
    broker.stop()
    told = connections_told(lines + [line for line in broker.new_lines() if "stopp" not in line])
    expect(told == CROWD, f"the log speaks of {told} connections of {CROWD}")
    broker.start()
    topic.check()


def halves_of_large_frames_stay_within_the_budget(rig):
    """They hold all that there is for requests. Then they are told to go sooner."""
    budget_mib = 32
    broker = rig.broker(queued_max_request_bytes=budget_mib * MIB)
    topic = Topic(broker, "t")
    empty = broker.resident_mib()
    connections = come(broker, 2 * budget_mib * MIB // 60_000)
    for connection in connections:
        connection.sendall(struct.pack(">i", FRAME_BYTES) + bytes(60_000))
    # Those that got memory are closed after 5 s without progress, then those that waited for it.
    expect_served(topic, b"beside the halves", LIMIT_S)
    rig.expect_memory(broker, empty + budget_mib + 40, "half-sent frames")
    leave(broker, connections)
    topic.check()


def ten_thousand_bad_connections_are_told_in_few_lines(rig):
    broker = rig.broker()
    topic = Topic(broker, "t")
    broker.new_lines()
    begin = time.monotonic()
    for _ in range(CROWD):
        with broker.connect() as connection:
            sent_and_closed(connection, b"nonsense")
    windows = 1 + (time.monotonic() - begin) // 10
    expect_served(topic, b"after the nonsense")
    lines = broker.new_lines()
    expect(len(lines) <= windows * (LINES_MAX + 1), f"{len(lines)} lines")
    broker.stop()
    told = connections_told(lines + [line for line in broker.new_lines() if "stopp" not in line])
    expect(told == CROWD, f"the log speaks of {told} connections of {CROWD}")


if __name__ == "__main__":
    raise_file_limit(CROWD + 1_000)
    hostile_rig.main((
        ten_thousand_idle_connections_cost_little,
        ten_thousand_that_announce_100_mb_keep_nobody_out,
        halves_of_large_frames_stay_within_the_budget,
        ten_thousand_bad_connections_are_told_in_few_lines))
