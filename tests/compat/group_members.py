"""Members of a consumer group, running programs of clients/, and what they say: who owns which
partition, what was read, what was committed."""

import signal

import group_wire
from processes import Failure, expect, wait_until
from records import parse

SETTLE_LIMIT_S = 60
LEAVE_LIMIT_S = 30


class Member:
    """One running member. `take_news()` reads on in its output, line by line."""

    def __init__(self, process, name):
        self.process, self.name = process, name
        self.owned = set()
        self.left = False
        self.read_to = process.output_from

    def take_news(self):
        """The lines that have been completed since the last call, split at their first word:
        [(word, rest)]."""
        with open(self.process.stdout_path, "rb") as file:
            file.seek(self.read_to)
            text = file.read()
        text = text[:text.rfind(b"\n") + 1]
        self.read_to += len(text)
        news = []
        for line in text.decode().splitlines():
            word, _, rest = line.partition("\t" if line.startswith("record\t") else " ")
            if word in ("assigned", "revoked"):
                named = {int(partition) for partition in rest.split(",")}
                self.owned = self.owned | named if word == "assigned" else self.owned - named
            elif word == "left":
                self.left = True
            news.append((word, rest))
        return news


class Group:
    """A group that reads one topic, and all that its members have said so far."""

    def __init__(self, server, topic, name, partitions):
        self.server, self.topic, self.name, self.partitions = server, topic, name, partitions
        self.members = []
        self.found = {}  # (partition, offset): Record
        self.committed = {}  # partition: the highest offset that a member had answered
        self.settled = {}  # partition: below this nothing may be read again
        self.read_again = 0

    def join(self, process, name):
        member = Member(process, name)
        self.members.append(member)
        return member

    def listen(self):
        """Takes in what the members have said; anything that must not be fails the test."""
        for member in self.members:
            for word, rest in member.take_news():
                if word == "record":
                    (offset, record), = parse(rest + "\n")
                    self.on_record(member, offset, record)
                elif word == "committed":
                    partition, offset = map(int, rest.split())
                    self.committed[partition] = max(offset, self.committed.get(partition, 0))
                else:
                    expect(word in ("assigned", "revoked", "left"),
                           f"{member.name} said {word} {rest}")

    def on_record(self, member, offset, record):
        place = record.partition, offset
        known = self.found.setdefault(place, record)
        expect(known == record, f"{member.name} read another record at {place}: "
                                f"{str(record)[:300]}, was {str(known)[:300]}")
        expect(offset >= self.settled.get(record.partition, 0),
               f"{member.name} read {place} again, after "
               f"{self.settled.get(record.partition)} was committed")
        if known is not record:
            self.read_again += 1

    def until(self, condition, what, limit_s=SETTLE_LIMIT_S):
        """Listens until the condition holds; the members have to live."""

        def met():
            self.listen()
            for member in self.members:
                expect(member.process.running(),
                       f"{member.name} ended with {member.process.child.poll()}\n"
                       f"{member.process.tail()}")
            return condition()

        try:
            wait_until(met, limit_s, what)
        except Failure as failure:
            raise Failure(f"{failure}\n{self.state()}") from None

    def state(self):
        owned = {member.name: sorted(member.owned) for member in self.members}
        tails = "\n".join(f"{member.name}: {last_errors(member)}" for member in self.members)
        return f"  owned: {owned}; committed: {self.committed}; read: {len(self.found)}\n{tails}"

    def until_shared(self, limit_s=SETTLE_LIMIT_S):
        """Every partition belongs to exactly one member, and every member has one at least."""

        def shared():
            owned = [partition for member in self.members for partition in member.owned]
            return (sorted(owned) == list(range(self.partitions))
                    and all(member.owned for member in self.members))

        self.until(shared, f"{len(self.members)} members share the partitions", limit_s)

    def settle(self, ends, limit_s=SETTLE_LIMIT_S):
        """Waits until everything below the ends ({partition: offset}) is read and committed, by
        the members' word and by the broker's. From now on nothing of that may be read again."""
        total = sum(ends.values())
        self.until(lambda: len(self.found) >= total and self.committed == ends,
                   f"all {total} records are read and committed", limit_s)
        expect(len(self.found) == total, f"{len(self.found)} records read, {total} were sent")
        known = group_wire.committed_offsets(self.server.address, self.name, self.topic,
                                             self.partitions)
        expect(known == ends, f"members committed {ends}, the broker says {known}")
        self.settled = dict(ends)

    def leave(self, member):
        """SIGTERM: the member commits, leaves and ends well."""
        member.process.child.send_signal(signal.SIGTERM)
        code = member.process.wait(LEAVE_LIMIT_S)
        self.listen()
        self.members.remove(member)
        expect(code == 0 and member.left, f"{member.name} ended with {code}, "
                                          f"left: {member.left}\n{last_errors(member)}")

    def rows(self):
        """Everything that was read, once: [(offset, Record)], in order."""
        return [(offset, record) for (_, offset), record in sorted(
            self.found.items(), key=lambda item: item[0])]


def last_errors(member):
    return "\n".join("  " + line[:300] for line in member.process.errors().splitlines()[-8:])
