#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/ids.h"
#include "base/text.h"
#include "base/uuid.h"
#include "protocol/fields.h"

/// Records of share groups (KIP-932) in __consumer_offsets.
namespace moldau::protocol {

/// A member of a share group, as it is.
struct ShareGroupMemberMetadataKey {
  static constexpr MessageInfo info{.name = "ShareGroupMemberMetadataKey",
                                    .type = MessageType::coordinator_key,
                                    .api_key = 10,
                                    .versions = {0, 0}};
  static const Schema schema;

  Text group_id{};
  Text member_id{};

  static constexpr void fields(auto&& field) {
    field(&ShareGroupMemberMetadataKey::group_id, "GroupId");
    field(&ShareGroupMemberMetadataKey::member_id, "MemberId");
  }
};

/// A member: who it is and what it subscribes to.
struct ShareGroupMemberMetadataValue {
  static constexpr MessageInfo info{.name = "ShareGroupMemberMetadataValue",
                                    .type = MessageType::coordinator_value,
                                    .api_key = 10,
                                    .versions = {0, 0},
                                    .flexible_since = 0};
  static const Schema schema;

  std::optional<Text> rack_id{""};
  Text client_id{};
  Text client_host{};
  std::vector<Text> subscribed_topic_names{};

  static constexpr void fields(auto&& field) {
    field(&ShareGroupMemberMetadataValue::rack_id, "RackId");
    field(&ShareGroupMemberMetadataValue::client_id, "ClientId");
    field(&ShareGroupMemberMetadataValue::client_host, "ClientHost");
    field(&ShareGroupMemberMetadataValue::subscribed_topic_names, "SubscribedTopicNames");
  }
};

/// A share group.
struct ShareGroupMetadataKey {
  static constexpr MessageInfo info{.name = "ShareGroupMetadataKey",
                                    .type = MessageType::coordinator_key,
                                    .api_key = 11,
                                    .versions = {0, 0}};
  static const Schema schema;

  Text group_id{};

  static constexpr void fields(auto&& field) { field(&ShareGroupMetadataKey::group_id, "GroupId"); }
};

/// The group's epoch, and a hash of what its assignment depends on (KIP-1101).
struct ShareGroupMetadataValue {
  static constexpr MessageInfo info{.name = "ShareGroupMetadataValue",
                                    .type = MessageType::coordinator_value,
                                    .api_key = 11,
                                    .versions = {0, 0},
                                    .flexible_since = 0};
  static const Schema schema;

  std::int32_t epoch{0};
  std::int64_t metadata_hash{0};

  static constexpr void fields(auto&& field) {
    field(&ShareGroupMetadataValue::epoch, "Epoch");
    field(&ShareGroupMetadataValue::metadata_hash, "MetadataHash");
  }
};

/// The target assignment of a share group.
struct ShareGroupTargetAssignmentMetadataKey {
  static constexpr MessageInfo info{.name = "ShareGroupTargetAssignmentMetadataKey",
                                    .type = MessageType::coordinator_key,
                                    .api_key = 12,
                                    .versions = {0, 0}};
  static const Schema schema;

  Text group_id{};

  static constexpr void fields(auto&& field) {
    field(&ShareGroupTargetAssignmentMetadataKey::group_id, "GroupId");
  }
};

/// The group epoch that the target assignment is made for, and since 4.3 when (KIP-1263).
struct ShareGroupTargetAssignmentMetadataValue {
  static constexpr MessageInfo info{.name = "ShareGroupTargetAssignmentMetadataValue",
                                    .type = MessageType::coordinator_value,
                                    .api_key = 12,
                                    .versions = {0, 0},
                                    .flexible_since = 0};
  static const Schema schema;

  std::int32_t assignment_epoch{0};
  std::int64_t assignment_timestamp{0};

  static constexpr void fields(auto&& field) {
    field(&ShareGroupTargetAssignmentMetadataValue::assignment_epoch, "AssignmentEpoch");
    field(&ShareGroupTargetAssignmentMetadataValue::assignment_timestamp, "AssignmentTimestamp",
          tag(0).ignorable());
  }
};

/// A member of the target assignment.
struct ShareGroupTargetAssignmentMemberKey {
  static constexpr MessageInfo info{.name = "ShareGroupTargetAssignmentMemberKey",
                                    .type = MessageType::coordinator_key,
                                    .api_key = 13,
                                    .versions = {0, 0}};
  static const Schema schema;

  Text group_id{};
  Text member_id{};

  static constexpr void fields(auto&& field) {
    field(&ShareGroupTargetAssignmentMemberKey::group_id, "GroupId");
    field(&ShareGroupTargetAssignmentMemberKey::member_id, "MemberId");
  }
};

/// The partitions that the member is to have.
struct ShareGroupTargetAssignmentMemberValue {
  static constexpr MessageInfo info{.name = "ShareGroupTargetAssignmentMemberValue",
                                    .type = MessageType::coordinator_value,
                                    .api_key = 13,
                                    .versions = {0, 0},
                                    .flexible_since = 0};
  static const Schema schema;

