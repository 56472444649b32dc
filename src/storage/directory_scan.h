#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "env/disk.h"
#include "storage/batch_scanner.h"
#include "storage/log_private.h"

namespace moldau::storage {

/// More than any producer snapshot has.
inline constexpr std::uint64_t snapshot_bytes_max = std::uint64_t{256} << 20;

struct SegmentFiles {
  Offset base;
  bool has_index{false};
  bool has_time_index{false};
};

struct PartitionFiles {
  std::vector<SegmentFiles> segments;  ///< by base offset
  /// Paths of producer snapshots that nobody needs once the log is known to be whole.
  std::vector<std::string> stray_snapshots;
};

/// Finishes what a stop has left half-done in a partition directory, as Kafka's LogLoader does:
/// removes `.deleted` and `.cleaned` files, completes swaps, removes indexes without a log.
Result<PartitionFiles> scan_partition_directory(env::Disk& disk, const std::string& directory);

/// Without an error if it is not there.
Result<> remove_if_there(env::Disk& disk, const std::string& path);
/// All files of one segment; those that are not there do not matter.
Result<> remove_segment_files(env::Disk& disk, const std::string& directory, Offset base);
Result<> remove_snapshots_above(env::Disk& disk, const std::string& directory, Offset end);

/// The snapshot named `offset`, or its copy; null if there is none, or none that is whole.
Result<std::optional<std::vector<ProducerSnapshotEntry>>> read_snapshot_at(
    env::Disk& disk, const std::string& directory, Offset offset);
/// The same as a state; empty for null.
Result<ProducerState> load_snapshot_at(env::Disk& disk, const std::string& directory, Offset offset,
                                       WallMs now);

/// The next batch, whole, with a good CRC, in order behind `expected`, in the reach of its segment.
/// Null at the end. Errors: corrupt or truncated with the reason; io.
Result<std::optional<BatchPosition>> check_next_batch(BatchScanner& scanner, Offset segment_base,
                                                      Offset expected);

/// Applies the batch that the scanner has just returned to the producers.
Result<std::optional<CompletedTxn>> replay_producer(ProducerState& producers,
                                                    const BatchHeader& header,
                                                    BatchScanner& scanner, WallMs now);

/// Makes the segment's transaction index hold exactly `entries`; without any, there is no file.
Result<> write_txn_index(env::Disk& disk, const Segment& segment,
                         const std::vector<AbortedTxn>& entries, DirtySet& dirty);
/// Keeps the whole entries of the segment's transaction index that end below `end`.
Result<> cut_txn_index(env::Disk& disk, const Segment& segment, Offset end, DirtySet& dirty);

}  // namespace moldau::storage
