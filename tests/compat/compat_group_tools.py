"""Apache's command line tools, unchanged, for groups and for administration."""

import json
import re
import signal

import group_wire
from compat_clients import create
from compat_tools import lines
from processes import expect, wait_until
from registry import compat_test

PARTITIONS = 3
GROUP_APIS = (group_wire.OFFSET_COMMIT, group_wire.OFFSET_FETCH, group_wire.JOIN_GROUP,
              group_wire.DESCRIBE_GROUPS, group_wire.LIST_GROUPS, group_wire.DELETE_GROUPS,
              group_wire.OFFSET_DELETE)
CONSUME_LIMIT_MS = 30_000
UNTIL_LIMIT_S = 30


class Tools:
    """The tools on one broker."""

    def __init__(self, rig, server):
        self.rig, self.server = rig, server
        self.at = ["--bootstrap-server", server.address]

    def run(self, name, *arguments, **more):
        return self.rig.tool(name, *self.at, *arguments, **more)

    def groups(self, *arguments):
        return self.run("kafka-consumer-groups", *arguments)

    def console_produce(self, topic, first, count):
        """Lines "key:value"; returns the values."""
        values = [f"value {number}" for number in range(first, first + count)]
        text = "".join(f"key {number}:{value}\n" for number, value in enumerate(values))
        self.run("kafka-console-producer", "--topic", topic, "--reader-property", "parse.key=true",
                 "--reader-property", "key.separator=:", stdin_bytes=text.encode())
        return values

    def console_consume(self, topic, group, count):
        """`count` values that the group had not yet; it commits at its end."""
        return lines(self.run("kafka-console-consumer", "--topic", topic, "--group", group,
                              "--from-beginning", "--max-messages", count,
                              "--timeout-ms", CONSUME_LIMIT_MS))

    def offsets(self, group):
        """{partition: (current offset, end offset, lag)} by --describe; numbers, or None."""
        rows = {}
        for line in lines(self.groups("--describe", "--group", group)):
            words = line.split()
            if words[0] == group:
                rows[int(words[2])] = tuple(int(word) if word.isdigit() else None
                                            for word in words[3:6])
        return rows

    def lag(self, group):
        """What the group has not read; a partition of which it has read nothing counts whole."""
        return sum(end - (current or 0) for current, end, _ in self.offsets(group).values())


def with_groups(rig):
    server = rig.server(rig.settings(group_initial_rebalance_delay_ms=0)).start()
    return Tools(rig, server)


@compat_test(limit_s=240, needs_apis=GROUP_APIS)
def test_group_tools(rig):
    """The console clients with --group; kafka-consumer-groups lists, describes, resets, deletes."""
    tools = with_groups(rig)
    create(rig, tools.server, "work", partitions=PARTITIONS)
    sent = tools.console_produce("work", 0, 30)
    got = tools.console_consume("work", "readers", len(sent))
    expect(sorted(got) == sorted(sent), f"the group read {got}")
    expect(lines(tools.groups("--list")) == ["readers"], "--list does not list exactly the group")
    rows = tools.offsets("readers")
    expect(sum(current for current, _, _ in rows.values()) == len(sent)
           and all(current == end and lag == 0 for current, end, lag in rows.values()),
           f"after reading everything: {rows}")
    more = tools.console_produce("work", 30, 6)
    expect(tools.lag("readers") == len(more), f"lag of {tools.offsets('readers')}")
    got = tools.console_consume("work", "readers", len(more))
    expect(sorted(got) == sorted(more), f"the group went on with {got}")
    check_resets(tools, sent + more)
    check_deletes(tools)
    tools.server.stop()


def check_resets(tools, sent):
    """To the beginning, tried and done; by a shift of one partition."""
    reset = ["--reset-offsets", "--group", "readers"]
    before = tools.offsets("readers")
    tried = tools.groups(*reset, "--topic", "work", "--to-earliest", "--dry-run")
    rows = re.findall(r"^readers\s+work\s+(\d+)\s+(\d+)", tried, re.MULTILINE)
    expect(sorted(rows) == [(str(partition), "0") for partition in range(PARTITIONS)],
           f"--dry-run: {tried}")
    expect(tools.offsets("readers") == before, "--dry-run has changed something")
    tools.groups(*reset, "--topic", "work", "--to-earliest", "--execute")
    expect(tools.lag("readers") == len(sent), f"after --to-earliest: {tools.offsets('readers')}")
    got = tools.console_consume("work", "readers", len(sent))
    expect(sorted(got) == sorted(sent), f"after the reset the group read {got}")
    end = tools.offsets("readers")[0][1]
    shift = min(end, 2)
    tools.groups(*reset, "--topic", "work:0", "--shift-by", -shift, "--execute")
    expect(tools.offsets("readers")[0] == (end - shift, end, shift),
           f"after --shift-by {-shift}: {tools.offsets('readers')}")


