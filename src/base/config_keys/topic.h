#pragma once

#include "base/config_keys/row.h"

/// Topic keys, with the broker keys that give their defaults: names, types, ranges and defaults of
/// Apache Kafka 4.4. Included by config_table.cc only, which sorts them.
namespace moldau::config_keys {

inline constexpr ConfigKey topic_keys[] = {
    list_key("cleanup.policy", "delete")
        .one_of("compact,delete")
        .merges_duplicates()
        .synonym("log.cleanup.policy")
        .honoured()
        .doc("What happens to old data: delete, compact or both."),
    int_key("compression.gzip.level", "-1")
        .range(1, 9)
        .or_else(-1)
        .synonym("compression.gzip.level")
        .honoured()
        .doc("Level when the broker itself compresses with gzip."),
    int_key("compression.lz4.level", "9")
        .range(1, 17)
        .synonym("compression.lz4.level")
        .honoured()
        .doc("Level when the broker itself compresses with lz4."),
    string_key("compression.type", "producer")
        .one_of("uncompressed,zstd,lz4,snappy,gzip,producer")
        .synonym("compression.type")
        .honoured()
        .doc("The codec that batches are stored with; producer keeps what was sent."),
    int_key("compression.zstd.level", "3")
        .range(-131072, 22)
        .synonym("compression.zstd.level")
        .honoured()
        .doc("Level when the broker itself compresses with zstd."),
    long_key("delete.retention.ms", "86400000")
        .at_least(0)
        .synonym("log.cleaner.delete.retention.ms")
        .honoured()
        .doc("How long tombstones and transaction markers stay in the compacted part of a log."),
    bool_key("errors.deadletterqueue.group.enable", "false"),
    long_key("file.delete.delay.ms", "60000")
        .at_least(0)
        .synonym("log.segment.delete.delay.ms")
        .honoured()
        .doc("How long deleted files stay, renamed, before they are removed."),
    long_key("flush.messages", "9223372036854775807")
        .at_least(1)
        .synonym("log.flush.interval.messages")
        .honoured()
        .doc("Unset: what is acknowledged is on disk. Set explicitly to its maximum: acknowledged "
             "from the page cache, as Apache Kafka does."),
    long_key("flush.ms", "9223372036854775807")
        .at_least(0)
        .synonym("log.flush.interval.ms")
        .synonym("log.flush.scheduler.interval.ms")
        .honoured()
        .doc("With acknowledgement from the page cache: flush at the latest after so long."),
    list_key("follower.replication.throttled.replicas", "").merges_duplicates(),
    int_key("index.interval.bytes", "4096")
        .at_least(0)
        .synonym("log.index.interval.bytes")
        .honoured()
        .doc("Bytes of a segment between two entries of its offset index."),
    int_key("internal.segment.bytes").internal(),
    list_key("leader.replication.throttled.replicas", "").merges_duplicates(),
    long_key("local.retention.bytes", "-2").at_least(-2).synonym("log.local.retention.bytes"),
    long_key("local.retention.ms", "-2").at_least(-2).synonym("log.local.retention.ms"),
    long_key("max.compaction.lag.ms", "9223372036854775807")
        .at_least(1)
        .synonym("log.cleaner.max.compaction.lag.ms")
        .honoured()
        .doc("Age at which a record is compacted, however little of the log is dirty; also the "
             "age at which a segment is closed."),
    int_key("max.decompressed.message.bytes", "2147483639")
        .range(1, 2147483639)
        .synonym("max.decompressed.message.bytes")
        .honoured()
        .doc("Most that a batch may decompress to; at most 134217728 in any case."),
    int_key("max.message.bytes", "1048588")
        .at_least(0)
        .synonym("message.max.bytes")
        .honoured()
        .doc("Largest batch, as sent, that is accepted."),
    long_key("message.timestamp.after.max.ms", "3600000")
        .at_least(0)
        .synonym("log.message.timestamp.after.max.ms")
        .honoured()
        .doc("How far a record's timestamp may lie in the future."),
    long_key("message.timestamp.before.max.ms", "9223372036854775807")
        .at_least(0)
        .synonym("log.message.timestamp.before.max.ms")
        .honoured()
        .doc("How far a record's timestamp may lie in the past."),
    string_key("message.timestamp.type", "CreateTime")
        .one_of("CreateTime,LogAppendTime")
        .synonym("log.message.timestamp.type")
        .honoured()
        .doc("Whether a record keeps its producer's time or gets the time of its append."),
    double_key("min.cleanable.dirty.ratio", "0.5")
        .real_range(0, 1)
        .synonym("log.cleaner.min.cleanable.ratio")
        .honoured()
        .doc("The part of a log that has to be dirty before it is compacted."),
    long_key("min.compaction.lag.ms", "0")
        .at_least(0)
        .synonym("log.cleaner.min.compaction.lag.ms")
        .honoured()
        .doc("Age below which a record is not compacted."),
    int_key("min.insync.replicas", "1")
        .at_least(1)
        .synonym("min.insync.replicas")
        .honoured()
        .doc("In-sync replicas that acks=all needs."),
    bool_key("preallocate", "false")
        .synonym("log.preallocate")
        .honoured()
        .doc("Whether room for a whole segment is reserved on the disk when it begins."),
    long_key("remote.copy.lag.bytes", "-1").at_least(-1).synonym("log.remote.copy.lag.bytes"),
    long_key("remote.copy.lag.ms", "0").at_least(-1).synonym("log.remote.copy.lag.ms"),
    bool_key("remote.log.copy.disable", "false"),
    bool_key("remote.log.delete.on.disable", "false"),
    bool_key("remote.storage.enable", "false"),
    long_key("retention.bytes", "-1")
        .synonym("log.retention.bytes")
        .honoured()
        .doc("A partition's size above which its oldest segments are deleted; -1: no limit."),
    long_key("retention.ms", "604800000")
        .at_least(-1)
        .synonym("log.retention.ms")
        .synonym("log.retention.minutes", 60'000)
        .synonym("log.retention.hours", 3'600'000)
        .honoured()
        .doc("Age at which segments are deleted; -1: never."),
    int_key("segment.bytes", "1073741824")
        .at_least(1048576)
        .synonym("log.segment.bytes")
        .honoured()
        .doc("Size at which a segment is closed and a new one begun."),
    int_key("segment.index.bytes", "10485760")
        .at_least(4)
        .synonym("log.index.size.max.bytes")
        .honoured()
        .doc("Most bytes of a segment's offset index; a segment is rolled when it is full."),
    long_key("segment.jitter.ms", "0")
        .at_least(0)
        .synonym("log.roll.jitter.ms")
        .synonym("log.roll.jitter.hours", 3'600'000)
        .honoured()
        .doc("Most that is taken off a segment's rolling time, at random, so that not all roll at "
             "once."),
    long_key("segment.ms", "604800000")
        .at_least(1)
        .synonym("log.roll.ms")
        .synonym("log.roll.hours", 3'600'000)
        .honoured()
        .doc("Age at which a segment is closed and a new one begun."),
    bool_key("unclean.leader.election.enable", "false")
        .synonym("unclean.leader.election.enable")
        .honoured()
        .doc("Whether a replica that is not in sync may lead when no other can, losing records."),
};

}  // namespace moldau::config_keys
