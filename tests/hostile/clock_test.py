"""The wall clock jumps under a running broker, an hour or ten years, in both directions
(clock_shim.c). Nothing acknowledged is lost; retention by time takes what the records' timestamps
allow, as in Apache Kafka, so a clock that goes back takes nothing; and whatever waits for a while,
sessions, polls, flushes, waits by the steady clock."""

import pathlib
import select
import time

import hostile_rig  # also finds the folders of the next ones
import group_wire
import groups_test
from clock_load import (INVALID_TIMESTAMP, SESSION_MS, Writer, broker_with_a_clock,
                        expect_not_busy, load, member_of, offset_at)
from hostile_rig import LIMIT_S, NONE, Topic
from patience_test import fetch_request
from processes import expect, wait_until

HOUR, DAY = 3600, 86_400
YEAR = 365 * DAY
RETENTION_S, SEGMENT_S = 3 * DAY, 2 * HOUR
RETENTION_LOOKS_S = 2.5  # twice: an active segment is rolled first
EARLIEST, LATEST = -2, -1
POLL_MS = 1500


class Site:
    """Topics that keep everything and three days, their writers, a member of a group."""

    def __init__(self, rig):
        self.rig = rig
        self.broker, self.clock = broker_with_a_clock(rig)
        client = self.broker.client()
        error, *producer = client.init_producer_id()
        client.close()
        expect(error == NONE, f"InitProducerId: error {error}")
        self.kept = Topic(self.broker, "kept", segment_ms=SEGMENT_S * 1000)
        self.timed = Topic(self.broker, "timed", retention_ms=RETENTION_S * 1000,
                           segment_ms=SEGMENT_S * 1000, file_delete_delay_ms=100)
        self.writers = [Writer(self.kept, self.clock, producer), Writer(self.timed, self.clock)]
        self.member = member_of(self.broker, "group", "kept")

    def jump(self, by_s):
        """Under load. The offset of the topic with retention before which all is older."""
        with load(self.writers, self.member) as running:
            time.sleep(0.4)
            end = self.writers[1].end()
            self.clock.jump(by_s)
            expect_not_busy(self.broker, 1.5)
        committed = group_wire.committed_offsets(self.broker.server.address, "group", "kept", 1)
        expect(committed == {0: running.committed}, f"{running.committed} committed: {committed}")
        self.check()
        return end

    def check(self):
        """All that may not be gone is there."""
        self.kept.check()
        start = offset_at(self.timed, EARLIEST)
        gone = [at for at in self.writers[1].timestamps if at < start]
        limit = max(self.clock.latest_ms, self.clock.now_ms()) - RETENTION_S * 1000
        early = [at for at in gone if self.writers[1].timestamps[at] > limit]
        expect(not early, f"{len(early)} records were removed that are not old enough")
        error, _, _ = self.timed.fetch(start)
        expect(error == NONE, f"fetch from the start: error {error}")
        expect(offset_at(self.timed, LATEST) == self.writers[1].end(), "the end of it")

    def segments(self, topic):
        return len(list((self.broker.data / f"{topic}-0").glob("*.log")))

    def restart(self, end):
        """The broker ends in that way; what it kept and the member are there again."""
        end()
        self.broker.start()
        self.check()
        for one in (*self.writers, self.member):
            one.client.close()
            one.client = self.broker.client()

        def is_in():
            error = self.member.heartbeat()
            expect(error in (NONE, *group_wire.PASSING), f"heartbeat: error {error}")
            return error == NONE

        wait_until(is_in, LIMIT_S, "the member is in its group")


def jumps_forward_lose_nothing_but_what_is_old(rig):
    """An hour, ten days. What is older than retention.ms goes, the rest stays; segments are rolled
    by time; a batch that is sent again is still recognised."""
    site = Site(rig)
    site.jump(HOUR)
    expect_nothing_removed(site)
    writer = site.writers[0]
    expect(writer.send_again() == (NONE, writer.end() - 1), "sent again, appended again")
    expect(site.segments("kept") == 1, "rolled after an hour")
    end = site.jump(10 * DAY)
    expect(site.segments("kept") == 2, "not rolled after ten days")
    wait_until(lambda: offset_at(site.timed, EARLIEST) >= end, LIMIT_S, "retention")
    site.restart(site.broker.stop)
    site.jump(HOUR)
    time.sleep(RETENTION_LOOKS_S)
    site.check()


def expect_nothing_removed(site):
    time.sleep(RETENTION_LOOKS_S)
    expect(offset_at(site.timed, EARLIEST) == 0, "retention has removed something")
    site.check()


def jumps_back_remove_nothing(rig):
    """A day, ten years; with restarts while the clock is wrong, and when it is right again."""
    site = Site(rig)
    for jump, ending in ((-DAY, None), (-10 * YEAR, site.broker.stop), (2 * HOUR, site.broker.kill),
                         (10 * YEAR + DAY - 2 * HOUR, None)):
        site.jump(jump)
        if ending:
            site.restart(ending)
        # Also at last: what has timestamps of ten years ago stands behind what is of today.
        expect_nothing_removed(site)


def segments_are_rolled_by_time_after_a_jump_back(rig):
    site = Site(rig)
    site.jump(-10 * YEAR)
    fresh = Topic(site.broker, "fresh", segment_ms=SEGMENT_S * 1000)
    writer = Writer(fresh, site.clock)
    writer.append()
    site.jump(SEGMENT_S + 60)
    expect(site.segments("fresh") == 1, "rolled by itself")
    writer.append()
    expect(site.segments("fresh") == 2, "not rolled")
    fresh.check()


