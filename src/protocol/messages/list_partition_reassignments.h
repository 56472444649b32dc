#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/ids.h"
#include "base/text.h"
#include "protocol/api_key.h"
#include "protocol/error_code.h"
#include "protocol/fields.h"

namespace moldau::protocol {

/// Asks for reassignments that go on; null topics mean all (KIP-455).
struct ListPartitionReassignmentsRequest {
  static constexpr MessageInfo info{.name = "ListPartitionReassignmentsRequest",
                                    .type = MessageType::request,
                                    .api_key = number(ApiKey::list_partition_reassignments),
                                    .versions = {0, 0},
                                    .flexible_since = 0};
  static const Schema schema;

  struct ListPartitionReassignmentsTopics {
    Text name{};
    std::vector<PartitionId> partition_indexes{};

    static constexpr void fields(auto&& field) {
      field(&ListPartitionReassignmentsTopics::name, "Name");
      field(&ListPartitionReassignmentsTopics::partition_indexes, "PartitionIndexes");
    }
  };

  std::int32_t timeout_ms{60000};
  std::optional<std::vector<ListPartitionReassignmentsTopics>> topics{};

  static constexpr void fields(auto&& field) {
    field(&ListPartitionReassignmentsRequest::timeout_ms, "TimeoutMs");
    field(&ListPartitionReassignmentsRequest::topics, "Topics");
  }
};

/// Partitions with replicas that come and go.
struct ListPartitionReassignmentsResponse {
  static constexpr MessageInfo info{.name = "ListPartitionReassignmentsResponse",
                                    .type = MessageType::response,
                                    .api_key = number(ApiKey::list_partition_reassignments),
                                    .versions = {0, 0},
                                    .flexible_since = 0};
  static const Schema schema;

  struct OngoingPartitionReassignment {
    PartitionId partition_index{};
    std::vector<NodeId> replicas{};
    std::vector<NodeId> adding_replicas{};
    std::vector<NodeId> removing_replicas{};

    static constexpr void fields(auto&& field) {
      field(&OngoingPartitionReassignment::partition_index, "PartitionIndex");
      field(&OngoingPartitionReassignment::replicas, "Replicas");
      field(&OngoingPartitionReassignment::adding_replicas, "AddingReplicas");
      field(&OngoingPartitionReassignment::removing_replicas, "RemovingReplicas");
    }
  };

  struct OngoingTopicReassignment {
    Text name{};
    std::vector<OngoingPartitionReassignment> partitions{};

    static constexpr void fields(auto&& field) {
      field(&OngoingTopicReassignment::name, "Name");
      field(&OngoingTopicReassignment::partitions, "Partitions");
    }
  };

  std::int32_t throttle_time_ms{0};
  ErrorCode error_code{};
  std::optional<Text> error_message{""};
  std::vector<OngoingTopicReassignment> topics{};

  static constexpr void fields(auto&& field) {
    field(&ListPartitionReassignmentsResponse::throttle_time_ms, "ThrottleTimeMs");
    field(&ListPartitionReassignmentsResponse::error_code, "ErrorCode");
    field(&ListPartitionReassignmentsResponse::error_message, "ErrorMessage");
    field(&ListPartitionReassignmentsResponse::topics, "Topics");
  }
};

}  // namespace moldau::protocol
