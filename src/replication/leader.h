#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "base/ids.h"
#include "base/time.h"
#include "protocol/error_code.h"

namespace moldau::replication {

/// What the metadata log says of a partition.
struct PartitionState {
  NodeId leader{no_node};
  LeaderEpoch leader_epoch{no_leader_epoch};
  PartitionEpoch partition_epoch{-1};
  std::vector<NodeId> replicas;
  std::vector<NodeId> isr;
  bool recovering{false};  ///< after an unclean election (KIP-704)
};

/// What the local log says: high_watermark <= limit <= written_end. Only what is below `limit` may
/// be committed; it is durable, unless the topic asks for the page cache.
struct LogEnds {
  Offset high_watermark;
  Offset limit;
  Offset written_end;
};

struct LeaderConfig {
  std::int32_t min_insync_replicas{1};
  Duration replica_lag_max{milliseconds(30'000)};  ///< replica.lag.time.max.ms
};

/// An ISR that the leader asks the controller for with AlterPartition.
struct IsrChange {
  struct Member {
    NodeId id;
    BrokerEpoch broker_epoch;  ///< -1: not known, not checked
    bool operator==(const Member&) const = default;
  };
  LeaderEpoch leader_epoch;
  PartitionEpoch partition_epoch;  ///< that it changes
  std::vector<Member> isr;
  bool recovering{false};
  bool operator==(const IsrChange&) const = default;
};

/// Whether a follower may be in the ISR, as far as this broker knows.
enum class Eligibility : std::uint8_t { eligible, fenced_or_shutting_down };

/// A follower's fetch. It acknowledges everything below `offset`.
struct FollowerFetch {
  NodeId follower;
  BrokerEpoch broker_epoch{-1};  ///< -1: the follower did not say
  Offset offset;
  Offset log_start;
  Eligibility eligibility{Eligibility::eligible};
};

/// The replication core of one replica: while this broker leads the partition it decides what is
/// committed and who is in sync; while it does not, only whom clients are sent to. Pure: the owner
/// protects it by the partition's mutex and hands it every change of the log's ends.
///
/// The high watermark is the least end of the log over the ISR and over those who are about to join
/// it: asked for already, or so close that they could never catch up if it ran ahead. It never goes
/// back, and stands still while the ISR is smaller than min.insync.replicas.
class Leader {
 public:
  enum class Role : std::uint8_t { none, follower, leader };
  enum class Applied : std::uint8_t {
    ignored,       ///< older than what is known
    updated,       ///< same leader and epoch; the ISR or the replicas may have changed
    new_epoch,     ///< another leader epoch, and this broker does not lead in it
    became_leader  ///< in a new epoch: the log's epoch starts at `epoch_start()`
  };

  Leader(NodeId self, LeaderConfig config) : self_(self), config_(config) {}

  void set_config(LeaderConfig config) { config_ = config; }

  /// News from the metadata log; only a partition epoch at or above the known one counts. On
  /// became_leader the caller remembers the epoch in the log's epoch cache before it appends, and
  /// then calls advance(): a leader of one commits what is durable at once.
  Applied apply(const PartitionState& state, LogEnds ends, MonoTime now);

  Role role() const;
  bool is_leader() const { return role() == Role::leader; }
  NodeId leader() const { return state_.leader; }
  LeaderEpoch leader_epoch() const { return state_.leader_epoch; }
  PartitionEpoch partition_epoch() const { return state_.partition_epoch; }
  const std::vector<NodeId>& isr() const { return state_.isr; }
  /// First offset of this leader's epoch. Until the high watermark has reached it, a client can not
  /// be told the latest offset (OFFSET_NOT_AVAILABLE).
  Offset epoch_start() const { return epoch_start_; }

  /// May a client or follower that believes in `epoch` (-1: does not say) use this replica as the
  /// leader? none, not_leader_or_follower, fenced_leader_epoch or unknown_leader_epoch.
  protocol::ErrorCode check_leader(LeaderEpoch epoch) const;
  /// Before an append with acks=-1: none or not_enough_replicas. Not asked for other acks.
  protocol::ErrorCode check_min_isr() const;
  /// When such an append is committed: none or not_enough_replicas_after_append.
  protocol::ErrorCode check_min_isr_after_append() const;
  bool is_under_min_isr() const;

  /// The log's ends or the ISR have moved: the new high watermark, if it is above the old one.
  std::optional<Offset> advance(LogEnds ends, MonoTime now);

  /// A fetch of a replica that passed check_leader. Call advance() after it. Errors: fetches of who
  /// is not a replica get unknown_leader_epoch if they knew an epoch (their metadata is newer),
  /// else not_leader_or_follower; so do those of an earlier incarnation of the broker.
  protocol::ErrorCode on_follower_fetch(const FollowerFetch& fetch, LeaderEpoch epoch, LogEnds ends,
                                        MonoTime now);
  /// Whether a follower that has caught up should join the ISR. At most one change is under way:
  /// null while one is. Until its answer the high watermark waits for the follower too.
  std::optional<IsrChange> maybe_expand_isr(NodeId follower, LogEnds ends);
  /// Members that have not caught up for replica_lag_max leave. Ask every half of that.
  std::optional<IsrChange> maybe_shrink_isr(LogEnds ends, MonoTime now);
  /// The answer to AlterPartition, apart from success, which comes as news through apply().
  /// True: the change is still wanted, send it again (`pending_change`).
  bool on_alter_partition_error(protocol::ErrorCode error);
  const std::optional<IsrChange>& pending_change() const { return pending_; }

 private:
  struct Replica {
    BrokerEpoch broker_epoch{-1};
    Offset log_end{no_offset};  ///< of its last fetch; -1: none in this epoch
    Offset log_start{no_offset};
    std::optional<MonoTime> last_caught_up;
    MonoTime last_fetch{};
    Offset leader_end_at_last_fetch{0};
    Eligibility eligibility{Eligibility::eligible};
  };

  void become_leader(LogEnds ends, MonoTime now);
  std::int32_t effective_min_isr() const;
  bool in_maximal_isr(NodeId id) const;
  bool is_caught_up(const Replica& replica, Offset leader_end, MonoTime now) const;
  IsrChange propose(const std::vector<NodeId>& isr) const;

  NodeId self_;
  LeaderConfig config_;
  PartitionState state_;
  Offset epoch_start_{no_offset};
  Offset high_watermark_{0};
  /// Followers, while leading; keyed by the replicas of `state_` without this broker.
  std::map<NodeId, Replica> replicas_;
  std::optional<IsrChange> pending_;
};

}  // namespace moldau::replication
