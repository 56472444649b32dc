"""The judge of chaos.py (./dev chaos) finds what it is there for, in logs that are made up."""

import struct

from chaos_log import Judge
from offsets_log import Entry
from processes import expect
from registry import compat_test

TOPIC, TOPIC_ID, GROUP = "orders", "x" * 22, "g"


class Made:
    """A log, and what members were told."""

    def __init__(self):
        self.entries, self.said = [], {}

    def add(self, kind, key, value):
        self.entries.append(Entry(0, len(self.entries), 0, kind, key, value))
        return self

    def commit(self, partition, offset, name):
        self.said.setdefault((GROUP, partition, offset), set()).add(name)
        return self.add("OffsetCommit", {"group": GROUP, "topic": TOPIC, "partition": partition},
                        {"offset": offset})

    def classic(self, generation, **owned):
        members = [{"memberId": member, "assignment":
                    struct.pack(">hih", 1, 1, len(TOPIC)) + TOPIC.encode()
                    + struct.pack(f">i{len(partitions)}i", len(partitions), *partitions)}
                   for member, partitions in owned.items()]
        return self.add("GroupMetadata", {"group": GROUP},
                        {"generation": generation, "members": members})

    def consumer(self, member, assigned, revoking=()):
        def rows(partitions):
            return [{"TopicId": TOPIC_ID, "Partitions": list(partitions)}]

        return self.add("ConsumerGroupCurrentMemberAssignment",
                        {"GroupId": GROUP, "MemberId": member},
                        {"AssignedPartitions": rows(assigned),
                         "PartitionsPendingRevocation": rows(revoking)})

    def gone(self, member):
        return self.add("ConsumerGroupCurrentMemberAssignment",
                        {"GroupId": GROUP, "MemberId": member}, None)

    def findings(self):
        return Judge((TOPIC, TOPIC_ID), self.said).read(self.entries).findings


GOOD = (
    Made().classic(1, a=[0, 1]).commit(0, 5, "x").commit(1, 5, "x")
    .classic(2, a=[0], b=[1]).commit(1, 6, "y").commit(0, 6, "x").commit(0, 6, "x"),
    Made().consumer("a", [0, 1]).commit(1, 5, "x").consumer("a", [0], [1]).commit(1, 6, "x")
    .consumer("a", [0]).consumer("b", [1]).commit(1, 7, "y"),
    Made().consumer("a", [0]).commit(0, 5, "x").gone("a").consumer("b", [0]).commit(0, 6, "y"),
)
BAD = {
    "went back": Made().classic(1, a=[0]).commit(0, 5, "x").commit(0, 4, "x"),
    "while it was": Made().classic(1, a=[0]).commit(0, 5, "x").commit(0, 6, "y"),
    "commit as": Made().classic(1, a=[0, 1]).commit(0, 5, "x").commit(1, 6, "y"),
    "is a's and b's": Made().consumer("a", [0], [1]).consumer("b", [1]),
    "is c's and d's": Made().classic(3, c=[0, 1], d=[1]),
}


@compat_test(limit_s=10)
def test_the_judge_of_chaos_finds_commits_that_go_back_and_two_owners(_rig):
    """And nothing in groups where partitions change hands in order."""
    for made in GOOD:
        expect(not made.findings(), f"found in a good log: {made.findings()}")
    for words, made in BAD.items():
        expect(any(words in line for line in made.findings()),
               f"{words!r} was not found: {made.findings()}")
