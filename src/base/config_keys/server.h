#pragma once

#include "base/config_keys/row.h"

/// Listeners, sockets, requests, threads and metrics: names, types, ranges and defaults of Apache
/// Kafka 4.4. Included by config_table.cc only, which sorts them.
namespace moldau::config_keys {

inline constexpr ConfigKey server_keys[] = {
    list_key("advertised.listeners")
        .high()
        .honoured()
        .doc("What clients are told to connect to, as NAME://host:port. Unset: a broker that is "
             "alone answers with the address that the client dialled."),
    list_key("config.providers", "").low().cluster_wide(),
    long_key("connections.max.idle.ms", "600000")
        .honoured()
        .doc("A connection without a request for so long is closed."),
    int_key("delete.records.purgatory.purge.interval.requests", "1"),
    list_key("early.start.listeners").high(),
    int_key("fetch.max.bytes", "57671680")
        .at_least(1024)
        .honoured()
        .doc("Most bytes of records in one fetch answer."),
    int_key("fetch.purgatory.purge.interval.requests", "1000"),
    string_key("inter.broker.listener.name")
        .honoured()
        .doc("The listener that brokers use among themselves."),
    int_key("kafka.metrics.polling.interval.secs", "10").at_least(1).low(),
    list_key("kafka.metrics.reporters", "").low(),
    string_key("listener.security.protocol.map",
               "SASL_SSL:SASL_SSL,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT")
        .low()
        .per_broker()
        .honoured()
        .doc("The security protocol of each listener name, as NAME:PROTOCOL."),
    list_key("listeners", "PLAINTEXT://:9092")
        .high()
        .per_broker()
        .honoured()
        .doc("What the broker listens on, as NAME://host:port; an empty host is every address."),
    int_key("max.connection.creation.rate", "2147483647").at_least(0).cluster_wide(),
    int_key("max.connections", "2147483647")
        .at_least(0)
        .cluster_wide()
        .honoured()
        .doc("Most connections of a listener at a time."),
    int_key("max.connections.per.ip", "2147483647")
        .at_least(0)
        .cluster_wide()
        .honoured()
        .doc("Most connections from one address at a time."),
    string_key("max.connections.per.ip.overrides", "")
        .cluster_wide()
        .honoured()
        .doc("Other limits for some addresses, as address:number."),
    int_key("max.incremental.fetch.session.cache.slots", "1000")
        .at_least(0)
        .honoured()
        .doc("Most fetch sessions that are remembered."),
    int_key("max.request.partition.size.limit", "2000")
        .at_least(1)
        .honoured()
        .doc("Most partitions in one answer to DescribeTopicPartitions."),
    list_key("metric.reporters", "org.apache.kafka.common.metrics.JmxReporter")
        .low()
        .cluster_wide(),
    int_key("metrics.num.samples", "2").at_least(1).low(),
    string_key("metrics.recording.level", "INFO").low(),
    long_key("metrics.sample.window.ms", "30000").at_least(1).low(),
    int_key("num.io.threads", "8")
        .at_least(1)
        .high()
        .cluster_wide()
        .doc("No effect: there are as many workers as cores."),
    int_key("num.network.threads", "3")
        .at_least(1)
        .high()
        .cluster_wide()
        .doc("No effect: there are as many workers as cores."),
    int_key("producer.purgatory.purge.interval.requests", "1000"),
    long_key("queued.max.request.bytes", "-1")
        .honoured()
        .doc("Most bytes of requests held in memory, and as many of records in answers not yet "
             "taken; -1: 256 MiB."),
    int_key("queued.max.requests", "500")
        .at_least(1)
        .high()
        .doc("No effect: requests in memory are limited by bytes."),
    int_key("request.timeout.ms", "30000").high(),
    string_key("security.inter.broker.protocol", "PLAINTEXT")
        .one_of("PLAINTEXT,SSL,SASL_PLAINTEXT,SASL_SSL"),
    long_key("socket.connection.setup.timeout.max.ms", "30000"),
    long_key("socket.connection.setup.timeout.ms", "10000"),
    int_key("socket.listen.backlog.size", "50").at_least(1),
    int_key("socket.receive.buffer.bytes", "102400").high(),
    int_key("socket.request.max.bytes", "104857600")
        .at_least(1)
        .high()
        .honoured()
        .doc("Largest request that is accepted."),
    int_key("socket.send.buffer.bytes", "102400").high(),
    int_key("telemetry.max.bytes", "1048576").at_least(1).low(),
};

}  // namespace moldau::config_keys
