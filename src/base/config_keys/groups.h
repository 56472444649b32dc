#pragma once

#include "base/config_keys/row.h"

/// Consumer, share and streams groups, their offsets and dead letters: names, types, ranges and
/// defaults of Apache Kafka 4.4. Included by config_table.cc only, which sorts them.
namespace moldau::config_keys {

inline constexpr ConfigKey groups_keys[] = {
    bool_key("errors.deadletterqueue.auto.create.topics.enable", "false").cluster_wide(),
    string_key("errors.deadletterqueue.topic.name.prefix", "dlq.").cluster_wide(),
    int_key("group.consumer.assignment.interval.ms", "1000")
        .at_least(0)
        .cluster_wide()
        .honoured()
        .doc("Least time between two assignments of a consumer group; 0: none."),
    bool_key("group.consumer.assignor.offload.enable", "true").internal().cluster_wide(),
    list_key("group.consumer.assignors", "uniform,range")
        .one_of("uniform,range")
        .non_empty()
        .honoured()
        .doc("Assignors of consumer groups; the first is for groups whose members prefer none."),
    int_key("group.consumer.heartbeat.interval.ms", "5000")
        .at_least(1)
        .honoured()
        .doc("How often members of a consumer group are to send heartbeats."),
    int_key("group.consumer.max.assignment.interval.ms", "15000")
        .at_least(0)
        .honoured()
        .doc("Most that a group may set as consumer.assignment.interval.ms."),
    int_key("group.consumer.max.heartbeat.interval.ms", "15000")
        .at_least(1)
        .honoured()
        .doc("Most that a group may set as consumer.heartbeat.interval.ms."),
    int_key("group.consumer.max.session.timeout.ms", "60000")
        .at_least(1)
        .honoured()
        .doc("Most that a group may set as consumer.session.timeout.ms."),
    int_key("group.consumer.max.size", "2147483647")
        .at_least(1)
        .honoured()
        .doc("Most members of a consumer group."),
    string_key("group.consumer.migration.policy", "bidirectional")
        .any_case_of("DISABLED,DOWNGRADE,UPGRADE,BIDIRECTIONAL")
        .honoured()
        .doc("Which way groups with members may change to the other protocol."),
    int_key("group.consumer.min.assignment.interval.ms", "0")
        .at_least(0)
        .honoured()
        .doc("Least that a group may set as consumer.assignment.interval.ms."),
    int_key("group.consumer.min.heartbeat.interval.ms", "5000")
        .at_least(1)
        .honoured()
        .doc("Least that a group may set as consumer.heartbeat.interval.ms."),
    int_key("group.consumer.min.session.timeout.ms", "45000")
        .at_least(1)
        .honoured()
        .doc("Least that a group may set as consumer.session.timeout.ms."),
    int_key("group.consumer.regex.refresh.interval.ms", "600000")
        .at_least(10000)
        .internal()
        .honoured()
        .doc("How old what regular expressions of consumer groups mean may get."),
    int_key("group.consumer.session.timeout.ms", "45000")
        .at_least(1)
        .honoured()
        .doc("After how much silence a member of a consumer group is removed."),
    int_key("group.coordinator.append.linger.ms", "-1").at_least(-1),
    int_key("group.coordinator.background.threads", "2").at_least(1).high(),
    int_key("group.coordinator.cached.buffer.max.bytes", "1048588").at_least(524288).cluster_wide(),
    list_key("group.coordinator.rebalance.protocols", "classic,consumer,streams")
        .one_of("consumer,classic,share,streams"),
    int_key("group.coordinator.threads", "4").at_least(1).high(),
    int_key("group.initial.rebalance.delay.ms", "3000")
        .honoured()
        .doc("How long the first rebalance of an empty group waits for more members."),
    int_key("group.max.session.timeout.ms", "1800000")
        .honoured()
        .doc("Longest session timeout that a member of a classic group may ask for."),
    int_key("group.max.size", "2147483647")
        .at_least(1)
        .honoured()
        .doc("Most members of a classic group."),
    int_key("group.min.session.timeout.ms", "6000")
        .honoured()
        .doc("Shortest session timeout that a member of a classic group may ask for."),
    int_key("group.share.assignment.interval.ms", "1000").at_least(0).cluster_wide(),
    bool_key("group.share.assignor.offload.enable", "true").internal().cluster_wide(),
    list_key("group.share.assignors", "simple"),
    int_key("group.share.delivery.count.limit", "5").range(2, 10),
    string_key("group.share.dlq.manager.class.name",
               "org.apache.kafka.server.share.dlq.DefaultShareGroupDLQManager")
        .internal(),
    int_key("group.share.heartbeat.interval.ms", "5000").at_least(1),
    int_key("group.share.initialize.retry.interval.ms", "30000").at_least(1).internal().low(),
    int_key("group.share.max.assignment.interval.ms", "15000").at_least(0),
    int_key("group.share.max.delivery.count.limit", "10").range(5, 25),
    int_key("group.share.max.heartbeat.interval.ms", "15000").at_least(1),
    int_key("group.share.max.partition.max.record.locks", "4000").range(2000, 10000),
    int_key("group.share.max.record.lock.duration.ms", "60000").range(30000, 3600000),
    int_key("group.share.max.session.timeout.ms", "60000").at_least(1),
    int_key("group.share.max.share.sessions", "2000").at_least(1),
    int_key("group.share.max.size", "200").range(1, 1000),
    int_key("group.share.min.assignment.interval.ms", "0").at_least(0),
    int_key("group.share.min.delivery.count.limit", "2").range(2, 5),
    int_key("group.share.min.heartbeat.interval.ms", "5000").at_least(1),
    int_key("group.share.min.partition.max.record.locks", "100").range(100, 2000),
    int_key("group.share.min.record.lock.duration.ms", "15000").range(1000, 30000),
    int_key("group.share.min.session.timeout.ms", "45000").at_least(1),
    int_key("group.share.partition.max.record.locks", "2000").range(100, 10000),
    string_key("group.share.persister.class.name",
               "org.apache.kafka.server.share.persister.DefaultStatePersister")
        .internal(),
    int_key("group.share.record.lock.duration.ms", "30000").range(1000, 3600000),
    int_key("group.share.session.timeout.ms", "45000").at_least(1),
    long_key("group.streams.acceptable.recovery.lag", "10000").at_least(0).internal(),
    int_key("group.streams.assignment.interval.ms", "1000").at_least(0).cluster_wide(),
    bool_key("group.streams.assignor.offload.enable", "true").internal().cluster_wide(),
    list_key("group.streams.assignors", "sticky"),
    int_key("group.streams.heartbeat.interval.ms", "5000").at_least(1),
    int_key("group.streams.initial.rebalance.delay.ms", "3000").at_least(0),
    int_key("group.streams.max.assignment.interval.ms", "15000").at_least(0),
    int_key("group.streams.max.heartbeat.interval.ms", "15000").at_least(1),
    int_key("group.streams.max.session.timeout.ms", "60000").at_least(1),
    int_key("group.streams.max.size", "2147483647").at_least(1),
    int_key("group.streams.max.standby.replicas", "2").at_least(0),
    int_key("group.streams.max.warmup.replicas", "20").at_least(0).internal(),
    int_key("group.streams.min.assignment.interval.ms", "0").at_least(0),
    int_key("group.streams.min.heartbeat.interval.ms", "5000").at_least(1),
    int_key("group.streams.min.session.timeout.ms", "45000").at_least(1),
    int_key("group.streams.min.task.offset.interval.ms", "15000").at_least(1).internal(),
    int_key("group.streams.num.standby.replicas", "0").at_least(0),
    int_key("group.streams.num.warmup.replicas", "2").at_least(0).internal(),
    list_key("group.streams.rack.aware.assignment.tags", "").low(),
    int_key("group.streams.session.timeout.ms", "45000").at_least(1),
    int_key("group.streams.task.offset.interval.ms", "60000").at_least(1).internal(),
    class_key("group.streams.topology.description.plugin.class"),
    int_key("offset.metadata.max.bytes", "4096")
        .high()
        .honoured()
        .doc("Longest metadata that may be committed with an offset."),
    int_key("offsets.commit.timeout.ms", "5000").at_least(1).high(),
    int_key("offsets.load.buffer.size", "5242880").at_least(1).high(),
    long_key("offsets.retention.check.interval.ms", "600000")
        .at_least(1)
        .high()
        .honoured()
        .doc("How often expired offsets are looked for."),
    int_key("offsets.retention.minutes", "10080")
        .at_least(1)
        .high()
        .honoured()
        .doc("How long offsets are kept when their group is empty."),
    int_key("offsets.topic.compression.codec", "0").high(),
    int_key("offsets.topic.num.partitions", "50")
        .at_least(1)
        .high()
        .honoured()
        .doc("Partitions of __consumer_offsets when it is created."),
    short_key("offsets.topic.replication.factor", "3")
        .at_least(1)
        .high()
        .honoured()
        .doc("Replicas of __consumer_offsets when it is created."),
    int_key("offsets.topic.segment.bytes", "104857600")
        .at_least(1)
        .high()
        .honoured()
        .doc("segment.bytes of __consumer_offsets when it is created."),
    int_key("share.coordinator.append.linger.ms", "-1").at_least(-1),
    int_key("share.coordinator.cached.buffer.max.bytes", "1048588").at_least(524288).cluster_wide(),
    int_key("share.coordinator.cold.partition.snapshot.interval.ms", "300000")
        .at_least(1)
        .internal()
        .low(),
    int_key("share.coordinator.load.buffer.size", "5242880").at_least(1).high(),
    int_key("share.coordinator.snapshot.update.records.per.snapshot", "500").range(0, 500),
    int_key("share.coordinator.state.topic.compression.codec", "0").high(),
    short_key("share.coordinator.state.topic.min.isr", "2").at_least(1).high(),
    int_key("share.coordinator.state.topic.num.partitions", "50").at_least(1).high(),
    int_key("share.coordinator.state.topic.prune.interval.ms", "300000")
        .at_least(1)
        .internal()
        .low(),
    short_key("share.coordinator.state.topic.replication.factor", "3").at_least(1).high(),
    int_key("share.coordinator.state.topic.segment.bytes", "104857600").at_least(1).high(),
    int_key("share.coordinator.threads", "1").at_least(1),
    int_key("share.coordinator.write.timeout.ms", "5000").at_least(1).high(),
    int_key("share.fetch.purgatory.purge.interval.requests", "1000"),
};

}  // namespace moldau::config_keys
