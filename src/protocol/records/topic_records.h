#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/ids.h"
#include "base/text.h"
#include "base/uuid.h"
#include "protocol/fields.h"

namespace moldau::protocol {

/// A topic; its partitions follow.
struct TopicRecord {
  static constexpr MessageInfo info{.name = "TopicRecord",
                                    .type = MessageType::metadata,
                                    .api_key = 2,
                                    .versions = {0, 0},
                                    .flexible_since = 0};
  static const Schema schema;

  Text name{};
  Uuid topic_id{};

  static constexpr void fields(auto&& field) {
    field(&TopicRecord::name, "Name");
    field(&TopicRecord::topic_id, "TopicId");
  }
};

/// A partition, new or (in a snapshot) as it is.
struct PartitionRecord {
  static constexpr MessageInfo info{.name = "PartitionRecord",
                                    .type = MessageType::metadata,
                                    .api_key = 3,
                                    .versions = {0, 2},
                                    .flexible_since = 0};
  static const Schema schema;

  PartitionId partition_id{-1};
  Uuid topic_id{};
  std::vector<NodeId> replicas{};
  std::vector<NodeId> isr{};
  std::vector<NodeId> removing_replicas{};
  std::vector<NodeId> adding_replicas{};
  NodeId leader{-1};
  std::int8_t leader_recovery_state{0};
  LeaderEpoch leader_epoch{-1};
  PartitionEpoch partition_epoch{-1};
  std::vector<Uuid> directories{};
  std::optional<std::vector<NodeId>> eligible_leader_replicas{};
  std::optional<std::vector<NodeId>> last_known_elr{};

  static constexpr void fields(auto&& field) {
    field(&PartitionRecord::partition_id, "PartitionId");
    field(&PartitionRecord::topic_id, "TopicId");
    field(&PartitionRecord::replicas, "Replicas");
    field(&PartitionRecord::isr, "Isr");
    field(&PartitionRecord::removing_replicas, "RemovingReplicas");
    field(&PartitionRecord::adding_replicas, "AddingReplicas");
    field(&PartitionRecord::leader, "Leader");
    field(&PartitionRecord::leader_recovery_state, "LeaderRecoveryState", tag(0));
    field(&PartitionRecord::leader_epoch, "LeaderEpoch");
    field(&PartitionRecord::partition_epoch, "PartitionEpoch");
    field(&PartitionRecord::directories, "Directories", since(1));
    field(&PartitionRecord::eligible_leader_replicas, "EligibleLeaderReplicas", since(2).tag(1));
    field(&PartitionRecord::last_known_elr, "LastKnownElr", since(2).tag(2));
  }
};

/// What has changed of a partition: null, -2 (leader) and -1 (recovery state) mean no change. The
/// partition epoch goes up by one each time, the leader epoch if `leader` is set.
struct PartitionChangeRecord {
  static constexpr MessageInfo info{.name = "PartitionChangeRecord",
                                    .type = MessageType::metadata,
                                    .api_key = 5,
                                    .versions = {0, 2},
                                    .flexible_since = 0};
  static const Schema schema;

  PartitionId partition_id{-1};
  Uuid topic_id{};
  std::optional<std::vector<NodeId>> isr{};
  NodeId leader{-2};
  std::optional<std::vector<NodeId>> replicas{};
  std::optional<std::vector<NodeId>> removing_replicas{};
  std::optional<std::vector<NodeId>> adding_replicas{};
  std::int8_t leader_recovery_state{-1};
  std::optional<std::vector<Uuid>> directories{};
  std::optional<std::vector<NodeId>> eligible_leader_replicas{};
  std::optional<std::vector<NodeId>> last_known_elr{};

  static constexpr void fields(auto&& field) {
    field(&PartitionChangeRecord::partition_id, "PartitionId");
    field(&PartitionChangeRecord::topic_id, "TopicId");
    field(&PartitionChangeRecord::isr, "Isr", tag(0));
    field(&PartitionChangeRecord::leader, "Leader", tag(1));
    field(&PartitionChangeRecord::replicas, "Replicas", tag(2));
    field(&PartitionChangeRecord::removing_replicas, "RemovingReplicas", tag(3));
    field(&PartitionChangeRecord::adding_replicas, "AddingReplicas", tag(4));
    field(&PartitionChangeRecord::leader_recovery_state, "LeaderRecoveryState", tag(5));
    field(&PartitionChangeRecord::directories, "Directories", since(1).tag(8));
    field(&PartitionChangeRecord::eligible_leader_replicas, "EligibleLeaderReplicas",
          since(2).tag(6));
    field(&PartitionChangeRecord::last_known_elr, "LastKnownElr", since(2).tag(7));
  }
};

/// A topic and its partitions are gone.
struct RemoveTopicRecord {
  static constexpr MessageInfo info{.name = "RemoveTopicRecord",
                                    .type = MessageType::metadata,
                                    .api_key = 9,
                                    .versions = {0, 0},
                                    .flexible_since = 0};
  static const Schema schema;

  Uuid topic_id{};

  static constexpr void fields(auto&& field) { field(&RemoveTopicRecord::topic_id, "TopicId"); }
};

/// Forget the eligible leader replicas of a topic, or of all if the name is empty (KIP-966).
struct ClearElrRecord {
  static constexpr MessageInfo info{.name = "ClearElrRecord",
                                    .type = MessageType::metadata,
                                    .api_key = 28,
                                    .versions = {0, 0},
                                    .flexible_since = 0};
  static const Schema schema;

  Text topic_name{};

  static constexpr void fields(auto&& field) { field(&ClearElrRecord::topic_name, "TopicName"); }
};

}  // namespace moldau::protocol
