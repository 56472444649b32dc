#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/error.h"
#include "storage/log_private.h"

namespace moldau::storage {

/// Producers as of `end`: from the newest good snapshot at or below it, and the batches behind.
/// Pool.
Result<ProducerState> rebuild_producers(env::Disk& disk, const SegmentList& segments, Offset end,
                                        WallMs now);

/// Reads the headers of the batches of `file` below `size` into a new active segment and its
/// cursor; `end` becomes the offset behind the last one. Errors: corrupt, truncated, io.
Result<std::shared_ptr<Segment>> scan_as_active(env::Disk& disk, const std::string& directory,
                                                Offset base, std::shared_ptr<env::File> file,
                                                std::uint64_t size, std::int64_t index_interval,
                                                SegmentCursor& cursor, Offset* end = nullptr);

enum class Shutdown : std::uint8_t { clean, unclean };

struct LoadRequest {
  TopicPartition name;
  std::string directory;
  /// Written into a directory that has no partition.metadata; zero: none is known.
  Uuid topic_id;
  std::shared_ptr<const LogConfig> config;
  Shutdown shutdown{Shutdown::unclean};
  Offset recovery_point;                 ///< 0 where the checkpoint has none
  std::optional<Offset> log_start;       ///< log-start-offset-checkpoint
  std::optional<Offset> high_watermark;  ///< replication-offset-checkpoint
};
struct LoadOutcome {
  LoadedLog log;
  std::uint64_t torn_bytes_cut{0};
  int segments_recovered{0};
};

/// Loads one partition's directory, and after an unclean stop recovers it: the decision table of
/// docs/append.md, "Recovery". Pool. What it changed is in `log.dirty`, to be synced before the log
/// is served. Errors: corrupt for damage below the recovery point, with nothing cut; io.
Result<LoadOutcome> load_log(env::Disk& disk, WallMs now, const LoadRequest& request);

}  // namespace moldau::storage
