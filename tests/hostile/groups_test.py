"""Group members that flap, lie about their generation or send 10 MB of metadata: the right error,
bounded memory, and a group beside them that notices nothing and loses no committed offset."""

import hostile_rig  # also finds the folders of the next ones
import group_wire
import wire
from broker_wire import TAGS, pack, string
from group_wire import JOIN_GROUP, OFFSET_COMMIT
from hostile_rig import LIMIT_S, MIB, NONE, Topic
from processes import expect, wait_until

HEARTBEAT, LEAVE_GROUP, SYNC_GROUP = 12, 13, 14
UNKNOWN_SERVER_ERROR, INVALID_GENERATION, UNKNOWN_MEMBER, MEMBER_ID_REQUIRED = -1, 22, 25, 79
OFFSET_METADATA_TOO_LARGE = 12
GROUP_MAX_SIZE_REACHED = 81
SESSION_MS = 10_000


class Member:
    """One member on a connection of its own; versions without tagged fields."""

    def __init__(self, broker, group, metadata=b"metadata", session_ms=SESSION_MS):
        self.client, self.group, self.metadata = broker.client(), group, metadata
        self.session_ms = session_ms
        self.id, self.generation, self.leader = "", -1, ""

    def send_join(self):
        body = (string(self.group) + pack("ii", self.session_ms, SESSION_MS) + string(self.id)
                + pack("h", -1) + string("consumer") + pack("i", 1) + string("range")
                + pack("i", len(self.metadata)) + self.metadata)
        self.client.send(JOIN_GROUP, 5, body)

    def receive_join(self):
        """The error; the id and generation are taken over."""
        reader = self.client.receive()
        _, error, generation = reader.fixed("ihi")
        reader.take(reader.int16())
        leader = reader.take(reader.int16()).decode()
        member = reader.take(reader.int16()).decode()
        if error in (NONE, MEMBER_ID_REQUIRED):
            self.id, self.leader = member, leader
        if error == NONE:
            self.generation = generation
        return error

    def join(self):
        """The error, having asked again with the id that was given."""
        self.send_join()
        error = self.receive_join()
        if error == MEMBER_ID_REQUIRED:
            self.send_join()
            error = self.receive_join()
        return error

    def sync(self, assignment=b"assignment", generation=None):
        body = (string(self.group) + pack("i", generation or self.generation) + string(self.id)
                + pack("h", -1) + pack("i", 1) + string(self.id) + pack("i", len(assignment))
                + assignment)
        return self.client.call(SYNC_GROUP, 3, body).fixed("ih")[1]

    def heartbeat(self, generation=None, member=None):
        body = (string(self.group) + pack("i", generation or self.generation)
                + string(member or self.id) + pack("h", -1))
        return self.client.call(HEARTBEAT, 3, body).fixed("ih")[1]

    def leave(self):
        body = string(self.group) + string(self.id)
        return self.client.call(LEAVE_GROUP, 1, body).fixed("ih")[1]

    def commit(self, topic, offset, generation=None, member=None, metadata=""):
        body = (string(self.group) + pack("i", generation or self.generation)
                + string(member or self.id) + pack("h", -1) + pack("i", 1) + string(topic)
                + pack("i", 1) + pack("iqi", 0, offset, -1) + string(metadata))
        reader = self.client.call(OFFSET_COMMIT, 7, body)
        reader.fixed("ii")
        reader.take(reader.int16())
        return reader.fixed("iih")[2]


def ready_member(broker, group, **how):
    """A group of one that is stable, once its coordinator is there."""
    member = Member(broker, group, **how)

    def is_in():
        error = member.join()
        expect(error in (NONE, *group_wire.PASSING), f"join: error {error}")
        return error == NONE

    find = wire.uvarint(2) + wire.compact_string(group) + TAGS

    def coordinator():
        reader = member.client.call(10, 4, b"\0" + find, flexible=True)
        reader.int32()
        reader.uvarint()
        reader.compact_string()
        reader.int32()
        reader.compact_string()
        reader.int32()
        return reader.int16() == NONE

    wait_until(coordinator, LIMIT_S, "a coordinator")
    wait_until(is_in, LIMIT_S, "a member")
    expect(member.sync() == NONE, "sync")
    return member


def settings():
    return {"group_initial_rebalance_delay_ms": 0, "offsets_topic_num_partitions": 4}


