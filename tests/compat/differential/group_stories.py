"""Scripts that are made, not written: short stories of groups of both protocols, one for each way of
asking wrongly in each state, and one for each version and kind of member. Each is a section."""

import itertools

from . import script

FILE = "group_stories"
TOPIC = "told"

PROLOGUE = f"""section a topic for the stories
CreateTopics 7 {{Topics: [{{Name: {TOPIC}, NumPartitions: 3, ReplicationFactor: 1}}]}}
Metadata 12 {{Topics: [{{Name: {TOPIC}}}], AllowAutoTopicCreation: false}}
  until Topics[0].ErrorCode = 0
Fetch 4 {{MaxWaitMs: 300, MinBytes: 1, MaxBytes: 1000, Topics: [{{Topic: {TOPIC}, Partitions: [
    {{Partition: 0, FetchOffset: 0, PartitionMaxBytes: 1000}}]}}]}}
  until Responses[0].Partitions[0].ErrorCode = 0
  unseen
FindCoordinator 4 {{CoordinatorKeys: [{TOPIC}], KeyType: 0}}
  until Coordinators[0].ErrorCode = 0
DescribeGroups 5 {{Groups: [{TOPIC}]}}
  until Groups[0].ErrorCode = 0
"""

SUBSCRIPTION = "encoded(ConsumerProtocolSubscription, 0, {Topics: [told]})"


# ----------------------------------------------------------------------------------- classic

def join(group, version, member='""', instance=None, protocol="range", kind="consumer"):
    named = f", GroupInstanceId: {instance}" if instance else ""
    return (f"JoinGroup {version} {{GroupId: {group}, SessionTimeoutMs: 10000, "
            f"RebalanceTimeoutMs: 10000, MemberId: {member}{named}, ProtocolType: {kind}, "
            f"Protocols: [{{Name: {protocol}, Metadata: {SUBSCRIPTION}}}]}}")


def sync(group, version, generation, member, instance=None, gives=True, protocol="range"):
    named = f", GroupInstanceId: {instance}" if instance else ""
    given = f", Assignments: [{{MemberId: {member}, Assignment: hex(0a0b)}}]" if gives else ""
    return (f"SyncGroup {version} {{GroupId: {group}, GenerationId: {generation}, "
            f"MemberId: {member}{named}, ProtocolType: consumer, ProtocolName: {protocol}{given}}}")


def heartbeat(group, version, generation, member, instance=None):
    named = f", GroupInstanceId: {instance}" if instance else ""
    return (f"Heartbeat {version} {{GroupId: {group}, GenerationId: {generation}, "
            f"MemberId: {member}{named}}}")


def commit(group, version, generation, member, instance=None, partition=0, offset=5):
    named = f", GroupInstanceId: {instance}" if instance else ""
    return (f"OffsetCommit {version} {{GroupId: {group}, GenerationIdOrMemberEpoch: {generation}, "
            f"MemberId: {member}{named}, Topics: [{{Name: {TOPIC}, Partitions: [{{PartitionIndex: "
            f"{partition}, CommittedOffset: {offset}, CommittedMetadata: words}}]}}]}}")


def leave(group, version, member, instance=None):
    named = f", GroupInstanceId: {instance}" if instance else ""
    return (f"LeaveGroup {version} {{GroupId: {group}, MemberId: {member}, "
            f"Members: [{{MemberId: {member}{named}}}]}}")


def after(group):
    """How the group stands, and what it has committed."""
    return [f"DescribeGroups 5 {{Groups: [{group}]}}",
            f"OffsetFetch 8 {{Groups: [{{GroupId: {group}, Topics: [{{Name: {TOPIC}, "
            "PartitionIndexes: [0, 1]}]}]}"]


def joined(group, instance=None):
    return [join(group, 5 if instance else 3, instance=instance), "  bind me = MemberId",
            "  bind now = GenerationId"]


CLASSIC_STATES = {
    "nobody has come": lambda group, _: ["let me = nobody", "let now = 1"],
    "it has joined": joined,
    "it has its assignment": lambda group, instance: [
        *joined(group, instance), sync(group, 3, "$now", "$me", instance)],
    "it has joined again": lambda group, instance: [
        *joined(group, instance), sync(group, 3, "$now", "$me", instance),
        join(group, 5, "$me", instance), "  bind now = GenerationId"],
    "it has left": lambda group, instance: [
        *joined(group, instance), sync(group, 3, "$now", "$me", instance),
        leave(group, 3, "$me", instance)],
}

