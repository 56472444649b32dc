#pragma once

#include <cstdint>
#include <vector>

#include "base/ids.h"
#include "base/text.h"
#include "protocol/api_key.h"
#include "protocol/error_code.h"
#include "protocol/fields.h"

namespace moldau::protocol {

/// Asks for the offset at a timestamp; negative timestamps are the special ones.
struct ListOffsetsRequest {
  static constexpr MessageInfo info{.name = "ListOffsetsRequest",
                                    .type = MessageType::request,
                                    .api_key = number(ApiKey::list_offsets),
                                    .versions = {1, 11},
                                    .flexible_since = 6};
  static const Schema schema;

  struct ListOffsetsPartition {
    PartitionId partition_index{};
    LeaderEpoch current_leader_epoch{-1};
    std::int64_t timestamp{0};

    static constexpr void fields(auto&& field) {
      field(&ListOffsetsPartition::partition_index, "PartitionIndex");
      field(&ListOffsetsPartition::current_leader_epoch, "CurrentLeaderEpoch",
            since(4).ignorable());
      field(&ListOffsetsPartition::timestamp, "Timestamp");
    }
  };

  struct ListOffsetsTopic {
    Text name{};
    std::vector<ListOffsetsPartition> partitions{};

    static constexpr void fields(auto&& field) {
      field(&ListOffsetsTopic::name, "Name");
      field(&ListOffsetsTopic::partitions, "Partitions");
    }
  };

  NodeId replica_id{};
  std::int8_t isolation_level{0};
  std::vector<ListOffsetsTopic> topics{};
  std::int32_t timeout_ms{0};

  static constexpr void fields(auto&& field) {
    field(&ListOffsetsRequest::replica_id, "ReplicaId");
    field(&ListOffsetsRequest::isolation_level, "IsolationLevel", since(2));
    field(&ListOffsetsRequest::topics, "Topics");
    field(&ListOffsetsRequest::timeout_ms, "TimeoutMs", since(10).ignorable());
  }
};

/// The offset and timestamp found, -1 for none.
struct ListOffsetsResponse {
  static constexpr MessageInfo info{.name = "ListOffsetsResponse",
                                    .type = MessageType::response,
                                    .api_key = number(ApiKey::list_offsets),
                                    .versions = {1, 11},
                                    .flexible_since = 6};
  static const Schema schema;

  struct ListOffsetsPartitionResponse {
    PartitionId partition_index{};
    ErrorCode error_code{};
    std::int64_t timestamp{-1};
    Offset offset{-1};
    LeaderEpoch leader_epoch{-1};

    static constexpr void fields(auto&& field) {
      field(&ListOffsetsPartitionResponse::partition_index, "PartitionIndex");
      field(&ListOffsetsPartitionResponse::error_code, "ErrorCode");
      field(&ListOffsetsPartitionResponse::timestamp, "Timestamp");
      field(&ListOffsetsPartitionResponse::offset, "Offset");
      field(&ListOffsetsPartitionResponse::leader_epoch, "LeaderEpoch", since(4));
    }
  };

  struct ListOffsetsTopicResponse {
    Text name{};
    std::vector<ListOffsetsPartitionResponse> partitions{};

    static constexpr void fields(auto&& field) {
      field(&ListOffsetsTopicResponse::name, "Name");
      field(&ListOffsetsTopicResponse::partitions, "Partitions");
    }
  };

  std::int32_t throttle_time_ms{0};
  std::vector<ListOffsetsTopicResponse> topics{};

  static constexpr void fields(auto&& field) {
    field(&ListOffsetsResponse::throttle_time_ms, "ThrottleTimeMs", since(2).ignorable());
    field(&ListOffsetsResponse::topics, "Topics");
  }
};

}  // namespace moldau::protocol
