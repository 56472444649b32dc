#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/ids.h"
#include "base/text.h"
#include "base/uuid.h"
#include "protocol/fields.h"

/// Records of groups of the new protocol (KIP-848) in __consumer_offsets.
namespace moldau::protocol {

/// A group.
struct ConsumerGroupMetadataKey {
  static constexpr MessageInfo info{.name = "ConsumerGroupMetadataKey",
                                    .type = MessageType::coordinator_key,
                                    .api_key = 3,
                                    .versions = {0, 0}};
  static const Schema schema;

  Text group_id{};

  static constexpr void fields(auto&& field) {
    field(&ConsumerGroupMetadataKey::group_id, "GroupId");
  }
};

/// The group's epoch, and since 4.1 a hash of what its assignment depends on (KIP-1101).
struct ConsumerGroupMetadataValue {
  static constexpr MessageInfo info{.name = "ConsumerGroupMetadataValue",
                                    .type = MessageType::coordinator_value,
                                    .api_key = 3,
                                    .versions = {0, 0},
                                    .flexible_since = 0};
  static const Schema schema;

  std::int32_t epoch{0};
  std::int64_t metadata_hash{0};

  static constexpr void fields(auto&& field) {
    field(&ConsumerGroupMetadataValue::epoch, "Epoch");
    field(&ConsumerGroupMetadataValue::metadata_hash, "MetadataHash", tag(0));
  }
};

/// Partitions and racks of the subscribed topics; only read, of brokers before 4.1, which had no
/// hash.
struct ConsumerGroupPartitionMetadataKey {
  static constexpr MessageInfo info{.name = "ConsumerGroupPartitionMetadataKey",
                                    .type = MessageType::coordinator_key,
                                    .api_key = 4,
                                    .versions = {0, 0}};
  static const Schema schema;

  Text group_id{};

  static constexpr void fields(auto&& field) {
    field(&ConsumerGroupPartitionMetadataKey::group_id, "GroupId");
  }
};

/// The value to a ConsumerGroupPartitionMetadataKey; only read.
struct ConsumerGroupPartitionMetadataValue {
  static constexpr MessageInfo info{.name = "ConsumerGroupPartitionMetadataValue",
                                    .type = MessageType::coordinator_value,
                                    .api_key = 4,
                                    .versions = {0, 0},
                                    .flexible_since = 0};
  static const Schema schema;

  struct PartitionMetadata {
    PartitionId partition{};
    std::vector<Text> racks{};

    static constexpr void fields(auto&& field) {
      field(&PartitionMetadata::partition, "Partition");
      field(&PartitionMetadata::racks, "Racks");
    }
  };

  struct TopicMetadata {
    Uuid topic_id{};
    Text topic_name{};
    std::int32_t num_partitions{0};
    std::vector<PartitionMetadata> partition_metadata{};

    static constexpr void fields(auto&& field) {
      field(&TopicMetadata::topic_id, "TopicId");
      field(&TopicMetadata::topic_name, "TopicName");
      field(&TopicMetadata::num_partitions, "NumPartitions");
      field(&TopicMetadata::partition_metadata, "PartitionMetadata");
    }
  };

  std::vector<TopicMetadata> topics{};

  static constexpr void fields(auto&& field) {
    field(&ConsumerGroupPartitionMetadataValue::topics, "Topics");
  }
};

/// A member of a group, as it is.
struct ConsumerGroupMemberMetadataKey {
  static constexpr MessageInfo info{.name = "ConsumerGroupMemberMetadataKey",
                                    .type = MessageType::coordinator_key,
                                    .api_key = 5,
                                    .versions = {0, 0}};
  static const Schema schema;

  Text group_id{};
  Text member_id{};

  static constexpr void fields(auto&& field) {
    field(&ConsumerGroupMemberMetadataKey::group_id, "GroupId");
    field(&ConsumerGroupMemberMetadataKey::member_id, "MemberId");
  }
};

/// A member: who it is and what it subscribes to.
struct ConsumerGroupMemberMetadataValue {
  static constexpr MessageInfo info{.name = "ConsumerGroupMemberMetadataValue",
                                    .type = MessageType::coordinator_value,
                                    .api_key = 5,
                                    .versions = {0, 0},
                                    .flexible_since = 0};
  static const Schema schema;

