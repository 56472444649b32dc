#pragma once

#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "base/ids.h"
#include "base/uuid.h"
#include "metadata/image.h"
#include "metadata/record.h"

namespace moldau::metadata {

/// Who may be elected.
enum class Election : std::uint8_t {
  online,     ///< only who has all that is committed
  preferred,  ///< the same, and the first replica even if the leader is well
  unclean,    ///< anybody, rather than nobody: may lose records
};

/// What a change of a partition depends on beside the partition.
struct PartitionPolicy {
  std::int16_t metadata_version{0};
  bool elr_enabled{false};  ///< eligible.leader.replicas.version > 0 (KIP-966)
  std::int32_t min_isr{1};  ///< min.insync.replicas, at most the number of replicas
  Election election{Election::online};
  /// Is the broker unfenced, not shutting down, and is the replica's directory online?
  std::function<bool(NodeId)> is_acceptable_leader;
  /// Where a broker puts a new replica if nobody has said so.
  std::function<Uuid(NodeId)> default_directory;
};

/// What is wanted; unset: as it is.
struct PartitionTarget {
  std::optional<std::vector<NodeId>> isr{};
  std::optional<std::vector<NodeId>> replicas{};
  std::optional<std::vector<NodeId>> removing_replicas{};
  std::optional<std::vector<NodeId>> adding_replicas{};
  std::optional<LeaderRecoveryState> leader_recovery_state{};
  std::vector<NodeId> unclean_shutdown_replicas{};
  std::map<NodeId, Uuid> directories{};  ///< of these replicas
};

/// Decides election, ISR, ELR and the end of a reassignment as Apache does (facts §7.4). Null:
/// there is nothing to change.
///
/// With ELR off, the last member of the ISR stays in it while it is away, with no leader: it alone
/// has everything. The leader epoch goes up when the leader changes or a replica is dropped.
std::optional<Record> change_partition(const Uuid& topic_id, PartitionId id,
                                       const PartitionRegistration& partition,
                                       PartitionTarget target, const PartitionPolicy& policy);

}  // namespace moldau::metadata
