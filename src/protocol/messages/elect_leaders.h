#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "base/text.h"
#include "protocol/api_key.h"
#include "protocol/error_code.h"
#include "protocol/fields.h"

namespace moldau::protocol {

/// Asks for elections: type 0 is of the preferred leader, 1 an unclean one (KIP-460). Null
/// partitions mean all.
struct ElectLeadersRequest {
  static constexpr MessageInfo info{.name = "ElectLeadersRequest",
                                    .type = MessageType::request,
                                    .api_key = number(ApiKey::elect_leaders),
                                    .versions = {0, 2},
                                    .flexible_since = 2};
  static const Schema schema;

  struct TopicPartitions {
    Text topic{};
    std::vector<PartitionId> partitions{};

    static constexpr void fields(auto&& field) {
      field(&TopicPartitions::topic, "Topic");
      field(&TopicPartitions::partitions, "Partitions");
    }
  };

  std::int8_t election_type{0};
  std::optional<std::vector<TopicPartitions>> topic_partitions{std::in_place};
  std::int32_t timeout_ms{60000};

  static constexpr void fields(auto&& field) {
    field(&ElectLeadersRequest::election_type, "ElectionType", since(1));
    field(&ElectLeadersRequest::topic_partitions, "TopicPartitions");
    field(&ElectLeadersRequest::timeout_ms, "TimeoutMs");
  }
};

/// Per partition, whether it has a new leader.
struct ElectLeadersResponse {
  static constexpr MessageInfo info{.name = "ElectLeadersResponse",
                                    .type = MessageType::response,
                                    .api_key = number(ApiKey::elect_leaders),
                                    .versions = {0, 2},
                                    .flexible_since = 2};
  static const Schema schema;

  struct PartitionResult {
    PartitionId partition_id{};
    ErrorCode error_code{};
    std::optional<Text> error_message{""};

    static constexpr void fields(auto&& field) {
      field(&PartitionResult::partition_id, "PartitionId");
      field(&PartitionResult::error_code, "ErrorCode");
      field(&PartitionResult::error_message, "ErrorMessage");
    }
  };

  struct ReplicaElectionResult {
    Text topic{};
    std::vector<PartitionResult> partition_result{};

    static constexpr void fields(auto&& field) {
      field(&ReplicaElectionResult::topic, "Topic");
      field(&ReplicaElectionResult::partition_result, "PartitionResult");
    }
  };

  std::int32_t throttle_time_ms{0};
  ErrorCode error_code{};
  std::vector<ReplicaElectionResult> replica_election_results{};

  static constexpr void fields(auto&& field) {
    field(&ElectLeadersResponse::throttle_time_ms, "ThrottleTimeMs");
    field(&ElectLeadersResponse::error_code, "ErrorCode", since(1));
    field(&ElectLeadersResponse::replica_election_results, "ReplicaElectionResults");
  }
};

}  // namespace moldau::protocol
