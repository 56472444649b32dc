#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/ids.h"
#include "base/text.h"
#include "base/uuid.h"
#include "protocol/fields.h"

namespace moldau::protocol {

/// Committed offset of a partition, as very old brokers wrote it; only read.
struct LegacyOffsetCommitKey {
  static constexpr MessageInfo info{.name = "LegacyOffsetCommitKey",
                                    .type = MessageType::coordinator_key,
                                    .api_key = 0,
                                    .versions = {0, 0}};
  static const Schema schema;

  Text group{};
  Text topic{};
  PartitionId partition{};

  static constexpr void fields(auto&& field) {
    field(&LegacyOffsetCommitKey::group, "group");
    field(&LegacyOffsetCommitKey::topic, "topic");
    field(&LegacyOffsetCommitKey::partition, "partition");
  }
};

/// The value to a LegacyOffsetCommitKey; only read.
struct LegacyOffsetCommitValue {
  static constexpr MessageInfo info{.name = "LegacyOffsetCommitValue",
                                    .type = MessageType::coordinator_value,
                                    .api_key = 0,
                                    .versions = {0, 0}};
  static const Schema schema;

  Offset offset{};
  Text metadata{};
  std::int64_t commit_timestamp{0};

  static constexpr void fields(auto&& field) {
    field(&LegacyOffsetCommitValue::offset, "offset");
    field(&LegacyOffsetCommitValue::metadata, "metadata");
    field(&LegacyOffsetCommitValue::commit_timestamp, "commitTimestamp");
  }
};

/// Committed offset of a partition.
struct OffsetCommitKey {
  static constexpr MessageInfo info{.name = "OffsetCommitKey",
                                    .type = MessageType::coordinator_key,
                                    .api_key = 1,
                                    .versions = {0, 0}};
  static const Schema schema;

  Text group{};
  Text topic{};
  PartitionId partition{};

  static constexpr void fields(auto&& field) {
    field(&OffsetCommitKey::group, "group");
    field(&OffsetCommitKey::topic, "topic");
    field(&OffsetCommitKey::partition, "partition");
  }
};

/// An offset that a group committed. Version 1 has an expiry of its own.
struct OffsetCommitValue {
  static constexpr MessageInfo info{.name = "OffsetCommitValue",
                                    .type = MessageType::coordinator_value,
                                    .api_key = 1,
                                    .versions = {0, 4},
                                    .flexible_since = 4};
  static const Schema schema;

  Offset offset{};
  LeaderEpoch leader_epoch{-1};
  Text metadata{};
  std::int64_t commit_timestamp{0};
  std::int64_t expire_timestamp{-1};
  Uuid topic_id{};

  static constexpr void fields(auto&& field) {
    field(&OffsetCommitValue::offset, "offset");
    field(&OffsetCommitValue::leader_epoch, "leaderEpoch", since(3).ignorable());
    field(&OffsetCommitValue::metadata, "metadata");
    field(&OffsetCommitValue::commit_timestamp, "commitTimestamp");
    field(&OffsetCommitValue::expire_timestamp, "expireTimestamp", between(1, 1).ignorable());
    field(&OffsetCommitValue::topic_id, "topicId", since(4).tag(0).ignorable());
  }
};

/// A classic group.
struct GroupMetadataKey {
  static constexpr MessageInfo info{.name = "GroupMetadataKey",
                                    .type = MessageType::coordinator_key,
                                    .api_key = 2,
                                    .versions = {0, 0}};
  static const Schema schema;

  Text group{};

  static constexpr void fields(auto&& field) { field(&GroupMetadataKey::group, "group"); }
};

/// A classic group, written when a generation is complete.
struct GroupMetadataValue {
  static constexpr MessageInfo info{.name = "GroupMetadataValue",
                                    .type = MessageType::coordinator_value,
                                    .api_key = 2,
                                    .versions = {0, 4},
                                    .flexible_since = 4};
  static const Schema schema;

  struct MemberMetadata {
    Text member_id{};
    std::optional<Text> group_instance_id{};
    Text client_id{};
    Text client_host{};
    std::int32_t rebalance_timeout{-1};
    std::int32_t session_timeout{0};
    SharedBytes subscription{};
    SharedBytes assignment{};

    static constexpr void fields(auto&& field) {
      field(&MemberMetadata::member_id, "memberId");
      field(&MemberMetadata::group_instance_id, "groupInstanceId", since(3).ignorable());
      field(&MemberMetadata::client_id, "clientId");
      field(&MemberMetadata::client_host, "clientHost");
      field(&MemberMetadata::rebalance_timeout, "rebalanceTimeout", since(1).ignorable());
      field(&MemberMetadata::session_timeout, "sessionTimeout");
      field(&MemberMetadata::subscription, "subscription");
      field(&MemberMetadata::assignment, "assignment");
    }
  };

  Text protocol_type{};
  std::int32_t generation{0};
  std::optional<Text> protocol{""};
  std::optional<Text> leader{""};
  std::int64_t current_state_timestamp{-1};
  std::vector<MemberMetadata> members{};

  static constexpr void fields(auto&& field) {
    field(&GroupMetadataValue::protocol_type, "protocolType");
    field(&GroupMetadataValue::generation, "generation");
    field(&GroupMetadataValue::protocol, "protocol");
    field(&GroupMetadataValue::leader, "leader");
    field(&GroupMetadataValue::current_state_timestamp, "currentStateTimestamp",
          since(2).ignorable());
    field(&GroupMetadataValue::members, "members");
  }
};

}  // namespace moldau::protocol
