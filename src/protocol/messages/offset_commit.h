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

/// Commits offsets of a group. Generation -1 without a member is a commit of a client that assigns
/// its partitions itself; from version 10 on topics are named by id (KIP-848).
struct OffsetCommitRequest {
  static constexpr MessageInfo info{.name = "OffsetCommitRequest",
                                    .type = MessageType::request,
                                    .api_key = number(ApiKey::offset_commit),
                                    .versions = {2, 10},
                                    .flexible_since = 8};
  static const Schema schema;

  struct OffsetCommitRequestPartition {
    PartitionId partition_index{};
    Offset committed_offset{};
    LeaderEpoch committed_leader_epoch{-1};
    std::optional<Text> committed_metadata{""};

    static constexpr void fields(auto&& field) {
      field(&OffsetCommitRequestPartition::partition_index, "PartitionIndex");
      field(&OffsetCommitRequestPartition::committed_offset, "CommittedOffset");
      field(&OffsetCommitRequestPartition::committed_leader_epoch, "CommittedLeaderEpoch",
            since(6).ignorable());
      field(&OffsetCommitRequestPartition::committed_metadata, "CommittedMetadata");
    }
  };

  struct OffsetCommitRequestTopic {
    Text name{};
    Uuid topic_id{};
    std::vector<OffsetCommitRequestPartition> partitions{};

    static constexpr void fields(auto&& field) {
      field(&OffsetCommitRequestTopic::name, "Name", until(9).ignorable());
      field(&OffsetCommitRequestTopic::topic_id, "TopicId", since(10).ignorable());
      field(&OffsetCommitRequestTopic::partitions, "Partitions");
    }
  };

  Text group_id{};
  std::int32_t generation_id_or_member_epoch{-1};
  Text member_id{};
  std::optional<Text> group_instance_id{};
  std::int64_t retention_time_ms{-1};
  std::vector<OffsetCommitRequestTopic> topics{};

  static constexpr void fields(auto&& field) {
    field(&OffsetCommitRequest::group_id, "GroupId");
    field(&OffsetCommitRequest::generation_id_or_member_epoch, "GenerationIdOrMemberEpoch",
          ignorable());
    field(&OffsetCommitRequest::member_id, "MemberId", ignorable());
    field(&OffsetCommitRequest::group_instance_id, "GroupInstanceId", since(7));
    field(&OffsetCommitRequest::retention_time_ms, "RetentionTimeMs", until(4).ignorable());
    field(&OffsetCommitRequest::topics, "Topics");
  }
};

/// Per partition, whether the offset was committed.
struct OffsetCommitResponse {
  static constexpr MessageInfo info{.name = "OffsetCommitResponse",
                                    .type = MessageType::response,
                                    .api_key = number(ApiKey::offset_commit),
                                    .versions = {2, 10},
                                    .flexible_since = 8};
  static const Schema schema;

  struct OffsetCommitResponsePartition {
    PartitionId partition_index{};
    ErrorCode error_code{};

    static constexpr void fields(auto&& field) {
      field(&OffsetCommitResponsePartition::partition_index, "PartitionIndex");
      field(&OffsetCommitResponsePartition::error_code, "ErrorCode");
    }
  };

  struct OffsetCommitResponseTopic {
    Text name{};
    Uuid topic_id{};
    std::vector<OffsetCommitResponsePartition> partitions{};

    static constexpr void fields(auto&& field) {
      field(&OffsetCommitResponseTopic::name, "Name", until(9).ignorable());
      field(&OffsetCommitResponseTopic::topic_id, "TopicId", since(10).ignorable());
      field(&OffsetCommitResponseTopic::partitions, "Partitions");
    }
  };

  std::int32_t throttle_time_ms{0};
  std::vector<OffsetCommitResponseTopic> topics{};

  static constexpr void fields(auto&& field) {
    field(&OffsetCommitResponse::throttle_time_ms, "ThrottleTimeMs", since(3).ignorable());
    field(&OffsetCommitResponse::topics, "Topics");
  }
};

}  // namespace moldau::protocol
