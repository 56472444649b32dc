#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "base/uuid.h"
#include "coordinator/group/consumer/partitions.h"

/// The server-side assignors of KIP-848: who is to have which partitions. Pure functions; the same
/// group gets the same assignment.
namespace moldau::coordinator {

struct AssignorMember {
  std::string_view id;
  std::optional<std::string_view> instance_id;
  std::vector<Uuid> topics;         ///< subscribed and existing, in order, no repetitions
  const TopicPartitions* previous;  ///< the target before; no partition in two members' targets
};

struct AssignorGroup {
  std::vector<AssignorMember> members;  ///< in order of ids, at least one
  /// Of every topic that a member is subscribed to.
  std::map<Uuid, std::int32_t> partition_counts;
  /// All members are subscribed to the same topics.
  bool is_homogeneous{false};
};

/// In the order of the group's members. Every partition of a subscribed topic is somebody's, once.
using GroupAssignment = std::vector<TopicPartitions>;

/// Ranges: of each topic its subscribers get consecutive partitions, one number more for the first
/// of them where it does not divide. Static members come first, in order of their instance ids, so
/// that they keep theirs. Topics with equally many partitions and the same subscribers are assigned
/// alike.
GroupAssignment assign_ranges(const AssignorGroup& group);

/// Equally many partitions for everybody, not looking at topics; who has a partition keeps it where
/// balance permits. With equal subscriptions any two members differ by at most one.
GroupAssignment assign_uniformly(const AssignorGroup& group);

using Assignor = GroupAssignment (*)(const AssignorGroup&);
/// "range" or "uniform", as in `group.consumer.assignors`; null: no such assignor.
Assignor find_assignor(std::string_view name);

}  // namespace moldau::coordinator
