// AlterPartitionReassignments (API 45, KIP-455).
//   1  may forbid another replication factor (KIP-860)
//
// Of a cluster of one node: a partition is reassigned to the replicas that it has, which is done at
// once. Kafka's tool asks for that before it moves replicas between log directories.
#include <algorithm>

#include "broker/broker.h"
#include "broker/handlers/handlers.h"
#include "protocol/messages/alter_partition_reassignments.h"

namespace moldau::broker {
namespace {

using protocol::AlterPartitionReassignmentsRequest;
using protocol::AlterPartitionReassignmentsResponse;
using protocol::ErrorCode;
using Wish = AlterPartitionReassignmentsRequest::ReassignablePartition;
using Outcome = AlterPartitionReassignmentsResponse::ReassignablePartitionResponse;

void refuse(Outcome& out, ErrorCode error, std::string message) {
  out.error_code = error;
  out.error_message = Text(std::move(message));
}

void check_replicas(const metadata::Image& image, const metadata::PartitionRegistration& partition,
                    std::vector<NodeId> replicas, Outcome& out) {
  constexpr auto invalid = ErrorCode::invalid_replica_assignment;
  if (replicas.empty()) return refuse(out, invalid, "a partition needs a replica");
  std::ranges::sort(replicas);
  if (std::ranges::adjacent_find(replicas) != replicas.end()) {
    return refuse(out, invalid, "a broker is named twice");
  }
  for (const NodeId replica : replicas) {
    if (image.broker(replica) == nullptr) {
      return refuse(out, invalid, fmt::format("no broker {} is registered", replica));
    }
  }
  auto current = partition.replicas;
  std::ranges::sort(current);
  if (current != replicas) {
    refuse(out, invalid, "replicas can not be moved to other brokers by this release");
  }
}

void reassign(const metadata::Image& image, std::string_view topic, const Wish& wish,
              Outcome& out) {
  out.partition_index = wish.partition_index;
  out.error_message.reset();
  const auto* partition = image.partition(topic, wish.partition_index);
  if (partition == nullptr) {
    refuse(out, ErrorCode::unknown_topic_or_partition, "there is no such partition");
  } else if (!wish.replicas) {
    refuse(out, ErrorCode::no_reassignment_in_progress, "the partition is not being reassigned");
  } else {
    check_replicas(image, *partition, *wish.replicas, out);
  }
}

}  // namespace

env::Task<AlterPartitionReassignmentsResponse> handle_alter_partition_reassignments(
    Broker&, RequestContext& context, AlterPartitionReassignmentsRequest request) {
  AlterPartitionReassignmentsResponse response;
  response.error_message.reset();
  response.allow_replication_factor_change = request.allow_replication_factor_change;
  for (const auto& topic : request.topics) {
    auto& out = response.responses.emplace_back();
    out.name = Text::view(topic.name);
    for (const auto& wish : topic.partitions) {
      reassign(*context.image, topic.name, wish, out.partitions.emplace_back());
    }
  }
  co_return response;
}

}  // namespace moldau::broker
