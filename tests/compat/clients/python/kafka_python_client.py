"""kafka-python behind the common command line."""

import logging
import sys

from kafka import (ConsumerRebalanceListener, KafkaAdminClient, KafkaConsumer, KafkaProducer,
                   OffsetAndMetadata, TopicPartition)
from kafka.admin import NewTopic
from kafka.errors import KafkaError

import lines


def create(address, topic, partitions):
    admin = KafkaAdminClient(bootstrap_servers=address)
    admin.create_topics([NewTopic(topic, num_partitions=partitions, replication_factor=1)])
    admin.close()


def delete(address, topic):
    admin = KafkaAdminClient(bootstrap_servers=address)
    admin.delete_topics([topic])
    admin.close()


def produce(address, topic, codec, records):
    producer = KafkaProducer(
        bootstrap_servers=address, acks="all", enable_idempotence=True, linger_ms=5,
        compression_type=None if codec == "none" else codec)
    answers = [producer.send(topic, value=record.value, key=record.key,
                             partition=record.partition, timestamp_ms=record.timestamp,
                             headers=record.headers) for record in records]
    for number, answer in enumerate(answers):
        place = answer.get(lines.CALL_LIMIT_S)
        lines.acknowledged(number, place.partition, place.offset)
    producer.close()


def record_of(message):
    return lines.Record(message.partition, message.timestamp, message.key, message.value,
                        list(message.headers), message.offset)


class Listener(ConsumerRebalanceListener):
    def __init__(self, uncommitted):
        self.uncommitted = uncommitted

    def on_partitions_assigned(self, assigned):
        lines.assigned([place.partition for place in assigned])

    def on_partitions_revoked(self, revoked):
        for place in revoked:  # it may come back when others have got further
            self.uncommitted.pop(place, None)
        lines.revoked([place.partition for place in revoked])


def group(address, topic, name, ending):
    member = KafkaConsumer(
        bootstrap_servers=address, group_id=name, enable_auto_commit=False,
        auto_offset_reset="earliest", session_timeout_ms=lines.SESSION_TIMEOUT_MS,
        max_poll_interval_ms=lines.MAX_POLL_INTERVAL_MS,
        heartbeat_interval_ms=lines.HEARTBEAT_INTERVAL_MS, retry_backoff_ms=lines.BACKOFF_MS,
        reconnect_backoff_max_ms=200, fetch_max_wait_ms=200)
    uncommitted = {}
    member.subscribe([topic], listener=Listener(uncommitted))
    while not ending.yes:
        for place, messages in member.poll(lines.POLL_MS).items():
            for message in messages:
                lines.read(record_of(message))
            uncommitted[place] = messages[-1].offset + 1
        commit(member, uncommitted)
    member.close(autocommit=False)


def commit(member, uncommitted):
    """Commits and forgets; after an error, what is still assigned stays for the next time."""
    for place in set(uncommitted) - member.assignment():
        del uncommitted[place]
    if not uncommitted:
        return
    try:
        member.commit({place: OffsetAndMetadata(offset, "", -1)
                       for place, offset in uncommitted.items()})
    except KafkaError as error:
        lines.problem("commit", error)
        return
    for place, offset in uncommitted.items():
        lines.committed(place.partition, offset)
    uncommitted.clear()


def timestamp(address, topic, millis):
    reader = KafkaConsumer(bootstrap_servers=address)
    partitions = [TopicPartition(topic, partition)
                  for partition in reader.partitions_for_topic(topic)]
    found = reader.offsets_for_times({place: millis for place in partitions})
    for place in partitions:
        if found[place] is None:
            lines.at(place.partition, -1)
            continue
        lines.at(place.partition, found[place].offset)
        reader.assign([place])
        reader.seek(place, found[place].offset)
        messages = None
        while not messages:
            messages = reader.poll(lines.POLL_MS, max_records=1).get(place)
        lines.read(record_of(messages[0]))
    reader.close()


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING)
    lines.main(sys.modules[__name__])
