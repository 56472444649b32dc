#pragma once

#include "base/config_keys/row.h"

/// Replicas, in-sync replicas and quotas: names, types, ranges and defaults of Apache Kafka 4.4.
/// Included by config_table.cc only, which sorts them.
namespace moldau::config_keys {

inline constexpr ConfigKey replication_keys[] = {
    int_key("alter.log.dirs.replication.quota.window.num", "11").at_least(1).low(),
    int_key("alter.log.dirs.replication.quota.window.size.seconds", "1").at_least(1).low(),
    class_key("client.quota.callback.class").low(),
    bool_key("controlled.shutdown.enable", "true"),
    int_key("default.replication.factor", "1")
        .honoured()
        .doc("Replicas of a topic that does not say how many."),
    int_key("min.insync.replicas", "1")
        .at_least(1)
        .high()
        .cluster_wide()
        .honoured()
        .doc("In-sync replicas that acks=all needs."),
    int_key("num.replica.alter.log.dirs.threads").high(),
    int_key("num.replica.fetchers", "1").at_least(1).high().cluster_wide(),
    int_key("quota.window.num", "11").at_least(1).low(),
    int_key("quota.window.size.seconds", "1").at_least(1).low(),
    long_key("replica.alter.log.dirs.io.max.bytes.per.second", "9223372036854775807")
        .at_least(0)
        .cluster_wide()
        .internal()
        .honoured()
        .doc("Most bytes per second that moves between log directories copy; dynamic only."),
    int_key("replica.fetch.backoff.ms", "1000").at_least(0),
    int_key("replica.fetch.max.bytes", "1048576").at_least(0),
    int_key("replica.fetch.min.bytes", "1").high(),
    int_key("replica.fetch.response.max.bytes", "10485760").at_least(0),
    int_key("replica.fetch.wait.max.ms", "500").high(),
    long_key("replica.high.watermark.checkpoint.interval.ms", "5000")
        .high()
        .honoured()
        .doc("How often high watermarks are checkpointed."),
    long_key("replica.lag.time.max.ms", "30000").high(),
    string_key("replica.selector.class"),
    int_key("replica.socket.receive.buffer.bytes", "65536").high(),
    int_key("replica.socket.timeout.ms", "30000").high(),
    int_key("replication.quota.window.num", "11").at_least(1).low(),
    int_key("replication.quota.window.size.seconds", "1").at_least(1).low(),
};

}  // namespace moldau::config_keys
