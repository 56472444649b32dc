"""One client against the broker: every codec, acks, restarts, metadata, offsets by timestamp."""

import dataclasses
import random

import client_rig
import log_batches
import records
from client import CODECS, How
from comparison import Sent
from every_client import CLIENTS
from processes import expect, wait_until

PARTITIONS = 3
RECORDS_A_ROUND = 150
LARGE_BYTES = 950_000
LIMIT_S = 60


def random_records(client, seed, count=RECORDS_A_ROUND):
    return client.adapt(records.random_records(seed, count, PARTITIONS))


def every_codec_across_restarts(rig, kind):
    """Each codec reaches the log as such and comes back byte for byte; again after SIGTERM and
    after SIGKILL, with more records each time, by the idempotent producer if there is one."""
    server = rig.server().start()
    client = rig.client(kind, server)
    sent = {codec: Sent(f"codec-{codec}") for codec in CODECS}
    for codec in CODECS:
        client.create(sent[codec].topic, PARTITIONS)
    restarts = (("at first", lambda: None), ("after SIGTERM", server.stop),
                ("after SIGKILL", server.kill))
    for number, (when, end) in enumerate(restarts):
        end()
        if number > 0:
            server.start()
        for seed, codec in enumerate(CODECS):
            known = sent[codec]
            what = f"{known.topic} {when}"
            if number > 0:
                known.check(client, client.consume(known.topic, PARTITIONS), what)
            how = How(codec=codec, idempotent=number > 0 and client.can_be_idempotent)
            known.produce(client, random_records(client, 10 * number + seed), how)
            known.check(client, client.consume(known.topic, PARTITIONS), f"{what}, with more")
    check_log(server, client, sent)
    server.stop()


def check_log(server, client, sent):
    """The clients did compress, and did number their batches. (One that does not get smaller goes
    out as it is.)"""
    for codec, known in sent.items():
        found = log_batches.batches(server.data, known.topic)
        used = {batch.codec for batch in found}
        expect(codec in used and used <= {codec, "none"}, f"{known.topic} has batches of {used}")
        expect(sum(batch.count for batch in found) == len(known.records),
               f"{known.topic}: the log has another number of records")
        numbered = sum(batch.count for batch in found if batch.producer_id >= 0)
        want = 2 * RECORDS_A_ROUND if client.can_be_idempotent else 0
        expect(numbered == want, f"{known.topic}: {numbered} of idempotent producers, not {want}")


def acks(rig, kind):
    """acks=0, 1 and all."""
    server = rig.server().start()
    client = rig.client(kind, server)
    for seed, level in enumerate(("0", "1", "all")):
        known = Sent(f"acks-{level}")
        client.create(known.topic, PARTITIONS)
        producer = client.producer(known.topic, How(codec="gzip", acks=level))
        known.produce(producer, random_records(client, 100 + seed))
        found = wait_for_all(client, known)
        # With acks=0 nobody says when the records are there, and a client that ends may take back
        # what it has sent.
        producer.close()
        known.check(client, found, known.topic)
    server.kill()
    server.start()
    known.check(client, client.consume(known.topic, PARTITIONS), "acks=all after SIGKILL")
    server.stop()


def wait_for_all(client, known):
    def read():
        found = client.consume(known.topic, PARTITIONS)
        return found if len(found) >= len(known.records) else None

    return wait_until(read, LIMIT_S, f"{known.topic} has all its records", pause_s=0.2)


def open_clients_survive_restarts(rig, kind):
    """One producer and one consumer that stay open while the broker goes away and comes back,
    stopped and killed."""
    server = rig.server().start()
    client = rig.client(kind, server)
    known = Sent("open")
    client.create(known.topic, PARTITIONS)
    producer = client.producer(known.topic, How(codec="lz4", idempotent=client.can_be_idempotent))
    follower = client.follow(known.topic, PARTITIONS)
    try:
        for number, end in enumerate((None, server.stop, server.kill, server.kill)):
            if end is not None:
                end()
                server.start()
            known.produce(producer, random_records(client, 200 + number))
            known.check(client, follower.read(len(known.records), LIMIT_S), f"part {number}")
    finally:
        follower.close()
        producer.close()
    known.check(client, client.consume(known.topic, PARTITIONS), "read again")
    server.stop()


def metadata(rig, kind):
    """The client sees the broker at its address, the topics with all their partitions, and the
    same after a restart."""
    server = rig.server().start()
    client = rig.client(kind, server)
    for partitions in (1, 3, 20):
        client.create(f"with-{partitions}", partitions)
    want = {"with-1": 1, "with-3": 3, "with-20": 20}
    for _ in range(2):
        found = wait_until(lambda: len(client.topics()) >= 3 and client.topics(), LIMIT_S,
                           "three topics are listed", pause_s=0.2)
        expect(found == want, f"topics: {found}, not {want}")
        brokers = {(server.settings.node_id, server.address)}
        expect(client.brokers() == brokers, f"brokers: {client.brokers()}, not {brokers}")
        server.stop()
        server.start()
    server.stop()


