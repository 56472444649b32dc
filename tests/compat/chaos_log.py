"""Judges what a run of chaos.py has left in `__consumer_offsets`: the order in which the
coordinator accepted commits, and who had which partition then."""

import collections

import offsets_log


class Judge:
    """`said`: {(group, partition, offset): {names}}, who was told that this commit is done.
    `topic`: (name, id). Findings are lines of text; none is good."""

    def __init__(self, topic, said):
        self.topic, self.topic_id = topic
        self.said = said
        self.findings = []
        self.commits = collections.Counter()  # by group
        self.judged = collections.Counter()  # those of which the sender is known
        self.last = {}  # (group, partition): offset
        self.owned = collections.defaultdict(dict)  # group: {member id: set of partitions}
        self.tenure = collections.Counter()  # (group, partition): how often the owner has changed
        self.owner = {}  # (group, partition): (generation, member id)
        self.senders = collections.defaultdict(set)  # (group, partition, tenure): names
        self.names_of = collections.defaultdict(set)  # (group, member id): names

    def read(self, entries):
        handlers = {"OffsetCommit": self.on_commit, "GroupMetadata": self.on_classic,
                    "ConsumerGroupCurrentMemberAssignment": self.on_consumer}
        for entry in entries:
            handlers.get(entry.kind, lambda _: None)(entry)
        return self

    def on_commit(self, entry):
        group, partition = entry.key["group"], entry.key["partition"]
        if entry.key["topic"] != self.topic:
            return
        place = group, partition
        if entry.value is None:
            self.findings.append(f"{group}: the offset of partition {partition} was deleted")
            return
        offset = entry.value["offset"]
        self.commits[group] += 1
        if offset < self.last.get(place, 0):
            self.findings.append(f"{group}: partition {partition} went back from "
                                 f"{self.last[place]} to {offset}, {self.where(entry)}")
        self.last[place] = offset
        names = self.said.get((group, partition, offset), set())
        # Who asks for the offset to see what came of a commit may see another's.
        if len(names) == 1:
            self.on_sender(entry, place, next(iter(names)))

    def on_sender(self, entry, place, name):
        group, partition = place
        self.judged[group] += 1
        tenure = group, partition, self.tenure[place]
        self.senders[tenure].add(name)
        if len(self.senders[tenure]) > 1:
            self.findings.append(f"{group}: {sorted(self.senders[tenure])} committed partition "
                                 f"{partition} while it was {self.owner.get(place)}'s, "
                                 f"{self.where(entry)}")
        if place in self.owner:
            member = self.owner[place][1]
            self.names_of[group, member].add(name)
            if len(self.names_of[group, member]) > 1:
                self.findings.append(f"{group}: {sorted(self.names_of[group, member])} commit as "
                                     f"{member}, {self.where(entry)}")

    def on_classic(self, entry):
        group = entry.key["group"]
        self.owned[group] = {}
        if entry.value is None:
            return
        for member in entry.value["members"]:
            assigned = offsets_log.classic_assignment(member["assignment"])
            self.owned[group][member["memberId"]] = set(assigned.get(self.topic, []))
        self.on_owners(entry, group, entry.value["generation"])

    def on_consumer(self, entry):
        group, member = entry.key["GroupId"], entry.key["MemberId"]
        if entry.value is None:
            self.owned[group].pop(member, None)
        else:
            lists = entry.value["AssignedPartitions"] + entry.value["PartitionsPendingRevocation"]
            self.owned[group][member] = {partition for one in lists
                                         if one["TopicId"] == self.topic_id
                                         for partition in one["Partitions"]}
        self.on_owners(entry, group, 0)

    def on_owners(self, entry, group, generation):
        owners = {}
        for member, partitions in self.owned[group].items():
            for partition in partitions:
                if partition in owners:
                    self.findings.append(f"{group}: partition {partition} is {owners[partition]}'s "
                                         f"and {member}'s, {self.where(entry)}")
                owners[partition] = member
        for partition, member in owners.items():
            place, owner = (group, partition), (generation, member)
            if self.owner.get(place) != owner:
                self.owner[place] = owner
                self.tenure[place] += 1

    @staticmethod
    def where(entry):
        return f"at {entry.partition}/{entry.offset} of the log"
