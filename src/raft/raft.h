#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "base/ids.h"
#include "base/time.h"
#include "protocol/messages/describe_quorum.h"
#include "raft/election_state.h"
#include "raft/log_state.h"
#include "raft/offset_and_epoch.h"
#include "raft/snapshot_writer.h"
#include "raft/voter_set.h"

namespace moldau::raft {

struct Config {
  ReplicaKey self;                  ///< node.id and the directory.id of the metadata log
  std::vector<Endpoint> listeners;  ///< of the controller, the default one first
  std::size_t batch_bytes_max{raft::batch_bytes_max};
  std::uint64_t snapshot_bytes{20 << 20};  ///< metadata.log.max.record.bytes.between.snapshots
  Duration snapshot_interval{milliseconds(3'600'000)};  ///< metadata.log.max.snapshot.interval.ms
};

/// Facts §4.2. A quorum of one passes from Unattached or Resigned through Candidate to Leader in
/// one step, as Apache does.
enum class Role : std::uint8_t { unattached, candidate, leader, resigned };
std::string_view name(Role role);

/// One batch of the metadata log.
struct LogBatch {
  Offset base_offset;
  Offset last_offset;
  LeaderEpoch epoch;
  std::int64_t timestamp;  ///< milliseconds
  SharedBytes bytes;
};

/// A range of the log that has become committed.
struct Committed {
  Offset begin;
  Offset end;  ///< the new high watermark
  /// Those batches of the range that this process has appended: all of it, or its end. What is
  /// before the first of them, the owner reads from its log.
  std::vector<LogBatch> batches;
};

/// What the owner must do, in the order of the members. Each duty must be complete before the next
/// one begins, except that a flush may still be under way while `committed` is delivered.
struct Ready {
  /// 1. Write this to `quorum-state` durably (temporary file, sync, rename, sync of the directory).
  /// Until that is done nothing below may happen, and no answer to a peer may leave.
  std::optional<ElectionState> election_state;
  /// 2. Append these at the end of the log, in this order; their offsets and epochs are in the
  /// bytes. Then flush, and call on_durable() with what the flush covered. Several Readies may be
  /// appended before one flush.
  std::vector<LogBatch> append;
  /// 3. Replay this in the state machines, and then release the answers that waited for offsets
  /// below its end. Nothing else is committed: not what was only appended.
  std::optional<Committed> committed;
  /// 4. This node leads in this epoch and everything up to the start of the epoch has been
  /// delivered: activate the controller. Once per epoch.
  std::optional<LeaderEpoch> active_epoch;
  /// 5. Not leader any more: deactivate the controller, fail what waits.
  bool leadership_lost{false};
  /// 6. A snapshot covers everything below this: delete older snapshots and whole segments below.
  std::optional<Offset> delete_before;

  bool empty() const {
    return !election_state && append.empty() && !committed && !active_epoch && !leadership_lost &&
           !delete_before;
  }
};

/// How an operation's records may be laid out.
enum class Split : std::uint8_t {
  forbidden,  ///< one batch, or nothing
  allowed,    ///< as many batches as needed
};

struct Appended {
  Offset base_offset;  ///< of the first record
  Offset last_offset;
};

/// KRaft consensus over the metadata log, without I/O (facts §4): time and events in, Ready out.
/// Not thread-safe: one driver owns it, does what each Ready says and calls back.
///
///     auto raft = Raft::make(config, election_state, log_state, now);
///     raft->start(now);
///     loop: ready = raft->take_ready(); do it; raft->on_durable(...); raft->append(...);
///
/// The leader counts its own log toward the high watermark only up to what a flush has covered.
/// This is the quorum of one: `make` refuses a voter set with others, whose roles and requests come
/// with the cluster.
class Raft {
 public:
  /// From what was found on disk: `quorum-state`, if there is one, and the replayed log. Errors:
  /// unsupported for a quorum in which this node is not the only voter; corrupt if the log is
  /// behind its snapshot.
  static Result<Raft> make(Config config, std::optional<ElectionState> election, LogState log,
                           MonoTime now);

