"""Apache's command line tools, unchanged, talk to the broker."""

import re

import kafka_jars
import processes
import wire
from processes import expect
from registry import compat_test


def lines(text):
    return [line.strip() for line in text.splitlines() if line.strip()]


@compat_test(limit_s=180)
def test_java_tools(rig):
    """kafka-topics creates, lists, describes, grows and deletes; kafka-get-offsets,
    kafka-broker-api-versions, kafka-configs --describe and the console clients work."""
    server = rig.server().start()
    at = ["--bootstrap-server", server.address]

    rig.tool("kafka-topics", *at, "--create", "--topic", "orders", "--partitions", 3,
             "--replication-factor", 1, "--config", "retention.ms=86400000")
    rig.tool("kafka-topics", *at, "--create", "--topic", "audit")
    expect(lines(rig.tool("kafka-topics", *at, "--list")) == ["audit", "orders"],
           "kafka-topics --list does not list exactly the two topics")

    described = rig.tool("kafka-topics", *at, "--describe", "--topic", "orders")
    expect(re.search(r"Topic: orders\s+TopicId: \S{22}\s+PartitionCount: 3\s+"
                     r"ReplicationFactor: 1\s+Configs: .*retention\.ms=86400000", described),
           f"kafka-topics --describe: {described}")
    node = server.settings.node_id
    for partition in range(3):
        row = rf"Partition: {partition}\s+Leader: {node}\s+Replicas: {node}\s+Isr: {node}\b"
        expect(re.search(row, described), f"no {row} in {described}")

    rig.tool("kafka-topics", *at, "--alter", "--topic", "orders", "--partitions", 5)
    described = rig.tool("kafka-topics", *at, "--describe", "--topic", "orders")
    expect("PartitionCount: 5" in described, f"after growing: {described}")

    configs = rig.tool("kafka-configs", *at, "--describe", "--all", "--entity-type", "topics",
                       "--entity-name", "orders")
    expect(re.search(r"retention\.ms=86400000 .*DYNAMIC_TOPIC_CONFIG", configs),
           f"kafka-configs --describe --all: {configs[:600]}")
    expect(re.search(r"max\.message\.bytes=1048588 ", configs), "no max.message.bytes default")

    console_clients(rig, at)

    versions = rig.tool("kafka-broker-api-versions", *at)
    low, high = wire.api_versions(server.address)["apis"][0]
    expect(re.search(rf"Produce\(0\): {low} to {high} ", versions), f"versions: {versions[:600]}")

    rig.tool("kafka-topics", *at, "--delete", "--topic", "orders")
    # The answer to the deletion comes when the controller has it; the list may be a moment late.
    processes.wait_until(
        lambda: lines(rig.tool("kafka-topics", *at, "--list")) == ["audit"],
        20, "orders is gone from the list")
    server.stop()


def console_clients(rig, at):
    """Ten lines in by the console producer, the same ten out by the console consumer."""
    sent = [f"line {number}" for number in range(10)]
    tools = kafka_jars.jars("tools")
    code, out, err = rig.java(
        "console-producer", tools.classpath, "org.apache.kafka.tools.ConsoleProducer",
        [*at, "--topic", "audit"], stdin_bytes="".join(f"{line}\n" for line in sent).encode())
    expect(code == 0 and "ERROR" not in err, f"console producer: {out}{err}")
    offsets = rig.tool("kafka-get-offsets", *at, "--topic", "audit")
    expect(lines(offsets) == ["audit:0:10"], f"kafka-get-offsets: {offsets}")
    earliest = rig.tool("kafka-get-offsets", *at, "--topic", "audit", "--time", "earliest")
    expect(lines(earliest) == ["audit:0:0"], f"kafka-get-offsets --time earliest: {earliest}")
    got = rig.tool("kafka-console-consumer", *at, "--topic", "audit", "--partition", 0,
                   "--offset", "earliest", "--max-messages", 10)
    expect(lines(got) == sent, f"console consumer: {got}")
