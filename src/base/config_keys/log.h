#pragma once

#include "base/config_keys/row.h"

/// Segments, retention, flushing and cleaning: names, types, ranges and defaults of Apache
/// Kafka 4.4. Included by config_table.cc only, which sorts them.
namespace moldau::config_keys {

inline constexpr ConfigKey log_keys[] = {
    bool_key("auto.create.topics.enable", "true")
        .high()
        .honoured()
        .doc("Whether a client that asks for an unknown topic makes it."),
    int_key("background.threads", "10").at_least(1).high().cluster_wide(),
    int_key("compression.gzip.level", "-1")
        .range(1, 9)
        .or_else(-1)
        .cluster_wide()
        .honoured()
        .doc("Level when the broker itself compresses with gzip."),
    int_key("compression.lz4.level", "9")
        .range(1, 17)
        .cluster_wide()
        .honoured()
        .doc("Level when the broker itself compresses with lz4."),
    string_key("compression.type", "producer")
        .one_of("uncompressed,zstd,lz4,snappy,gzip,producer")
        .high()
        .cluster_wide()
        .honoured()
        .doc("The codec that batches are stored with; producer keeps what was sent."),
    int_key("compression.zstd.level", "3")
        .range(-131072, 22)
        .cluster_wide()
        .honoured()
        .doc("Level when the broker itself compresses with zstd."),
    list_key("cordoned.log.dirs", "").per_broker(),
    bool_key("delete.topic.enable", "true")
        .high()
        .honoured()
        .doc("Whether topics can be deleted at all."),
    long_key("log.cleaner.backoff.ms", "15000")
        .at_least(0)
        .cluster_wide()
        .honoured()
        .doc("How long the cleaner waits when nothing is to be compacted."),
    long_key("log.cleaner.dedupe.buffer.size", "134217728")
        .cluster_wide()
        .honoured()
        .doc("Most memory for keys while logs are compacted, 24 bytes each; taken only then."),
    long_key("log.cleaner.delete.retention.ms", "86400000")
        .at_least(0)
        .cluster_wide()
        .honoured()
        .doc("How long tombstones and transaction markers stay in the compacted part of a log."),
    bool_key("log.cleaner.enable", "true")
        .honoured()
        .doc("Whether topics with the policy compact are compacted."),
    double_key("log.cleaner.io.buffer.load.factor", "0.9")
        .cluster_wide()
        .honoured()
        .doc("How full the memory for keys may get."),
    int_key("log.cleaner.io.buffer.size", "524288")
        .at_least(0)
        .cluster_wide()
        .honoured()
        .doc("Bytes that a cleaner reads and writes at a time, between 4 KiB and 8 MiB."),
    double_key("log.cleaner.io.max.bytes.per.second", "1.7976931348623157E308")
        .cluster_wide()
        .honoured()
        .doc("Most bytes per second that all cleaners together read and write."),
    long_key("log.cleaner.max.compaction.lag.ms", "9223372036854775807")
        .at_least(1)
        .cluster_wide()
        .honoured()
        .doc("Age at which a record is compacted, however little of the log is dirty."),
    double_key("log.cleaner.min.cleanable.ratio", "0.5")
        .real_range(0, 1)
        .cluster_wide()
        .honoured()
        .doc("The part of a log that has to be dirty before it is compacted."),
    long_key("log.cleaner.min.compaction.lag.ms", "0")
        .at_least(0)
        .cluster_wide()
        .honoured()
        .doc("Age below which a record is not compacted."),
    int_key("log.cleaner.threads", "1")
        .at_least(0)
        .cluster_wide()
        .honoured()
        .doc("Log directories that are compacted at the same time; the memory is divided by it."),
    list_key("log.cleanup.policy", "delete")
        .one_of("compact,delete")
        .cluster_wide()
        .honoured()
        .doc("What happens to old data: delete, compact or both."),
    list_key("log.dir", "/tmp/kafka-logs")
        .high()
        .honoured()
        .doc("A data directory, used when log.dirs is unset."),
    long_key("log.dir.failure.timeout.ms", "30000").at_least(1).low(),
    list_key("log.dirs").high().honoured().doc("Data directories."),
    long_key("log.flush.interval.messages", "9223372036854775807")
        .at_least(1)
        .high()
        .cluster_wide()
        .honoured()
        .doc("Unset: what is acknowledged is on disk. Set explicitly to its maximum: acknowledged "
             "from the page cache, as Apache Kafka does."),
    long_key("log.flush.interval.ms")
        .high()
        .cluster_wide()
        .honoured()
        .doc("With acknowledgement from the page cache: flush at the latest after so long."),
    int_key("log.flush.offset.checkpoint.interval.ms", "60000").at_least(0).high(),
    long_key("log.flush.scheduler.interval.ms", "9223372036854775807")
        .high()
        .honoured()
        .doc("Stands in for log.flush.interval.ms when that is unset."),
    int_key("log.flush.start.offset.checkpoint.interval.ms", "60000")
        .at_least(0)
        .high()
        .honoured()
        .doc("How often log start offsets are checkpointed."),
    int_key("log.index.interval.bytes", "4096")
        .at_least(0)
        .cluster_wide()
        .honoured()
        .doc("Bytes of a segment between two entries of its offset index."),
    int_key("log.index.size.max.bytes", "10485760")
        .at_least(4)
        .cluster_wide()
        .honoured()
        .doc("Most bytes of a segment's offset index; a segment is rolled when it is full."),
    long_key("log.initial.task.delay.ms", "30000")
        .at_least(0)
        .internal()
        .low()
        .honoured()
        .doc("How long after its start a broker first looks for what retention may delete."),
    long_key("log.message.timestamp.after.max.ms", "3600000")
        .at_least(0)
        .cluster_wide()
        .honoured()
        .doc("How far a record's timestamp may lie in the future."),
    long_key("log.message.timestamp.before.max.ms", "9223372036854775807")
        .at_least(0)
        .cluster_wide()
        .honoured()
        .doc("How far a record's timestamp may lie in the past."),
    string_key("log.message.timestamp.type", "CreateTime")
        .one_of("CreateTime,LogAppendTime")
        .cluster_wide()
        .honoured()
        .doc("Whether a record keeps its producer's time or gets the time of its append."),
    bool_key("log.preallocate", "false")
        .cluster_wide()
        .honoured()
        .doc("Whether room for a whole segment is reserved on the disk when it begins."),
    long_key("log.retention.bytes", "-1")
        .high()
        .cluster_wide()
        .honoured()
        .doc("A partition's size above which its oldest segments are deleted; -1: no limit."),
    long_key("log.retention.check.interval.ms", "300000")
        .at_least(1)
        .honoured()
        .doc("How often retention is looked at."),
    int_key("log.retention.hours", "168")
        .high()
        .honoured()
        .doc("log.retention.ms in hours, used when neither that nor the minutes are set."),
    int_key("log.retention.minutes")
        .high()
        .honoured()
        .doc("log.retention.ms in minutes, used when that is unset."),
    long_key("log.retention.ms")
        .high()
        .cluster_wide()
        .honoured()
        .doc("Age at which segments are deleted; -1: never."),
    int_key("log.roll.hours", "168")
        .at_least(1)
        .high()
        .honoured()
        .doc("log.roll.ms in hours, used when that is unset."),
    int_key("log.roll.jitter.hours", "0")
        .at_least(0)
        .high()
        .honoured()
        .doc("log.roll.jitter.ms in hours, used when that is unset."),
    long_key("log.roll.jitter.ms")
        .high()
        .cluster_wide()
        .honoured()
        .doc("Most that is taken off a segment's rolling time, at random, so that not all roll at "
             "once."),
    long_key("log.roll.ms")
        .high()
        .cluster_wide()
        .honoured()
        .doc("Age at which a segment is closed and a new one begun."),
    int_key("log.segment.bytes", "1073741824")
        .at_least(1048576)
        .high()
        .cluster_wide()
        .honoured()
        .doc("Size at which a segment is closed and a new one begun."),
    long_key("log.segment.delete.delay.ms", "60000")
        .at_least(0)
        .high()
        .cluster_wide()
        .honoured()
        .doc("How long deleted files stay, renamed, before they are removed."),
    int_key("max.decompressed.message.bytes", "2147483639")
        .range(1, 2147483639)
        .cluster_wide()
        .honoured()
        .doc("Most that a batch may decompress to; at most 134217728 in any case."),
    int_key("message.max.bytes", "1048588")
        .at_least(0)
        .high()
        .cluster_wide()
        .honoured()
        .doc("Largest batch, as sent, that is accepted."),
    int_key("num.partitions", "1")
        .at_least(1)
        .honoured()
        .doc("Partitions of a topic that does not say how many."),
    int_key("num.recovery.threads.per.data.dir", "2").at_least(1).high().cluster_wide(),
    int_key("producer.id.expiration.check.interval.ms", "600000").at_least(1).internal().low(),
    int_key("producer.id.expiration.ms", "86400000")
        .at_least(1)
        .low()
        .cluster_wide()
        .honoured()
        .doc("An idempotent producer that was silent for so long is forgotten."),
};

}  // namespace moldau::config_keys
