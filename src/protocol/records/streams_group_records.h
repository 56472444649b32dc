#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "base/text.h"
#include "protocol/fields.h"

/// Records of streams groups (KIP-1071) in __consumer_offsets.
namespace moldau::protocol {

/// A streams group.
struct StreamsGroupMetadataKey {
  static constexpr MessageInfo info{.name = "StreamsGroupMetadataKey",
                                    .type = MessageType::coordinator_key,
                                    .api_key = 17,
                                    .versions = {0, 0}};
  static const Schema schema;

  Text group_id{};

  static constexpr void fields(auto&& field) {
    field(&StreamsGroupMetadataKey::group_id, "GroupId");
  }
};

/// The group's epoch and a hash of what its assignment depends on; with which configuration tasks
/// were assigned last, and how far the topology is validated and described (KIP-1331).
struct StreamsGroupMetadataValue {
  static constexpr MessageInfo info{.name = "StreamsGroupMetadataValue",
                                    .type = MessageType::coordinator_value,
                                    .api_key = 17,
                                    .versions = {0, 0},
                                    .flexible_since = 0};
  static const Schema schema;

  struct LastAssignmentConfig {
    Text key{};
    Text value{};

    static constexpr void fields(auto&& field) {
      field(&LastAssignmentConfig::key, "Key");
      field(&LastAssignmentConfig::value, "Value");
    }
  };

  std::int32_t epoch{0};
  std::int64_t metadata_hash{0};
  std::int32_t validated_topology_epoch{-1};
  std::optional<std::vector<LastAssignmentConfig>> last_assignment_configs{std::in_place};
  std::int32_t stored_description_topology_epoch{-1};  ///< -1: none; -2: unsure
  std::int32_t failed_description_topology_epoch{-1};  ///< -1: none; refused for good

  static constexpr void fields(auto&& field) {
    field(&StreamsGroupMetadataValue::epoch, "Epoch");
    field(&StreamsGroupMetadataValue::metadata_hash, "MetadataHash");
    field(&StreamsGroupMetadataValue::validated_topology_epoch, "ValidatedTopologyEpoch", tag(0));
    field(&StreamsGroupMetadataValue::last_assignment_configs, "LastAssignmentConfigs", tag(1));
    field(&StreamsGroupMetadataValue::stored_description_topology_epoch,
          "StoredDescriptionTopologyEpoch", tag(2));
    field(&StreamsGroupMetadataValue::failed_description_topology_epoch,
          "FailedDescriptionTopologyEpoch", tag(3));
  }
};

/// A member of a streams group, as it is.
struct StreamsGroupMemberMetadataKey {
  static constexpr MessageInfo info{.name = "StreamsGroupMemberMetadataKey",
                                    .type = MessageType::coordinator_key,
                                    .api_key = 19,
                                    .versions = {0, 0}};
  static const Schema schema;

  Text group_id{};
  Text member_id{};

  static constexpr void fields(auto&& field) {
    field(&StreamsGroupMemberMetadataKey::group_id, "GroupId");
    field(&StreamsGroupMemberMetadataKey::member_id, "MemberId");
  }
};

/// A member: who it is, in which process and at which topology.
struct StreamsGroupMemberMetadataValue {
  static constexpr MessageInfo info{.name = "StreamsGroupMemberMetadataValue",
                                    .type = MessageType::coordinator_value,
                                    .api_key = 19,
                                    .versions = {0, 0},
                                    .flexible_since = 0};
  static const Schema schema;

  struct Endpoint {
    Text host{};
    std::uint16_t port{0};

    static constexpr void fields(auto&& field) {
      field(&Endpoint::host, "Host");
      field(&Endpoint::port, "Port");
    }
  };

  struct KeyValue {
    Text key{};
    Text value{};

    static constexpr void fields(auto&& field) {
      field(&KeyValue::key, "Key");
      field(&KeyValue::value, "Value");
    }
  };

  std::optional<Text> instance_id{""};
  std::optional<Text> rack_id{""};
  Text client_id{};
  Text client_host{};
  std::int32_t rebalance_timeout_ms{-1};
  std::int32_t topology_epoch{0};
  Text process_id{};
  std::optional<Endpoint> user_endpoint{};
  std::vector<KeyValue> client_tags{};

  static constexpr void fields(auto&& field) {
    field(&StreamsGroupMemberMetadataValue::instance_id, "InstanceId");
    field(&StreamsGroupMemberMetadataValue::rack_id, "RackId");
    field(&StreamsGroupMemberMetadataValue::client_id, "ClientId");
    field(&StreamsGroupMemberMetadataValue::client_host, "ClientHost");
    field(&StreamsGroupMemberMetadataValue::rebalance_timeout_ms, "RebalanceTimeoutMs");
    field(&StreamsGroupMemberMetadataValue::topology_epoch, "TopologyEpoch");
    field(&StreamsGroupMemberMetadataValue::process_id, "ProcessId");
    field(&StreamsGroupMemberMetadataValue::user_endpoint, "UserEndpoint");
    field(&StreamsGroupMemberMetadataValue::client_tags, "ClientTags");
  }
};

/// The target assignment of a streams group.
struct StreamsGroupTargetAssignmentMetadataKey {
  static constexpr MessageInfo info{.name = "StreamsGroupTargetAssignmentMetadataKey",
                                    .type = MessageType::coordinator_key,
                                    .api_key = 20,
                                    .versions = {0, 0}};
  static const Schema schema;

  Text group_id{};