def topics_create_themselves(rig, kind):
    """Producing to a topic that does not exist creates it, with num.partitions partitions."""
    server = rig.server(rig.settings(num_partitions=4)).start()
    client = rig.client(kind, server)
    known = Sent("nobody-made-this")
    known.produce(client, random_records(client, 300), How())
    expect(client.topics() == {known.topic: 4}, f"topics: {client.topics()}")
    known.check(client, client.consume(known.topic, PARTITIONS), known.topic)
    server.kill()
    server.start()
    known.check(client, client.consume(known.topic, PARTITIONS), "after SIGKILL")
    server.stop()


def offsets_by_timestamp(rig, kind):
    """ListOffsets: the first record at or after a time, also when times go back; none; the same
    after a restart, when the index was read back or built again."""
    server = rig.server().start()
    client = rig.client(kind, server)
    writer = rig.client(CLIENTS["c_program"], server)
    client.create("times", PARTITIONS)
    sent = records.random_records(400, 400, PARTITIONS)
    # In small batches, so that there is something to find between them.
    producer = writer.producer("times", How())
    for at in range(0, len(sent), 40):
        producer.send(sent[at:at + 40])
        producer.flush()
    producer.close()
    by_partition = {partition: [record.timestamp for record in sent
                                if record.partition == partition]
                    for partition in range(PARTITIONS)}
    for end in (None, server.stop, server.kill):
        if end is not None:
            end()
            server.start()
        for share in (0, 0.1, 0.37, 0.5, 0.9, 1, 1.1):
            check_offsets(client, by_partition, share)
    server.stop()


def check_offsets(client, by_partition, share):
    times, want = {}, {}
    for partition, known in by_partition.items():
        first, last = min(known), max(known)
        times[partition] = when = int(first + share * (last - first))
        later = [offset for offset, timestamp in enumerate(known) if timestamp >= when]
        want[partition] = later[0] if later else -1
    got = client.offsets_at("times", times)
    expect(got == want, f"{share:.0%} of the time: offsets {got}, not {want}")


def large_records(rig, kind):
    """Records of nearly a megabyte, close to the limit of a message, among small ones."""
    server = rig.server().start()
    client = rig.client(kind, server)
    known = Sent("large")
    client.create(known.topic, PARTITIONS)
    rng = random.Random(500)
    mixed = [dataclasses.replace(record, value=rng.randbytes(LARGE_BYTES)) if number % 4 == 0
             else record
             for number, record in enumerate(records.random_records(500, 12, PARTITIONS))]
    known.produce(client, client.adapt(mixed), How())
    known.check(client, client.consume(known.topic, PARTITIONS), known.topic)
    server.stop()


def administration(rig, kind):
    """Topics with settings: created, described, grown, deleted, and created anew, empty."""
    server = rig.server().start()
    client = rig.client(kind, server)
    client.create("orders", 3, **{"retention.ms": "86400000"})
    found = client.configs("orders")
    expect(found.get("retention.ms") == "86400000", f"retention.ms: {found}")
    expect(found.get("cleanup.policy") == "delete", f"cleanup.policy: {found}")
    known = Sent("orders")
    known.produce(client, random_records(client, 600), How())
    client.grow("orders", 5)
    def listed():
        # A client that asks for its coordinator has made the topic of groups.
        return {name: count for name, count in client.topics().items()
                if not name.startswith("__")}

    wait_until(lambda: listed() == {"orders": 5}, LIMIT_S, "five partitions", pause_s=0.1)
    known.check(client, client.consume("orders", 5), "after growing")
    client.delete("orders")
    wait_until(lambda: listed() == {}, LIMIT_S, "no topic is listed", pause_s=0.1)
    client.create("orders", 2)
    found = wait_until(listed, LIMIT_S, "the topic is listed again", pause_s=0.1)
    expect(found == {"orders": 2}, f"topics: {found}")
    expect(client.consume("orders", 2) == [], "a new topic has the records of the old one")
    expect(client.configs("orders").get("retention.ms") != "86400000", "it has its settings")
    server.stop()


SCENARIOS = (every_codec_across_restarts, acks, open_clients_survive_restarts, metadata,
             topics_create_themselves, offsets_by_timestamp, large_records, administration)


def scenarios(options):
    kind = CLIENTS[options.client]
    return {scenario.__name__: lambda rig, scenario=scenario: scenario(rig, kind)
            for scenario in SCENARIOS
            if scenario is not administration or kind.can_administer}


if __name__ == "__main__":
    client_rig.main(scenarios, lambda parser: parser.add_argument(
        "--client", required=True, choices=sorted(CLIENTS)))
