// ListPartitionReassignments (API 46, KIP-455).
#include "broker/broker.h"
#include "broker/handlers/handlers.h"
#include "protocol/messages/list_partition_reassignments.h"

namespace moldau::broker {
namespace {

using protocol::ListPartitionReassignmentsRequest;
using protocol::ListPartitionReassignmentsResponse;
using Topic = ListPartitionReassignmentsResponse::OngoingTopicReassignment;

void add(const metadata::PartitionRegistration* partition, PartitionId id, Topic& out) {
  if (partition == nullptr) return;
  if (partition->adding_replicas.empty() && partition->removing_replicas.empty()) return;
  out.partitions.push_back({.partition_index = id,
                            .replicas = partition->replicas,
                            .adding_replicas = partition->adding_replicas,
                            .removing_replicas = partition->removing_replicas});
}

void add(const metadata::Topic& topic, Topic out, ListPartitionReassignmentsResponse& response) {
  if (out.partitions.empty()) return;
  out.name = Text::view(topic.name);
  response.topics.push_back(std::move(out));
}

}  // namespace

/// Only another controller can have begun one: there is no request for it here yet.
env::Task<ListPartitionReassignmentsResponse> handle_list_partition_reassignments(
    Broker&, RequestContext& context, ListPartitionReassignmentsRequest request) {
  ListPartitionReassignmentsResponse response;
  response.error_message.reset();
  if (request.topics) {
    for (const auto& wanted : *request.topics) {
      const auto* topic = context.image->topic(wanted.name.view());
      if (topic == nullptr) continue;
      Topic out;
      for (const PartitionId id : wanted.partition_indexes) add(topic->partition(id), id, out);
      add(*topic, std::move(out), response);
    }
    co_return response;
  }
  for (const auto& [name, topic] : context.image->topics_by_name) {
    Topic out;
    for (std::int32_t i = 0; i < topic->partition_count(); ++i) {
      add(topic->partition(PartitionId(i)), PartitionId(i), out);
    }
    add(*topic, std::move(out), response);
  }
  co_return response;
}

}  // namespace moldau::broker
