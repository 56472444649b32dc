#pragma once

#include "base/config_keys/row.h"

/// Settings of one group (`GROUP` resource, KIP-848), with the broker keys that give their
/// defaults: names, types, ranges and defaults of Apache Kafka 4.4. Included by config_table.cc
/// only, which sorts them.
namespace moldau::config_keys {

inline constexpr ConfigKey group_keys[] = {
    int_key("consumer.assignment.interval.ms", "1000")
        .at_least(0)
        .synonym("group.consumer.assignment.interval.ms")
        .honoured()
        .doc("Least time between two assignments of a consumer group; 0: none."),
    bool_key("consumer.assignor.offload.enable", "true")
        .internal()
        .synonym("group.consumer.assignor.offload.enable"),
    int_key("consumer.heartbeat.interval.ms", "5000")
        .at_least(1)
        .synonym("group.consumer.heartbeat.interval.ms")
        .honoured()
        .doc("How often members of a consumer group are to send heartbeats."),
    int_key("consumer.session.timeout.ms", "45000")
        .at_least(1)
        .synonym("group.consumer.session.timeout.ms")
        .honoured()
        .doc("After how much silence a member of a consumer group is removed."),
    bool_key("errors.deadletterqueue.copy.record.enable", "false"),
    string_key("errors.deadletterqueue.topic.name", ""),
    int_key("share.assignment.interval.ms", "1000")
        .at_least(0)
        .synonym("group.share.assignment.interval.ms"),
    bool_key("share.assignor.offload.enable", "true")
        .internal()
        .synonym("group.share.assignor.offload.enable"),
    string_key("share.auto.offset.reset", "latest"),
    int_key("share.delivery.count.limit", "5")
        .at_least(2)
        .synonym("group.share.delivery.count.limit"),
    int_key("share.heartbeat.interval.ms", "5000")
        .at_least(1)
        .synonym("group.share.heartbeat.interval.ms"),
    string_key("share.isolation.level", "read_uncommitted")
        .one_of("read_committed,read_uncommitted"),
    int_key("share.partition.max.record.locks", "2000")
        .at_least(100)
        .synonym("group.share.partition.max.record.locks"),
    int_key("share.record.lock.duration.ms", "30000")
        .at_least(1000)
        .synonym("group.share.record.lock.duration.ms"),
    bool_key("share.renew.acknowledge.enable", "true"),
    int_key("share.session.timeout.ms", "45000")
        .at_least(1)
        .synonym("group.share.session.timeout.ms"),
    long_key("streams.acceptable.recovery.lag", "10000")
        .at_least(0)
        .internal()
        .synonym("group.streams.acceptable.recovery.lag"),
    int_key("streams.assignment.interval.ms", "1000")
        .at_least(0)
        .synonym("group.streams.assignment.interval.ms"),
    string_key("streams.assignor.name").synonym("group.streams.assignors"),
    bool_key("streams.assignor.offload.enable", "true")
        .internal()
        .synonym("group.streams.assignor.offload.enable"),
    int_key("streams.heartbeat.interval.ms", "5000")
        .at_least(1)
        .synonym("group.streams.heartbeat.interval.ms"),
    int_key("streams.initial.rebalance.delay.ms", "3000")
        .at_least(0)
        .synonym("group.streams.initial.rebalance.delay.ms"),
    int_key("streams.num.standby.replicas", "0")
        .at_least(0)
        .synonym("group.streams.num.standby.replicas"),
    int_key("streams.num.warmup.replicas", "2")
        .at_least(0)
        .internal()
        .synonym("group.streams.num.warmup.replicas"),
    list_key("streams.rack.aware.assignment.tags", "")
        .low()
        .synonym("group.streams.rack.aware.assignment.tags"),
    int_key("streams.session.timeout.ms", "45000")
        .at_least(1)
        .synonym("group.streams.session.timeout.ms"),
    int_key("streams.task.offset.interval.ms", "60000")
        .at_least(1)
        .internal()
        .synonym("group.streams.task.offset.interval.ms"),
};

}  // namespace moldau::config_keys
