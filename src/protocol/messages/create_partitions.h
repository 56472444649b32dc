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

/// Adds partitions to topics.
struct CreatePartitionsRequest {
  static constexpr MessageInfo info{.name = "CreatePartitionsRequest",
                                    .type = MessageType::request,
                                    .api_key = number(ApiKey::create_partitions),
                                    .versions = {0, 3},
                                    .flexible_since = 2};
  static const Schema schema;

  struct CreatePartitionsAssignment {
    std::vector<NodeId> broker_ids{};

    static constexpr void fields(auto&& field) {
      field(&CreatePartitionsAssignment::broker_ids, "BrokerIds");
    }
  };

  struct CreatePartitionsTopic {
    Text name{};
    std::int32_t count{0};
    std::optional<std::vector<CreatePartitionsAssignment>> assignments{std::in_place};

    static constexpr void fields(auto&& field) {
      field(&CreatePartitionsTopic::name, "Name");
      field(&CreatePartitionsTopic::count, "Count");
      field(&CreatePartitionsTopic::assignments, "Assignments");
    }
  };

  std::vector<CreatePartitionsTopic> topics{};
  std::int32_t timeout_ms{0};
  bool validate_only{false};

  static constexpr void fields(auto&& field) {
    field(&CreatePartitionsRequest::topics, "Topics");
    field(&CreatePartitionsRequest::timeout_ms, "TimeoutMs");
    field(&CreatePartitionsRequest::validate_only, "ValidateOnly");
  }
};

/// What was added.
struct CreatePartitionsResponse {
  static constexpr MessageInfo info{.name = "CreatePartitionsResponse",
                                    .type = MessageType::response,
                                    .api_key = number(ApiKey::create_partitions),
                                    .versions = {0, 3},
                                    .flexible_since = 2};
  static const Schema schema;

  struct CreatePartitionsTopicResult {
    Text name{};
    ErrorCode error_code{};
    std::optional<Text> error_message{};

    static constexpr void fields(auto&& field) {
      field(&CreatePartitionsTopicResult::name, "Name");
      field(&CreatePartitionsTopicResult::error_code, "ErrorCode");
      field(&CreatePartitionsTopicResult::error_message, "ErrorMessage");
    }
  };

  std::int32_t throttle_time_ms{0};
  std::vector<CreatePartitionsTopicResult> results{};

  static constexpr void fields(auto&& field) {
    field(&CreatePartitionsResponse::throttle_time_ms, "ThrottleTimeMs");
    field(&CreatePartitionsResponse::results, "Results");
  }
};

}  // namespace moldau::protocol