# What is wrong: (member, generation, instance), where $me and $now are right.
CLASSIC_WRONGS = {
    "nothing is wrong": ("$me", "$now", None),
    "an old generation": ("$me", "0", None),
    "a generation to come": ("$me", "7", None),
    "no generation": ("$me", "-1", None),
    "a stranger": ("stranger", "$now", None),
    "nobody": ('""', "$now", None),
    "nobody of no generation": ('""', "-1", None),
    "an instance that is nobody": ("$me", "$now", "strange"),
}


def classic_wrongs():
    """Every request of a member, wrong in every way, in every state: one story for each pair."""
    for kind, (state, build), (what, (member, generation, instance)) in itertools.product(
            ("dynamic", "static"), CLASSIC_STATES.items(), CLASSIC_WRONGS.items()):
        if kind == "static" and state == "nobody has come":
            continue
        group = "cw-" + f"{kind} {state} {what}".replace(" ", "-")
        mine = "one" if kind == "static" else None
        instance = instance or mine
        lines = [*build(group, mine),
                 heartbeat(group, 4, generation, member, instance),
                 commit(group, 8, generation, member, instance),
                 sync(group, 5, generation, member, instance, gives=False),
                 *after(group),
                 join(group, 9, "stranger", instance),
                 leave(group, 5, member, instance),
                 heartbeat(group, 4, "$now", "$me", mine),
                 *after(group)]
        if "joined" in state:  # a follower's question would wait for the leader's word
            lines.remove(sync(group, 5, generation, member, instance, gives=False))
        yield f"classic: {kind}, {state}, {what}", lines


def classic_lives():
    """A life in every version of every request."""
    for version in range(10):
        group = f"cl-{version}"
        newest = [min(version, top) for top in (5, 4, 9, 5)]
        commit_version = max(2, newest[2])
        lines = [join(group, version), "  bind me = MemberId",
                 join(group, version, "$me"), "  bind now = GenerationId",
                 commit(group, commit_version, "$now", "$me"),
                 sync(group, newest[0], "$now", "$me"),
                 heartbeat(group, newest[1], "$now", "$me"),
                 commit(group, commit_version, "$now", "$me"), *after(group),
                 f"DeleteGroups 2 {{GroupsNames: [{group}]}}",
                 leave(group, newest[3], "$me"),
                 commit(group, commit_version, "-1", '""', offset=9), *after(group),
                 f"DeleteGroups 2 {{GroupsNames: [{group}]}}", *after(group)]
        yield f"classic: a life in version {version}", lines


def classic_statics():
    """A static member is replaced in each state; whatever the old one asks."""
    for state in ("it has joined", "it has its assignment", "it has joined again", "it has left"):
        for version in (5, 7, 9):
            group = f"cs-{version}-" + state.replace(" ", "-")
            asks = ["DescribeGroups 5 {Groups: [%s]}" % group]
            lines = [*CLASSIC_STATES[state](group, "one"), "let old = $me",
                     join(group, version, instance="one"), "  bind me = MemberId",
                     "  bind now = GenerationId", *asks,
                     heartbeat(group, 4, "$now", "$old", "one"),
                     heartbeat(group, 4, "$now", "$old"),
                     commit(group, 8, "$now", "$old", "one"),
                     sync(group, 5, "$now", "$old", "one", gives=False),
                     join(group, version, "$old", instance="one"),
                     leave(group, 5, "$old", "one"),
                     sync(group, 5, "$now", "$me", "one"),
                     heartbeat(group, 4, "$now", "$me", "one"),
                     commit(group, 8, "$now", "$me", "one"),
                     join(group, 9, protocol="other"),
                     leave(group, 5, '""', "one"), *after(group)]
            yield f"classic: {state}, its instance comes back in version {version}", lines


# ---------------------------------------------------------------------------------- consumer

def beat(group, member, epoch, version=1, **fields):
    more = "".join(f", {name}: {value}" for name, value in fields.items())
    return (f"ConsumerGroupHeartbeat {version} {{GroupId: {group}, MemberId: {member}, "
            f"MemberEpoch: {epoch}{more}}}")


def full(**more):
    fields = {"RebalanceTimeoutMs": "30000", "SubscribedTopicNames": f"[{TOPIC}]",
              "TopicPartitions": "[]"}
    return {name: value for name, value in {**fields, **more}.items() if value is not None}


KINDS = {
    "by name": full(),
    "static": full(InstanceId="one"),
    "by expression": full(SubscribedTopicNames=None, SubscribedTopicRegex="tol."),
    "in another rebalance time": full(RebalanceTimeoutMs="5000"),
    "with the range assignor": full(ServerAssignor="range"),
    "with a rack": full(RackId="r1"),
    "of what is not there": full(SubscribedTopicNames="[untold]"),
}


