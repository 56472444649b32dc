"""Every foreign client: topics, codecs and consumer groups, through rebalances and restarts."""

import dataclasses
import pathlib
import random
import sys

import client_table
import group_wire
import records
from foreign_clients import CLIENTS
from group_members import Group
from processes import expect, wait_until
from registry import compat_test

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "clients"))

import log_batches  # noqa: E402

PARTITIONS = 4
RECORDS_EACH_TIME = 60
TOPIC, GROUP = "orders", "workers"
GONE_LIMIT_S = 20
CLIENT_LIMIT_S = 240


def some_records(seed):
    """Random records whose headers every client can give back: it may keep them in a map, where a
    name is there once."""
    return [dataclasses.replace(record, headers=tuple(dict(record.headers).items()))
            for record in records.random_records(seed, RECORDS_EACH_TIME, PARTITIONS)]


class Trial:
    """One client against one broker."""

    def __init__(self, rig, client):
        self.rig, self.client = rig, client
        # Random records carry old timestamps; nobody else will join, so nobody need be waited for.
        self.server = rig.server(rig.settings(log_retention_ms=-1,
                                              group_initial_rebalance_delay_ms=0))
        self.group = Group(self.server, TOPIC, GROUP, PARTITIONS)
        self.sent = []
        self.members_started = 0

    def produce(self, codec):
        """More records, by this codec: each must be acknowledged where it will be found."""
        more = [self.client.adapt(record) for record in some_records(len(self.sent))]
        out = self.client.run(self.rig, "produce", self.server, TOPIC, codec,
                              stdin_bytes="".join(record.line() for record in more).encode())
        answers = [tuple(map(int, line.split()[:3])) for line in out.splitlines()]
        expect(sorted(number for number, _, _ in answers) == list(range(len(more))),
               f"{codec}: {len(answers)} answers to {len(more)} records: {out[:300]}")
        next_offset = self.ends()
        for number, partition, offset in sorted(answers):
            expect(partition == more[number].partition and offset == next_offset[partition],
                   f"{codec}: record {number} of partition {more[number].partition} is "
                   f"acknowledged at {partition}/{offset}, not at {next_offset[partition]}")
            next_offset[partition] += 1
        self.sent += more
        used = {batch.codec for batch in log_batches.batches(self.server.data, TOPIC)}
        expect(codec in used, f"no batch in the log is {codec}, there are {used}")

    def ends(self):
        ends = dict.fromkeys(range(PARTITIONS), 0)
        for record in self.sent:
            ends[record.partition] += 1
        return ends

    def join(self):
        """Another member, started; returns it when the partitions are shared."""
        self.members_started += 1
        name = f"member-{self.members_started}"
        process = self.rig.spawn(name, self.client.command(self.rig, "group", self.server, TOPIC,
                                                           GROUP))
        member = self.group.join(process, name)
        self.group.until_shared()
        return member

    def settle(self):
        """Everything sent has been read, byte for byte, and committed."""
        self.group.settle(self.ends())
        records.check_equal([self.client.shown(record) for record in self.sent], self.group.rows(),
                            self.client.name)

    def check_timestamp(self):
        """The first record at or after a time in the middle, in each partition."""
        rng = random.Random(1)
        times = sorted(record.timestamp for record in self.sent)
        for at in (times[rng.randrange(len(times))], times[-1] + 1):
            out = self.client.run(self.rig, "timestamp", self.server, TOPIC, at)
            places, found = {}, {}
            for line in out.splitlines():
                if line.startswith("at "):
                    partition, offset = map(int, line.split()[1:])
                    places[partition] = offset
                else:
                    (offset, record), = records.parse(line.removeprefix("record\t"))
                    found[record.partition] = offset, record
            for partition in range(PARTITIONS):
                rows = [record for record in self.sent if record.partition == partition]
                want = next((offset for offset, record in enumerate(rows)
                             if record.timestamp >= at), -1)
                expect(places.get(partition) == want,
                       f"partition {partition} at {at}: {places.get(partition)}, not {want}")
                row = (want, self.client.shown(rows[want])) if want >= 0 else None
                expect(found.get(partition) == row, f"partition {partition} at {at}: read "
                                                    f"{found.get(partition)}, not {row}")


def step_create(trial):
    trial.client.run(trial.rig, "create", trial.server, TOPIC, PARTITIONS)


def step_codecs(trial):
    for codec in trial.client.codecs:
        trial.produce(codec)


def step_two_members(trial):
    """The first reads everything, another comes, both read what is new."""
    trial.join()
    trial.settle()
    trial.join()
    trial.produce(trial.client.codecs[-1])
    trial.settle()


def step_one_leaves(trial):
    """The other takes its partitions over. Then somebody comes again."""
    trial.group.leave(trial.group.members[0])
    trial.group.until_shared()
    trial.produce("none")
    trial.settle()
    trial.join()


def step_restart(trial):
    """Both resume where they had committed."""
    trial.server.stop()
    trial.server.start()
    trial.produce("none")
    trial.settle()
    trial.group.until_shared()


def step_kill(trial):
    trial.server.kill()
    trial.server.start()
    trial.produce("none")
    trial.settle()
    trial.group.until_shared()


def step_timestamp(trial):
    trial.check_timestamp()


def step_delete(trial):
    for member in list(trial.group.members):
        trial.group.leave(member)
    trial.client.run(trial.rig, "delete", trial.server, TOPIC)
    wait_until(lambda: TOPIC not in group_wire.topic_names(trial.server.address), GONE_LIMIT_S,
               "the topic is gone")


STEPS = (
    ("create", step_create),
    ("codecs", step_codecs),
    ("group of two", step_two_members),
    ("one leaves", step_one_leaves),
    ("restart", step_restart),
    ("kill", step_kill),
    ("by time", step_timestamp),
    ("delete", step_delete),
)


def test_of(client):
    """Registers the test of a client. Its steps, and how far it came, go into docs/clients.md."""

    def test(rig):
        trial = Trial(rig, client)
        trial.server.start()
        passed = []
        client_table.note(client, passed)
        for name, step in STEPS:
            step(trial)
            passed.append(name)
        trial.server.stop()

    short = client.name.split("/")[0].lstrip("@").replace("-", "_")
    test.__name__ = f"test_group_of_{short}"
    test.__doc__ = f"{client.name}: {', '.join(name for name, _ in STEPS)}."
    compat_test(CLIENT_LIMIT_S, needs_apis=(group_wire.JOIN_GROUP,), prepare=client.program)(test)


for each in CLIENTS:
    test_of(each)
