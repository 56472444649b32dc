#pragma once

#include <optional>
#include <vector>

#include "base/ids.h"
#include "storage/checkpoints.h"
#include "storage/read_plan.h"

namespace moldau::storage {

/// Where each leader epoch of one log begins (KIP-101, KIP-279). Epochs and offsets ascend
/// strictly. Not thread-safe: the log's mutex protects it.
class EpochCache {
 public:
  EpochCache() = default;
  explicit EpochCache(std::vector<EpochEntry> entries) : entries_(std::move(entries)) {}

  /// The epoch begins at `start`: entries that contradict it go. Returns whether anything changed.
  bool assign(LeaderEpoch epoch, Offset start);
  /// Forgets epochs that begin at or behind `end`.
  bool truncate_from_end(Offset end);
  /// Makes the epoch that `start` lies in begin there, and forgets older ones.
  bool truncate_from_start(Offset start);
  /// A failed append takes offsets back to `end`: the leader's own epoch, if it was to begin later,
  /// begins there.
  bool rewind(Offset end);
  void clear() { entries_.clear(); }

  std::optional<EpochEntry> latest() const;
  std::optional<LeaderEpoch> epoch_of(Offset offset) const;
  /// OffsetForLeaderEpoch as Kafka answers it; `end` is the log's end.
  EpochEnd end_offset_for(LeaderEpoch epoch, Offset end) const;
  const std::vector<EpochEntry>& entries() const { return entries_; }

 private:
  std::vector<EpochEntry> entries_;
};

}  // namespace moldau::storage