  struct TopicPartition {
    Uuid topic_id{};
    std::vector<PartitionId> partitions{};

    static constexpr void fields(auto&& field) {
      field(&TopicPartition::topic_id, "TopicId");
      field(&TopicPartition::partitions, "Partitions");
    }
  };

  std::vector<TopicPartition> topic_partitions{};

  static constexpr void fields(auto&& field) {
    field(&ShareGroupTargetAssignmentMemberValue::topic_partitions, "TopicPartitions");
  }
};

/// A member, on its way to its target.
struct ShareGroupCurrentMemberAssignmentKey {
  static constexpr MessageInfo info{.name = "ShareGroupCurrentMemberAssignmentKey",
                                    .type = MessageType::coordinator_key,
                                    .api_key = 14,
                                    .versions = {0, 0}};
  static const Schema schema;

  Text group_id{};
  Text member_id{};

  static constexpr void fields(auto&& field) {
    field(&ShareGroupCurrentMemberAssignmentKey::group_id, "GroupId");
    field(&ShareGroupCurrentMemberAssignmentKey::member_id, "MemberId");
  }
};

/// The partitions that the member has: nothing has to be given up first, since they are shared.
struct ShareGroupCurrentMemberAssignmentValue {
  static constexpr MessageInfo info{.name = "ShareGroupCurrentMemberAssignmentValue",
                                    .type = MessageType::coordinator_value,
                                    .api_key = 14,
                                    .versions = {0, 0},
                                    .flexible_since = 0};
  static const Schema schema;

  struct TopicPartitions {
    Uuid topic_id{};
    std::vector<PartitionId> partitions{};

    static constexpr void fields(auto&& field) {
      field(&TopicPartitions::topic_id, "TopicId");
      field(&TopicPartitions::partitions, "Partitions");
    }
  };

  std::int32_t member_epoch{0};
  std::int32_t previous_member_epoch{0};
  std::int8_t state{0};
  std::vector<TopicPartitions> assigned_partitions{};

  static constexpr void fields(auto&& field) {
    field(&ShareGroupCurrentMemberAssignmentValue::member_epoch, "MemberEpoch");
    field(&ShareGroupCurrentMemberAssignmentValue::previous_member_epoch, "PreviousMemberEpoch");
    field(&ShareGroupCurrentMemberAssignmentValue::state, "State");
    field(&ShareGroupCurrentMemberAssignmentValue::assigned_partitions, "AssignedPartitions");
  }
};

/// What the share coordinator was told of a share group's partitions.
struct ShareGroupStatePartitionMetadataKey {
  static constexpr MessageInfo info{.name = "ShareGroupStatePartitionMetadataKey",
                                    .type = MessageType::coordinator_key,
                                    .api_key = 15,
                                    .versions = {0, 0}};
  static const Schema schema;

  Text group_id{};

  static constexpr void fields(auto&& field) {
    field(&ShareGroupStatePartitionMetadataKey::group_id, "GroupId");
  }
};

/// Partitions whose state is to be begun or has been, and topics whose state is to be deleted.
struct ShareGroupStatePartitionMetadataValue {
  static constexpr MessageInfo info{.name = "ShareGroupStatePartitionMetadataValue",
                                    .type = MessageType::coordinator_value,
                                    .api_key = 15,
                                    .versions = {0, 0},
                                    .flexible_since = 0};
  static const Schema schema;

  struct TopicPartitionsInfo {
    Uuid topic_id{};
    Text topic_name{};
    std::vector<PartitionId> partitions{};

    static constexpr void fields(auto&& field) {
      field(&TopicPartitionsInfo::topic_id, "TopicId");
      field(&TopicPartitionsInfo::topic_name, "TopicName");
      field(&TopicPartitionsInfo::partitions, "Partitions");
    }
  };

  struct TopicInfo {
    Uuid topic_id{};
    Text topic_name{};

    static constexpr void fields(auto&& field) {
      field(&TopicInfo::topic_id, "TopicId");
      field(&TopicInfo::topic_name, "TopicName");
    }
  };

  std::vector<TopicPartitionsInfo> initializing_topics{};
  std::vector<TopicPartitionsInfo> initialized_topics{};
  std::vector<TopicInfo> deleting_topics{};

  static constexpr void fields(auto&& field) {
    field(&ShareGroupStatePartitionMetadataValue::initializing_topics, "InitializingTopics");
    field(&ShareGroupStatePartitionMetadataValue::initialized_topics, "InitializedTopics");
    field(&ShareGroupStatePartitionMetadataValue::deleting_topics, "DeletingTopics");
  }
};

}  // namespace moldau::protocol
