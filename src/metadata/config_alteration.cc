#include "metadata/config_alteration.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <expected>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "base/config_key.h"
#include "metadata/step.h"
#include "metadata/topic_name.h"

namespace moldau::metadata {
namespace {

using protocol::ErrorCode;
template <class T>
using OrError = std::expected<T, ApiError>;
using Refusal = std::optional<ApiError>;
/// A key's new value; null: deleted.
using Changes = std::map<std::string, std::optional<std::string>, std::less<>>;

constexpr std::size_t value_bytes_max = 32'767;
constexpr std::string_view min_isr = "min.insync.replicas";

std::unexpected<ApiError> refuse(ErrorCode code, std::string message) {
  return std::unexpected(ApiError{code, std::move(message)});
}

bool is(const ResourceAlteration& resource, ResourceType type) {
  return resource.type == static_cast<std::int8_t>(type);
}

/// What is wrong with the request whatever the configuration is now.
Refusal check_keys(const ResourceAlteration& resource) {
  std::set<std::string_view> names;
  std::vector<std::string_view> nulls;
  for (const auto& key : resource.keys) {
    if (!names.insert(key.name).second) {
      return ApiError{ErrorCode::invalid_request, "Error due to duplicate config keys"};
    }
    if (key.operation != ConfigOperation::remove && !key.value) nulls.push_back(key.name);
  }
  if (!nulls.empty()) {
    return ApiError{ErrorCode::invalid_request,
                    fmt::format("Null value not supported for : {}", fmt::join(nulls, ", "))};
  }
  for (const auto& key : resource.keys) {
    if (key.operation >= ConfigOperation::set && key.operation <= ConfigOperation::subtract) {
      continue;
    }
    return ApiError{ErrorCode::invalid_request,
                    fmt::format("Unknown operations type {}", static_cast<int>(key.operation))};
  }
  return std::nullopt;
}

Refusal check_broker_name(std::string_view name, NodeId broker) {
  if (name.empty()) return std::nullopt;  // all brokers
  std::int32_t id = -1;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), id);
  if (error != std::errc() || end != name.data() + name.size()) {
    return ApiError{ErrorCode::invalid_request,
                    fmt::format("Node id must be an integer, but it is: {}", name)};
  }
  if (name == fmt::format("{}", broker)) return std::nullopt;
  return ApiError{ErrorCode::invalid_request,
                  fmt::format("Unexpected broker id, expected {}, but received {}", broker, name)};
}

Refusal check_topic_name(std::string_view name) {
  if (name.empty()) {
    return ApiError{ErrorCode::invalid_request, "Default topic resources are not allowed."};
  }
  if (auto reason = reject_topic_name(name)) {
    return ApiError{ErrorCode::invalid_topic_exception, std::move(*reason)};
  }
  return std::nullopt;
}

Refusal check_group_name(std::string_view name) {
  if (!name.empty()) return std::nullopt;
  return ApiError{ErrorCode::invalid_request, "Default group resources are not allowed."};
}

/// Loggers and client metrics have no configuration yet: refused as Apache refuses a type that it
/// does not know, so that nothing is stored that nobody obeys.
Refusal check_resource(const ResourceAlteration& resource, NodeId broker) {
  if (is(resource, ResourceType::topic)) return check_topic_name(resource.name);
  if (is(resource, ResourceType::broker)) return check_broker_name(resource.name, broker);
  if (is(resource, ResourceType::group)) return check_group_name(resource.name);
  return ApiError{ErrorCode::invalid_request,
                  fmt::format("Unknown resource type {}", static_cast<int>(resource.type))};
}

/// The decision about one resource.
class Alteration {
 public:
  Alteration(const Cluster& cluster, const ResourceAlteration& resource)
      : cluster_(cluster),
        resource_(resource),
        current_(cluster.image.config(static_cast<ResourceType>(resource.type), resource.name)) {}

  OrError<std::vector<Record>> decide() const {
    Changes changes;
    for (const auto& key : resource_.keys) {
      auto value = new_value(key);
      if (!value) return std::unexpected(std::move(value.error()));
      changes[std::string(key.name)] = std::move(*value);
    }
    if (resource_.replaces_all) {
      for (const auto& [name, value] : current_) changes.try_emplace(name, std::nullopt);
    }
    if (auto refusal = check(changes)) return std::unexpected(std::move(*refusal));
    std::vector<Record> records;
    for (auto& [name, value] : changes) {
      // A broker hears of an unchanged value too: that is how it is told to look again at files
      // that a value names (KAFKA-14136).
      if (!is(resource_, ResourceType::broker) && value == find_current(name)) continue;
      records.push_back(record(name, std::move(value)));
    }
    return records;
  }

 private:
  std::optional<std::string> find_current(std::string_view name) const {
    const auto found = current_.find(name);
    return found == current_.end() ? std::nullopt : std::optional(found->second);
  }

  OrError<std::optional<std::string>> new_value(const KeyAlteration& key) const {
    if (key.operation == ConfigOperation::remove) return std::nullopt;
    if (key.operation == ConfigOperation::set) return std::string(*key.value);
    const auto type = static_cast<ResourceType>(resource_.type);
    const auto unset = cluster_.policy.list_default(type, key.name);
    const bool appends = key.operation == ConfigOperation::append;
    if (!unset && type == ResourceType::broker) {
      return refuse(ErrorCode::invalid_config,
                    fmt::format("Config value {} is not allowed for config key: {}",
                                appends ? "append" : "subtract", key.name));
    }
    if (!unset) {
      return refuse(ErrorCode::invalid_config,
                    fmt::format("Can't {} to key {} because its type is not LIST.",
                                appends ? "APPEND" : "SUBTRACT", key.name));
    }
    auto elements = split_config_list(find_current(key.name).value_or(*unset));
    for (auto& element : split_config_list(*key.value)) {
      const auto found = std::ranges::find(elements, element);
      if (appends && found == elements.end()) elements.push_back(std::move(element));
      if (!appends && found != elements.end()) elements.erase(found);
    }
    return fmt::format("{}", fmt::join(elements, ","));
  }

