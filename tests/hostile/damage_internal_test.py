"""Damaged files of the broker's own: the metadata log and its snapshot, the groups' offsets.

What all topics are is not guessed: with a damaged metadata log or snapshot the broker does not
start, it names the file and changes nothing. A damaged partition of __consumer_offsets concerns its
groups: they get NOT_COORDINATOR, as from an Apache Kafka that could not load it, the others go on."""

import re
import shutil

import hostile_rig  # also finds the folders of the next ones
import group_wire
import groups_test
from damage_test import cut, flip, without_checksum, zero
from disk_test import contents, refused_start
from group_wire import NOT_COORDINATOR
from hostile_rig import LIMIT_S, NONE, Topic
from processes import expect, wait_until

TOPICS = 12
METADATA = "__cluster_metadata-0"
FIRST = "0" * 20
LATEST = -1
POINTS = "recovery-point-offset-checkpoint"


def empty(path):
    path.write_bytes(b"")


# {name: function of the path}, for a file of batches.
DAMAGE = {
    "flipped in the first batch": lambda path: flip(path, 70),
    "flipped in the middle": lambda path: flip(path, path.stat().st_size // 2),
    "flipped in the last batch": lambda path: flip(path, path.stat().st_size - 20),
    "zeros at the end": lambda path: zero(path, path.stat().st_size - 30),
    "zeros": zero,
    "truncated": lambda path: cut(path, 10),
    "empty": empty,
}


class MetadataSite:
    """A stopped broker with topics in its metadata log and in a snapshot, and a copy of it all."""

    def __init__(self, rig, name="broker"):
        self.broker = rig.broker(name, metadata_log_max_record_bytes_between_snapshots=1500)
        self.topics = [Topic(self.broker, f"topic-{number}") for number in range(TOPICS)]
        for topic in self.topics:
            topic.append(b"value of " + topic.name.encode())
        self.broker.stop()
        expect(self.log.stem == self.snapshot().stem[:20] > FIRST, "no snapshot was written")
        expect(self.log.stat().st_size > 300, "nothing is behind the snapshot")
        self.copy = rig.directory / f"{name}-copy"
        shutil.copytree(self.broker.data, self.copy)

    @property
    def directory(self):
        return self.broker.data / METADATA

    @property
    def log(self):
        """What is behind the newest snapshot: all before it has been deleted."""
        return max(self.directory.glob("*.log"))

    def snapshot(self):
        """The newest."""
        return max(self.directory.glob("*.checkpoint"))

    def put_back(self):
        shutil.rmtree(self.broker.data)
        shutil.copytree(self.copy, self.broker.data)

    def set_point(self, point):
        """As if it had been killed with this recovery point."""
        (self.broker.data / ".kafka_cleanshutdown").unlink(missing_ok=True)
        path = self.broker.data / POINTS
        text, count = re.subn(r"(?m)^__cluster_metadata 0 \d+$", f"__cluster_metadata 0 {point}",
                              path.read_text())
        expect(count == 1, f"{POINTS}: {text}")
        path.write_text(without_checksum(text))

    def point(self):
        return int(re.search(r"(?m)^__cluster_metadata 0 (\d+)$",
                             (self.broker.data / POINTS).read_text())[1])

    def expect_refused(self, what, named):
        """Start after start, and no byte of the metadata is another."""
        before = self.metadata()
        for _ in range(2):
            refused_start(self.broker, named, what)
            expect(self.metadata() == before, f"{what}: something was changed")

    def metadata(self):
        """All but the indexes, which are made from it."""
        return {path: data for path, data in contents(self.directory).items()
                if path.suffix not in (".index", ".timeindex")}

    def expect_all(self):
        self.broker.start()
        for topic in self.topics:
            topic.check()
            topic.append(b"goes on")
        self.broker.stop()


def a_damaged_metadata_log_refuses_the_start(rig):
    """After a clean stop, and below the recovery point after a kill."""
    site = MetadataSite(rig)
    for ending in ("stop", "kill"):
        for name, damage in DAMAGE.items():
            site.put_back()
            if ending == "kill":
                site.set_point(site.point())
            damage(site.log)
            site.expect_refused(f"{ending}, {name}", METADATA)
    site.put_back()
    site.log.unlink()
    site.expect_refused("the log is gone", METADATA)
    site.put_back()
    site.expect_all()


def a_damaged_metadata_snapshot_refuses_the_start(rig):
    site = MetadataSite(rig)
    for name, damage in DAMAGE.items():
        site.put_back()
        damage(site.snapshot())
        site.expect_refused(name, f"{METADATA}/{site.snapshot().name}")
    site.put_back()
    site.snapshot().unlink()
    site.expect_refused("the snapshot is gone", "metadata log: offset 0 is not in the log")
    site.put_back()
    site.expect_all()


def a_damaged_file_beside_the_metadata_log_refuses_the_start(rig):
    site = MetadataSite(rig)
    for name, named in (("quorum-state", "quorum-state"), ("leader-epoch-checkpoint", METADATA),
                        ("partition.metadata", METADATA)):
        for damage in (zero, lambda path: path.write_bytes(b"\xff!\n")):
            site.put_back()
            damage(site.directory / name)
            site.expect_refused(name, named)
    site.put_back()
    for path in site.directory.iterdir():
        if path.suffix in (".index", ".timeindex", ".snapshot"):
            path.write_bytes(b"\xff" * 100)
    site.expect_all()


def a_torn_tail_of_the_metadata_log_is_cut(rig):
    """Above the recovery point it was never acknowledged. The partition whose topic is not known
    any more is kept aside: nobody has asked for its deletion."""
    for name in ("flipped in the last batch", "zeros at the end", "truncated"):
        site = MetadataSite(rig, name.replace(" ", "-"))
        site.broker.start()
        Topic(site.broker, "last").append(b"aside")
        wait_until((site.broker.data / POINTS).exists, LIMIT_S, "recovery points")
        site.broker.kill()
        site.set_point(int(site.log.stem))
        DAMAGE[name](site.log)
        site.broker.new_lines()
        site.expect_all()
        told = [line for line in site.broker.new_lines() if "torn tail cut" in line]
        expect(len(told) == 1 and "log=__cluster_metadata-0 bytes=" in told[0], f"it said {told}")
        aside = [path.name for path in site.broker.data.glob("last-0*")]
        expect(len(aside) == 1 and aside[0].endswith("-stray"), f"{name}: {aside}")


class GroupSite:
    """Groups with a committed offset, one in each of four partitions."""

    def __init__(self, rig, name):
        self.broker = rig.broker(name, **groups_test.settings())
        Topic(self.broker, "t").append(b"x")
        self.members = {}
        for number in range(100):
            if len(self.members) == 4:
                break
            group = f"group-{number}"
            member = groups_test.ready_member(self.broker, group)
            expect(member.commit("t", 1) == NONE, "commit")
            found, = [path for path in self.logs() if group.encode() in path.read_bytes()]
            self.members.setdefault(found.parent.name, member)

    def logs(self):
        return list(self.broker.data.glob("__consumer_offsets-*/*.log"))

    def expect_served(self, partition):
        member = self.members[partition]
        member.client.close()
        member.client = self.broker.client()
        wait_until(lambda: member.heartbeat() not in group_wire.PASSING, LIMIT_S, "loaded")
        expect(member.heartbeat() == NONE, f"{partition}: the member is not in its group")
        found = group_wire.committed_offsets(self.broker.server.address, member.group, "t", 1)
        expect(found == {0: 1}, f"{partition}: committed {found}")
        expect(member.commit("t", 1) == NONE, f"{partition}: commit")

    def expect_refused(self, partition):
        member = self.members[partition]
        for error in (member.heartbeat(), member.commit("t", 2), member.join(), member.sync()):
            expect(error == NOT_COORDINATOR, f"error {error} from a coordinator that is damaged")
        found = group_wire.committed_offsets(self.broker.server.address, member.group, "t", 1)
        expect(found is None, f"committed: {found}")


def is_covered(broker, partition):
    """Whether the recovery point is at the end of it."""
    name, number = partition.rsplit("-", 1)
    client = broker.client()
    _, end = client.offsets_for_times([(name, int(number), LATEST)])[name, int(number)]
    client.close()
    path = broker.data / POINTS
    return path.exists() and f"\n{name} {number} {end}\n" in path.read_text()


def damaged_offsets_concern_their_groups_only(rig):
    """After a clean stop, and below the recovery point after a kill."""
    for ending in ("stop", "kill"):
        for name, damage in DAMAGE.items():
            site = GroupSite(rig, f"{ending} {name}".replace(" ", "-"))
            hurt = sorted(site.members)[0]
            log, = site.broker.data.glob(f"{hurt}/*.log")
            if ending == "kill":
                wait_until(lambda: is_covered(site.broker, hurt), LIMIT_S, "a recovery point")
                site.broker.kill()
            else:
                site.broker.stop()
            good = log.read_bytes()
            damage(log)
            bad = log.read_bytes()
            site.broker.new_lines()
            site.broker.start()
            for partition in sorted(site.members)[1:]:
                site.expect_served(partition)
            lines = [line for line in site.broker.new_lines() if not line.startswith("info")]
            expect(len(lines) == 1 and hurt in lines[0]
                   and re.search("quarantined|cannot load its log", lines[0]),
                   f"{ending}, {name}: it said {lines}")
            site.members[hurt].client = site.broker.client()
            site.expect_refused(hurt)
            site.broker.stop()
            expect(log.read_bytes() == bad, f"{ending}, {name}: something was changed")
            log.write_bytes(good)
            site.broker.start()
            for partition in site.members:
                site.expect_served(partition)
            site.broker.stop()


if __name__ == "__main__":
    hostile_rig.main((
        a_damaged_metadata_log_refuses_the_start, a_damaged_metadata_snapshot_refuses_the_start,
        a_damaged_file_beside_the_metadata_log_refuses_the_start,
        a_torn_tail_of_the_metadata_log_is_cut, damaged_offsets_concern_their_groups_only))
