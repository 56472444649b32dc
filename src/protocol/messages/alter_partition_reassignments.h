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

/// Begins reassignments of partitions; null replicas cancel one (KIP-455); version 1 can forbid
/// that the number of replicas changes (KIP-860).
struct AlterPartitionReassignmentsRequest {
  static constexpr MessageInfo info{.name = "AlterPartitionReassignmentsRequest",
                                    .type = MessageType::request,
                                    .api_key = number(ApiKey::alter_partition_reassignments),
                                    .versions = {0, 1},
                                    .flexible_since = 0};
  static const Schema schema;

  struct ReassignablePartition {
    PartitionId partition_index{};
    std::optional<std::vector<NodeId>> replicas{};

    static constexpr void fields(auto&& field) {
      field(&ReassignablePartition::partition_index, "PartitionIndex");
      field(&ReassignablePartition::replicas, "Replicas");
    }
  };

  struct ReassignableTopic {
    Text name{};
    std::vector<ReassignablePartition> partitions{};

    static constexpr void fields(auto&& field) {
      field(&ReassignableTopic::name, "Name");
      field(&ReassignableTopic::partitions, "Partitions");
    }
  };

  std::int32_t timeout_ms{60000};
  bool allow_replication_factor_change{true};
  std::vector<ReassignableTopic> topics{};

  static constexpr void fields(auto&& field) {
    field(&AlterPartitionReassignmentsRequest::timeout_ms, "TimeoutMs");
    field(&AlterPartitionReassignmentsRequest::allow_replication_factor_change,
          "AllowReplicationFactorChange", since(1));
    field(&AlterPartitionReassignmentsRequest::topics, "Topics");
  }
};

/// Per partition, whether it began.
struct AlterPartitionReassignmentsResponse {
  static constexpr MessageInfo info{.name = "AlterPartitionReassignmentsResponse",
                                    .type = MessageType::response,
                                    .api_key = number(ApiKey::alter_partition_reassignments),
                                    .versions = {0, 1},
                                    .flexible_since = 0};
  static const Schema schema;

  struct ReassignablePartitionResponse {
    PartitionId partition_index{};
    ErrorCode error_code{};
    std::optional<Text> error_message{""};

    static constexpr void fields(auto&& field) {
      field(&ReassignablePartitionResponse::partition_index, "PartitionIndex");
      field(&ReassignablePartitionResponse::error_code, "ErrorCode");
      field(&ReassignablePartitionResponse::error_message, "ErrorMessage");
    }
  };

  struct ReassignableTopicResponse {
    Text name{};
    std::vector<ReassignablePartitionResponse> partitions{};

    static constexpr void fields(auto&& field) {
      field(&ReassignableTopicResponse::name, "Name");
      field(&ReassignableTopicResponse::partitions, "Partitions");
    }
  };

  std::int32_t throttle_time_ms{0};
  bool allow_replication_factor_change{true};
  ErrorCode error_code{};
  std::optional<Text> error_message{""};
  std::vector<ReassignableTopicResponse> responses{};

  static constexpr void fields(auto&& field) {
    field(&AlterPartitionReassignmentsResponse::throttle_time_ms, "ThrottleTimeMs");
    field(&AlterPartitionReassignmentsResponse::allow_replication_factor_change,
          "AllowReplicationFactorChange", since(1).ignorable());
    field(&AlterPartitionReassignmentsResponse::error_code, "ErrorCode");
    field(&AlterPartitionReassignmentsResponse::error_message, "ErrorMessage");
    field(&AlterPartitionReassignmentsResponse::responses, "Responses");
  }
};

}  // namespace moldau::protocol
