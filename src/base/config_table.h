#pragma once

#include <span>
#include <string_view>

#include "base/config_key.h"

namespace moldau {

/// Every broker key of Apache Kafka 4.4 and our own, sorted by name.
std::span<const ConfigKey> broker_config_keys();
/// Every topic key of Apache Kafka 4.4, sorted by name.
std::span<const ConfigKey> topic_config_keys();
/// Every key of a group (`GROUP` resource) of Apache Kafka 4.4, sorted by name.
std::span<const ConfigKey> group_config_keys();

/// Null if there is no such key.
const ConfigKey* find_broker_config_key(std::string_view name);
const ConfigKey* find_topic_config_key(std::string_view name);
const ConfigKey* find_group_config_key(std::string_view name);

/// The broker key behind `listener.name.<listener>.[<mechanism>.]<key>`, or null.
const ConfigKey* find_listener_config_key(std::string_view name);

}  // namespace moldau
