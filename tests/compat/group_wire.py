"""Questions about topics and groups by hand on a plain socket (wire.py): an opinion that is
independent of every client library."""

import struct

import wire

METADATA = 3
OFFSET_COMMIT = 8
OFFSET_FETCH = 9
JOIN_GROUP = 11
DESCRIBE_GROUPS = 15
LIST_GROUPS = 16
DELETE_RECORDS = 21
DESCRIBE_LOG_DIRS = 35
DELETE_GROUPS = 42
INCREMENTAL_ALTER_CONFIGS = 44
OFFSET_DELETE = 47

# The coordinator is being loaded, or there is none yet: ask again.
COORDINATOR_LOAD_IN_PROGRESS = 14
COORDINATOR_NOT_AVAILABLE = 15
NOT_COORDINATOR = 16
PASSING = (COORDINATOR_LOAD_IN_PROGRESS, COORDINATOR_NOT_AVAILABLE, NOT_COORDINATOR)


def topic_names(address):
    """The names of all topics, by Metadata v9."""
    # All topics; no automatic creation, no lists of authorized operations.
    reader = wire.call(address, METADATA, 9, b"\0\0\0\0\0", flexible=True)
    reader.int32()  # throttle time
    for _ in range(reader.uvarint() - 1):  # brokers
        reader.int32()
        reader.compact_string()
        reader.int32()
        reader.compact_string()
        reader.tags()
    reader.compact_string()  # cluster id
    reader.int32()  # controller
    names = set()
    for _ in range(reader.uvarint() - 1):
        reader.int16()  # error
        names.add(reader.compact_string())
        reader.take(1)  # internal
        for _ in range(reader.uvarint() - 1):
            skip_partition(reader)
        reader.int32()  # authorized operations
        reader.tags()
    return names


def skip_partition(reader):
    reader.fixed("hiii")  # error, index, leader, leader epoch
    for _ in range(3):  # replicas, in sync, offline
        for _ in range(reader.uvarint() - 1):
            reader.int32()
    reader.tags()


def committed_offsets(address, group, topic, partitions):
    """{partition: committed offset} by OffsetFetch v8, for those that have one; None if the
    coordinator is not there yet."""
    body = (wire.uvarint(2) + wire.compact_string(group) + wire.uvarint(2)
            + wire.compact_string(topic) + wire.uvarint(partitions + 1)
            + struct.pack(f">{partitions}i", *range(partitions)) + b"\0\0\0\0")
    reader = wire.call(address, OFFSET_FETCH, 8, body, flexible=True)
    reader.int32()  # throttle time
    found = {}
    for _ in range(reader.uvarint() - 1):  # groups
        reader.compact_string()
        for _ in range(reader.uvarint() - 1):  # topics
            reader.compact_string()
            for _ in range(reader.uvarint() - 1):
                partition, offset, _ = reader.fixed("iqi")
                reader.compact_string()  # metadata
                error = reader.int16()
                reader.tags()
                if error != 0:
                    raise ValueError(f"OffsetFetch: {topic}-{partition} has error {error}")
                if offset >= 0:
                    found[partition] = offset
            reader.tags()
        error = reader.int16()
        reader.tags()
        if error in PASSING:
            return None
        if error != 0:
            raise ValueError(f"OffsetFetch: group {group} has error {error}")
    return found
