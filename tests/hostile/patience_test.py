"""What takes time: clients that do not read, clients that do not finish, a broker that sleeps."""

import os
import pathlib
import platform
import re
import select
import signal
import struct
import time

import hostile_rig  # also finds the folders of the next ones
import batch
import group_wire
import groups_test
import wire
from broker_wire import FETCH, METADATA, TAGS, pack
from hostile_rig import LIMIT_S, MIB, NONE, Topic, read_to_end, request
from processes import expect, wait_until

READERS = 50
SEND_STALL_S, RECEIVE_STALL_S = 60, 30  # net/connection.h
ASLEEP_S, MINUTE_S = 3, 60


def fetch_request(topic, offset, wait_ms=0, partition_bytes=MIB, times=1):
    """Fetch v13 of one partition, framed: a megabyte, as clients do (max.partition.fetch.bytes); or
    of the same one many times, which nobody forbids."""
    body = pack("iiiibii", -1, wait_ms, 1, 50 * MIB, 0, 0, -1) + wire.uvarint(2) + topic.id
    partition = pack("iiqiqi", 0, -1, offset, -1, -1, partition_bytes) + TAGS
    body += wire.uvarint(1 + times) + times * partition + TAGS
    return request(FETCH, 13, body + wire.uvarint(1) + wire.uvarint(1) + TAGS, flexible=True)


def greedy_readers_share_the_memory_there_is(rig):
    """Clients that ask for 40 MiB each, in pieces so small that they are read into memory, and do
    not read them; the memory for answers is 16 MiB. Each has its first batch at most on top of
    that, and who reads gets everything."""
    broker = rig.broker(queued_max_request_bytes=16 * MIB)
    topic = Topic(broker, "t")
    topic.append(os.urandom(50_000))
    before = broker.resident_mib()
    greedy = [broker.connect() for _ in range(READERS)]
    for connection in greedy:
        connection.sendall(fetch_request(topic, 0, partition_bytes=60_000, times=800))
    wait_until(lambda: broker.metric("moldau_answer_memory_bytes") > 8 * MIB, LIMIT_S,
               "half of the memory for answers is taken")
    rig.expect_memory(broker, before + 16 + READERS + 20, f"{READERS} greedy clients")
    expect(broker.metric("moldau_answer_memory_bytes") <= (17 + READERS) * MIB, "too much is taken")
    topic.check()
    for connection in greedy:
        connection.close()
    wait_until(lambda: broker.metric("moldau_answer_memory_bytes") == 0, LIMIT_S,
               "the memory for answers comes back")


def greedy_readers_of_large_records_take_no_memory(rig):
    """The same of records that stay in their file until they are sent."""
    broker = rig.broker(queued_max_request_bytes=16 * MIB)
    topic = Topic(broker, "t")
    for number in range(40):
        topic.append(b"%d:" % number + os.urandom(1_000_000))
    before = broker.resident_mib()
    greedy = [broker.connect() for _ in range(READERS)]
    for connection in greedy:
        connection.sendall(fetch_request(topic, 0, partition_bytes=40 * MIB))
        expect(is_answered(connection, LIMIT_S), "no answer begins")
    # Where the kernel cannot tell what is cached (before 6.5) they share the memory instead.
    shared = 0 if kernel_version() >= (6, 5) else 16 + READERS
    rig.expect_memory(broker, before + shared + 20, f"{READERS} greedy clients")
    if shared == 0:
        expect(broker.metric("moldau_answer_memory_bytes") == 0, "records were read into memory")
    topic.check()
    for connection in greedy:
        connection.close()
    topic.check()


def kernel_version():
    return tuple(map(int, re.match(r"(\d+)\.(\d+)", platform.release()).groups()))


def state_of(thread):
    return (thread / "stat").read_text().rpartition(")")[2].split()[0]


def is_answered(connection, within_s):
    return bool(select.select([connection], [], [], within_s)[0])


