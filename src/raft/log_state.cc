#include "raft/log_state.h"

#include <fmt/format.h>

#include "raft/snapshot_reader.h"

namespace moldau::raft {

void LogState::load_snapshot(const SnapshotContents& snapshot) {
  // Of the snapshot of zero -1: nothing in the log has said it.
  const Offset known_at = snapshot.id.offset - 1;
  voters_.clear();
  kraft_versions_.clear();
  epoch_starts_.clear();
  if (snapshot.kraft_version) kraft_versions_[known_at] = *snapshot.kraft_version;
  if (snapshot.voters) voters_[known_at] = *snapshot.voters;
  end_ = snapshot.id;
  if (snapshot.id.offset > Offset(0)) epoch_starts_[snapshot.id.epoch] = snapshot.id.offset;
  latest_snapshot_ = snapshot.id;
  bytes_ = 0;
}

Result<> LogState::append(const records::BatchView& batch) {
  if (batch.base_offset() != end_.offset) {
    return fail(Errc::corrupt, fmt::format("metadata log: a batch at offset {} where {} is next",
                                           batch.base_offset(), end_.offset));
  }
  if (batch.partition_leader_epoch() < end_.epoch) {
    return fail(Errc::corrupt,
                fmt::format("metadata log: epoch {} at offset {} behind epoch {}",
                            batch.partition_leader_epoch(), batch.base_offset(), end_.epoch));
  }
  if (batch.is_control()) {
    for (const auto& [offset, record, value] : TRY(read_control_batch(batch))) {
      if (const auto* version = std::get_if<protocol::KRaftVersionRecord>(&record)) {
        if (version->kraft_version > kraft_version_max) {
          return fail(Errc::unsupported, fmt::format("kraft.version {}", version->kraft_version));
        }
        kraft_versions_[offset] = version->kraft_version;
      } else if (const auto* voters = std::get_if<protocol::VotersRecord>(&record)) {
        voters_[offset] = VoterSet::from_record(*voters);
      }
    }
  }
  epoch_starts_.try_emplace(batch.partition_leader_epoch(), batch.base_offset());
  end_ = {batch.next_offset(), batch.partition_leader_epoch()};
  bytes_ += batch.size_in_bytes();
  return {};
}

std::int16_t LogState::kraft_version_at(Offset end) const {
  const auto after = kraft_versions_.lower_bound(end);
  return after == kraft_versions_.begin() ? kraft_version_min : std::prev(after)->second;
}

const VoterSet& LogState::voters_at(Offset end) const {
  const auto after = voters_.lower_bound(end);
  return after == voters_.begin() ? static_voters_ : std::prev(after)->second;
}

bool LogState::voters_are_in_log() const {
  return !voters_.empty() && voters_.rbegin()->first != no_offset;
}

std::optional<OffsetAndEpoch> LogState::end_of_epoch(LeaderEpoch epoch) const {
  const auto next = epoch_starts_.upper_bound(epoch);
  if (next == epoch_starts_.begin()) return std::nullopt;
  const Offset end = next == epoch_starts_.end() ? end_.offset : next->second;
  return OffsetAndEpoch{end, std::prev(next)->first};
}

void LogState::snapshot_stored(OffsetAndEpoch id) {
  latest_snapshot_ = id;
}

}  // namespace moldau::raft