def a_look_up_by_time_finds_the_first_that_is_as_late(rig):
    """Also where times go up and down in a log."""
    site = Site(rig)
    for jump in (HOUR, -DAY, 2 * DAY, -10 * YEAR):
        site.jump(jump)
    times = sorted(site.writers[0].timestamps.items())
    for wanted in [when for _, when in times[::10]] + [0, times[0][1] + 1]:
        first = next((at for at, when in times if when >= wanted), -1)
        found = offset_at(site.kept, wanted)
        expect(found == first, f"at {wanted}: {found}, not {first}")


def the_broker_says_the_time_of_its_clock(rig):
    """LogAppendTime: what proves that the clock has jumped at all. A producer that is a day ahead
    of its broker is told so, as by Apache Kafka."""
    broker, clock = broker_with_a_clock(rig)
    stamped = Topic(broker, "stamped", message_timestamp_type="LogAppendTime")
    for jump in (0, HOUR, 10 * DAY, -11 * DAY, -10 * YEAR):
        clock.jump(jump)
        stamped.append(b"x")
        found = offset_at(stamped, clock.now_ms() - 60_000)
        wanted = 0 if jump < 0 else len(stamped.acknowledged) - 1
        expect(found == wanted, f"jump {jump}: {found} is as late as a minute ago")
    ahead = Writer(Topic(broker, "t"), clock)
    expect(ahead.send(clock.now_ms() + DAY * 1000) == INVALID_TIMESTAMP, "a day ahead")
    ahead.append()
    ahead.topic.check()


def a_silent_member_goes_when_its_session_is_over(rig):
    """By the steady clock: not at once when the wall clock jumps forward, not in ten years when it
    jumps back."""
    broker, clock = broker_with_a_clock(rig)
    silent = member_of(broker, "silent", "t")
    for jump in (-10 * YEAR, 10 * YEAR + DAY):
        begin = time.monotonic()
        expect(silent.heartbeat() == NONE, "heartbeat")
        clock.jump(jump)
        other = groups_test.Member(broker, "silent", session_ms=SESSION_MS)
        expect(other.join() == NONE, "the other joins when the silent one has gone")
        waited_ms = (time.monotonic() - begin) * 1000
        # That it goes at all: the join waits for it no longer than LIMIT_S.
        expect(waited_ms >= 0.9 * SESSION_MS, f"jump {jump}: after {waited_ms:.0f} ms")
        expect(other.sync() == NONE and silent.heartbeat() == groups_test.UNKNOWN_MEMBER, "gone")
        silent = other


def a_long_poll_ends_in_its_time(rig):
    broker, clock = broker_with_a_clock(rig)
    topic = Topic(broker, "t")
    for jump in (-10 * YEAR, 10 * YEAR + 10 * DAY):
        with broker.connect() as poll:
            begin = time.monotonic()
            poll.sendall(fetch_request(topic, 0, wait_ms=POLL_MS))
            expect(not select.select([poll], [], [], 0.5)[0], "answered early")
            clock.jump(jump)
            expect(select.select([poll], [], [], LIMIT_S)[0], "not answered")
            waited_ms = (time.monotonic() - begin) * 1000
        expect(waited_ms >= 0.9 * POLL_MS, f"jump {jump}: answered after {waited_ms:.0f} ms")


def offsets_of_a_group_that_is_there_do_not_expire(rig):
    """Ten days are more than offsets.retention.minutes: those of a group without members go, as in
    Apache Kafka; a jump back lets none go."""
    broker, clock = broker_with_a_clock(rig)
    Topic(broker, "kept").append(b"x")
    here, gone = (member_of(broker, name, "kept") for name in ("here", "gone"))
    for member in (here, gone):
        expect(member.commit("kept", 1) == NONE, "commit")
    expect(gone.leave() == NONE, "leave")

    def committed(group):
        return group_wire.committed_offsets(broker.server.address, group, "kept", 1)

    for jump, wanted in ((-DAY, {0: 1}), (-10 * YEAR, {0: 1}), (10 * YEAR + 11 * DAY, {})):
        clock.jump(jump)
        end = time.monotonic() + 3  # six sweeps
        while time.monotonic() < end:
            expect(here.heartbeat() == NONE and committed("here") == {0: 1}, "the one that is there")
            time.sleep(0.2)
        expect(committed("gone") == wanted, f"jump {jump}: {committed('gone')}")


def flushes_by_time_go_on_after_a_jump_back(rig):
    """A topic that is not durable (flush.messages) and has flush.ms: the recovery point follows."""
    broker, clock = broker_with_a_clock(rig)
    writer = Writer(Topic(broker, "lazy", flush_messages=(1 << 63) - 1, flush_ms=500), clock)

    def point():
        path = broker.data / "recovery-point-offset-checkpoint"
        rows = [line.split() for line in path.read_text().splitlines()] if path.exists() else []
        return next((int(row[2]) for row in rows if row[0] == "lazy"), 0)

    for jump in (0, -10 * YEAR, 20 * YEAR, -10 * YEAR):
        clock.jump(jump)
        writer.append()
        wait_until(lambda: point() == writer.end(), LIMIT_S, f"a flush, {jump} s later")


def extend(parser):
    parser.add_argument("--shim", required=True, type=lambda path: pathlib.Path(path).resolve())


if __name__ == "__main__":
    hostile_rig.main((
        the_broker_says_the_time_of_its_clock, jumps_forward_lose_nothing_but_what_is_old,
        jumps_back_remove_nothing, segments_are_rolled_by_time_after_a_jump_back,
        a_look_up_by_time_finds_the_first_that_is_as_late, a_long_poll_ends_in_its_time,
        a_silent_member_goes_when_its_session_is_over,
        offsets_of_a_group_that_is_there_do_not_expire, flushes_by_time_go_on_after_a_jump_back),
        extend)
