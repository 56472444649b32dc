"""The consumer protocol (KIP-848, group.protocol=consumer) with the clients that speak it: Apache's
Java consumer and librdkafka, by confluent-kafka."""

import records
from foreign_clients import CLIENTS
from group_members import Group
from processes import expect, wait_until
from registry import compat_test

TOPIC, GROUP = "orders", "workers"
PARTITIONS = 4
RECORDS_EACH_TIME = 60
LIMIT_S = 180
CONSUMER_GROUP_HEARTBEAT = 68

NEW = ["group.protocol=consumer"]
# Cooperative, as a group must be that changes its protocol while it works.
CLASSIC = ["group.protocol=classic", "partition.assignment.strategy="
           "org.apache.kafka.clients.consumer.CooperativeStickyAssignor"]

BY_NAME = {client.name: client for client in CLIENTS}
JAVA, LIBRDKAFKA = BY_NAME["kafka-clients"], BY_NAME["confluent-kafka"]


class Trial:
    """One group that reads one topic."""

    def __init__(self, rig, client=JAVA):
        self.rig, self.client = rig, client
        self.server = rig.server(rig.settings(
            log_retention_ms=-1, group_initial_rebalance_delay_ms=0,
            # Members do what they are told with a heartbeat.
            group_consumer_min_heartbeat_interval_ms=300,
            group_consumer_heartbeat_interval_ms=300,
            group_consumer_assignment_interval_ms=0))
        self.group = Group(self.server, TOPIC, GROUP, PARTITIONS)
        self.sent = []
        self.started = 0
        self.server.start()

    def create(self):
        JAVA.run(self.rig, "create", self.server, TOPIC, PARTITIONS)

    def produce(self):
        more = records.random_records(len(self.sent), RECORDS_EACH_TIME, PARTITIONS)
        JAVA.run(self.rig, "produce", self.server, TOPIC, "none",
                 stdin_bytes="".join(record.line() for record in more).encode())
        self.sent += more

    def member(self, settings, topic=TOPIC):
        """Another one, started."""
        self.started += 1
        name = f"member-{self.started}"
        command = self.client.command(self.rig, "group", self.server, topic, GROUP, *settings)
        return self.group.join(self.rig.spawn(name, command), name)

    def joins(self, settings):
        """Another one, when the partitions are shared."""
        member = self.member(settings)
        self.group.until_shared()
        return member

    def leaves(self, member):
        self.group.leave(member)
        self.group.until_shared()

    def settle(self):
        """All that was sent has been read, and committed; nothing of it may be read again."""
        self.produce()
        ends = dict.fromkeys(range(PARTITIONS), 0)
        for record in self.sent:
            ends[record.partition] += 1
        self.group.settle(ends)

    def type_and_state(self):
        rows = self.rig.tool("kafka-consumer-groups", "--bootstrap-server", self.server.address,
                             "--describe", "--group", GROUP, "--state").splitlines()
        kinds = self.rig.tool("kafka-consumer-groups", "--bootstrap-server", self.server.address,
                              "--list", "--type").splitlines()
        kind = next(line.split()[1] for line in kinds if line.split()[:1] == [GROUP])
        state = next(line for line in rows if line.split()[:1] == [GROUP])
        return kind, "Stable" if " Stable " in state else state

    def end(self):
        for member in list(self.group.members):
            self.group.leave(member)
        self.server.stop()


@compat_test(LIMIT_S, needs_apis=(CONSUMER_GROUP_HEARTBEAT,))
def test_java_consumers_of_the_new_protocol_share_restart_and_leave(rig):
    """Two members, a third, a restart and a kill of the broker, members that leave."""
    trial = Trial(rig)
    trial.create()
    first = trial.joins(NEW)
    trial.settle()
    trial.joins(NEW)
    trial.settle()
    expect(trial.type_and_state() == ("Consumer", "Stable"), f"group: {trial.type_and_state()}")
    trial.server.stop()
    trial.server.start()
    trial.settle()
    trial.group.until_shared()
    trial.joins(NEW)
    trial.settle()
    trial.server.kill()
    trial.server.start()
    trial.settle()
    trial.leaves(first)
    trial.settle()
    trial.end()


@compat_test(LIMIT_S, needs_apis=(CONSUMER_GROUP_HEARTBEAT,))
def test_java_consumers_subscribe_by_a_regular_expression_on_the_broker(rig):
    """The topic comes after the members, and one that is called otherwise stays alone."""
    trial = Trial(rig)
    JAVA.run(rig, "create", trial.server, "invoices", 1)
    for _ in range(2):
        trial.member(NEW, "^ord[a-z]{3}$")
    trial.create()
    # Topics are looked up anew 10 seconds after the last time.
    trial.group.until_shared()
    trial.settle()
    trial.end()


@compat_test(LIMIT_S, needs_apis=(CONSUMER_GROUP_HEARTBEAT,))
def test_a_static_member_of_the_new_protocol_finds_its_partitions_again(rig):
    """It goes and comes back: the other's partitions stay where they are."""
    trial = Trial(rig)
    trial.create()
    fixed = trial.joins(NEW + ["group.instance.id=fixed"])
    other = trial.joins(NEW)
    trial.settle()
    mine, others = set(fixed.owned), set(other.owned)
    trial.group.leave(fixed)
    fixed = trial.joins(NEW + ["group.instance.id=fixed"])
    expect((fixed.owned, other.owned) == (mine, others),
           f"{fixed.owned} and {other.owned}, were {mine} and {others}")
    trial.settle()
    trial.end()


@compat_test(LIMIT_S, needs_apis=(CONSUMER_GROUP_HEARTBEAT,))
def test_a_group_at_work_goes_to_the_new_protocol_and_back(rig):
    """A rolling restart of its members, first with the new protocol, then with the classic one; the
    broker is restarted while both are there."""
    trial = Trial(rig)
    trial.create()
    members = [trial.joins(CLASSIC), trial.joins(CLASSIC)]
    trial.settle()
    expect(trial.type_and_state()[0] == "Classic", f"group: {trial.type_and_state()}")
    for settings, kind in ((NEW, "Consumer"), (CLASSIC, "Classic")):
        for i, old in enumerate(members):
            members[i] = trial.joins(settings)
            trial.settle()
            expect(trial.type_and_state()[0] == "Consumer", f"group: {trial.type_and_state()}")
            if i == 0:
                trial.server.stop()
                trial.server.start()
                trial.settle()
            trial.leaves(old)
            trial.settle()
        wait_until(lambda wanted=kind: trial.type_and_state() == (wanted, "Stable"), 30,
                   f"the group is {kind}")
    trial.end()


@compat_test(LIMIT_S, needs_apis=(CONSUMER_GROUP_HEARTBEAT,), prepare=LIBRDKAFKA.program)
def test_librdkafka_consumers_of_the_new_protocol_share_restart_and_leave(rig):
    """The same as Java's, and a Java member among them."""
    trial = Trial(rig, LIBRDKAFKA)
    trial.create()
    first = trial.joins(NEW)
    trial.settle()
    trial.joins(NEW)
    trial.settle()
    trial.server.stop()
    trial.server.start()
    trial.settle()
    trial.client = JAVA
    trial.joins(NEW)
    trial.settle()
    trial.leaves(first)
    trial.settle()
    trial.end()
