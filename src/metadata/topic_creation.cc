#include "metadata/topic_creation.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "metadata/image_records.h"
#include "metadata/placement.h"

namespace moldau::metadata {
namespace {

using protocol::ErrorCode;

std::unexpected<ApiError> refuse(ErrorCode code, std::string message) {
  return std::unexpected(ApiError{code, std::move(message)});
}

/// How often each name is asked for.
template <class Topics>
std::map<std::string_view, int> count_names(const Topics& topics) {
  std::map<std::string_view, int> counts;
  for (const auto& topic : topics) ++counts[topic.name.view()];
  return counts;
}

}  // namespace

protocol::CreateTopicsResponse TopicCreation::create(const protocol::CreateTopicsRequest& request,
                                                     std::vector<Record>& records) const {
  const auto counts = count_names(request.topics);
  std::int64_t partitions = 0;
  for (const Topic& topic : request.topics) {
    if (!topic.assignments.empty()) {
      partitions += static_cast<std::int64_t>(topic.assignments.size());
    } else {
      partitions +=
          topic.num_partitions == -1 ? defaults_.partitions : std::max(topic.num_partitions, 0);
    }
  }
  protocol::CreateTopicsResponse response;
  std::set<std::string_view> duplicates_answered;
  for (const Topic& topic : request.topics) {
    OrError<TopicResult> result;
    if (counts.at(topic.name.view()) > 1) {
      if (!duplicates_answered.insert(topic.name.view()).second) continue;
      result = refuse(ErrorCode::invalid_request, "Duplicate topic name.");
    } else if (partitions > partitions_per_request_max) {
      result = refuse(ErrorCode::policy_violation,
                      "Excessively large number of partitions per request.");
    } else {
      result = create_topic(topic, records);
    }
    if (!result) {
      TopicResult failed;
      failed.name = Text::copy(topic.name);
      failed.error_code = result.error().code;
      failed.error_message = Text(std::move(result.error().message));
      result = std::move(failed);
    }
    response.topics.push_back(std::move(*result));
  }
  if (records.size() <= records_per_operation_max) return response;
  records.clear();
  for (TopicResult& topic : response.topics) {
    TopicResult failed;
    failed.name = std::move(topic.name);
    failed.error_code = ErrorCode::policy_violation;
    failed.error_message = "Unable to perform excessively large batch operation.";
    topic = std::move(failed);
  }
  return response;
}

std::optional<ApiError> TopicCreation::check_name(const Topic& topic) const {
  const std::string_view name = topic.name.view();
  if (name == cluster_metadata_topic) {
    return ApiError{ErrorCode::invalid_request,
                    fmt::format("Creation of internal topic {} is prohibited.", name)};
  }
  if (cluster_.image.topic(name) != nullptr) {
    return ApiError{ErrorCode::topic_already_exists,
                    fmt::format("Topic '{}' already exists.", name)};
  }
  if (auto reason = reject_topic_name(name)) {
    return ApiError{ErrorCode::invalid_topic_exception, std::move(*reason)};
  }
  const auto key = collision_key(name);
  const auto colliding = key ? colliding_names_.find(*key) : colliding_names_.end();
  if (colliding == colliding_names_.end()) return std::nullopt;
  return ApiError{
      ErrorCode::invalid_topic_exception,
      fmt::format("Topic '{}' collides with existing topic: {}", name, *colliding->second.begin())};
}

TopicCreation::OrError<ConfigValues> TopicCreation::check_configs(const Topic& topic) const {
  ConfigValues values;
  std::string nulls;
  for (const auto& config : topic.configs) {
    if (config.value) {
      values[config.name.str()] = config.value->str();
    } else {
      nulls += fmt::format("{}{}", nulls.empty() ? "" : ",", config.name);
    }
  }
  if (!nulls.empty()) {
    return refuse(ErrorCode::invalid_config,
                  fmt::format("Null value not supported for topic configs: {}", nulls));
  }
  if (values.empty()) return values;
  if (auto reason = cluster_.policy.reject_topic_config(values)) {
    return refuse(ErrorCode::invalid_config, std::move(*reason));
  }
  return values;
}

TopicCreation::OrError<TopicCreation::TopicResult> TopicCreation::create_topic(
    const Topic& topic, std::vector<Record>& records) const {
  if (auto error = check_name(topic)) return std::unexpected(std::move(*error));
  auto configs = check_configs(topic);
  if (!configs) return std::unexpected(std::move(configs.error()));
  const auto assignment = assign(topic);
  if (!assignment) return std::unexpected(assignment.error());

  TopicResult result;
  result.name = Text::copy(topic.name);
  result.topic_id = context_.fresh_uuid();
  result.error_message.reset();
  result.num_partitions = static_cast<std::int32_t>(assignment->size());
  result.replication_factor = static_cast<std::int16_t>(assignment->front().size());
  describe_configs(*configs, result);

  protocol::TopicRecord record;
  record.name = Text::copy(topic.name);
  record.topic_id = result.topic_id;
  records.push_back({std::move(record), 0});
  for (const auto& [key, value] : *configs) {
    protocol::ConfigRecord config;
    config.resource_type = static_cast<std::int8_t>(ResourceType::topic);
    config.resource_name = Text::copy(topic.name);
    config.name = Text(key);
    config.value = Text(value);
    records.push_back({std::move(config), 0});
  }
  for (std::size_t i = 0; i < assignment->size(); ++i) {
    records.push_back(new_partition(result.topic_id, PartitionId(static_cast<std::int32_t>(i)),
                                    (*assignment)[i]));
  }
  return result;
}

void TopicCreation::describe_configs(const ConfigValues& own, TopicResult& result) const {
  for (auto& config : cluster_.policy.effective_topic_configs(cluster_.image, own)) {
    auto& to = result.configs->emplace_back();
    // What the request says is said as it says it ("True").
    if (const auto said = own.find(config.name); said != own.end()) config.value = said->second;
    to.name = Text(std::move(config.name));
    to.value = config.value && !config.sensitive ? std::optional(Text(std::move(*config.value)))
                                                 : std::nullopt;
    to.read_only = config.read_only;
    to.config_source = config.source;
    to.is_sensitive = config.sensitive;
  }
}

TopicCreation::OrError<std::vector<TopicCreation::Replicas>> TopicCreation::assign(
    const Topic& topic) const {
  if (!topic.assignments.empty()) return assigned_by_hand(topic);
  if (topic.replication_factor < -1 || topic.replication_factor == 0) {
    return refuse(ErrorCode::invalid_replication_factor,
                  "Replication factor must be larger than 0, or -1 to use the default value.");
  }
  if (topic.num_partitions < -1 || topic.num_partitions == 0) {
    return refuse(ErrorCode::invalid_partitions,
                  "Number of partitions was set to an invalid non-positive value.");
  }
  return place(
      topic.num_partitions == -1 ? defaults_.partitions : topic.num_partitions,
      topic.replication_factor == -1 ? defaults_.replication_factor : topic.replication_factor);
}

TopicCreation::OrError<std::vector<TopicCreation::Replicas>> TopicCreation::place(
    std::int32_t partitions, std::int16_t replication_factor) const {
  std::vector<UsableBroker> brokers;
  for (const auto& [id, broker] : cluster_.image.brokers) {
    if (!broker->in_controlled_shutdown) brokers.push_back({id, broker->rack, broker->fenced});
  }
  auto placed = place_replicas(std::move(brokers), partitions, replication_factor, context_.prng);
  if (!placed) {
    return refuse(ErrorCode::invalid_replication_factor,
                  fmt::format("Unable to replicate the partition {} time(s): {}",
                              replication_factor, placed.error()));
  }
  return std::move(*placed);
}

TopicCreation::OrError<std::vector<TopicCreation::Replicas>> TopicCreation::assigned_by_hand(
    const Topic& topic) const {
  if (topic.replication_factor != -1) {
    return refuse(ErrorCode::invalid_request,
                  "A manual partition assignment was specified, but replication factor was not set "
                  "to -1.");
  }
  if (topic.num_partitions != -1) {
    return refuse(ErrorCode::invalid_request,
                  "A manual partition assignment was specified, but numPartitions was not set to "
                  "-1.");
  }
  std::map<PartitionId, Replicas> by_partition;
  std::optional<std::size_t> replication_factor;
  for (const auto& assignment : topic.assignments) {
    const PartitionId id = assignment.partition_index;
    if (by_partition.contains(id)) {
      return refuse(
          ErrorCode::invalid_replica_assignment,
          fmt::format("Found multiple manual partition assignments for partition {}", id));
    }
    auto error = check_assignment(assignment.broker_ids, static_cast<std::size_t>(id.value()),
                                  replication_factor);
    if (error) return std::unexpected(std::move(*error));
    replication_factor = assignment.broker_ids.size();
    by_partition[id] = assignment.broker_ids;
  }
  std::vector<Replicas> result;
  for (auto& [id, replicas] : by_partition) {
    if (static_cast<std::size_t>(id.value()) != result.size()) {
      return refuse(ErrorCode::invalid_replica_assignment,
                    "partitions should be a consecutive 0-based integer sequence");
    }
    result.push_back(std::move(replicas));
  }
  return result;
}

std::optional<ApiError> TopicCreation::check_assignment(
    const Replicas& replicas, std::size_t partition,
    std::optional<std::size_t> replication_factor) const {
  const auto error = [](std::string message) {
    return ApiError{ErrorCode::invalid_replica_assignment, std::move(message)};
  };
  if (replicas.empty()) {
    return error("The manual partition assignment includes an empty replica list.");
  }
  Replicas sorted = replicas;
  std::ranges::sort(sorted);
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    if (cluster_.image.broker(sorted[i]) == nullptr) {
      return error(
          fmt::format("The manual partition assignment includes broker {}, but no such "
                      "broker is registered.",
                      sorted[i]));
    }
    if (i > 0 && sorted[i] == sorted[i - 1]) {
      return error(fmt::format(
          "The manual partition assignment includes the broker {} more than once.", sorted[i]));
    }
  }
  if (replication_factor && *replication_factor != replicas.size()) {
    return error(
        fmt::format("The manual partition assignment includes a partition with {} "
                    "replica(s), but this is not consistent with previous partitions, "
                    "which have {} replica(s).",
                    replicas.size(), *replication_factor));
  }
  if (std::ranges::none_of(replicas, [&](NodeId id) { return cluster_.image.is_active(id); })) {
    return error(
        fmt::format("All brokers specified in the manual partition assignment for "
                    "partition {} are fenced or in controlled shutdown.",
                    partition));
  }
  return std::nullopt;
}

