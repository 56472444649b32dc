#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "storage/log.h"
#include "storage/log_config.h"
#include "storage/segment.h"

namespace moldau::storage {

/// What a cleaning of one log would work on.
struct CleanableRange {
  Offset first_dirty;
  Offset end;  ///< base of a segment: from here on nothing is touched
  std::uint64_t clean_bytes{0};
  std::uint64_t dirty_bytes{0};
  bool overdue{false};  ///< max.compaction.lag.ms has passed for something in it

  double dirty_ratio() const;
  bool is_due(const LogConfig& config) const;
};

struct CleanableNow {
  std::optional<Offset> clean_offset;  ///< the checkpoint's
  /// The recovery point on the disk: what is above it, a start reads again and expects whole.
  Offset recovery_point;
  Positions positions;
  WallMs wall;
};

/// Whole sealed segments below the last stable offset and the recovery point, until the first dirty
/// one with a record younger than min.compaction.lag.ms. Pool. Errors: of reading time indexes and
/// the first batches.
Result<CleanableRange> cleanable_range(const SegmentList& segments, const LogConfig& config,
                                       const CleanableNow& now);

/// Cuts `segments`, which end at `end`, into runs that are cleaned into one segment each: as many
/// as together stay within segment.bytes, the limit of the indexes and the reach of a relative
/// offset.
std::vector<SegmentList> group_segments(const SegmentList& segments, Offset end,
                                        const LogConfig& config);

}  // namespace moldau::storage
