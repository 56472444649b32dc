"""confluent-kafka behind the common command line."""

import sys

import confluent_kafka
from confluent_kafka import TopicPartition, admin

import lines


def wait(futures, topic):
    futures[topic].result(lines.CALL_LIMIT_S)


def create(address, topic, partitions):
    client = admin.AdminClient({"bootstrap.servers": address})
    wait(client.create_topics([admin.NewTopic(topic, num_partitions=partitions)]), topic)


def delete(address, topic):
    client = admin.AdminClient({"bootstrap.servers": address})
    wait(client.delete_topics([topic]), topic)


def produce(address, topic, codec, records):
    producer = confluent_kafka.Producer({
        "bootstrap.servers": address, "acks": "all", "enable.idempotence": True,
        "compression.type": codec, "linger.ms": 5})
    failed = []

    def answered(number):
        def on_delivery(error, message):
            if error is None:
                lines.acknowledged(number, message.partition(), message.offset())
            else:
                failed.append(error)
        return on_delivery

    for number, record in enumerate(records):
        producer.produce(topic, value=record.value, key=record.key, headers=record.headers,
                         partition=record.partition, timestamp=record.timestamp,
                         on_delivery=answered(number))
    left = producer.flush(lines.CALL_LIMIT_S)
    if left or failed:
        raise SystemExit(f"{left} not answered, failed: {failed[:3]}")


def record_of(message):
    return lines.Record(message.partition(), message.timestamp()[1], message.key(),
                        message.value(), message.headers() or [], message.offset())


def consumer(address, group, **more):
    times = {"session.timeout.ms": lines.SESSION_TIMEOUT_MS,
             "heartbeat.interval.ms": lines.HEARTBEAT_INTERVAL_MS}
    if more.get("group.protocol") == "consumer":
        times = {}  # the broker says them
    return confluent_kafka.Consumer({
        "bootstrap.servers": address, "group.id": group, "enable.auto.commit": False,
        "auto.offset.reset": "earliest", "max.poll.interval.ms": lines.MAX_POLL_INTERVAL_MS,
        "fetch.wait.max.ms": 200, "reconnect.backoff.max.ms": 200, **times, **more})


def group(address, topic, name, ending, settings=None):
    member = consumer(address, name, **(settings or {}))
    # Eager, as by default: what is assigned is all there is. With the consumer protocol (KIP-848)
    # it is what comes, or goes, beside the rest.
    uncommitted = {}

    def on_revoke(_, places):
        for place in places:  # it may come back when others have got further
            uncommitted.pop(place.partition, None)
        lines.revoked([place.partition for place in places])

    member.subscribe(
        [topic],
        on_assign=lambda _, places: lines.assigned([place.partition for place in places]),
        on_revoke=on_revoke)
    while not ending.yes:
        for message in member.consume(200, lines.POLL_MS / 1000):
            if message.error() is not None:
                lines.problem("consume", message.error())  # the library goes on by itself
                continue
            lines.read(record_of(message))
            uncommitted[message.partition()] = message.offset() + 1
        commit(member, topic, uncommitted)
    member.close()


def commit(member, topic, uncommitted):
    """Commits and forgets; after an error, what is still assigned stays for the next time."""
    if not uncommitted:
        return
    try:
        answers = member.commit(offsets=[TopicPartition(topic, *place)
                                         for place in uncommitted.items()], asynchronous=False)
    except confluent_kafka.KafkaException as error:
        lines.problem("commit", error)
        mine = {place.partition for place in member.assignment()}
        for partition in set(uncommitted) - mine:
            del uncommitted[partition]
        return
    for answer in answers:
        if answer.error is None:
            lines.committed(answer.partition, answer.offset)
            del uncommitted[answer.partition]


def timestamp(address, topic, millis):
    reader = consumer(address, f"{topic}-by-time")
    partitions = reader.list_topics(topic, lines.CALL_LIMIT_S).topics[topic].partitions
    found = reader.offsets_for_times(
        [TopicPartition(topic, partition, millis) for partition in partitions],
        timeout=lines.CALL_LIMIT_S)
    # A time after the last record is answered with the logical offset END.
    for place in found:
        lines.at(place.partition, max(place.offset, -1))
    wanted = {place.partition for place in found if place.offset >= 0}
    reader.assign([place for place in found if place.offset >= 0])
    while wanted:
        for message in reader.consume(1, 1):
            if message.error() is None and message.partition() in wanted:
                lines.read(record_of(message))
                wanted.discard(message.partition())
    reader.close()


if __name__ == "__main__":
    lines.main(sys.modules[__name__])
