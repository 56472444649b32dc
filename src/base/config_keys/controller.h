#pragma once

#include "base/config_keys/row.h"

/// The metadata quorum, the controller and what a broker tells it: names, types, ranges and
/// defaults of Apache Kafka 4.4. Included by config_table.cc only, which sorts them.
namespace moldau::config_keys {

inline constexpr ConfigKey controller_keys[] = {
    class_key("alter.config.policy.class.name").low(),
    bool_key("auto.leader.rebalance.enable", "true").high(),
    int_key("broker.heartbeat.interval.ms", "2000"),
    int_key("broker.id", "-1").high(),
    string_key("broker.rack").honoured().doc("The rack or zone of this broker."),
    int_key("broker.session.timeout.ms", "9000")
        .honoured()
        .doc("A broker that the controller has not heard of for so long is fenced."),
    list_key("controller.listener.names")
        .required()
        .high()
        .honoured()
        .doc("Listeners of the controller, in order of preference."),
    long_key("controller.performance.always.log.threshold.ms", "2000").at_least(0).internal(),
    long_key("controller.performance.sample.period.ms", "60000").at_least(100).internal(),
    int_key("controller.quorum.append.linger.ms", "25").at_least(0),
    bool_key("controller.quorum.auto.join.enable", "false").low(),
    list_key("controller.quorum.bootstrap.servers", "")
        .non_empty()
        .high()
        .honoured()
        .doc("Controllers to ask for the quorum, as host:port."),
    int_key("controller.quorum.election.backoff.max.ms", "1000").at_least(0).high(),
    int_key("controller.quorum.election.timeout.ms", "1000").at_least(0).high(),
    int_key("controller.quorum.fetch.max.bytes", "1048576").at_least(1).low(),
    int_key("controller.quorum.fetch.snapshot.max.bytes", "1048576").at_least(1).low(),
    int_key("controller.quorum.fetch.timeout.ms", "2000").at_least(0).high(),
    int_key("controller.quorum.request.timeout.ms", "2000").at_least(0),
    int_key("controller.quorum.retry.backoff.ms", "20").at_least(0).low(),
    list_key("controller.quorum.voters", "")
        .non_empty()
        .high()
        .honoured()
        .doc("The static quorum, as id@host:port; empty with a dynamic one."),
    int_key("controller.quota.window.num", "11").at_least(1).low(),
    int_key("controller.quota.window.size.seconds", "1").at_least(1).low(),
    int_key("controller.socket.timeout.ms", "30000"),
    class_key("create.topic.policy.class.name").low(),
    int_key("initial.broker.registration.timeout.ms", "60000"),
    long_key("internal.metadata.delete.delay.millis", "60000").internal().low(),
    int_key("internal.metadata.log.segment.bytes").internal().low(),
    int_key("internal.metadata.max.batch.size.in.bytes", "8388608").internal().low(),
    long_key("leader.imbalance.check.interval.seconds", "300").at_least(1).high(),
    string_key("metadata.log.dir").high(),
    long_key("metadata.log.max.record.bytes.between.snapshots", "20971520")
        .at_least(1)
        .high()
        .honoured()
        .doc("Bytes of metadata records after which a snapshot is written."),
    long_key("metadata.log.max.snapshot.interval.ms", "3600000")
        .at_least(0)
        .high()
        .honoured()
        .doc("Longest time between two metadata snapshots while there are new records; 0: no "
             "limit."),
    int_key("metadata.log.segment.bytes", "1073741824")
        .at_least(8388608)
        .high()
        .honoured()
        .doc("Size at which a segment of the metadata log is closed."),
    long_key("metadata.log.segment.ms", "604800000")
        .high()
        .honoured()
        .doc("Age at which a segment of the metadata log is closed."),
    int_key("metadata.max.idle.interval.ms", "500").at_least(0).low(),
    long_key("metadata.max.retention.bytes", "104857600").high(),
    long_key("metadata.max.retention.ms", "604800000").high(),
    int_key("node.id").required().at_least(0).high().honoured().doc(
        "This node's id in the cluster."),
    list_key("process.roles")
        .required()
        .one_of("broker,controller")
        .high()
        .honoured()
        .doc("What this node is: broker, controller or both."),
    long_key("server.max.startup.time.ms", "9223372036854775807").at_least(0).internal(),
    bool_key("unclean.leader.election.enable", "false")
        .high()
        .cluster_wide()
        .honoured()
        .doc("Whether a replica that is not in sync may lead when no other can, losing records."),
    long_key("unclean.leader.election.interval.ms", "300000").at_least(1).internal(),
    bool_key("unstable.api.versions.enable", "false").internal().high(),
    bool_key("unstable.feature.versions.enable", "false").internal().high(),
};

}  // namespace moldau::config_keys
