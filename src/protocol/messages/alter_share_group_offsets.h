#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/ids.h"
#include "base/text.h"
#include "base/uuid.h"
#include "protocol/api_key.h"
#include "protocol/error_code.h"
#include "protocol/fields.h"

namespace moldau::protocol {

/// Lets an empty share group start elsewhere (KIP-932).
struct AlterShareGroupOffsetsRequest {
  static constexpr MessageInfo info{.name = "AlterShareGroupOffsetsRequest",
                                    .type = MessageType::request,
                                    .api_key = number(ApiKey::alter_share_group_offsets),
                                    .versions = {0, 0},
                                    .flexible_since = 0};
  static const Schema schema;

  struct AlterShareGroupOffsetsRequestPartition {
    PartitionId partition_index{};
    Offset start_offset{};

    static constexpr void fields(auto&& field) {
      field(&AlterShareGroupOffsetsRequestPartition::partition_index, "PartitionIndex");
      field(&AlterShareGroupOffsetsRequestPartition::start_offset, "StartOffset");
    }
  };

  struct AlterShareGroupOffsetsRequestTopic {
    Text topic_name{};
    std::vector<AlterShareGroupOffsetsRequestPartition> partitions{};

    static constexpr void fields(auto&& field) {
      field(&AlterShareGroupOffsetsRequestTopic::topic_name, "TopicName");
      field(&AlterShareGroupOffsetsRequestTopic::partitions, "Partitions");
    }
  };

  Text group_id{};
  std::vector<AlterShareGroupOffsetsRequestTopic> topics{};

  static constexpr void fields(auto&& field) {
    field(&AlterShareGroupOffsetsRequest::group_id, "GroupId");
    field(&AlterShareGroupOffsetsRequest::topics, "Topics");
  }
};

/// Per partition, whether its start was moved.
struct AlterShareGroupOffsetsResponse {
  static constexpr MessageInfo info{.name = "AlterShareGroupOffsetsResponse",
                                    .type = MessageType::response,
                                    .api_key = number(ApiKey::alter_share_group_offsets),
                                    .versions = {0, 0},
                                    .flexible_since = 0};
  static const Schema schema;

  struct AlterShareGroupOffsetsResponsePartition {
    PartitionId partition_index{};
    ErrorCode error_code{};
    std::optional<Text> error_message{};

    static constexpr void fields(auto&& field) {
      field(&AlterShareGroupOffsetsResponsePartition::partition_index, "PartitionIndex");
      field(&AlterShareGroupOffsetsResponsePartition::error_code, "ErrorCode");
      field(&AlterShareGroupOffsetsResponsePartition::error_message, "ErrorMessage");
    }
  };

  struct AlterShareGroupOffsetsResponseTopic {
    Text topic_name{};
    Uuid topic_id{};
    std::vector<AlterShareGroupOffsetsResponsePartition> partitions{};

    static constexpr void fields(auto&& field) {
      field(&AlterShareGroupOffsetsResponseTopic::topic_name, "TopicName");
      field(&AlterShareGroupOffsetsResponseTopic::topic_id, "TopicId");
      field(&AlterShareGroupOffsetsResponseTopic::partitions, "Partitions");
    }
  };

  std::int32_t throttle_time_ms{0};
  ErrorCode error_code{};
  std::optional<Text> error_message{};
  std::vector<AlterShareGroupOffsetsResponseTopic> responses{};

  static constexpr void fields(auto&& field) {
    field(&AlterShareGroupOffsetsResponse::throttle_time_ms, "ThrottleTimeMs");
    field(&AlterShareGroupOffsetsResponse::error_code, "ErrorCode");
    field(&AlterShareGroupOffsetsResponse::error_message, "ErrorMessage");
    field(&AlterShareGroupOffsetsResponse::responses, "Responses");
  }
};

}  // namespace moldau::protocol