Record TopicCreation::new_partition(const Uuid& topic_id, PartitionId id,
                                    const Replicas& replicas) const {
  PartitionRegistration partition;
  partition.replicas = replicas;
  for (const NodeId replica : replicas) {
    partition.directories.push_back(cluster_.default_directory(replica));
    if (cluster_.image.is_active(replica)) partition.isr.push_back(replica);
  }
  // Never empty: placement puts an unfenced broker first, and assignments by hand are checked.
  partition.leader = partition.isr.front();
  return partition_record(topic_id, id, partition, cluster_.metadata_version());
}

protocol::CreatePartitionsResponse TopicCreation::extend(
    const protocol::CreatePartitionsRequest& request, std::vector<Record>& records) const {
  const auto counts = count_names(request.topics);
  protocol::CreatePartitionsResponse response;
  std::set<std::string_view> duplicates_answered;
  for (const Extension& extension : request.topics) {
    std::optional<ApiError> error;
    if (counts.at(extension.name.view()) > 1) {
      if (!duplicates_answered.insert(extension.name.view()).second) continue;
      error = ApiError{ErrorCode::invalid_request, "Duplicate topic name."};
    } else {
      error = extend_topic(extension, records);
    }
    auto& result = response.results.emplace_back();
    result.name = Text::copy(extension.name);
    if (error) {
      result.error_code = error->code;
      result.error_message = Text(std::move(error->message));
    }
  }
  if (records.size() <= records_per_operation_max) return response;
  records.clear();
  for (auto& result : response.results) {
    result.error_code = ErrorCode::policy_violation;
    result.error_message = "Unable to perform excessively large batch operation.";
  }
  return response;
}

