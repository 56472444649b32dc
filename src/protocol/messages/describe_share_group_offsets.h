#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "base/text.h"
#include "base/uuid.h"
#include "protocol/api_key.h"
#include "protocol/error_code.h"
#include "protocol/fields.h"

namespace moldau::protocol {

/// Asks where share groups start in their partitions (KIP-932); null topics mean all.
struct DescribeShareGroupOffsetsRequest {
  static constexpr MessageInfo info{.name = "DescribeShareGroupOffsetsRequest",
                                    .type = MessageType::request,
                                    .api_key = number(ApiKey::describe_share_group_offsets),
                                    .versions = {0, 1},
                                    .flexible_since = 0};
  static const Schema schema;

  struct DescribeShareGroupOffsetsRequestTopic {
    Text topic_name{};
    std::vector<PartitionId> partitions{};

    static constexpr void fields(auto&& field) {
      field(&DescribeShareGroupOffsetsRequestTopic::topic_name, "TopicName");
      field(&DescribeShareGroupOffsetsRequestTopic::partitions, "Partitions");
    }
  };

  struct DescribeShareGroupOffsetsRequestGroup {
    Text group_id{};
    std::optional<std::vector<DescribeShareGroupOffsetsRequestTopic>> topics{std::in_place};

    static constexpr void fields(auto&& field) {
      field(&DescribeShareGroupOffsetsRequestGroup::group_id, "GroupId");
      field(&DescribeShareGroupOffsetsRequestGroup::topics, "Topics");
    }
  };

  std::vector<DescribeShareGroupOffsetsRequestGroup> groups{};

  static constexpr void fields(auto&& field) {
    field(&DescribeShareGroupOffsetsRequest::groups, "Groups");
  }
};

/// Per partition the first offset that is not done with; since version 1 also the lag (KIP-1226).
struct DescribeShareGroupOffsetsResponse {
  static constexpr MessageInfo info{.name = "DescribeShareGroupOffsetsResponse",
                                    .type = MessageType::response,
                                    .api_key = number(ApiKey::describe_share_group_offsets),
                                    .versions = {0, 1},
                                    .flexible_since = 0};
  static const Schema schema;

  struct DescribeShareGroupOffsetsResponsePartition {
    PartitionId partition_index{};
    Offset start_offset{};
    LeaderEpoch leader_epoch{};
    std::int64_t lag{-1};
    ErrorCode error_code{};
    std::optional<Text> error_message{};

    static constexpr void fields(auto&& field) {
      field(&DescribeShareGroupOffsetsResponsePartition::partition_index, "PartitionIndex");
      field(&DescribeShareGroupOffsetsResponsePartition::start_offset, "StartOffset");
      field(&DescribeShareGroupOffsetsResponsePartition::leader_epoch, "LeaderEpoch");
      field(&DescribeShareGroupOffsetsResponsePartition::lag, "Lag", since(1).ignorable());
      field(&DescribeShareGroupOffsetsResponsePartition::error_code, "ErrorCode");
      field(&DescribeShareGroupOffsetsResponsePartition::error_message, "ErrorMessage");
    }
  };

  struct DescribeShareGroupOffsetsResponseTopic {
    Text topic_name{};
    Uuid topic_id{};
    std::vector<DescribeShareGroupOffsetsResponsePartition> partitions{};

    static constexpr void fields(auto&& field) {
      field(&DescribeShareGroupOffsetsResponseTopic::topic_name, "TopicName");
      field(&DescribeShareGroupOffsetsResponseTopic::topic_id, "TopicId");
      field(&DescribeShareGroupOffsetsResponseTopic::partitions, "Partitions");
    }
  };

  struct DescribeShareGroupOffsetsResponseGroup {
    Text group_id{};
    std::vector<DescribeShareGroupOffsetsResponseTopic> topics{};
    ErrorCode error_code{};
    std::optional<Text> error_message{};

    static constexpr void fields(auto&& field) {
      field(&DescribeShareGroupOffsetsResponseGroup::group_id, "GroupId");
      field(&DescribeShareGroupOffsetsResponseGroup::topics, "Topics");
      field(&DescribeShareGroupOffsetsResponseGroup::error_code, "ErrorCode");
      field(&DescribeShareGroupOffsetsResponseGroup::error_message, "ErrorMessage");
    }
  };

  std::int32_t throttle_time_ms{0};
  std::vector<DescribeShareGroupOffsetsResponseGroup> groups{};

  static constexpr void fields(auto&& field) {
    field(&DescribeShareGroupOffsetsResponse::throttle_time_ms, "ThrottleTimeMs");
    field(&DescribeShareGroupOffsetsResponse::groups, "Groups");
  }
};

}  // namespace moldau::protocol
