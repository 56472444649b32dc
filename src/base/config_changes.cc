// What may become of a topic's, a group's or a broker's settings while the broker runs.

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/config.h"
#include "base/config_table.h"
#include "base/listener.h"

namespace moldau {
namespace {

using Refusal = std::optional<std::string>;
using Names = std::vector<std::string_view>;

std::optional<std::int64_t> number(const std::optional<std::string>& text) {
  if (!text) return std::nullopt;
  std::int64_t value = 0;
  std::from_chars(text->data(), text->data() + text->size(), value);
  return value;
}

/// "*", or a list of partition:broker (KIP-73).
bool is_replica_list(std::string_view text) {
  if (text == "*") return true;
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  return std::ranges::all_of(split_config_list(text), [&](const std::string& element) {
    const auto colon = element.find(':');
    return colon != std::string::npos && colon > 0 && colon + 1 < element.size() &&
           std::ranges::all_of(element.substr(0, colon), is_digit) &&
           std::ranges::all_of(element.substr(colon + 1), is_digit);
  });
}

Refusal reject_replica_list(std::string_view name, std::string_view text) {
  if (is_replica_list(text)) return std::nullopt;
  return fmt::format(
      "Invalid value [{}] for configuration {}: {} must be the literal '*' or a list of replicas "
      "in the following format: [partitionId]:[brokerId],[partitionId]:[brokerId],...",
      fmt::join(split_config_list(text), ", "), name, name);
}

Refusal refuse_names(std::string_view why, const Names& names) {
  if (names.empty()) return std::nullopt;
  return fmt::format("{}: [{}]", why, fmt::join(names, ", "));
}

/// By what can be changed at all; the messages that name several keys name all of them.
Refusal reject_names(const BrokerConfigChange& change, const Properties& values) {
  Names read_only;
  Names per_broker;
  Names without_effect;
  for (const std::string& name : change.altered) {
    if (!values.contains(name)) continue;  // whatever it is, it may be deleted
    const auto* key = find_broker_config_key(name);
    const bool is_kafkas = key != nullptr && key->use != ConfigUse::own;
    if (is_kafkas && key->update == ConfigUpdate::read_only) read_only.push_back(name);
    if (is_kafkas && key->update == ConfigUpdate::per_broker) per_broker.push_back(name);
    if (key == nullptr || !is_changeable(*key)) without_effect.push_back(name);
  }
  if (auto refusal = refuse_names("Cannot update these configs dynamically", read_only)) {
    return refusal;
  }
  if (change.level == ConfigUpdate::cluster_wide && !per_broker.empty()) {
    return refuse_names(
        "Cannot update these configs at default cluster level, broker id must be specified",
        per_broker);
  }
  return refuse_names("This broker does not act on these configs while it runs, so it refuses them",
                      without_effect);
}

/// By how much the number of cleaners may change at once, as Kafka wants it.
Refusal reject_cleaner_threads(const BrokerConfigChange& change) {
  if (!change.before) return std::nullopt;
  const auto threads = [](const ConfigLayers& layers) {
    return number(
               resolve_broker_config(*find_broker_config_key("log.cleaner.threads"), layers).value)
        .value_or(1);
  };
  const auto current = threads(*change.before);
  const auto wanted = threads(change.layers);
  if (wanted < 1) return "Log cleaner threads should be at least 1";
  if (wanted < current / 2) {
    return fmt::format(
        "Log cleaner threads cannot be reduced to less than half the current value {}", current);
  }
  if (wanted > current * 2) {
    return fmt::format(
        "Log cleaner threads cannot be increased to more than double the current value {}",
        current);
  }
  return std::nullopt;
}

/// Values that depend on one another, or that Kafka checks after its table.
Refusal reject_combination(const ConfigLayers& layers) {
  const auto value = [&](std::string_view name) {
    return resolve_broker_config(*find_broker_config_key(name), layers).value;
  };
  if (number(value("log.retention.ms")) == 0) {
    return "log.retention.ms must be unlimited (-1) or, greater than or equal to 1";
  }
  if (number(value("log.roll.ms")).value_or(1) < 1) {
    return "log.roll.ms must be greater than or equal to 1";
  }
  if (number(value("log.roll.jitter.ms")).value_or(0) < 0) {
    return "log.roll.jitter.ms must be greater than or equal to 0";
  }
  constexpr std::string_view overrides_name = "max.connections.per.ip.overrides";
  const auto overrides =
      parse_connection_limits(overrides_name, value(overrides_name).value_or(std::string()));
  if (!overrides) return overrides.error().context;
  if (overrides->empty() && number(value("max.connections.per.ip")) == 0) {
    return "max.connections.per.ip can be set to zero only if max.connections.per.ip.overrides "
           "property is set.";
  }
  return reject_cleaner_memory(number(value("log.cleaner.dedupe.buffer.size")).value_or(0),
                               number(value("log.cleaner.threads")).value_or(1));
}

}  // namespace

std::optional<std::string> reject_cleaner_memory(std::int64_t dedupe_buffer_bytes,
                                                 std::int64_t threads) {
  if (threads < 1) return "log.cleaner.threads must be at least 1";
  if (dedupe_buffer_bytes / threads > 1024 * 1024) return std::nullopt;
  return "log.cleaner.dedupe.buffer.size must be at least 1MB per cleaner thread.";
}

std::optional<std::string> reject_topic_config(const Properties& values) {
  Properties canonical;
  for (const auto& [name, text] : values) {
    const auto* key = find_topic_config_key(name);
    if (key == nullptr) return fmt::format("Unknown topic config name: {}", name);
    auto parsed = parse_config_value(*key, text);
    if (!parsed) return parsed.error().context;
    canonical.emplace(name, std::move(*parsed));
  }
  const auto find = [&](std::string_view name) {
    const auto found = canonical.find(name);
    return found == canonical.end() ? std::nullopt : std::optional(found->second);
  };
  for (const std::string_view name :
       {"follower.replication.throttled.replicas", "leader.replication.throttled.replicas"}) {
    if (auto refusal = reject_replica_list(name, find(name).value_or("*"))) return refusal;
  }
  const auto lag_min = number(find("min.compaction.lag.ms"));
  const auto lag_max = number(find("max.compaction.lag.ms"));
  if (lag_min && lag_max && *lag_min > *lag_max) {
    return fmt::format(
        "conflict topic config setting min.compaction.lag.ms ({}) > max.compaction.lag.ms ({})",
        *lag_min, *lag_max);
  }
  if (find("remote.storage.enable") == "true") {
    return "Tiered Storage functionality is disabled in the broker. Topic cannot be configured "
           "with remote log storage.";
  }
  return std::nullopt;
}

namespace {

/// A setting of a group that the broker bounds by two of its properties.
struct BoundedSetting {
  std::string_view name;
  std::string_view min;
  std::string_view max;
};
constexpr BoundedSetting bounded_settings[] = {
    {"consumer.heartbeat.interval.ms", "group.consumer.min.heartbeat.interval.ms",
     "group.consumer.max.heartbeat.interval.ms"},
    {"consumer.session.timeout.ms", "group.consumer.min.session.timeout.ms",
     "group.consumer.max.session.timeout.ms"},
    {"consumer.assignment.interval.ms", "group.consumer.min.assignment.interval.ms",
     "group.consumer.max.assignment.interval.ms"},
};

/// Those that are set must be in the broker's bounds, and a session longer than a heartbeat.
Refusal reject_group_values(const Properties& own, const ConfigLayers& layers) {
  for (const auto& [name, min_name, max_name] : bounded_settings) {
    const auto set = own.find(name);
    if (set == own.end()) continue;
    const auto min = layers.broker_file.integer(min_name);
    const auto max = layers.broker_file.integer(max_name);
    const auto value = number(set->second).value_or(0);
    if (value >= min && value <= max) continue;
    return fmt::format("{} must be in the range {} to {} inclusive.", name, min, max);
  }
  constexpr std::string_view session = "consumer.session.timeout.ms";
  constexpr std::string_view heartbeat = "consumer.heartbeat.interval.ms";
  if (!own.contains(session) && !own.contains(heartbeat)) return std::nullopt;
  const auto in_effect = [&](std::string_view name) {
    return number(resolve_group_config(*find_group_config_key(name), layers).value).value_or(0);
  };
  if (in_effect(session) > in_effect(heartbeat)) return std::nullopt;
  return fmt::format("{} must be greater than {}", session, heartbeat);
}

}  // namespace

std::optional<std::string> reject_group_config(const ConfigLayers& layers) {
  Names without_effect;
  for (const auto& [name, text] : *layers.group) {
    const auto* key = find_group_config_key(name);
    if (key == nullptr) return fmt::format("Unknown group config name: {}", name);
    if (key->use == ConfigUse::ignored) without_effect.push_back(name);
  }
  Properties own;
  for (const auto& [name, text] : *layers.group) {
    auto parsed = parse_config_value(*find_group_config_key(name), text);
    if (!parsed) return parsed.error().context;
    own.emplace(name, std::move(*parsed));
  }
  if (auto refusal =
          refuse_names("This broker does not act on these configs of groups, so it refuses them",
                       without_effect)) {
    return refusal;
  }
  return reject_group_values(own, layers);
}

bool is_changeable(const ConfigKey& key) {
  return key.update == ConfigUpdate::cluster_wide && key.use == ConfigUse::honoured;
}

std::optional<std::string> reject_broker_config(const BrokerConfigChange& change) {
  const Properties& values = change.level == ConfigUpdate::per_broker
                                 ? *change.layers.broker
                                 : *change.layers.cluster_default;
  if (auto refusal = reject_names(change, values)) return refusal;
  for (const std::string& name : change.altered) {
    const auto found = values.find(name);
    if (found == values.end()) continue;
    const auto parsed = parse_config_value(*find_broker_config_key(name), found->second);
    if (!parsed) return parsed.error().context;
  }
  if (change.altered.contains("log.cleaner.threads")) {
    if (auto refusal = reject_cleaner_threads(change)) return refusal;
  }
  return reject_combination(change.layers);
}

}  // namespace moldau
