#include <fmt/format.h>

#include <utility>

#include "metadata/config_alteration.h"
#include "metadata/controller.h"
#include "metadata/feature_update.h"
#include "protocol/redact.h"

/// Configuration, features, brokers that are gone for good, elections on request.
namespace moldau::metadata {

using protocol::ErrorCode;

namespace {

constexpr std::size_t note_value_max = 200;

std::vector<ResourceAlteration> alterations_of(
    const protocol::IncrementalAlterConfigsRequest& request) {
  std::vector<ResourceAlteration> alterations;
  for (const auto& resource : request.resources) {
    auto& alteration = alterations.emplace_back();
    alteration.type = resource.resource_type;
    alteration.name = resource.resource_name.view();
    for (const auto& config : resource.configs) {
      alteration.keys.push_back(
          {.name = config.name.view(),
           .operation = static_cast<ConfigOperation>(config.config_operation),
           .value = config.value ? std::optional(config.value->view()) : std::nullopt});
    }
  }
  return alterations;
}

std::vector<ResourceAlteration> alterations_of(const protocol::AlterConfigsRequest& request) {
  std::vector<ResourceAlteration> alterations;
  for (const auto& resource : request.resources) {
    auto& alteration = alterations.emplace_back();
    alteration.type = resource.resource_type;
    alteration.name = resource.resource_name.view();
    alteration.replaces_all = true;
    for (const auto& config : resource.configs) {
      alteration.keys.push_back(
          {.name = config.name.view(),
           .value = config.value ? std::optional(config.value->view()) : std::nullopt});
    }
  }
  return alterations;
}

std::string_view noted_value(const protocol::ConfigRecord& config) {
  if (!config.value) return "(unset)";
  if (protocol::is_secret_config(config.name)) return protocol::hidden_text;
  return config.value->view().substr(0, note_value_max);
}

/// Both requests are decided alike and answered alike.
template <class Response, class Request>
Step<Response> alter(const Controller& controller, const Cluster& cluster, NodeId broker,
                     const Request& request) {
  Step<Response> step;
  std::vector<std::optional<ApiError>> refusals(request.resources.size());
  if (controller.is_active()) {
    refusals = alter_configs(cluster, broker, alterations_of(request), step.records);
  }
  if (request.validate_only) step.records.clear();
  for (std::size_t i = 0; i < request.resources.size(); ++i) {
    const auto& resource = request.resources[i];
    auto& result = step.reply.responses.emplace_back();
    result.resource_type = resource.resource_type;
    result.resource_name = Text::copy(resource.resource_name);
    result.error_message.reset();
    if (!controller.is_active()) {
      result.error_code = ErrorCode::not_controller;
      result.error_message = message_of(result.error_code);
    } else if (refusals[i]) {
      result.error_code = refusals[i]->code;
      result.error_message = Text(std::move(refusals[i]->message));
    }
  }
  for (const Record& record : step.records) {
    const auto* config = std::get_if<protocol::ConfigRecord>(&record.message);
    if (config == nullptr) continue;
    step.notes.push_back(fmt::format("configures type={} name=\"{}\" {}={}",
                                     static_cast<int>(config->resource_type), config->resource_name,
                                     config->name, noted_value(*config)));
  }
  return step;
}

}  // namespace

Step<protocol::IncrementalAlterConfigsResponse> Controller::incremental_alter_configs(
    const Context&, const protocol::IncrementalAlterConfigsRequest& request) {
  return alter<protocol::IncrementalAlterConfigsResponse>(*this, cluster(), config_.local_broker,
                                                          request);
}

Step<protocol::AlterConfigsResponse> Controller::alter_configs(
    const Context&, const protocol::AlterConfigsRequest& request) {
  return alter<protocol::AlterConfigsResponse>(*this, cluster(), config_.local_broker, request);
}

Step<protocol::UpdateFeaturesResponse> Controller::update_features(
    const Context& context, const protocol::UpdateFeaturesRequest& request) {
  Step<protocol::UpdateFeaturesResponse> step;
  step.reply.error_message.reset();
  if (!active_) {
    step.reply.error_code = ErrorCode::not_controller;
    step.reply.error_message = message_of(step.reply.error_code);
    return step;
  }
  const FeatureSupport support{.node_id = config_.node_id,
                               .features = config_.supported_features,
                               .kraft_version = context.kraft_version};
  auto refusal = metadata::update_features(*image_, support, request, step.records);
  if (refusal) {
    step.reply.error_code = refusal->code;
    step.reply.error_message = Text(std::move(refusal->message));
    return step;
  }
  for (const auto& update : request.feature_updates) {
    auto& result = step.reply.results.emplace_back();
    result.feature = Text::copy(update.feature);
    result.error_message = Text::view(protocol::name(ErrorCode::none));
  }
  for (const Record& record : step.records) {
    const auto& feature = std::get<protocol::FeatureLevelRecord>(record.message);
    step.notes.push_back(fmt::format("sets feature {} to {}", feature.name, feature.feature_level));
  }
  return step;
}

Step<protocol::UnregisterBrokerResponse> Controller::unregister_broker(
    const Context&, const protocol::UnregisterBrokerRequest& request) {
  Step<protocol::UnregisterBrokerResponse> step;
  step.reply.error_message.reset();
  const auto refuse = [&](ErrorCode error, std::string message) {
    step.reply.error_code = error;
    step.reply.error_message = Text(std::move(message));
    return std::move(step);
  };
  if (!active_) {
    return refuse(ErrorCode::not_controller,
                  std::string(protocol::message(ErrorCode::not_controller)));
  }
  const auto* broker = image_->broker(request.broker_id);
  if (broker == nullptr) {
    return refuse(ErrorCode::broker_id_not_registered,
                  fmt::format("Broker ID {} is not currently registered", request.broker_id));
  }
  // It would be gone for all others and go on by itself.
  if (request.broker_id == config_.local_broker) {
    return refuse(ErrorCode::invalid_request,
                  fmt::format("Broker {} is running, in the process of this controller: stop it "
                              "instead",
                              request.broker_id));
  }
  end_incarnation(cluster(), broker->id, true, step.records);
  protocol::UnregisterBrokerRecord record;
  record.broker_id = broker->id;
  record.broker_epoch = broker->epoch;
  step.records.push_back({std::move(record), 0});
  step.notes.push_back(fmt::format("unregisters broker {} with epoch {}: {} records", broker->id,
                                   broker->epoch, step.records.size()));
  return step;
}

// --- ElectLeaders ------------------------------------------------------------------------------

namespace {

/// ElectionType of Kafka.
constexpr std::int8_t preferred_type = 0;
constexpr std::int8_t unclean_type = 1;

struct Elected {
  ErrorCode error{ErrorCode::none};
  std::string message{};  ///< empty: the error's own
};

Elected elect(const Cluster& cluster, Election election, std::string_view name, PartitionId id,
              std::vector<Record>& records) {
  const auto* topic = cluster.image.topic(name);
  if (topic == nullptr) {
    return {ErrorCode::unknown_topic_or_partition, fmt::format("No such topic as {}", name)};
  }
  const auto* partition = topic->partition(id);
  if (partition == nullptr) {
    return {ErrorCode::unknown_topic_or_partition,
            fmt::format("No such partition as {}-{}", name, id)};
  }
  // No replicas: its records are still coming in.
  const bool is_needed =
      !partition->replicas.empty() &&
      (election == Election::preferred ? partition->leader != partition->replicas.front()
                                       : partition->leader == no_node);
  if (!is_needed) return {ErrorCode::election_not_needed};
  auto policy = partition_policy(cluster, *topic, *partition);
  policy.election = election;
  auto record = change_partition(topic->id, id, *partition, {}, policy);
  if (!record) {
    return {election == Election::preferred ? ErrorCode::preferred_leader_not_available
                                            : ErrorCode::eligible_leaders_not_available};
  }
  records.push_back(std::move(*record));
  return {};
}

/// As Apache: for the whole and for each partition.
void refuse_all(const protocol::ElectLeadersRequest& request, ErrorCode error,
                const std::string& message, protocol::ElectLeadersResponse& response) {
  response.error_code = error;
  if (!request.topic_partitions) return;
  for (const auto& topic : *request.topic_partitions) {
    auto& result = response.replica_election_results.emplace_back();
    result.topic = Text::copy(topic.topic);
    for (const PartitionId id : topic.partitions) {
      result.partition_result.push_back(
          {.partition_id = id, .error_code = error, .error_message = Text(message)});
    }
  }
}

}  // namespace

Step<protocol::ElectLeadersResponse> Controller::elect_leaders(
    const Context&, const protocol::ElectLeadersRequest& request) {
  Step<protocol::ElectLeadersResponse> step;
  step.atomicity = Atomicity::may_split;
  const bool is_known =
      request.election_type == preferred_type || request.election_type == unclean_type;
  if (!active_) {
    step.reply.error_code = ErrorCode::not_controller;
    return step;
  }
  if (!is_known) {
    refuse_all(request, ErrorCode::invalid_request,
               fmt::format("Unknown election type {}", request.election_type), step.reply);
    return step;
  }
  const auto election =
      request.election_type == preferred_type ? Election::preferred : Election::unclean;
  const auto add = [&](protocol::ElectLeadersResponse::ReplicaElectionResult& result,
                       PartitionId id) {
    auto elected = elect(cluster(), election, result.topic.view(), id, step.records);
    // Of all partitions only those are named that had a reason.
    if (!request.topic_partitions && elected.error == ErrorCode::election_not_needed) return;
    auto& partition = result.partition_result.emplace_back();
    partition.partition_id = id;
    partition.error_code = elected.error;
    partition.error_message = message_of(elected.error);
    if (!elected.message.empty()) partition.error_message = Text(std::move(elected.message));
  };
  if (request.topic_partitions) {
    for (const auto& wanted : *request.topic_partitions) {
      auto& result = step.reply.replica_election_results.emplace_back();
      result.topic = Text::copy(wanted.topic);
      for (const PartitionId id : wanted.partitions) add(result, id);
    }
    return step;
  }
  for (const auto& [name, topic] : image_->topics_by_name) {
    auto& result = step.reply.replica_election_results.emplace_back();
    result.topic = Text(name);
    for (std::int32_t id = 0; id < topic->partition_count(); ++id) add(result, PartitionId(id));
  }
  return step;
}

}  // namespace moldau::metadata
