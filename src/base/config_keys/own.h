#pragma once

#include "base/config_keys/row.h"

/// What Moldau adds. Never stored in a metadata record: Apache Kafka would refuse to alter what
/// carries an unknown key.
namespace moldau::config_keys {

inline constexpr ConfigKey own_keys[] = {
    string_key("flush.strategy", "auto")
        .one_of("auto,fdatasync,syncfs")
        .own()
        .doc("How a flush round makes many files durable: each by fdatasync, all by one syncfs, or "
             "whichever costs less."),
    long_key("log.dir.min.free.bytes")
        .at_least(0)
        .own()
        .doc(
            "Free space of a log directory below which produce requests are refused. Unset: 1 % of "
            "the file system or 1 GiB, whichever is less."),
    long_key("log.scrub.bytes.per.second", "4194304")
        .at_least(0)
        .own()
        .doc("How fast each log directory reads its sealed segments again, to find damage before a "
             "client does: every segment once a day, or as often as that allows. 0: not at all."),
    string_key("metrics.listener", "http://localhost:9644")
        .own()
        .doc(
            "Where Prometheus finds /metrics, as http://host:port; an empty host is every address, "
            "an empty value turns it off."),
};

}  // namespace moldau::config_keys