def slow_clients_cost_little_and_are_closed_in_time(rig):
    """Some never read what they ask for again and again, one never finishes its request. Meanwhile
    everybody else is served."""
    broker = rig.broker()
    topic = Topic(broker, "t")
    for number in range(2):
        topic.append(b"%d:" % number + os.urandom(1_000_000))
    rest = Topic(broker, "other")
    broker.new_lines()
    before = broker.resident_mib()
    begin = time.monotonic()
    unread = [broker.connect() for _ in range(READERS)]
    for connection in unread:
        connection.sendall(200 * fetch_request(topic, 0))
    unfinished = broker.connect()
    unfinished.sendall(struct.pack(">i", MIB) + bytes(100))

    def lines_until(count, least_s):
        """Serves others until the log has so many lines, which must not be too early."""
        def come():
            rest.append(b"meanwhile")
            rig.expect_memory(broker, before + READERS + 20, f"{READERS} clients that do not read")
            return broker.said()[broker.seen:].count("\n") >= count

        wait_until(come, least_s + LIMIT_S, f"{count} slow clients are closed", pause_s=0.5)
        expect(time.monotonic() - begin >= least_s - 1, "closed too early")
        return broker.new_lines()

    line, = lines_until(1, RECEIVE_STALL_S)
    expect("the rest of a request did not come" in line, f"it said {line}")
    expect(read_to_end(unfinished) == b"", "an answer to half a request")
    lines = lines_until(READERS, SEND_STALL_S)
    expect(len(lines) == READERS and all("does not read its answers" in one for one in lines),
           f"{len(lines)} lines, the last {lines[-1:]}")
    for connection in unread:
        read_to_end(connection)  # there is an end
    topic.check()


def a_broker_that_sleeps_goes_on_where_it_was(rig):
    """SIGSTOP, as of a virtual machine that is moved: nobody is closed, what was sent meanwhile is
    done, what was acknowledged is there."""
    broker = rig.broker()
    topic = Topic(broker, "t")
    topic.append(b"before")
    idle, poll, half, fresh = (broker.connect() for _ in range(4))
    metadata = request(METADATA, 1, struct.pack(">i", 0))
    half.sendall(metadata[:10])
    poll.sendall(fetch_request(topic, 1, wait_ms=60_000))
    client = broker.client()
    topic.append(b"on a connection that stays", client)
    expect(is_answered(poll, LIMIT_S), "a long poll ends when there is something")
    poll.sendall(fetch_request(topic, 2, wait_ms=1000))
    broker.new_lines()

    os.kill(broker.pid, signal.SIGSTOP)
    try:
        threads = list(pathlib.Path(f"/proc/{broker.pid}/task").iterdir())
        wait_until(lambda: {state_of(thread) for thread in threads} == {"T"}, LIMIT_S, "stopped")
        client.send_produce([(topic.id, 0, batch.record_batch([(b"k", b"asleep")]))])
        late = broker.connect()
        late.sendall(metadata)
        fresh.sendall(metadata)
        expect(not is_answered(late, ASLEEP_S), "answered asleep")
        expect(not is_answered(fresh, 0), "answered asleep")
    finally:
        os.kill(broker.pid, signal.SIGCONT)

    (_, _, error, offset), = client.receive_produce()
    expect((error, offset) == (NONE, 2), f"what was produced meanwhile: error {error} at {offset}")
    topic.acknowledged.append((offset, b"asleep"))
    half.sendall(metadata[10:])
    idle.sendall(metadata)
    for connection in (late, fresh, half, idle, poll):
        expect(is_answered(connection, LIMIT_S), "not answered after its sleep")
        expect(struct.unpack(">i", connection.recv(4))[0] > 0, "closed after its sleep")
    topic.append(b"after", client)
    topic.check()
    broker.expect_silence()
    client.close()


def a_minute_asleep_loses_no_offset_and_no_group(rig):
    """Sessions are over when it wakes up: the member comes back, its group goes on where it was."""
    broker = rig.broker(**groups_test.settings())
    topic = Topic(broker, "t")
    topic.append(b"before")
    member = groups_test.ready_member(broker, "sleepers")
    expect(member.commit("t", 1) == NONE, "commit")
    broker.new_lines()
    os.kill(broker.pid, signal.SIGSTOP)
    try:
        time.sleep(MINUTE_S)
    finally:
        os.kill(broker.pid, signal.SIGCONT)
    topic.append(b"after")
    topic.check()
    if member.heartbeat() != NONE:
        member.id = ""
        wait_until(lambda: member.join() == NONE, LIMIT_S, "the member is back")
        expect(member.sync() == NONE, "sync")
    offsets = group_wire.committed_offsets(broker.server.address, "sleepers", "t", 1)
    expect(offsets == {0: 1}, f"committed: {offsets}")
    expect(member.commit("t", 2) == NONE, "the next commit")
    expect(not any(line.startswith("error") for line in broker.new_lines()), "errors in the log")


if __name__ == "__main__":
    hostile_rig.main((a_broker_that_sleeps_goes_on_where_it_was,
                      a_minute_asleep_loses_no_offset_and_no_group,
                      greedy_readers_of_large_records_take_no_memory,
                      greedy_readers_share_the_memory_there_is,
                      slow_clients_cost_little_and_are_closed_in_time))