def members_that_lie_are_told_so(rig):
    broker = rig.broker(**settings())
    topic = Topic(broker, "t")
    member = ready_member(broker, "g")
    expect(member.commit(topic.name, 7) == NONE, "a commit")
    for generation in (member.generation + 1, member.generation - 1 or -2, 1 << 30, -(1 << 31)):
        for error in (member.heartbeat(generation), member.sync(generation=generation),
                      member.commit(topic.name, 3, generation)):
            expect(error == INVALID_GENERATION, f"generation {generation}: error {error}")
    for stranger in ("nobody", "x" * 30_000, member.id + "0"):
        for error in (member.heartbeat(member=stranger),
                      member.commit(topic.name, 3, member=stranger)):
            expect(error == UNKNOWN_MEMBER, f"member {stranger[:20]}: error {error}")
    expect(member.commit(topic.name, 3, metadata="m" * 30_000)
           == OFFSET_METADATA_TOO_LARGE, "metadata of a commit")
    lines = broker.new_lines()
    for error in ("ILLEGAL_GENERATION", "UNKNOWN_MEMBER_ID", "OFFSET_METADATA_TOO_LARGE"):
        expect(any(f"error={error}" in line for line in lines), f"no line of {error}: {lines}")
    expect(max(map(len, lines)) < 1_000, "a line as long as what a stranger sends")
    expect(member.heartbeat() == NONE, "the member itself")
    committed = group_wire.committed_offsets(broker.server.address, "g", "t", 1)
    expect(committed == {0: 7}, f"committed: {committed}")
    broker.kill()
    broker.start()
    wait_until(lambda: group_wire.committed_offsets(broker.server.address, "g", "t", 1) == {0: 7},
               LIMIT_S, "the commit survives")


def members_that_flap_disturb_their_own_group_only(rig):
    broker = rig.broker(**settings())
    topic = Topic(broker, "t")
    steady = ready_member(broker, "steady")
    flapping = ready_member(broker, "flapping")
    broker.new_lines()
    before = broker.resident_mib()
    for number in range(300):
        # Nobody waits for those that leave without a word, in the middle of their round.
        other = Member(broker, "flapping" if number % 3 == 0 else "ghosts")
        other.send_join()
        error = other.receive_join()
        expect(error == MEMBER_ID_REQUIRED, f"join: error {error}")
        other.send_join()
        if number % 3 == 0:
            expect(flapping.join() == NONE and other.receive_join() == NONE, "a round of two")
            leader = flapping if flapping.leader == flapping.id else other
            expect(leader.sync() == NONE, "sync of the leader")
            expect(other.leave() == NONE, "leave")
        other.client.close()
        expect(steady.heartbeat() == NONE, "the steady group")
    expect(steady.commit(topic.name, 5) == NONE, "a commit of the steady group")
    rig.expect_memory(broker, before + 20, "300 members that came and went")
    lines = broker.new_lines()
    expect(not any(line.startswith("error") for line in lines), f"it said {lines[:3]}")


def metadata_of_10_mb_goes_with_its_member(rig):
    """Too large for the group's record, so its round ends with an error, as in Apache Kafka."""
    broker = rig.broker(**settings())
    steady = ready_member(broker, "steady")
    before = broker.resident_mib()
    for number in range(20):
        large = Member(broker, f"large-{number}", metadata=bytes(10 * MIB))
        error = large.join()
        if error == NONE:
            error = large.sync(assignment=bytes(10 * MIB))
        expect(error == UNKNOWN_SERVER_ERROR, f"10 MB: error {error}")
        large.leave()
        large.client.close()
    expect(steady.heartbeat() == NONE, "the steady group")
    rig.expect_memory(broker, before + 100, "20 members with 10 MB each")


def metadata_of_all_groups_has_one_bound(rig):
    """Members that stay, each in a group of its own: who is too much is turned away, and has room
    when somebody leaves."""
    broker = rig.broker(**settings(), queued_max_request_bytes=16 * MIB)
    ready_member(broker, "steady")  # so that there is a coordinator
    members = [Member(broker, f"g{number}", metadata=bytes(3 * MIB)) for number in range(8)]
    errors = [member.join() for member in members]
    expect(errors == [NONE] * 5 + [GROUP_MAX_SIZE_REACHED] * 3, f"errors {errors}")
    broker.new_lines()
    expect(members[5].join() == GROUP_MAX_SIZE_REACHED, "still no room")
    lines = broker.new_lines()
    expect(any("all groups together have room for" in line for line in lines), f"it said {lines}")
    expect(members[0].leave() == NONE, "leave")
    expect(members[5].join() == NONE, "there is room again")
    rig.expect_memory(broker, 100, "five members of 3 MB, and three that were turned away")
    for member in members:
        member.client.close()


if __name__ == "__main__":
    hostile_rig.main((members_that_lie_are_told_so, members_that_flap_disturb_their_own_group_only,
                      metadata_of_10_mb_goes_with_its_member, metadata_of_all_groups_has_one_bound))
