#pragma once

#include "base/config_keys/row.h"

/// Transactions: names, types, ranges and defaults of Apache Kafka 4.4. Included by config_table.cc
/// only, which sorts them.
namespace moldau::config_keys {

inline constexpr ConfigKey transactions_keys[] = {
    int_key("add.partitions.to.txn.retry.backoff.max.ms", "100").at_least(0).high(),
    int_key("add.partitions.to.txn.retry.backoff.ms", "20").at_least(1).high(),
    int_key("transaction.abort.timed.out.transaction.cleanup.interval.ms", "10000")
        .at_least(1)
        .low(),
    int_key("transaction.max.timeout.ms", "900000").at_least(1).high(),
    bool_key("transaction.partition.verification.enable", "true").low().cluster_wide(),
    int_key("transaction.remove.expired.transaction.cleanup.interval.ms", "3600000")
        .at_least(1)
        .low(),
    int_key("transaction.state.log.load.buffer.size", "5242880").at_least(1).high(),
    int_key("transaction.state.log.min.isr", "2").at_least(1).high(),
    int_key("transaction.state.log.num.partitions", "50").at_least(1).high(),
    short_key("transaction.state.log.replication.factor", "3").at_least(1).high(),
    int_key("transaction.state.log.segment.bytes", "104857600").at_least(1).high(),
    bool_key("transaction.two.phase.commit.enable", "false").low(),
    int_key("transactional.id.expiration.ms", "604800000").at_least(1).high(),
};

}  // namespace moldau::config_keys
