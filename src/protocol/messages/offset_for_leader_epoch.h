#pragma once

#include <cstdint>
#include <vector>

#include "base/ids.h"
#include "base/text.h"
#include "protocol/api_key.h"
#include "protocol/error_code.h"
#include "protocol/fields.h"

namespace moldau::protocol {

/// Asks where leader epochs end, to find a divergence (KIP-101, KIP-320).
struct OffsetForLeaderEpochRequest {
  static constexpr MessageInfo info{.name = "OffsetForLeaderEpochRequest",
                                    .type = MessageType::request,
                                    .api_key = number(ApiKey::offset_for_leader_epoch),
                                    .versions = {2, 4},
                                    .flexible_since = 4};
  static const Schema schema;

  struct OffsetForLeaderPartition {
    PartitionId partition{};
    LeaderEpoch current_leader_epoch{-1};
    LeaderEpoch leader_epoch{};

    static constexpr void fields(auto&& field) {
      field(&OffsetForLeaderPartition::partition, "Partition");
      field(&OffsetForLeaderPartition::current_leader_epoch, "CurrentLeaderEpoch", ignorable());
      field(&OffsetForLeaderPartition::leader_epoch, "LeaderEpoch");
    }
  };

  struct OffsetForLeaderTopic {
    Text topic{};
    std::vector<OffsetForLeaderPartition> partitions{};

    static constexpr void fields(auto&& field) {
      field(&OffsetForLeaderTopic::topic, "Topic");
      field(&OffsetForLeaderTopic::partitions, "Partitions");
    }
  };

  NodeId replica_id{-2};
  std::vector<OffsetForLeaderTopic> topics{};

  static constexpr void fields(auto&& field) {
    field(&OffsetForLeaderEpochRequest::replica_id, "ReplicaId", since(3).ignorable());
    field(&OffsetForLeaderEpochRequest::topics, "Topics");
  }
};

/// The end of the largest epoch that is not above the one asked for.
struct OffsetForLeaderEpochResponse {
  static constexpr MessageInfo info{.name = "OffsetForLeaderEpochResponse",
                                    .type = MessageType::response,
                                    .api_key = number(ApiKey::offset_for_leader_epoch),
                                    .versions = {2, 4},
                                    .flexible_since = 4};
  static const Schema schema;

  struct EpochEndOffset {
    ErrorCode error_code{};
    PartitionId partition{};
    LeaderEpoch leader_epoch{-1};
    Offset end_offset{-1};

    static constexpr void fields(auto&& field) {
      field(&EpochEndOffset::error_code, "ErrorCode");
      field(&EpochEndOffset::partition, "Partition");
      field(&EpochEndOffset::leader_epoch, "LeaderEpoch", ignorable());
      field(&EpochEndOffset::end_offset, "EndOffset");
    }
  };

  struct OffsetForLeaderTopicResult {
    Text topic{};
    std::vector<EpochEndOffset> partitions{};

    static constexpr void fields(auto&& field) {
      field(&OffsetForLeaderTopicResult::topic, "Topic");
      field(&OffsetForLeaderTopicResult::partitions, "Partitions");
    }
  };

  std::int32_t throttle_time_ms{0};
  std::vector<OffsetForLeaderTopicResult> topics{};

  static constexpr void fields(auto&& field) {
    field(&OffsetForLeaderEpochResponse::throttle_time_ms, "ThrottleTimeMs", ignorable());
    field(&OffsetForLeaderEpochResponse::topics, "Topics");
  }
};

}  // namespace moldau::protocol