def begins(group, kind):
    if kind == "by expression":
        # Apache resolves it a moment after the answer, and the member is told with its next one.
        return [beat(group, "m", "0", **KINDS[kind]), "  until ErrorCode = 0", "  unseen",
                "  bind now = MemberEpoch", f"ConsumerGroupDescribe 1 {{GroupIds: [{group}]}}",
                "  until Groups[0].GroupEpoch = 2", "  unseen", beat(group, "m", "$now"),
                "  until MemberEpoch = 2", "  unseen", "  bind now = MemberEpoch"]
    return [beat(group, "m", "0", **KINDS[kind]), "  until ErrorCode = 0", "  bind now = MemberEpoch"]


def instance_of(kind):
    return {"InstanceId": "one"} if kind == "static" else {}


def consumer_after(group):
    return [f"ConsumerGroupDescribe 1 {{GroupIds: [{group}]}}", *after(group)[1:]]


def consumer_lives():
    for kind in KINDS:
        for how in ("leaves", "is away", "begins again"):
            if how == "is away" and kind != "static":
                continue
            group = "kl-" + f"{kind} {how}".replace(" ", "-")
            mine = instance_of(kind)
            named = mine.get("InstanceId")
            lines = [*begins(group, kind), beat(group, "m", "$now", **mine),
                     commit(group, 9, "$now", "m", named), *consumer_after(group),
                     beat(group, "m", "$now", **{**mine, "SubscribedTopicNames": "[untold]"}),
                     "  bind now = MemberEpoch",
                     beat(group, "m", "$now", **{**mine, "SubscribedTopicNames": f"[{TOPIC}]"}),
                     "  bind now = MemberEpoch",
                     beat(group, "m", {"leaves": "-1", "is away": "-2", "begins again": "0"}[how],
                          **(KINDS[kind] if how == "begins again" else mine)),
                     *consumer_after(group), beat(group, "m", "$now", **mine),
                     f"DeleteGroups 2 {{GroupsNames: [{group}]}}"]
            yield f"consumer: {kind}, {how}", lines


CONSUMER_STATES = {
    "nobody has come": lambda group, _: ["let now = 1"],
    "it has joined": begins,
    "it has left": lambda group, kind: [*begins(group, kind),
                                        beat(group, "m", "-1", **instance_of(kind))],
}
CONSUMER_WRONGS = {
    "nothing is wrong": ("m", "$now", None),
    "an epoch before": ("m", "1", None),
    "an epoch to come": ("m", "9", None),
    "a negative epoch": ("m", "-3", None),
    "a stranger": ("stranger", "$now", None),
    "nobody": ('""', "$now", None),
    "nobody of no epoch": ('""', "-1", None),
    "an instance that is nobody": ("m", "$now", "strange"),
    "another's instance": ("stranger", "$now", "one"),
}


def consumer_wrongs():
    """Every request, of both protocols, wrong in every way and state."""
    for kind in ("by name", "by expression", "static"):
        for (state, build), (what, (member, epoch, instance)) in itertools.product(
                CONSUMER_STATES.items(), CONSUMER_WRONGS.items()):
            if state == "nobody has come" and kind != "by name":
                continue
            group = "kw-" + f"{kind} {state} {what}".replace(" ", "-").replace("'", "")
            named = {"InstanceId": instance} if instance else instance_of(kind)
            who = named.get("InstanceId")
            lines = [*build(group, kind),
                     commit(group, 8, epoch, member, who), commit(group, 9, epoch, member, who),
                     f"OffsetFetch 9 {{Groups: [{{GroupId: {group}, MemberId: {member}, "
                     f"MemberEpoch: {epoch}, Topics: [{{Name: {TOPIC}, PartitionIndexes: [0]}}]}}]}}",
                     heartbeat(group, 4, epoch, member, who),
                     sync(group, 5, epoch, member, who, gives=False),
                     beat(group, member, epoch, **named),
                     beat(group, member, epoch, **{**named, "TopicPartitions": "[]"}),
                     *consumer_after(group),
                     leave(group, 5, member, who), *consumer_after(group)]
            yield f"consumer: {kind}, {state}, {what}", lines


def stories():
    """(title, lines) of all."""
    return [*classic_lives(), *classic_wrongs(), *classic_statics(), *consumer_lives(),
            *consumer_wrongs()]


def sections():
    text = PROLOGUE + "".join(f"\nsection {title}\n" + "\n".join(lines) + "\n"
                              for title, lines in stories())
    return script.read(FILE, text)
