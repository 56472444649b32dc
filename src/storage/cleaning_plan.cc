#include "storage/cleaning_plan.h"

#include <algorithm>
#include <limits>

#include "storage/batch_scanner.h"

namespace moldau::storage {

namespace {

/// Timestamp of the first batch; none for an empty segment.
Result<std::int64_t> first_timestamp(const Segment& segment) {
  if (segment.size() == 0) return records::no_timestamp;
  const auto file = TRY(segment.log_file(ReadMode::blocking));
  BatchScanner scanner(*file, 0, segment.size(), ReadMode::blocking, records::batch_header_size);
  const auto batch = TRY(scanner.next());
  return batch ? batch->header.max_timestamp : records::no_timestamp;
}

/// Most bytes that the larger one of the segment's two indexes has when it is written now.
std::uint64_t index_bytes(const Segment& segment, const LogConfig& config) {
  const auto interval = std::max<std::int64_t>(
      config.index_interval_bytes, static_cast<std::int64_t>(records::batch_header_size));
  const auto entries = segment.size() / static_cast<std::uint64_t>(interval) + 1;
  return entries * IndexEntryCodec<TimeIndexEntry>::size;
}

}  // namespace

double CleanableRange::dirty_ratio() const {
  const auto total = static_cast<double>(clean_bytes + dirty_bytes);
  return total > 0 ? static_cast<double>(dirty_bytes) / total : 0;
}

bool CleanableRange::is_due(const LogConfig& config) const {
  return dirty_bytes > 0 && (overdue || dirty_ratio() > config.min_cleanable_dirty_ratio);
}

Result<CleanableRange> cleanable_range(const SegmentList& segments, const LogConfig& config,
                                       const CleanableNow& now) {
  const auto start = now.positions.log_start;
  auto first_dirty = now.clean_offset.value_or(start);
  // Retention has passed it, or it is not of this log.
  if (first_dirty < start || first_dirty > now.positions.written_end) first_dirty = start;
  const auto limit = std::min(now.positions.last_stable_offset, now.recovery_point);
  CleanableRange range{.first_dirty = first_dirty, .end = segments.front()->base_offset()};
  for (std::size_t i = 0; i + 1 < segments.size(); ++i) {
    const auto& segment = *segments[i];
    const auto upper = segments[i + 1]->base_offset();
    if (upper > limit) break;
    if (upper > first_dirty) {
      const auto newest = TRY(segment.max_timestamp()).timestamp;
      if (config.min_compaction_lag_ms > 0 &&
          newest > now.wall.value - config.min_compaction_lag_ms) {
        break;
      }
      if (config.max_compaction_lag_ms != never && !range.overdue) {
        const auto oldest = TRY(first_timestamp(segment));
        range.overdue = oldest > 0 && oldest < now.wall.value - config.max_compaction_lag_ms;
      }
    }
    (upper > first_dirty ? range.dirty_bytes : range.clean_bytes) += segment.size();
    range.end = upper;
  }
  range.end = std::max(range.end, segments.front()->base_offset());
  return range;
}

std::vector<SegmentList> group_segments(const SegmentList& segments, Offset end,
                                        const LogConfig& config) {
  std::vector<SegmentList> groups;
  std::uint64_t bytes = 0;
  std::uint64_t indexes = 0;
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const auto& segment = *segments[i];
    const auto upper = i + 1 < segments.size() ? segments[i + 1]->base_offset() : end;
    const auto index = index_bytes(segment, config);
    const bool fits =
        !groups.empty() &&
        bytes + segment.size() <= static_cast<std::uint64_t>(config.segment_bytes) &&
        indexes + index <= static_cast<std::uint64_t>(config.segment_index_bytes) &&
        upper - groups.back().front()->base_offset() <= std::numeric_limits<std::int32_t>::max();
    if (!fits) {
      groups.emplace_back();
      bytes = 0;
      indexes = 0;
    }
    groups.back().push_back(segments[i]);
    bytes += segment.size();
    indexes += index;
  }
  return groups;
}

}  // namespace moldau::storage