std::optional<ApiError> TopicCreation::extend_topic(const Extension& extension,
                                                    std::vector<Record>& records) const {
  const auto* topic = cluster_.image.topic(extension.name.view());
  if (topic == nullptr) {
    return ApiError{ErrorCode::unknown_topic_or_partition,
                    std::string(protocol::message(ErrorCode::unknown_topic_or_partition))};
  }
  const std::int32_t current = topic->partition_count();
  if (extension.count == current) {
    return ApiError{ErrorCode::invalid_partitions,
                    fmt::format("Topic already has {} partition(s).", current)};
  }
  if (extension.count < current) {
    return ApiError{ErrorCode::invalid_partitions,
                    fmt::format("The topic {} currently has {} partition(s); {} would not be an "
                                "increase.",
                                topic->name, current, extension.count)};
  }
  const std::int32_t additional = extension.count - current;
  if (additional > partitions_per_request_max) {
    return ApiError{ErrorCode::policy_violation,
                    "Excessively large number of partitions per request."};
  }
  const std::size_t replication_factor = topic->partition(PartitionId(0))->replicas.size();
  OrError<std::vector<Replicas>> assignment;
  if (extension.assignments) {
    if (static_cast<std::int64_t>(extension.assignments->size()) != additional) {
      return ApiError{ErrorCode::invalid_replica_assignment,
                      fmt::format("Attempted to add {} additional partition(s), but only {} "
                                  "assignment(s) were specified.",
                                  additional, extension.assignments->size())};
    }
    for (const auto& by_hand : *extension.assignments) {
      const std::size_t id = static_cast<std::size_t>(current) + assignment->size();
      auto error = check_assignment(by_hand.broker_ids, id, replication_factor);
      if (error) return error;
      assignment->push_back(by_hand.broker_ids);
    }
  } else {
    assignment = place(additional, static_cast<std::int16_t>(replication_factor));
    if (!assignment) return std::move(assignment.error());
  }
  for (std::int32_t i = 0; i < additional; ++i) {
    records.push_back(new_partition(topic->id, PartitionId(current + i),
                                    (*assignment)[static_cast<std::size_t>(i)]));
  }
  return std::nullopt;
}

}  // namespace moldau::metadata