def check_deletes(tools):
    """Of one partition's offset, then of the group."""
    tools.groups("--delete-offsets", "--group", "readers", "--topic", "work:1")
    known = group_wire.committed_offsets(tools.server.address, "readers", "work", PARTITIONS)
    expect(set(known) == {0, 2}, f"after --delete-offsets of partition 1: {known}")
    out = tools.groups("--delete", "--group", "readers")
    expect("successful" in out, f"--delete: {out}")
    expect(lines(tools.groups("--list")) == [], f"after --delete: {tools.groups('--list')}")


@compat_test(limit_s=240, needs_apis=GROUP_APIS)
def test_verifiable_tools(rig):
    """kafka-verifiable-producer and -consumer; while that is a member, kafka-consumer-groups shows
    it and will neither reset nor delete its group."""
    tools = with_groups(rig)
    create(rig, tools.server, "work", partitions=PARTITIONS)
    produced = events(tools.run("kafka-verifiable-producer", "--topic", "work",
                                "--max-messages", 200, "--acks", -1, "--repeating-keys", 20))
    acknowledged = [event for event in produced if event["name"] == "producer_send_success"]
    expect(len(acknowledged) == 200, f"{len(acknowledged)} of 200 acknowledged")
    member = rig.spawn_tool("kafka-verifiable-consumer", *tools.at, "--topic", "work",
                            "--group-id", "verified", "--session-timeout", 10_000, "--verbose")

    def consumed():
        expect(member.running(), f"the verifiable consumer ended\n{member.tail()}")
        return [event for event in events(member.output()) if event["name"] == "record_data"]

    wait_until(lambda: len(consumed()) == 200, UNTIL_LIMIT_S, "200 records are consumed", 0.2)
    places = {(event["partition"], event["offset"]) for event in acknowledged}
    expect(places == {(event["partition"], event["offset"]) for event in consumed()},
           "what was consumed is not what was acknowledged")
    check_live_group(tools)
    member.child.send_signal(signal.SIGTERM)
    code = member.wait(UNTIL_LIMIT_S)
    said = events(member.output())
    expect(code in (0, 143) and said[-1]["name"] == "shutdown_complete",
           f"the verifiable consumer ended with {code}\n{member.tail()}")
    commits = [event for event in said if event["name"] == "offsets_committed"]
    expect(commits and all(event["success"] for event in commits), f"commits: {commits[:3]}")
    expect(tools.lag("verified") == 0, f"after its end: {tools.offsets('verified')}")
    expect("Empty" in tools.groups("--list", "--state"), "the group is not empty")
    tools.server.stop()


def events(text):
    """The lines of JSON that are complete."""
    return [json.loads(line) for line in text[:text.rfind("\n") + 1].splitlines()
            if line.startswith("{")]


def check_live_group(tools):
    """One member with all partitions, stable; nothing may be done to its group."""
    state = tools.groups("--describe", "--group", "verified", "--state")
    expect(re.search(r"^verified\s.*\sStable\s+1$", state, re.MULTILINE), f"--state: {state}")
    members = tools.groups("--describe", "--group", "verified", "--members", "--verbose")
    expect(re.search(rf"^verified\s.*\s{PARTITIONS}\s.*work:0,1,2", members, re.MULTILINE)
           or re.search(rf"^verified\s.*\s{PARTITIONS}\s.*work\(0,1,2\)", members, re.MULTILINE),
           f"--members --verbose: {members}")
    refused = refusal(tools, "--reset-offsets", "--group", "verified", "--topic", "work",
                      "--to-earliest", "--execute")
    expect("inactive" in refused, f"resetting a live group: {refused}")
    refused = refusal(tools, "--delete", "--group", "verified")
    expect("GroupNotEmptyException" in refused, f"deleting a live group: {refused}")
    expect(tools.lag("verified") == 0, "the live group's offsets have changed")


def refusal(tools, *arguments):
    """What kafka-consumer-groups says to a request that is refused, whatever its exit code."""
    classpath, main = tools.rig.tool_class("kafka-consumer-groups")
    _, out, err = tools.rig.java("refused", classpath, main, [*tools.at, *arguments],
                                 may_fail=True)
    return out + err


@compat_test(limit_s=120, needs_apis=GROUP_APIS)
def test_perf_tools(rig):
    """kafka-producer-perf-test and kafka-consumer-perf-test, which reads by a group."""
    tools = with_groups(rig)
    create(rig, tools.server, "perf", partitions=PARTITIONS)
    count = 20_000
    report = tools.run("kafka-producer-perf-test", "--topic", "perf", "--num-records", count,
                       "--record-size", 100, "--throughput", -1,
                       "--command-property", "acks=all", "compression.type=lz4")
    expect(re.search(rf"^{count} records sent, ", report, re.MULTILINE), f"producer: {report}")
    report = tools.run("kafka-consumer-perf-test", "--topic", "perf", "--group", "perf-readers",
                       "--num-records", count, "--timeout", CONSUME_LIMIT_MS)
    header, numbers = (line.split(", ") for line in lines(report)[:2])
    read = int(dict(zip(header, numbers))["data.consumed.in.nMsg"])
    expect(read >= count, f"consumer: {report}")
    expect(lines(tools.groups("--list")) == ["perf-readers"], "the consumer used no group")
    tools.server.stop()


