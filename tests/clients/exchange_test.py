"""Every client reads what every other client has written."""


import client_rig
import records
from client import CODECS, How
from comparison import Sent
from every_client import CLIENTS

PARTITIONS = 3
RECORDS_EACH = 120


def everybody_reads_everybody(rig):
    """Each client writes a topic, each with another codec; all four read all of them, before and
    after the broker was killed."""
    server = rig.server().start()
    clients = [rig.client(kind, server) for kind in CLIENTS.values()]
    topics = []
    for seed, (writer, codec) in enumerate(zip(clients, CODECS[1:])):
        known = Sent(f"by-{writer.name}")
        writer.create(known.topic, PARTITIONS)
        known.produce(writer, writer.adapt(records.random_records(seed, RECORDS_EACH, PARTITIONS)),
                      How(codec=codec))
        topics.append(known)
    check_all(clients, topics, "at first")
    server.kill()
    server.start()
    check_all(clients, topics, "after SIGKILL")
    server.stop()


def check_all(clients, topics, when):
    for known in topics:
        for reader in clients:
            known.check(reader, reader.consume(known.topic, PARTITIONS),
                        f"{known.topic} read by {reader.name} {when}")


def one_topic_written_by_all(rig):
    """All clients write to the same partitions in turn, each twice, with every codec: one order,
    nothing mixed up."""
    server = rig.server().start()
    clients = [rig.client(kind, server) for kind in CLIENTS.values()]
    known = Sent("shared")
    clients[0].create(known.topic, PARTITIONS)
    for number in range(2 * len(clients)):
        writer = clients[number % len(clients)]
        how = How(codec=CODECS[number % len(CODECS)], idempotent=writer.can_be_idempotent)
        known.produce(writer, writer.adapt(records.random_records(50 + number, 40, PARTITIONS)),
                      how)
    for reader in clients:
        known.check(reader, reader.consume(known.topic, PARTITIONS), f"read by {reader.name}")
    server.stop()


if __name__ == "__main__":
    client_rig.main(lambda _: {scenario.__name__: scenario for scenario in
                                        (everybody_reads_everybody, one_topic_written_by_all)})