  static constexpr void fields(auto&& field) {
    field(&StreamsGroupTargetAssignmentMetadataKey::group_id, "GroupId");
  }
};

/// The group epoch that the target assignment is made for, and since 4.3 when (KIP-1263).
struct StreamsGroupTargetAssignmentMetadataValue {
  static constexpr MessageInfo info{.name = "StreamsGroupTargetAssignmentMetadataValue",
                                    .type = MessageType::coordinator_value,
                                    .api_key = 20,
                                    .versions = {0, 0},
                                    .flexible_since = 0};
  static const Schema schema;

  std::int32_t assignment_epoch{0};
  std::int64_t assignment_timestamp{0};

  static constexpr void fields(auto&& field) {
    field(&StreamsGroupTargetAssignmentMetadataValue::assignment_epoch, "AssignmentEpoch");
    field(&StreamsGroupTargetAssignmentMetadataValue::assignment_timestamp, "AssignmentTimestamp",
          tag(0).ignorable());
  }
};

/// A member of the target assignment.
struct StreamsGroupTargetAssignmentMemberKey {
  static constexpr MessageInfo info{.name = "StreamsGroupTargetAssignmentMemberKey",
                                    .type = MessageType::coordinator_key,
                                    .api_key = 21,
                                    .versions = {0, 0}};
  static const Schema schema;

  Text group_id{};
  Text member_id{};

  static constexpr void fields(auto&& field) {
    field(&StreamsGroupTargetAssignmentMemberKey::group_id, "GroupId");
    field(&StreamsGroupTargetAssignmentMemberKey::member_id, "MemberId");
  }
};

/// The tasks that the member is to have.
struct StreamsGroupTargetAssignmentMemberValue {
  static constexpr MessageInfo info{.name = "StreamsGroupTargetAssignmentMemberValue",
                                    .type = MessageType::coordinator_value,
                                    .api_key = 21,
                                    .versions = {0, 0},
                                    .flexible_since = 0};
  static const Schema schema;

  struct TaskIds {
    Text subtopology_id{};
    std::vector<PartitionId> partitions{};

    static constexpr void fields(auto&& field) {
      field(&TaskIds::subtopology_id, "SubtopologyId");
      field(&TaskIds::partitions, "Partitions");
    }
  };

  std::vector<TaskIds> active_tasks{};
  std::vector<TaskIds> standby_tasks{};
  std::vector<TaskIds> warmup_tasks{};

  static constexpr void fields(auto&& field) {
    field(&StreamsGroupTargetAssignmentMemberValue::active_tasks, "ActiveTasks");
    field(&StreamsGroupTargetAssignmentMemberValue::standby_tasks, "StandbyTasks");
    field(&StreamsGroupTargetAssignmentMemberValue::warmup_tasks, "WarmupTasks");
  }
};

/// A member, on its way to its target.
struct StreamsGroupCurrentMemberAssignmentKey {
  static constexpr MessageInfo info{.name = "StreamsGroupCurrentMemberAssignmentKey",
                                    .type = MessageType::coordinator_key,
                                    .api_key = 22,
                                    .versions = {0, 0}};
  static const Schema schema;

  Text group_id{};
  Text member_id{};

  static constexpr void fields(auto&& field) {
    field(&StreamsGroupCurrentMemberAssignmentKey::group_id, "GroupId");
    field(&StreamsGroupCurrentMemberAssignmentKey::member_id, "MemberId");
  }
};

/// The tasks that the member has, and those that it has yet to give up.
struct StreamsGroupCurrentMemberAssignmentValue {
  static constexpr MessageInfo info{.name = "StreamsGroupCurrentMemberAssignmentValue",
                                    .type = MessageType::coordinator_value,
                                    .api_key = 22,
                                    .versions = {0, 0},
                                    .flexible_since = 0};
  static const Schema schema;

  struct TaskIds {
    Text subtopology_id{};
    std::vector<PartitionId> partitions{};
    /// Of active tasks, in the order of partitions.
    std::optional<std::vector<std::int32_t>> assignment_epochs{std::in_place};

    static constexpr void fields(auto&& field) {
      field(&TaskIds::subtopology_id, "SubtopologyId");
      field(&TaskIds::partitions, "Partitions");
      field(&TaskIds::assignment_epochs, "AssignmentEpochs", tag(0));
    }
  };

  std::int32_t member_epoch{0};
  std::int32_t previous_member_epoch{0};
  std::int8_t state{0};
  std::vector<TaskIds> active_tasks{};
  std::vector<TaskIds> standby_tasks{};
  std::vector<TaskIds> warmup_tasks{};
  std::vector<TaskIds> active_tasks_pending_revocation{};
  std::vector<TaskIds> standby_tasks_pending_revocation{};
  std::vector<TaskIds> warmup_tasks_pending_revocation{};

  static constexpr void fields(auto&& field) {
    field(&StreamsGroupCurrentMemberAssignmentValue::member_epoch, "MemberEpoch");
    field(&StreamsGroupCurrentMemberAssignmentValue::previous_member_epoch, "PreviousMemberEpoch");
    field(&StreamsGroupCurrentMemberAssignmentValue::state, "State");
    field(&StreamsGroupCurrentMemberAssignmentValue::active_tasks, "ActiveTasks");
    field(&StreamsGroupCurrentMemberAssignmentValue::standby_tasks, "StandbyTasks");
    field(&StreamsGroupCurrentMemberAssignmentValue::warmup_tasks, "WarmupTasks");
    field(&StreamsGroupCurrentMemberAssignmentValue::active_tasks_pending_revocation,
          "ActiveTasksPendingRevocation");
    field(&StreamsGroupCurrentMemberAssignmentValue::standby_tasks_pending_revocation,
          "StandbyTasksPendingRevocation");
    field(&StreamsGroupCurrentMemberAssignmentValue::warmup_tasks_pending_revocation,
          "WarmupTasksPendingRevocation");
  }
};

}  // namespace moldau::protocol