@compat_test(limit_s=240, needs_apis=(group_wire.DELETE_RECORDS, group_wire.DESCRIBE_LOG_DIRS,
                                      group_wire.INCREMENTAL_ALTER_CONFIGS))
def test_admin_tools(rig):
    """kafka-configs changes topics and brokers; kafka-delete-records; kafka-log-dirs."""
    server = rig.server().start()
    tools = Tools(rig, server)
    create(rig, server, "work", partitions=PARTITIONS)
    tools.console_produce("work", 0, 30)
    check_topic_configs(tools)
    check_broker_configs(tools)
    check_delete_records(tools)
    check_log_dirs(tools)
    server.stop()


def check_topic_configs(tools):
    """Added, changed, deleted; an impossible value is refused and changes nothing."""
    topic = ["--entity-type", "topics", "--entity-name", "work"]

    def described():
        text = tools.run("kafka-configs", *topic, "--describe")
        return dict(re.findall(r"^\s+(\S+?)=(\S*) ", text, re.MULTILINE))

    tools.run("kafka-configs", *topic, "--alter",
              "--add-config", "retention.ms=7200000,max.message.bytes=50000")
    expect(described() == {"retention.ms": "7200000", "max.message.bytes": "50000"},
           f"after --add-config: {described()}")
    classpath, main = tools.rig.tool_class("kafka-configs")
    code, out, err = tools.rig.java("refused", classpath, main, [
        *tools.at, *topic, "--alter", "--add-config", "retention.ms=soon"], may_fail=True)
    expect(code != 0 and "retention.ms" in out + err, f"retention.ms=soon: {code}, {out}{err}")
    tools.run("kafka-configs", *topic, "--alter", "--delete-config", "max.message.bytes")
    expect(described() == {"retention.ms": "7200000"}, f"after --delete-config: {described()}")


def check_broker_configs(tools):
    """The cluster's default, which the broker then has."""
    node = tools.server.settings.node_id
    default = ["--entity-type", "brokers", "--entity-default"]
    tools.run("kafka-configs", *default, "--alter", "--add-config", "log.retention.ms=86400000")
    text = tools.run("kafka-configs", *default, "--describe")
    expect(re.search(r"^\s+log\.retention\.ms=86400000 ", text, re.MULTILINE),
           f"the default for brokers: {text}")

    def broker_has_it():
        shown = tools.run("kafka-configs", "--entity-type", "brokers", "--entity-name", node,
                          "--describe", "--all")
        return "log.retention.ms=86400000 " in shown

    wait_until(broker_has_it, UNTIL_LIMIT_S, "the broker has its new default")


def check_delete_records(tools):
    """What is below the offset is gone, at once and after a restart."""
    ends = offsets(tools, "latest")
    cut = {0: min(4, ends[0]), 1: ends[1]}
    plan = tools.rig.directory / "delete.json"
    plan.write_text(json.dumps({"version": 1, "partitions": [
        {"topic": "work", "partition": partition, "offset": -1 if offset == ends[1] else offset}
        for partition, offset in cut.items()]}), encoding="utf-8")
    out = tools.run("kafka-delete-records", "--offset-json-file", plan)
    told = {int(partition): int(offset) for partition, offset in
            re.findall(r"partition: work-(\d+)\s+low_watermark: (\d+)", out)}
    expect(told == cut, f"kafka-delete-records: {out}")
    want = {**dict.fromkeys(range(PARTITIONS), 0), **cut}
    expect(offsets(tools, "earliest") == want, f"starts: {offsets(tools, 'earliest')}")
    tools.server.stop()
    tools.server.start()
    expect(offsets(tools, "earliest") == want, f"after a restart: {offsets(tools, 'earliest')}")
    expect(offsets(tools, "latest") == ends, f"after a restart: {offsets(tools, 'latest')}")


def offsets(tools, when):
    """{partition: offset} by kafka-get-offsets."""
    text = tools.run("kafka-get-offsets", "--topic", "work", "--time", when)
    return {int(line.split(":")[1]): int(line.split(":")[2]) for line in lines(text)}


def check_log_dirs(tools):
    """Every partition of the topic, in the one directory, with the size of its segments."""
    text = tools.run("kafka-log-dirs", "--describe", "--topic-list", "work")
    broker, = json.loads(next(line for line in text.splitlines()
                              if line.startswith("{")))["brokers"]
    directory, = broker["logDirs"]
    expect(directory["error"] is None and directory["logDir"] == str(tools.server.data),
           f"kafka-log-dirs: {directory}")
    sizes = {row["partition"]: row["size"] for row in directory["partitions"]}
    want = {f"work-{partition}": sum(path.stat().st_size for path in
                                     (tools.server.data / f"work-{partition}").glob("*.log"))
            for partition in range(PARTITIONS)}
    expect(sizes == want, f"kafka-log-dirs: {sizes}, the files have {want}")
