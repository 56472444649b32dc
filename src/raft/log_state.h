#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "base/error.h"
#include "raft/control_records.h"
#include "raft/offset_and_epoch.h"
#include "raft/voter_set.h"
#include "records/batch.h"

namespace moldau::raft {

struct SnapshotContents;

/// What the metadata log and its latest snapshot say about the quorum: where the log ends, its
/// epochs, the voters and kraft.version. Control records count as soon as they are appended, not
/// when they are committed (KIP-853). Fed by the owner with every batch, in order.
class LogState {
 public:
  /// Of a static quorum (kraft.version 0) the voters come from `controller.quorum.voters`.
  explicit LogState(VoterSet static_voters = {}) : static_voters_(std::move(static_voters)) {}

  /// The state behind a snapshot, instead of what was there.
  void load_snapshot(const SnapshotContents& snapshot);
  /// The log's next batch. Errors: corrupt if it does not continue the log or its epoch is less
  /// than the last one.
  Result<> append(const records::BatchView& batch);

  OffsetAndEpoch end() const { return end_; }
  std::optional<OffsetAndEpoch> latest_snapshot() const { return latest_snapshot_; }
  /// Of all batches that were appended behind the snapshot that was loaded.
  std::uint64_t bytes() const { return bytes_; }

  std::int16_t kraft_version() const { return kraft_version_at(end_.offset); }
  const VoterSet& voters() const { return voters_at(end_.offset); }
  /// As of everything below `end`.
  std::int16_t kraft_version_at(Offset end) const;
  const VoterSet& voters_at(Offset end) const;
  /// False while the voters are known from formatting only: the first leader writes them to the
  /// log.
  bool voters_are_in_log() const;

  /// The largest epoch that is not above `epoch` and where it ends, as in OffsetForLeaderEpoch;
  /// null if the log's epochs start above it.
  std::optional<OffsetAndEpoch> end_of_epoch(LeaderEpoch epoch) const;

  /// A snapshot of everything below id.offset was stored.
  void snapshot_stored(OffsetAndEpoch id);

 private:
  /// Offsets of the records that set a value; -1: known from formatting.
  VoterSet static_voters_;
  std::map<Offset, VoterSet> voters_;
  std::map<Offset, std::int16_t> kraft_versions_;
  std::map<LeaderEpoch, Offset> epoch_starts_;
  OffsetAndEpoch end_{};
  std::optional<OffsetAndEpoch> latest_snapshot_;
  std::uint64_t bytes_{0};
};

}  // namespace moldau::raft
