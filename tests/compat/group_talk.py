"""Members of groups by hand, of both protocols, in any version that Apache's schemas have."""

import struct

import kafka_jars
import schema_codec
from differential.play import Connection
from processes import expect, wait_until

LOADING = (14, 15, 16)  # the coordinator loads, is not there yet, or is another
LIMIT_S = 30


class Talk:
    """Connections to whichever broker serves the directory now."""

    def __init__(self):
        self.schemas = schema_codec.Schemas(kafka_jars.jars("newest"))
        self.address = None
        self.main = None

    def to(self, server):
        self.address = server.address
        self.main = Connection(server.address)
        return self

    def send(self, connection, api, version, body):
        frame = self.schemas.request_frame(api, version, 1, body, client_id="talk")
        connection.send(struct.pack(">i", len(frame)) + frame)

    def receive(self, connection, api, version):
        frame = connection.frame(LIMIT_S)
        expect(frame is not None, f"{api}: the connection was closed")
        return self.schemas.response(api, version, frame)[1]

    def ask(self, api, version, **body):
        self.send(self.main, api, version, body)
        return self.receive(self.main, api, version)

    def later(self, api, version, **body):
        """Sends on a connection of its own; returns a function that waits for the answer."""
        connection = Connection(self.address)
        self.send(connection, api, version, body)

        def answer():
            result = self.receive(connection, api, version)
            connection.socket.close()
            return result

        answer.ready = connection.readable
        return answer

    def loaded(self, group):
        """Waits until the group's coordinator answers."""
        def answers():
            self.ask("FindCoordinator", 4, CoordinatorKeys=[group], KeyType=0)
            groups = self.ask("OffsetFetch", 8, Groups=[{"GroupId": group, "Topics": None}])
            return groups["Groups"][0]["ErrorCode"] not in LOADING
        wait_until(answers, LIMIT_S, f"the coordinator of {group} answers")


def same(what, found, wanted):
    expect(found == wanted, f"{what}: {found}, not {wanted}")


class Classic:
    """A member of a classic group."""

    def __init__(self, talk, group, topic, instance=None, protocol="range"):
        self.talk, self.group, self.topic, self.instance = talk, group, topic, instance
        self.protocol = protocol
        self.id, self.generation, self.leads, self.members = "", -1, False, []

    def subscription(self):
        name = self.topic.encode()
        # Version 1: user data, owned partitions.
        return struct.pack(">hih", 1, 1, len(name)) + name + struct.pack(">ii", -1, 0)

    def join_body(self):
        return {"GroupId": self.group, "SessionTimeoutMs": 60_000, "RebalanceTimeoutMs": 60_000,
                "MemberId": self.id, "GroupInstanceId": self.instance,
                "ProtocolType": "consumer",
                "Protocols": [{"Name": self.protocol, "Metadata": self.subscription()}]}

    def begin_join(self):
        """Returns a function that waits for the answer, and returns its error; its `ready` tells
        whether it is there within so many seconds."""
        if not self.id and self.instance is None:
            refused = self.talk.ask("JoinGroup", 9, **self.join_body())
            same("JoinGroup without an id", refused["ErrorCode"], 79)
            self.id = refused["MemberId"]
        waits = self.talk.later("JoinGroup", 9, **self.join_body())

        def joined():
            answer = waits()
            if answer["ErrorCode"] == 0:
                self.id, self.generation = answer["MemberId"], answer["GenerationId"]
                self.leads = answer["Leader"] == self.id
                self.members = [one["MemberId"] for one in answer["Members"]]
            return answer["ErrorCode"]

        joined.ready = waits.ready
        return joined

    def begin_sync(self, assignments=None):
        """As begin_join; returns (error, assignment). `assignments`: {member id: partitions}."""
        name = self.topic.encode()
        rows = [{"MemberId": member, "Assignment":
                 struct.pack(">hih", 1, 1, len(name)) + name
                 + struct.pack(f">i{len(partitions)}ii", len(partitions), *partitions, -1)}
                for member, partitions in (assignments or {}).items()]
        waits = self.talk.later("SyncGroup", 5, GroupId=self.group, GenerationId=self.generation,
                                MemberId=self.id, GroupInstanceId=self.instance,
                                ProtocolType="consumer", ProtocolName=self.protocol,
                                Assignments=rows)

        def synced():
            answer = waits()
            return answer["ErrorCode"], answer["Assignment"]

        return synced

    def heartbeat(self):
        return self.talk.ask("Heartbeat", 4, GroupId=self.group, GenerationId=self.generation,
                             MemberId=self.id, GroupInstanceId=self.instance)["ErrorCode"]

    def commit(self, partition, offset, version=9):
        return commit(self, self.generation, partition, offset, version)


def commit(member, generation, partition, offset, version=9):
    """The error of an OffsetCommit by a member of either protocol."""
    answer = member.talk.ask(
        "OffsetCommit", version, GroupId=member.group, GenerationIdOrMemberEpoch=generation,
        MemberId=member.id, GroupInstanceId=member.instance,
        Topics=[{"Name": member.topic, "Partitions": [
            {"PartitionIndex": partition, "CommittedOffset": offset,
             "CommittedLeaderEpoch": -1, "CommittedMetadata": f"by {member.id}"}]}])
    return answer["Topics"][0]["Partitions"][0]["ErrorCode"]


class Consumer:
    """A member of a consumer group (KIP-848). `owned` is what it says it has; `wanted` what it was
    told to have."""

    def __init__(self, talk, group, topic, member_id, instance=None, regex=None):
        self.talk, self.group, self.topic, self.id = talk, group, topic, member_id
        self.instance, self.regex = instance, regex
        self.epoch, self.owned, self.wanted, self.topic_id = 0, [], [], None

    def heartbeat(self, **fields):
        """The error. Takes over the epoch and what it is to have."""
        answer = self.talk.ask("ConsumerGroupHeartbeat", 1, GroupId=self.group, MemberId=self.id,
                               MemberEpoch=self.epoch, InstanceId=self.instance, **fields)
        if answer["ErrorCode"] == 0:
            self.epoch = answer["MemberEpoch"]
            if answer["Assignment"] is not None:
                topics = answer["Assignment"]["TopicPartitions"]
                self.wanted = sorted(partition for one in topics for partition in one["Partitions"])
                self.topic_id = topics[0]["TopicId"] if topics else self.topic_id
        return answer["ErrorCode"]

    def join(self):
        self.epoch = 0
        names = [self.topic] if self.regex is None else None
        return self.heartbeat(RebalanceTimeoutMs=60_000, SubscribedTopicNames=names,
                              SubscribedTopicRegex=self.regex, TopicPartitions=[])

    def says(self, partitions):
        """A heartbeat with what it owns."""
        self.owned = list(partitions)
        owned = [{"TopicId": self.topic_id, "Partitions": self.owned}] if self.owned else []
        return self.heartbeat(TopicPartitions=owned)

    def settle(self):
        """Until it has what it is told to have, and nothing changes any more."""
        def settled():
            before = self.epoch, list(self.wanted)
            same(f"heartbeat of {self.id}", self.says(self.wanted), 0)
            return before == (self.epoch, self.wanted)
        wait_until(settled, LIMIT_S, f"{self.id} settles", pause_s=0.1)

    def commit(self, partition, offset):
        return commit(self, self.epoch, partition, offset)
