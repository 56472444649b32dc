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

/// Asks for committed offsets; until version 7 of one group, from 8 on of several (KIP-709). Null
/// topics mean all; stable means only such as no open transaction may yet change.
struct OffsetFetchRequest {
  static constexpr MessageInfo info{.name = "OffsetFetchRequest",
                                    .type = MessageType::request,
                                    .api_key = number(ApiKey::offset_fetch),
                                    .versions = {1, 10},
                                    .flexible_since = 6};
  static const Schema schema;

  struct OffsetFetchRequestTopic {
    Text name{};
    std::vector<PartitionId> partition_indexes{};

    static constexpr void fields(auto&& field) {
      field(&OffsetFetchRequestTopic::name, "Name");
      field(&OffsetFetchRequestTopic::partition_indexes, "PartitionIndexes");
    }
  };

  struct OffsetFetchRequestTopics {
    Text name{};
    Uuid topic_id{};
    std::vector<PartitionId> partition_indexes{};

    static constexpr void fields(auto&& field) {
      field(&OffsetFetchRequestTopics::name, "Name", until(9).ignorable());
      field(&OffsetFetchRequestTopics::topic_id, "TopicId", since(10).ignorable());
      field(&OffsetFetchRequestTopics::partition_indexes, "PartitionIndexes");
    }
  };

  struct OffsetFetchRequestGroup {
    Text group_id{};
    std::optional<Text> member_id{};
    std::int32_t member_epoch{-1};
    std::optional<std::vector<OffsetFetchRequestTopics>> topics{std::in_place};

    static constexpr void fields(auto&& field) {
      field(&OffsetFetchRequestGroup::group_id, "GroupId");
      field(&OffsetFetchRequestGroup::member_id, "MemberId", since(9).ignorable());
      field(&OffsetFetchRequestGroup::member_epoch, "MemberEpoch", since(9).ignorable());
      field(&OffsetFetchRequestGroup::topics, "Topics");
    }
  };

  Text group_id{};
  std::optional<std::vector<OffsetFetchRequestTopic>> topics{std::in_place};
  std::vector<OffsetFetchRequestGroup> groups{};
  bool require_stable{false};

  static constexpr void fields(auto&& field) {
    field(&OffsetFetchRequest::group_id, "GroupId", until(7));
    field(&OffsetFetchRequest::topics, "Topics", until(7).nullable_since(2));
    field(&OffsetFetchRequest::groups, "Groups", since(8));
    field(&OffsetFetchRequest::require_stable, "RequireStable", since(7));
  }
};

/// The committed offsets; -1 where there is none.
struct OffsetFetchResponse {
  static constexpr MessageInfo info{.name = "OffsetFetchResponse",
                                    .type = MessageType::response,
                                    .api_key = number(ApiKey::offset_fetch),
                                    .versions = {1, 10},
                                    .flexible_since = 6};
  static const Schema schema;

  struct OffsetFetchResponsePartition {
    PartitionId partition_index{};
    Offset committed_offset{};
    LeaderEpoch committed_leader_epoch{-1};
    std::optional<Text> metadata{""};
    ErrorCode error_code{};

    static constexpr void fields(auto&& field) {
      field(&OffsetFetchResponsePartition::partition_index, "PartitionIndex");
      field(&OffsetFetchResponsePartition::committed_offset, "CommittedOffset");
      field(&OffsetFetchResponsePartition::committed_leader_epoch, "CommittedLeaderEpoch",
            since(5).ignorable());
      field(&OffsetFetchResponsePartition::metadata, "Metadata");
      field(&OffsetFetchResponsePartition::error_code, "ErrorCode");
    }
  };

  struct OffsetFetchResponseTopic {
    Text name{};
    std::vector<OffsetFetchResponsePartition> partitions{};

    static constexpr void fields(auto&& field) {
      field(&OffsetFetchResponseTopic::name, "Name");
      field(&OffsetFetchResponseTopic::partitions, "Partitions");
    }
  };

  struct OffsetFetchResponsePartitions {
    PartitionId partition_index{};
    Offset committed_offset{};
    LeaderEpoch committed_leader_epoch{-1};
    std::optional<Text> metadata{""};
    ErrorCode error_code{};

    static constexpr void fields(auto&& field) {
      field(&OffsetFetchResponsePartitions::partition_index, "PartitionIndex");
      field(&OffsetFetchResponsePartitions::committed_offset, "CommittedOffset");
      field(&OffsetFetchResponsePartitions::committed_leader_epoch, "CommittedLeaderEpoch",
            ignorable());
      field(&OffsetFetchResponsePartitions::metadata, "Metadata");
      field(&OffsetFetchResponsePartitions::error_code, "ErrorCode");
    }
  };

  struct OffsetFetchResponseTopics {
    Text name{};
    Uuid topic_id{};
    std::vector<OffsetFetchResponsePartitions> partitions{};

    static constexpr void fields(auto&& field) {
      field(&OffsetFetchResponseTopics::name, "Name", until(9).ignorable());
      field(&OffsetFetchResponseTopics::topic_id, "TopicId", since(10).ignorable());
      field(&OffsetFetchResponseTopics::partitions, "Partitions");
    }
  };

  struct OffsetFetchResponseGroup {
    Text group_id{};
    std::vector<OffsetFetchResponseTopics> topics{};
    ErrorCode error_code{};

    static constexpr void fields(auto&& field) {
      field(&OffsetFetchResponseGroup::group_id, "GroupId");
      field(&OffsetFetchResponseGroup::topics, "Topics");
      field(&OffsetFetchResponseGroup::error_code, "ErrorCode");
    }
  };

  std::int32_t throttle_time_ms{0};
  std::vector<OffsetFetchResponseTopic> topics{};
  ErrorCode error_code{};
  std::vector<OffsetFetchResponseGroup> groups{};

  static constexpr void fields(auto&& field) {
    field(&OffsetFetchResponse::throttle_time_ms, "ThrottleTimeMs", since(3).ignorable());
    field(&OffsetFetchResponse::topics, "Topics", until(7));
    field(&OffsetFetchResponse::error_code, "ErrorCode", between(2, 7).ignorable());
    field(&OffsetFetchResponse::groups, "Groups", since(8));
  }
};

}  // namespace moldau::protocol
