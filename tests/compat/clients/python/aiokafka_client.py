"""aiokafka behind the common command line."""

import asyncio
import logging
import sys

from aiokafka import (AIOKafkaConsumer, AIOKafkaProducer, ConsumerRebalanceListener, TopicPartition,
                      errors)
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

import lines


def create(address, topic, partitions):
    wanted = NewTopic(topic, num_partitions=partitions, replication_factor=1)
    asyncio.run(administer(address, lambda admin: admin.create_topics([wanted])))


def delete(address, topic):
    asyncio.run(administer(address, lambda admin: admin.delete_topics([topic])))


async def administer(address, act):
    admin = AIOKafkaAdminClient(bootstrap_servers=address)
    await admin.start()
    try:
        answer = await act(admin)
    finally:
        await admin.close()
    for _, code, *_ in getattr(answer, "topic_errors", None) or answer.topic_error_codes:
        if code != 0:
            raise errors.for_code(code)()


def produce(address, topic, codec, records):
    asyncio.run(send(address, topic, None if codec == "none" else codec, records))


async def send(address, topic, codec, records):
    async with AIOKafkaProducer(bootstrap_servers=address, acks="all", enable_idempotence=True,
                                compression_type=codec, linger_ms=5) as producer:
        answers = [await producer.send(topic, value=record.value, key=record.key,
                                       partition=record.partition, timestamp_ms=record.timestamp,
                                       headers=record.headers) for record in records]
        for number, answer in enumerate(answers):
            place = await answer
            lines.acknowledged(number, place.partition, place.offset)


def record_of(message):
    return lines.Record(message.partition, message.timestamp, message.key, message.value,
                        list(message.headers), message.offset)


class Listener(ConsumerRebalanceListener):
    """A rebalance waits until what was read is committed; otherwise the library would commit it
    later, with the next generation, in which the partition may be somebody else's."""

    def __init__(self):
        self.working = asyncio.Lock()

    async def on_partitions_assigned(self, assigned):
        lines.assigned([place.partition for place in assigned])

    async def on_partitions_revoked(self, revoked):
        async with self.working:
            lines.revoked([place.partition for place in revoked])


def group(address, topic, name, ending):
    asyncio.run(consume(address, topic, name, ending))


async def consume(address, topic, name, ending):
    member = AIOKafkaConsumer(
        bootstrap_servers=address, group_id=name, enable_auto_commit=False,
        auto_offset_reset="earliest", session_timeout_ms=lines.SESSION_TIMEOUT_MS,
        max_poll_interval_ms=lines.MAX_POLL_INTERVAL_MS,
        heartbeat_interval_ms=lines.HEARTBEAT_INTERVAL_MS, retry_backoff_ms=lines.BACKOFF_MS,
        fetch_max_wait_ms=200, metadata_max_age_ms=5_000)
    listener = Listener()
    member.subscribe([topic], listener=listener)
    await member.start()
    while not ending.yes:
        found = await member.getmany(timeout_ms=lines.POLL_MS)
        async with listener.working:
            for place in set(found) & member.assignment():
                for message in found[place]:
                    lines.read(record_of(message))
                await commit(member, place, found[place][-1].offset + 1)
    await member.stop()


async def commit(member, place, offset):
    """Until it is done, or refused."""
    while place in member.assignment():
        try:
            await member.commit({place: offset})
            lines.committed(place.partition, offset)
            return
        except errors.KafkaError as error:
            lines.problem("commit", error)
            if not error.retriable:
                return
            await asyncio.sleep(lines.BACKOFF_MS / 1000)


def timestamp(address, topic, millis):
    asyncio.run(look_up(address, topic, millis))


async def look_up(address, topic, millis):
    async with AIOKafkaConsumer(topic, bootstrap_servers=address) as reader:
        partitions = [TopicPartition(topic, partition)
                      for partition in reader.partitions_for_topic(topic)]
        found = await reader.offsets_for_times({place: millis for place in partitions})
        for place in partitions:
            lines.at(place.partition, found[place].offset if found[place] else -1)
        wanted = [place for place in partitions if found[place]]
        if wanted:
            reader.unsubscribe()  # what is subscribed cannot be assigned
        for place in wanted:
            reader.assign([place])
            reader.seek(place, found[place].offset)
            lines.read(record_of(await reader.getone(place)))


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING)
    lines.main(sys.modules[__name__])