  struct ClassicProtocol {
    Text name{};
    SharedBytes metadata{};

    static constexpr void fields(auto&& field) {
      field(&ClassicProtocol::name, "Name");
      field(&ClassicProtocol::metadata, "Metadata");
    }
  };

  /// Of a member that speaks the classic protocol in a group of the new one.
  struct ClassicMemberMetadata {
    std::int32_t session_timeout_ms{0};
    std::vector<ClassicProtocol> supported_protocols{};

    static constexpr void fields(auto&& field) {
      field(&ClassicMemberMetadata::session_timeout_ms, "SessionTimeoutMs");
      field(&ClassicMemberMetadata::supported_protocols, "SupportedProtocols");
    }
  };

  std::optional<Text> instance_id{""};
  std::optional<Text> rack_id{""};
  Text client_id{};
  Text client_host{};
  std::vector<Text> subscribed_topic_names{};
  std::optional<Text> subscribed_topic_regex{""};
  std::int32_t rebalance_timeout_ms{-1};
  std::optional<Text> server_assignor{""};
  /// Null for a member of the new protocol, and it has to be said: left out means the
  /// default, which is an empty struct and not null.
  std::optional<ClassicMemberMetadata> classic_member_metadata{ClassicMemberMetadata{}};

  static constexpr void fields(auto&& field) {
    field(&ConsumerGroupMemberMetadataValue::instance_id, "InstanceId");
    field(&ConsumerGroupMemberMetadataValue::rack_id, "RackId");
    field(&ConsumerGroupMemberMetadataValue::client_id, "ClientId");
    field(&ConsumerGroupMemberMetadataValue::client_host, "ClientHost");
    field(&ConsumerGroupMemberMetadataValue::subscribed_topic_names, "SubscribedTopicNames");
    field(&ConsumerGroupMemberMetadataValue::subscribed_topic_regex, "SubscribedTopicRegex");
    field(&ConsumerGroupMemberMetadataValue::rebalance_timeout_ms, "RebalanceTimeoutMs");
    field(&ConsumerGroupMemberMetadataValue::server_assignor, "ServerAssignor");
    field(&ConsumerGroupMemberMetadataValue::classic_member_metadata, "ClassicMemberMetadata",
          tag(0));
  }
};

/// The target assignment of a group.
struct ConsumerGroupTargetAssignmentMetadataKey {
  static constexpr MessageInfo info{.name = "ConsumerGroupTargetAssignmentMetadataKey",
                                    .type = MessageType::coordinator_key,
                                    .api_key = 6,
                                    .versions = {0, 0}};
  static const Schema schema;

  Text group_id{};

  static constexpr void fields(auto&& field) {
    field(&ConsumerGroupTargetAssignmentMetadataKey::group_id, "GroupId");
  }
};

/// The group epoch that the target assignment is made for, and since 4.3 when (KIP-1263).
struct ConsumerGroupTargetAssignmentMetadataValue {
  static constexpr MessageInfo info{.name = "ConsumerGroupTargetAssignmentMetadataValue",
                                    .type = MessageType::coordinator_value,
                                    .api_key = 6,
                                    .versions = {0, 0},
                                    .flexible_since = 0};
  static const Schema schema;

  std::int32_t assignment_epoch{0};
  std::int64_t assignment_timestamp{0};

  static constexpr void fields(auto&& field) {
    field(&ConsumerGroupTargetAssignmentMetadataValue::assignment_epoch, "AssignmentEpoch");
    field(&ConsumerGroupTargetAssignmentMetadataValue::assignment_timestamp, "AssignmentTimestamp",
          tag(0).ignorable());
  }
};

/// A member of the target assignment.
struct ConsumerGroupTargetAssignmentMemberKey {
  static constexpr MessageInfo info{.name = "ConsumerGroupTargetAssignmentMemberKey",
                                    .type = MessageType::coordinator_key,
                                    .api_key = 7,
                                    .versions = {0, 0}};
  static const Schema schema;

  Text group_id{};
  Text member_id{};

