"""Log directories that are missing, new or broken, and partitions beyond the descriptors that a
process may have: what cannot be served gets KAFKA_STORAGE_ERROR, everything else goes on, and nothing
begins anew in the place of what is away."""

import subprocess

import hostile_rig
from hostile_rig import (KAFKA_STORAGE_ERROR, LIMIT_S, NONE, Broker, Topic, one_record,
                         private_mounts)
from processes import expect, wait_until

LEADER_NOT_AVAILABLE = 5
FILES_MAX = 200  # descriptors of a process
PARTITIONS = 400


class TwoDirectories:
    """A broker with topics in two directories. The second is a mount, so that it can go away."""

    def __init__(self, rig):
        self.first = rig.directory / "first"
        self.second = rig.directory / "second"
        self.medium = rig.directory / "medium"
        for path in (self.first, self.second, self.medium):
            path.mkdir()
        self.rig = rig
        self.offline = f'moldau_log_directory_offline{{directory="{self.second}"}}'
        self.mount()
        self.broker = rig.broker(log_dirs=f"{self.first},{self.second}")
        topics = [Topic(self.broker, name) for name in ("a", "b", "c", "d")]
        for topic in topics:
            topic.append(b"at first")
        self.there = [topic for topic in topics if (self.second / f"{topic.name}-0").is_dir()]
        self.here = [topic for topic in topics if topic not in self.there]
        expect(len(self.here) == 2 and len(self.there) == 2,
               f"{[topic.name for topic in self.there]} of four are in the second")
        self.broker.new_lines()

    def mount(self):
        subprocess.run(["mount", "--bind", self.medium, self.second], check=True)
        self.rig.mounts.append(self.second)

    def unmount(self):
        subprocess.run(["umount", self.second], check=True)
        self.rig.mounts.remove(self.second)

    def errors(self):
        """What Metadata says, by topic."""
        client = self.broker.client()
        topics = client.metadata()[1]
        client.close()
        return {name: partitions[0] for name, partitions in topics.values()}

    def expect_half(self):
        """The first serves; the second's partitions have no leader, and are not written anywhere."""
        for topic in self.here:
            topic.append(b"meanwhile")
            topic.check()
        for topic in self.there:
            expect(topic.produce(b"lost") == KAFKA_STORAGE_ERROR, "produce")
            expect(topic.fetch()[0] == KAFKA_STORAGE_ERROR, "fetch")
            wait_until(lambda name=topic.name: self.errors()[name] == LEADER_NOT_AVAILABLE, LIMIT_S,
                       "no leader")
            expect(not (self.first / f"{topic.name}-0").exists(), "it has begun anew")

    def expect_all(self):
        expect(set(self.errors().values()) == {NONE}, f"Metadata: {self.errors()}")
        for topic in self.here + self.there:
            topic.append(b"again")
            topic.check()


def a_disk_that_is_not_mounted_is_not_begun_anew(rig):
    dirs = TwoDirectories(rig)
    dirs.broker.stop()
    dirs.unmount()
    dirs.broker.start()
    dirs.expect_half()
    said = "\n".join(dirs.broker.new_lines())
    expect("is in a log directory that is not here" in said, f"it said {said}")
    dirs.broker.stop()
    dirs.mount()
    dirs.broker.start()
    dirs.expect_all()


def a_directory_that_is_none_is_left_out(rig):
    dirs = TwoDirectories(rig)
    dirs.broker.stop()
    dirs.unmount()
    dirs.second.rmdir()
    dirs.second.write_text("not a directory")
    dirs.broker.start()
    dirs.expect_half()
    expect(dirs.broker.metric(dirs.offline) == 1, "its metric")
    said = "\n".join(dirs.broker.new_lines())
    expect("log directory can not be used" in said, f"it said {said}")
    dirs.broker.stop()
    dirs.second.unlink()
    dirs.second.mkdir()
    dirs.mount()
    dirs.broker.start()
    dirs.expect_all()


def a_disk_that_is_pulled_takes_only_its_partitions(rig):
    """What is open stays open, but no name in it is found any more."""
    dirs = TwoDirectories(rig)
    subprocess.run(["umount", "--lazy", dirs.second], check=True)
    rig.mounts.remove(dirs.second)
    dirs.second.rmdir()
    dirs.there[0].produce(b"into an open file")
    wait_until(lambda: dirs.broker.metric(dirs.offline) == 1, 90, "a checkpoint is due")
    dirs.expect_half()
    dirs.broker.kill()
    dirs.second.mkdir()
    dirs.mount()
    dirs.broker.start()
    dirs.expect_all()


def more_partitions_than_descriptors(rig):
    """Written and read in turn, over a SIGKILL: the files that were not used for long are closed."""
    broker = Broker(rig)
    rig.brokers.append(broker)
    command = broker.server.command
    broker.server.command = lambda: ["sh", "-c", f'ulimit -n {FILES_MAX}; exec "$@"', "sh",
                                     *command()]
    broker.start()
    client = broker.client()
    error, topic_id = client.create_topic("many", PARTITIONS, {})
    expect(error == NONE, f"create: error {error}")

    def write(value, client):
        for partition in range(PARTITIONS):
            client.send_produce([(topic_id, partition, one_record(value))])
            (_, _, error, _), = client.receive_produce()
            expect(error == NONE, f"produce to {partition}: error {error}")

    def check(wanted, client):
        for partition in range(PARTITIONS):
            error, end, data = client.fetch([(topic_id, partition, 0, 1 << 20)])[
                topic_id, partition]
            expect((error, end) == (NONE, len(wanted)), f"fetch of {partition}: {error}, {end}")
            expect(all(value in data for value in wanted), f"{partition} lacks a record")

    write(b"one", client)
    write(b"two", client)
    check([b"one", b"two"], client)
    expect(broker.descriptors() < FILES_MAX, f"{broker.descriptors()} descriptors")
    expect(broker.metric("moldau_log_files_open") <= FILES_MAX / 2, "files that are kept open")
    expect(broker.metric("moldau_log_files_evicted_total") > PARTITIONS, "files were closed")
    client.close()
    broker.kill()
    broker.start()
    client = broker.client()
    check([b"one", b"two"], client)
    write(b"three", client)
    client.close()
    broker.stop()
    expect((broker.data / ".kafka_cleanshutdown").exists(), "it did not stop cleanly")
    broker.start()
    client = broker.client()
    check([b"one", b"two", b"three"], client)
    client.close()
    lines = broker.new_lines()
    expect(not any("Too many open files" in line for line in lines), f"it said {lines}")


if __name__ == "__main__":
    private_mounts()
    hostile_rig.main((
        a_disk_that_is_not_mounted_is_not_begun_anew, a_directory_that_is_none_is_left_out,
        a_disk_that_is_pulled_takes_only_its_partitions, more_partitions_than_descriptors))
