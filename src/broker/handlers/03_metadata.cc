// Metadata (API 3).
//   0  an empty list of topics means all   9  flexible
//   1  null means all; controller, racks  10  topic ids in answers (KIP-516)
//   4  AllowAutoTopicCreation             11  no cluster authorized operations any more
//   5  offline replicas                   12  topics asked for by id
//   7  leader epochs (KIP-320)            13  top-level error code (KIP-1102)
//   8  authorized operations (KIP-430)
#include <set>

#include "broker/broker.h"
#include "broker/cluster_view.h"
#include "broker/handlers/handlers.h"
#include "broker/internal_topics.h"
#include "protocol/messages/metadata.h"
#include "protocol/version_rules.h"

namespace moldau::broker {
namespace {

using protocol::ErrorCode;
using protocol::MetadataRequest;
using protocol::MetadataResponse;

/// In version 0 replicas that are not alive are left out of the lists and reported as an error.
constexpr std::int16_t full_replica_lists_since = 1;

std::vector<NodeId> alive(const metadata::Image& image, const std::vector<NodeId>& nodes,
                          std::string_view listener) {
  std::vector<NodeId> result;
  for (const NodeId node : nodes) {
    const auto* registration = image.broker(node);
    if (registration != nullptr && !registration->fenced &&
        registration->listener(listener) != nullptr) {
      result.push_back(node);
    }
  }
  return result;
}

void describe_partition(const Broker& broker, const RequestContext& context,
                        const metadata::PartitionRegistration& partition,
                        MetadataResponse::MetadataResponsePartition& out) {
  const auto& image = *context.image;
  const auto& listener = context.connection.listener;
  const bool filter = context.version < full_replica_lists_since;
  out.replica_nodes = filter ? alive(image, partition.replicas, listener) : partition.replicas;
  out.isr_nodes = filter ? alive(image, partition.isr, listener) : partition.isr;
  for (const NodeId node : partition.replicas) {
    if (is_replica_offline(image, partition, node, listener)) out.offline_replicas.push_back(node);
  }
  out.leader_epoch = partition.leader_epoch;
  const auto* leader = image.broker(partition.leader);
  if (leader == nullptr || !address_for(broker, context, *leader)) {
    out.leader_id = no_node;
    out.error_code = leader == nullptr ? ErrorCode::leader_not_available
                                       : protocol::error_for(context.api, context.version,
                                                             ErrorCode::listener_not_found);
    return;
  }
  out.leader_id = partition.leader;
  if (out.replica_nodes.size() < partition.replicas.size() ||
      out.isr_nodes.size() < partition.isr.size()) {
    out.error_code = ErrorCode::replica_not_available;
  }
}

void describe_topic(const Broker& broker, const RequestContext& context,
                    const MetadataRequest& request, const metadata::Topic& topic,
                    MetadataResponse& response) {
  auto& out = response.topics.emplace_back();
  out.name = Text::view(topic.name);
  out.topic_id = topic.id;
  out.is_internal = is_internal_topic(topic.name);
  if (request.include_topic_authorized_operations) {
    out.topic_authorized_operations = all_topic_operations;
  }
  out.partitions.reserve(topic.partitions.size());
  for (std::int32_t id = 0; id < topic.partition_count(); ++id) {
    auto& partition = out.partitions.emplace_back();
    partition.partition_index = PartitionId(id);
    describe_partition(broker, context, *topic.partition(PartitionId(id)), partition);
  }
}

void describe_unknown(std::string_view name, ErrorCode error, MetadataResponse& response) {
  auto& out = response.topics.emplace_back();
  out.error_code = error;
  out.name = Text::copy(name);
  out.is_internal = is_internal_topic(name);
}

bool asks_for_all(const MetadataRequest& request, std::int16_t version) {
  return !request.topics || (version == 0 && request.topics->empty());
}

ErrorCode unknown_topic_error(std::string_view name) {
  return topic_name_problem(name).empty() ? ErrorCode::unknown_topic_or_partition
                                          : ErrorCode::invalid_topic_exception;
}

/// The names that the request asks for, each once, in order; ids are answered on the way.
std::vector<std::string> resolve_topics(const RequestContext& context,
                                        const MetadataRequest& request,
                                        MetadataResponse& response) {
  std::vector<std::string> names;
  std::set<std::string, std::less<>> seen;
  const bool by_id = std::any_of(request.topics->begin(), request.topics->end(),
                                 [](const auto& topic) { return !topic.topic_id.is_zero(); });
  for (const auto& topic : *request.topics) {
    std::string name;
    if (by_id) {
      if (topic.topic_id.is_zero()) continue;
      const auto* known = context.image->topic(topic.topic_id);
      if (known == nullptr) {
        auto& out = response.topics.emplace_back();
        out.error_code = ErrorCode::unknown_topic_id;
        out.topic_id = topic.topic_id;
        out.name.reset();
        continue;
      }
      name = known->name;
    } else {
      name = topic.name ? topic.name->str() : std::string();
    }
    if (seen.insert(name).second) names.push_back(std::move(name));
  }
  return names;
}

void describe_brokers(const Broker& broker, const RequestContext& context,
                      MetadataResponse& response) {
  for (const auto& [id, registration] : context.image->brokers) {
    const auto address = address_for(broker, context, *registration);
    if (!address) continue;
    auto& out = response.brokers.emplace_back();
    out.node_id = id;
    out.host = Text(address->host);
    out.port = address->port;
    if (registration->rack) out.rack = Text::view(*registration->rack);
    // Any broker takes admin requests and forwards them, so any live one is named here.
    if (response.controller_id == no_node) response.controller_id = id;
  }
}

/// The names that do not exist are created, if that is allowed; afterwards the image is newer.
env::Task<> create_missing(Broker& broker, RequestContext& context,
                           const std::vector<std::string>& names) {
  std::vector<std::string> missing;
  for (const auto& name : names) {
    if (context.image->topic(std::string_view(name)) == nullptr &&
        topic_name_problem(name).empty()) {
      missing.push_back(name);
    }
  }
  if (missing.empty()) co_return;
  co_await broker.auto_create_topics(context, missing);
  context.image = broker.image();
}

}  // namespace

env::Task<MetadataResponse> handle_metadata(Broker& broker, RequestContext& context,
                                            MetadataRequest request) {
  MetadataResponse response;
  const bool names_missing =
      context.version < 12 && request.topics &&
      std::any_of(
          request.topics->begin(), request.topics->end(),
          [](const auto& topic) { return !topic.name || !topic.topic_id.is_zero(); });
  if (names_missing) {  // ids may be asked for since version 12 only
    response.error_code = ErrorCode::invalid_request;
    for (const auto& topic : *request.topics) {
      describe_unknown(topic.name ? topic.name->view() : std::string_view(),
                       ErrorCode::invalid_request, response);
      response.topics.back().topic_id = topic.topic_id;
      response.topics.back().is_internal = false;
    }
    co_return response;
  }
  if (asks_for_all(request, context.version)) {
    for (const auto& [name, topic] : context.image->topics_by_name) {
      describe_topic(broker, context, request, *topic, response);
    }
  } else {
    const auto names = resolve_topics(context, request, response);
    if (broker.config().auto_create_topics_enable && request.allow_auto_topic_creation) {
      co_await create_missing(broker, context, names);
    }
    for (const auto& name : names) {
      const auto* topic = context.image->topic(std::string_view(name));
      if (topic != nullptr) {
        describe_topic(broker, context, request, *topic, response);
      } else {
        describe_unknown(name, unknown_topic_error(name), response);
      }
    }
  }
  describe_brokers(broker, context, response);
  response.cluster_id = Text::view(broker.cluster_id());
  if (request.include_cluster_authorized_operations && context.version <= 10) {
    response.cluster_authorized_operations = all_cluster_operations;
  }
  co_return response;
}

}  // namespace moldau::broker