  static constexpr void fields(auto&& field) {
    field(&ConsumerGroupTargetAssignmentMemberKey::group_id, "GroupId");
    field(&ConsumerGroupTargetAssignmentMemberKey::member_id, "MemberId");
  }
};

/// The partitions that the member is to have.
struct ConsumerGroupTargetAssignmentMemberValue {
  static constexpr MessageInfo info{.name = "ConsumerGroupTargetAssignmentMemberValue",
                                    .type = MessageType::coordinator_value,
                                    .api_key = 7,
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
    field(&ConsumerGroupTargetAssignmentMemberValue::topic_partitions, "TopicPartitions");
  }
};

/// A member, on its way to its target.
struct ConsumerGroupCurrentMemberAssignmentKey {
  static constexpr MessageInfo info{.name = "ConsumerGroupCurrentMemberAssignmentKey",
                                    .type = MessageType::coordinator_key,
                                    .api_key = 8,
                                    .versions = {0, 0}};
  static const Schema schema;

  Text group_id{};
  Text member_id{};

  static constexpr void fields(auto&& field) {
    field(&ConsumerGroupCurrentMemberAssignmentKey::group_id, "GroupId");
    field(&ConsumerGroupCurrentMemberAssignmentKey::member_id, "MemberId");
  }
};

/// The partitions that the member has, and those that it has yet to give up.
struct ConsumerGroupCurrentMemberAssignmentValue {
  static constexpr MessageInfo info{.name = "ConsumerGroupCurrentMemberAssignmentValue",
                                    .type = MessageType::coordinator_value,
                                    .api_key = 8,
                                    .versions = {0, 0},
                                    .flexible_since = 0};
  static const Schema schema;

  struct TopicPartitions {
    Uuid topic_id{};
    std::vector<PartitionId> partitions{};
    /// In the order of partitions; fences zombies' commits.
    std::optional<std::vector<std::int32_t>> assignment_epochs{std::in_place};

    static constexpr void fields(auto&& field) {
      field(&TopicPartitions::topic_id, "TopicId");
      field(&TopicPartitions::partitions, "Partitions");
      field(&TopicPartitions::assignment_epochs, "AssignmentEpochs", tag(0));
    }
  };

  std::int32_t member_epoch{0};
  std::int32_t previous_member_epoch{0};
  std::int8_t state{0};
  std::vector<TopicPartitions> assigned_partitions{};
  std::vector<TopicPartitions> partitions_pending_revocation{};

  static constexpr void fields(auto&& field) {
    field(&ConsumerGroupCurrentMemberAssignmentValue::member_epoch, "MemberEpoch");
    field(&ConsumerGroupCurrentMemberAssignmentValue::previous_member_epoch, "PreviousMemberEpoch");
    field(&ConsumerGroupCurrentMemberAssignmentValue::state, "State");
    field(&ConsumerGroupCurrentMemberAssignmentValue::assigned_partitions, "AssignedPartitions");
    field(&ConsumerGroupCurrentMemberAssignmentValue::partitions_pending_revocation,
          "PartitionsPendingRevocation");
  }
};

/// A regular expression that members of the group subscribe with.
struct ConsumerGroupRegularExpressionKey {
  static constexpr MessageInfo info{.name = "ConsumerGroupRegularExpressionKey",
                                    .type = MessageType::coordinator_key,
                                    .api_key = 16,
                                    .versions = {0, 0}};
  static const Schema schema;

  Text group_id{};
  Text regular_expression{};

  static constexpr void fields(auto&& field) {
    field(&ConsumerGroupRegularExpressionKey::group_id, "GroupId");
    field(&ConsumerGroupRegularExpressionKey::regular_expression, "RegularExpression");
  }
};

/// The topics that the expression meant, as of a version of the metadata.
struct ConsumerGroupRegularExpressionValue {
  static constexpr MessageInfo info{.name = "ConsumerGroupRegularExpressionValue",
                                    .type = MessageType::coordinator_value,
                                    .api_key = 16,
                                    .versions = {0, 0},
                                    .flexible_since = 0};
  static const Schema schema;

  std::vector<Text> topics{};
  std::int64_t version{0};
  std::int64_t timestamp{0};

  static constexpr void fields(auto&& field) {
    field(&ConsumerGroupRegularExpressionValue::topics, "Topics");
    field(&ConsumerGroupRegularExpressionValue::version, "Version");
    field(&ConsumerGroupRegularExpressionValue::timestamp, "Timestamp");
  }
};

}  // namespace moldau::protocol