  /// Takes up the role that the last one left, and as the only voter is elected at once.
  void start(WallMs wall);
  /// A graceful stop: no appends from here on. The only voter need not tell anybody.
  void resign();

  /// Appends one operation's records, encoded, at log_end(). They take effect when they are in a
  /// Ready's `committed`. Errors: unavailable if this node does not lead; too_large if the records
  /// do not fit into a batch of batch_bytes_max (or one of them does not, if they may be split).
  Result<Appended> append(std::span<const SharedBytes> values, Split split, WallMs wall);

  /// A flush has covered everything below `end`.
  void on_durable(Offset end);

  Ready take_ready();

  // --- Snapshots ----------------------------------------------------------------------------

  /// Enough was committed since the last one, in bytes or time, and none is being written.
  bool wants_snapshot(MonoTime now) const;
  /// When time alone will want one; null: there is nothing new, or one is being written.
  std::optional<MonoTime> snapshot_deadline() const;
  /// How to write the snapshot of a state that contains everything below `id.offset`; one at a
  /// time. Errors: invalid if that is not committed or not newer than the latest snapshot.
  Result<SnapshotOptions> begin_snapshot(OffsetAndEpoch id, std::int64_t last_timestamp);
  /// It is on disk under its final name.
  void on_snapshot_stored(MonoTime now);
  /// It could not be begun or written; the next one is due when as much has been committed again.
  void on_snapshot_failed(MonoTime now);

  // --- What is so --------------------------------------------------------------------------

  Role role() const { return role_; }
  bool is_leader() const { return role_ == Role::leader; }
  LeaderEpoch epoch() const { return election_.epoch; }
  /// -1 while there is none.
  NodeId leader() const { return election_.leader; }
  const ElectionState& election() const { return election_; }
  const VoterSet& voters() const { return log_.voters(); }
  std::int16_t kraft_version() const { return log_.kraft_version(); }
  const Config& config() const { return config_; }
  /// Where the next record will stand.
  Offset log_end() const { return log_.end().offset; }
  Offset durable_end() const { return durable_end_; }
  /// What this process has appended and is not committed, in order. A log that could not write all
  /// of it (its disk was full) must write the rest, the same bytes, before anything that follows.
  const std::deque<LogBatch>& uncommitted() const { return uncommitted_; }
  /// Null until the leader's epoch has begun to commit.
  std::optional<Offset> high_watermark() const { return high_watermark_; }

  /// `wall` stands for the leader's own fetch times.
  protocol::DescribeQuorumResponse describe_quorum(const protocol::DescribeQuorumRequest& request,
                                                   WallMs wall) const;

 private:
  Raft(Config config, ElectionState election, LogState log, MonoTime now);

  void become_candidate(WallMs wall);
  void become_leader(WallMs wall);
  void set_election(ElectionState election);
  void append_batch(SharedBytes bytes, std::int64_t timestamp);
  void maybe_advance_high_watermark();
  void commit_to(Offset high_watermark);
  std::uint64_t committed_bytes() const { return log_.bytes() - uncommitted_bytes_; }

  Config config_;
  ElectionState election_;
  LogState log_;
  Role role_{Role::unattached};
  Offset epoch_start_{no_offset};  ///< of this leader: the offset of its LeaderChange
  Offset durable_end_;
  std::optional<Offset> high_watermark_;
  /// Everything below has been handed out as committed.
  Offset delivered_end_;
  /// Appended here and not committed, in order.
  std::deque<LogBatch> uncommitted_;
  std::uint64_t uncommitted_bytes_{0};
  bool active_announced_{false};
  struct PendingSnapshot {
    OffsetAndEpoch id;
    std::uint64_t committed_bytes;
  };
  std::optional<PendingSnapshot> pending_snapshot_;
  std::uint64_t bytes_at_snapshot_{0};
  MonoTime last_snapshot_time_;
  Ready ready_;
};

}  // namespace moldau::raft
