#pragma once

#include "base/config_keys/row.h"

/// Tiered storage: names, types, ranges and defaults of Apache Kafka 4.4. Included by
/// config_table.cc only, which sorts them.
namespace moldau::config_keys {

inline constexpr ConfigKey tiered_keys[] = {
    bool_key("follower.fetch.last.tiered.offset.enable", "false").cluster_wide(),
    long_key("log.local.retention.bytes", "-2").at_least(-2).cluster_wide(),
    long_key("log.local.retention.ms", "-2").at_least(-2).cluster_wide(),
    long_key("log.remote.copy.lag.bytes", "-1").at_least(-1).cluster_wide(),
    long_key("log.remote.copy.lag.ms", "0").at_least(-1).cluster_wide(),
    int_key("remote.fetch.max.wait.ms", "500").at_least(1).cluster_wide(),
    long_key("remote.list.offsets.request.timeout.ms", "30000").at_least(1).cluster_wide(),
    long_key("remote.log.index.file.cache.total.size.bytes", "1073741824")
        .at_least(1)
        .low()
        .cluster_wide(),
    long_key("remote.log.index.file.cache.ttl.ms", "900000").at_least(-1).internal().low(),
    int_key("remote.log.manager.copier.thread.pool.size", "10").at_least(1).cluster_wide(),
    long_key("remote.log.manager.copy.max.bytes.per.second", "9223372036854775807")
        .at_least(1)
        .cluster_wide(),
    int_key("remote.log.manager.copy.quota.window.num", "11").at_least(1),
    int_key("remote.log.manager.copy.quota.window.size.seconds", "1").at_least(1),
    int_key("remote.log.manager.expiration.thread.pool.size", "10").at_least(1).cluster_wide(),
    long_key("remote.log.manager.fetch.max.bytes.per.second", "9223372036854775807")
        .at_least(1)
        .cluster_wide(),
    int_key("remote.log.manager.fetch.quota.window.num", "11").at_least(1),
    int_key("remote.log.manager.fetch.quota.window.size.seconds", "1").at_least(1),
    int_key("remote.log.manager.follower.thread.pool.size", "2").at_least(1).cluster_wide(),
    long_key("remote.log.manager.task.interval.ms", "30000").at_least(1).low(),
    long_key("remote.log.manager.task.retry.backoff.max.ms", "30000").at_least(1).internal().low(),
    long_key("remote.log.manager.task.retry.backoff.ms", "500").at_least(1).internal().low(),
    double_key("remote.log.manager.task.retry.jitter", "0.2").real_range(0, 0.5).internal().low(),
    int_key("remote.log.manager.thread.pool.size", "2").at_least(1),
    int_key("remote.log.metadata.custom.metadata.max.bytes", "128").at_least(0).low(),
    string_key(
        "remote.log.metadata.manager.class.name",
        "org.apache.kafka.server.log.remote.metadata.storage.TopicBasedRemoteLogMetadataManager")
        .non_empty(),
    string_key("remote.log.metadata.manager.class.path"),
    string_key("remote.log.metadata.manager.impl.prefix", "rlmm.config.").non_empty(),
    string_key("remote.log.metadata.manager.listener.name").non_empty(),
    int_key("remote.log.reader.max.pending.tasks", "100").at_least(1),
    int_key("remote.log.reader.threads", "10").at_least(1).cluster_wide(),
    string_key("remote.log.storage.manager.class.name").non_empty(),
    string_key("remote.log.storage.manager.class.path"),
    string_key("remote.log.storage.manager.impl.prefix", "rsm.config.").non_empty(),
    bool_key("remote.log.storage.system.enable", "false"),
};

}  // namespace moldau::config_keys