  Refusal check(const Changes& changes) const {
    ConfigValues values = current_;
    std::set<std::string, std::less<>> altered;
    for (const auto& [name, value] : changes) {
      if (value && value->size() > value_bytes_max) {
        return ApiError{ErrorCode::invalid_config,
                        fmt::format("The configuration value cannot be added because it exceeds "
                                    "the maximum value size of {} bytes.",
                                    value_bytes_max)};
      }
      altered.insert(name);
      values.erase(name);
      if (value) values[name] = *value;
    }
    if (is(resource_, ResourceType::topic)) return check_topic(values);
    if (is(resource_, ResourceType::group)) return check_group(values);
    return check_broker(values, altered, changes);
  }

  Refusal check_topic(const ConfigValues& values) const {
    if (auto reason = cluster_.policy.reject_topic_config(values)) {
      return ApiError{ErrorCode::invalid_config, std::move(*reason)};
    }
    if (cluster_.image.topic(resource_.name) == nullptr) {
      return ApiError{ErrorCode::unknown_topic_or_partition,
                      fmt::format("The topic '{}' does not exist.", resource_.name)};
    }
    return std::nullopt;
  }

  Refusal check_group(const ConfigValues& values) const {
    auto reason = cluster_.policy.reject_group_config(cluster_.image, values);
    if (!reason) return std::nullopt;
    return ApiError{ErrorCode::invalid_config, std::move(*reason)};
  }

  Refusal check_broker(const ConfigValues& values,
                       const std::set<std::string, std::less<>>& altered,
                       const Changes& changes) const {
    auto reason =
        cluster_.policy.reject_broker_config(cluster_.image, resource_.name, values, altered);
    if (reason) return ApiError{ErrorCode::invalid_request, std::move(*reason)};
    // With ELR the cluster decides about min.insync.replicas, not each broker (KIP-966).
    const auto change = changes.find(min_isr);
    if (change == changes.end() || !cluster_.elr_enabled()) return std::nullopt;
    if (!resource_.name.empty()) {
      return ApiError{ErrorCode::invalid_config,
                      "Broker-level min.insync.replicas cannot be altered while ELR is enabled."};
    }
    if (change->second) return std::nullopt;
    return ApiError{ErrorCode::invalid_config,
                    "Cluster-level min.insync.replicas cannot be removed while ELR is enabled."};
  }

  Record record(std::string_view name, std::optional<std::string> value) const {
    protocol::ConfigRecord record;
    record.resource_type = resource_.type;
    record.resource_name = Text::copy(resource_.name);
    record.name = Text::copy(name);
    record.value.reset();
    if (value) record.value = Text(std::move(*value));
    return {std::move(record), 0};
  }

  const Cluster& cluster_;
  const ResourceAlteration& resource_;
  const ConfigValues& current_;
};

/// Who may be in an ELR depends on min.insync.replicas: where it changes they are forgotten.
void clear_elrs(const Cluster& cluster, std::vector<Record>& records) {
  if (!cluster.elr_enabled()) return;
  std::vector<Record> clears;
  for (const Record& record : records) {
    const auto& config = std::get<protocol::ConfigRecord>(record.message);
    if (config.name != min_isr) continue;
    protocol::ClearElrRecord clear;  // of all topics, unless it names one
    if (config.resource_type == static_cast<std::int8_t>(ResourceType::topic)) {
      clear.topic_name = Text::copy(config.resource_name);
    }
    clears.push_back({std::move(clear), 0});
  }
  std::ranges::move(clears, std::back_inserter(records));
}

bool is_named_twice(const ResourceAlteration& resource,
                    std::span<const ResourceAlteration> resources) {
  return std::ranges::count_if(resources, [&](const ResourceAlteration& other) {
           return other.type == resource.type && other.name == resource.name;
         }) > 1;
}

}  // namespace

std::vector<std::optional<ApiError>> alter_configs(const Cluster& cluster, NodeId broker,
                                                   std::span<const ResourceAlteration> resources,
                                                   std::vector<Record>& records) {
  std::vector<Refusal> refusals;
  for (const auto& resource : resources) {
    Refusal refusal;
    if (is_named_twice(resource, resources)) {
      refusal = ApiError{ErrorCode::invalid_request, "Each resource must appear at most once."};
    }
    if (!refusal) refusal = check_keys(resource);
    if (!refusal) refusal = check_resource(resource, broker);
    if (!refusal) {
      auto decided = Alteration(cluster, resource).decide();
      if (decided) {
        std::ranges::move(*decided, std::back_inserter(records));
      } else {
        refusal = std::move(decided.error());
      }
    }
    refusals.push_back(std::move(refusal));
  }
  clear_elrs(cluster, records);
  if (records.size() <= records_per_operation_max) return refusals;
  records.clear();
  for (auto& refusal : refusals) {
    refusal = ApiError{ErrorCode::policy_violation,
                       "Unable to perform excessively large batch operation."};
  }
  return refusals;
}

}  // namespace moldau::metadata
