// DescribeTopicPartitions (API 75, KIP-966): topics and partitions, page by page.
#include <algorithm>
#include <set>

#include "broker/broker.h"
#include "broker/cluster_view.h"
#include "broker/handlers/handlers.h"
#include "broker/internal_topics.h"
#include "protocol/messages/describe_topic_partitions.h"

namespace moldau::broker {
namespace {

using protocol::DescribeTopicPartitionsRequest;
using protocol::DescribeTopicPartitionsResponse;
using protocol::ErrorCode;

/// Adds the partitions from `start` on; returns where the next page begins, -1 if there is none.
std::int32_t describe(const Broker& broker, const RequestContext& context,
                      const metadata::Topic& topic, std::int32_t start, std::int32_t count,
                      DescribeTopicPartitionsResponse& response) {
  auto& out = response.topics.emplace_back();
  out.name = Text::view(topic.name);
  out.topic_id = topic.id;
  out.is_internal = is_internal_topic(topic.name);
  out.topic_authorized_operations = all_topic_operations;
  const std::int32_t end = std::min(topic.partition_count(), start + count);
  for (std::int32_t id = start; id < end; ++id) {
    const auto& partition = *topic.partition(PartitionId(id));
    const auto* leader = context.image->broker(partition.leader);
    auto& entry = out.partitions.emplace_back();
    entry.partition_index = PartitionId(id);
    entry.leader_id =
        leader != nullptr && address_for(broker, context, *leader) ? partition.leader : no_node;
    entry.leader_epoch = partition.leader_epoch;
    entry.replica_nodes = partition.replicas;
    entry.isr_nodes = partition.isr;
    entry.eligible_leader_replicas = partition.eligible_leader_replicas;
    entry.last_known_elr = partition.last_known_elr;
    for (const NodeId node : partition.replicas) {
      if (is_replica_offline(*context.image, partition, node, context.connection.listener)) {
        entry.offline_replicas.push_back(node);
      }
    }
  }
  return end < topic.partition_count() ? end : -1;
}

std::set<std::string, std::less<>> wanted_topics(const RequestContext& context,
                                                 const DescribeTopicPartitionsRequest& request) {
  std::set<std::string, std::less<>> names;
  for (const auto& topic : request.topics) names.insert(topic.name.str());
  if (request.topics.empty()) {
    for (const auto& [name, topic] : context.image->topics_by_name) names.insert(name);
  }
  if (request.cursor) names.erase(names.begin(), names.lower_bound(request.cursor->topic_name));
  return names;
}

/// A page begins at a partition of one of the topics that are asked for.
bool is_cursor_wrong(const DescribeTopicPartitionsRequest& request) {
  if (!request.cursor) return false;
  if (request.cursor->partition_index < PartitionId(0)) return true;
  return !request.topics.empty() && std::ranges::none_of(request.topics, [&](const auto& topic) {
    return topic.name == request.cursor->topic_name.view();
  });
}

void set_cursor(DescribeTopicPartitionsResponse& response, const std::string& topic,
                std::int32_t partition) {
  DescribeTopicPartitionsResponse::Cursor cursor;
  cursor.topic_name = Text(topic);
  cursor.partition_index = PartitionId(partition);
  response.next_cursor = std::move(cursor);
}

}  // namespace

env::Task<DescribeTopicPartitionsResponse> handle_describe_topic_partitions(
    Broker& broker, RequestContext& context, DescribeTopicPartitionsRequest request) {
  DescribeTopicPartitionsResponse response;
  std::int32_t left = std::max(1, std::min(request.response_partition_limit,
                                           broker.config().max_request_partition_size_limit));
  if (is_cursor_wrong(request)) {
    for (const auto& topic : request.topics) {
      auto& out = response.topics.emplace_back();
      out.error_code = ErrorCode::invalid_request;
      out.name = Text::view(topic.name);
    }
    co_return response;
  }
  for (const auto& name : wanted_topics(context, request)) {
    if (left == 0) {
      set_cursor(response, name, 0);
      break;
    }
    const auto* topic = context.image->topic(std::string_view(name));
    if (topic == nullptr) {
      if (request.topics.empty()) continue;
      auto& out = response.topics.emplace_back();
      out.name = Text::copy(name);
      out.is_internal = is_internal_topic(name);
      out.topic_authorized_operations = all_topic_operations;
      out.error_code = topic_name_problem(name).empty() ? ErrorCode::unknown_topic_or_partition
                                                        : ErrorCode::invalid_topic_exception;
      continue;
    }
    const bool at_cursor = request.cursor && request.cursor->topic_name == name;
    const std::int32_t start = at_cursor ? request.cursor->partition_index.value() : 0;
    const std::int32_t next = describe(broker, context, *topic, start, left, response);
    if (next >= 0) {
      set_cursor(response, name, next);
      break;
    }
    left -= static_cast<std::int32_t>(response.topics.back().partitions.size());
  }
  co_return response;
}

}  // namespace moldau::broker
