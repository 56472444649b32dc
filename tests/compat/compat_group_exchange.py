"""Groups that go on at the other broker in the middle of a rebalance: `__consumer_offsets` written by
Apache loads in Moldau and the other way round, and the same members continue with their ids and
epochs."""

import kafka_rig
from compat_clients import create
from compat_compaction import FEATURES
from group_talk import Classic, Consumer, Talk, commit, same
from processes import expect, wait_until
from registry import compat_test

TOPIC = "orders"
PARTITIONS = 4
REBALANCE_IN_PROGRESS, ILLEGAL_GENERATION, UNKNOWN_MEMBER_ID = 27, 22, 25
STALE_MEMBER_EPOCH = 113
BRANDS = {"moldau": kafka_rig.Moldau, "apache": kafka_rig.Apache}


class Members:
    """All members of all groups, and what is expected of them."""

    def __init__(self):
        self.talk = Talk()
        self.classic = {group: [] for group in
                        ("c-stable", "c-preparing", "c-completing", "c-new", "c-static")}
        self.consumer = {group: [] for group in ("k-stable", "k-revoking", "k-static", "k-regex")}
        self.mixed = None
        self.described = None

    def groups(self):
        return [*self.classic, *self.consumer, "k-mixed"]

    def to(self, server):
        self.talk.to(server)
        for group in self.groups():
            self.talk.loaded(group)

    # ------------------------------------------------------------------ the first broker

    def build(self):
        """Groups at rest, and some that are in the middle of it."""
        for group, count in (("c-stable", 2), ("c-preparing", 2), ("c-completing", 2)):
            self.classic[group] = [Classic(self.talk, group, TOPIC) for _ in range(count)]
            rebalance(self.classic[group])
        fixed = [Classic(self.talk, "c-static", TOPIC, instance=f"fixed-{number}")
                 for number in range(2)]
        self.classic["c-static"] = fixed
        rebalance(fixed)
        self.build_consumers()
        for number, members in enumerate(self.classic.values()):
            for place, member in enumerate(members):
                same("commit", member.commit(place, 100 + number), 0)

    def build_consumers(self):
        for group in ("k-stable", "k-static", "k-regex"):
            regex = "^ord[a-z]{3}$" if group == "k-regex" else None
            members = [Consumer(self.talk, group, TOPIC, f"{group}-{number}", regex=regex,
                                instance=f"fixed-{number}" if group == "k-static" else None)
                       for number in range(2)]
            self.consumer[group] = members
            consumers_join(members)
            for member in members:
                same("commit", member.commit(member.owned[0], 200), 0)
        # One that speaks the classic protocol among those of the new one.
        new = Consumer(self.talk, "k-mixed", TOPIC, "k-mixed-new")
        consumers_join([new])
        old = Classic(self.talk, "k-mixed", TOPIC)
        self.mixed = new, old

        def settled():
            same("join", old.begin_join()(), 0)
            same("sync", old.begin_sync()()[0], 0)
            new.settle()
            return len(new.owned) == PARTITIONS // 2 and old.heartbeat() == 0

        wait_until(settled, 30, "k-mixed settles", pause_s=0.1)

    def disturb(self):
        """What the broker is killed in the middle of."""
        # A third comes: the others are to join again, and do not.
        third = Classic(self.talk, "c-preparing", TOPIC)
        third.begin_join()
        self.classic["c-preparing"].append(third)
        wait_until(lambda: self.classic["c-preparing"][0].heartbeat() == REBALANCE_IN_PROGRESS,
                   20, "c-preparing rebalances")
        # All have joined the next generation, and the leader does not say who has what.
        all_join(self.classic["c-completing"])
        # The same in a group that never had a generation before.
        first = Classic(self.talk, "c-new", TOPIC)
        same("join", first.begin_join()(), 0)
        self.classic["c-new"] = [first]
        # One has all partitions; another joins; the first is told to give some up, and does not.
        old = Consumer(self.talk, "k-revoking", TOPIC, "k-revoking-0")
        consumers_join([old])
        new = Consumer(self.talk, "k-revoking", TOPIC, "k-revoking-1")
        same("join", new.join(), 0)
        same("heartbeat", old.heartbeat(), 0)
        same("kept", len(old.wanted), PARTITIONS // 2)
        same("given", new.wanted, [])
        same("owned", len(old.owned), PARTITIONS)
        self.consumer["k-revoking"] = [old, new]
        # A static member that is away: it comes back later.
        away = self.consumer["k-static"][1]
        epoch, away.epoch = away.epoch, -2
        same("leave", away.heartbeat(), 0)
        away.epoch = epoch

    # ------------------------------------------------------------------- the second broker

    def describe(self):
        """How the groups stand, in the words of both APIs."""
        new = self.talk.ask("ConsumerGroupDescribe", 1, GroupIds=[*self.consumer, "k-mixed"])
        old = self.talk.ask("DescribeGroups", 5, Groups=["c-stable", "c-static"])
        for group in new["Groups"] + old["Groups"]:
            group["Members"].sort(key=lambda one: one["MemberId"])
        offsets = self.talk.ask("OffsetFetch", 8, Groups=[
            {"GroupId": group, "Topics": None} for group in self.groups()])
        for group in offsets["Groups"]:
            for topic in group["Topics"]:
                topic["Partitions"].sort(key=lambda one: one["PartitionIndex"])
        return {kind: sorted(answer["Groups"], key=lambda one: one["GroupId"])
                for kind, answer in (("consumer", new), ("classic", old), ("offsets", offsets))}

    def check_described(self):
        found = self.describe()
        for kind, groups in self.described.items():
            for group, now in zip(groups, found[kind]):
                same(f"{kind} group", now, group)

    def go_on(self):
        """Each from where it was."""
        for member in self.classic["c-stable"] + self.classic["c-static"]:
            same(f"heartbeat in {member.group}", member.heartbeat(), 0)
            same(f"commit in {member.group}", member.commit(3, 300), 0)
        self.go_on_preparing()
        self.go_on_completing()
        self.go_on_static()
        for group in ("k-stable", "k-regex"):
            for member in self.consumer[group]:
                epoch, wanted = member.epoch, list(member.wanted)
                same(f"heartbeat in {group}", member.heartbeat(), 0)
                same(f"epoch in {group}", member.epoch, epoch)
                same(f"full heartbeat in {group}", member.says(wanted), 0)
                same(f"assignment in {group}", (member.epoch, member.wanted), (epoch, wanted))
                same(f"commit in {group}", member.commit(member.owned[0], 300), 0)
                # Older than the partition's assignment, and one that is not yet.
                for epoch in (1, member.epoch + 1):
                    same(f"commit of epoch {epoch} in {group}",
                         commit(member, epoch, member.owned[0], 1), STALE_MEMBER_EPOCH)
        self.go_on_revoking()
        new, old = self.mixed
        same("heartbeat in k-mixed", (new.heartbeat(), old.heartbeat()), (0, 0))

    def go_on_preparing(self):
        """As of the last record the group is stable, and nobody else has come."""
        first, second, third = members = self.classic["c-preparing"]
        same("heartbeats in c-preparing", (first.heartbeat(), second.heartbeat()), (0, 0))
        same("commit in c-preparing", first.commit(0, 301), 0)
        same("join of one that is not known", third.begin_join()(), UNKNOWN_MEMBER_ID)
        third.id = ""
        generation = first.generation
        again = rebalance(members)
        expect_generation(members, generation + 1, again)

    def go_on_completing(self):
        """The generation that they had joined is not known; their ids are."""
        members = self.classic["c-completing"]
        generation = members[0].generation
        leader = next(one for one in members if one.leads)
        same("heartbeat in c-completing", leader.heartbeat(), ILLEGAL_GENERATION)
        same("commit in c-completing", leader.commit(0, 1), ILLEGAL_GENERATION)
        same("sync in c-completing", leader.begin_sync({leader.id: [0]})()[0], ILLEGAL_GENERATION)
        for member in members:
            member.generation = generation - 1
            same("heartbeat of the generation before", member.heartbeat(), 0)
        again = rebalance(members)
        expect_generation(members, generation, again)
        first, = self.classic["c-new"]
        same("heartbeat in c-new", first.heartbeat(), UNKNOWN_MEMBER_ID)
        first.id = ""
        rebalance([first])

    def go_on_static(self):
        """A classic one that is started anew, with a new id and no rebalance; a new one is back."""
        fixed, other = self.classic["c-static"]
        old, generation = fixed.id, fixed.generation
        fixed.id = ""
        same("join of a static member", fixed.begin_join()(), 0)
        expect(fixed.id != old and fixed.generation == generation,
               f"{old} at {generation} became {fixed.id} at {fixed.generation}")
        error, assignment = fixed.begin_sync()()
        expect(error == 0 and assignment, f"sync of a static member: {error} {assignment}")
        same("heartbeat of the other", other.heartbeat(), 0)
        here, away = self.consumer["k-static"]
        same("heartbeat in k-static", here.heartbeat(), 0)
        wanted = list(away.owned)
        away.id = "k-static-back"
        same("return of a static member", away.join(), 0)
        same("its partitions", away.wanted, wanted)
        away.settle()
        same("heartbeat in k-static", here.heartbeat(), 0)

    def go_on_revoking(self):
        """The second gets what the first was told to give up when it has, and not before."""
        old, new = self.consumer["k-revoking"]
        epoch = old.epoch
        same("heartbeat", (new.heartbeat(), new.wanted), (0, []))
        same("heartbeat", old.says(range(PARTITIONS)), 0)
        same("epoch of one that has not given up", old.epoch, epoch)
        same("heartbeat", (new.heartbeat(), new.wanted), (0, []))
        same("commit of what is to be given up", old.commit(3, 302), 0)
        same("heartbeat", old.says(old.wanted), 0)
        same("epoch of one that has given up", old.epoch, new.epoch)
        new.settle()
        same("all partitions", sorted(old.wanted + new.wanted), list(range(PARTITIONS)))
        same("commit", new.commit(new.owned[0], 303), 0)

    def check_back(self):
        """At the first broker again: everybody is still where it was."""
        for members in self.classic.values():
            for member in members:
                same(f"heartbeat in {member.group}", member.heartbeat(), 0)
        for members in self.consumer.values():
            for member in members:
                epoch = member.epoch
                same(f"heartbeat in {member.group}", (member.heartbeat(), member.epoch), (0, epoch))


def all_join(members):
    """Who has come to a generation without the others joins again, as its heartbeat would tell it.
    How often that was necessary: each may have made a generation."""
    again = 0
    waits = {number: member.begin_join() for number, member in enumerate(members)}
    while waits:
        done = [number for number, wait in waits.items() if wait.ready(0.2)]
        for number in done:
            same(f"join in {members[0].group}", waits.pop(number)(), 0)
        if waits and not done or len({member.generation for member in members}) > 1:
            again += 1
            for number in set(range(len(members))) - set(waits):
                waits[number] = members[number].begin_join()
    return again


def rebalance(members):
    """All join, and the leader gives each its partitions. What all_join says."""
    again = all_join(members)
    plan = {member.id: [number] for number, member in enumerate(members)}
    leader = next(member for member in members if member.leads)
    expect(sorted(leader.members) == sorted(plan), f"members {leader.members}, not {sorted(plan)}")
    waits = [member.begin_sync(plan if member.leads else None) for member in members]
    for wait in waits:
        error, assignment = wait()
        expect(error == 0 and assignment, f"sync in {members[0].group}: {error} {assignment}")
    for member in members:
        same(f"heartbeat in {member.group}", member.heartbeat(), 0)
    return again


def expect_generation(members, least, again):
    """All are in one, which is `least`, or later by no more than what all_join has said."""
    found = {member.generation for member in members}
    expect(len(found) == 1 and least <= min(found) <= least + again,
           f"generations {found} after {again} more joins, not {least}")


def consumers_join(members):
    """One after the other, until nothing changes and every partition has an owner."""
    for member in members:
        wait_until(lambda one=member: one.join() == 0, 20, f"{member.id} joins")

    def settled():
        before = [(member.epoch, list(member.wanted)) for member in members]
        for member in members:
            same(f"heartbeat of {member.id}", member.says(member.wanted), 0)
        return (before == [(member.epoch, member.wanted) for member in members]
                and sorted(partition for member in members for partition in member.wanted)
                == list(range(PARTITIONS)))

    wait_until(settled, 30, f"the members of {members[0].group} settle", pause_s=0.1)


def exchange(rig, first, second):
    """The first builds, is killed in the middle of rebalances; the second goes on; then the first."""
    settings = rig.settings(group_initial_rebalance_delay_ms=0,
                            group_consumer_assignment_interval_ms=0,
                            offsets_topic_num_partitions=3)
    server = BRANDS[first](rig, f"{first}-1", settings)
    if first == "apache":
        server.format(**{**FEATURES, "group_version": 1})
    server.start()
    create(rig, server, TOPIC, partitions=PARTITIONS)
    members = Members()
    members.to(server)
    members.build()
    members.disturb()
    members.described = members.describe()
    server.kill()
    server = BRANDS[second](rig, f"{second}-2", settings).start()
    members.to(server)
    members.check_described()
    members.go_on()
    members.described = members.describe()
    server.stop()
    server = BRANDS[first](rig, f"{first}-3", settings).start()
    members.to(server)
    members.check_described()
    members.check_back()
    server.stop()


@compat_test(limit_s=180, against=("moldau",))
def test_groups_of_apaches_go_on_at_ours_in_the_middle_of_a_rebalance(rig):
    """Apache, killed; Moldau; Apache. Ids, epochs and assignments are those of before."""
    exchange(rig, "apache", "moldau")


@compat_test(limit_s=180, against=("moldau",))
def test_groups_of_ours_go_on_at_apaches_in_the_middle_of_a_rebalance(rig):
    """Moldau, killed; Apache; Moldau."""
    exchange(rig, "moldau", "apache")


@compat_test(limit_s=180, against=("apache",))
def test_groups_go_on_in_the_middle_of_a_rebalance(rig):
    """Apache, killed; Apache: what is expected is what it does."""
    exchange(rig, "apache", "apache")
