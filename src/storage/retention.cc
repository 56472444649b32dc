// Removal of segments that are not needed any more, from the front of the log.

#include "storage/directory_scan.h"
#include "storage/file_names.h"
#include "storage/log_private.h"
#include "storage/recovery.h"

namespace moldau::storage {

namespace {

/// How many segments from the front may go. The active one never does.
struct Victims {
  std::size_t count{0};
  bool roll_wanted{false};  ///< the active segment is due as well
};

/// What counts for retention.ms: records without timestamps are as old as their file. Null: nothing
/// is in it.
Result<std::optional<std::int64_t>> newest_of(const Segment& segment) {
  const auto largest = TRY(segment.max_timestamp()).timestamp;
  if (largest >= 0) return largest;
  if (segment.size() == 0) return std::nullopt;
  return TRY(TRY(segment.log_file(ReadMode::blocking))->modified()).value;
}

/// Makes the segment's indexes again, from what its batches say.
Result<> replace_indexes(env::Disk& disk, Segment& segment, const Segment& read_again,
                         const MaxTimestamp& newest) {
  std::vector<std::shared_ptr<env::File>> made;
  TRY(write_indexes(disk, read_again, newest, made, cleaned_suffix));
  for (const auto& file : made) TRY(file->datasync());
  for (const auto suffix : {index_suffix, time_index_suffix}) {
    TRY(disk.rename(segment.path(suffix) + std::string(cleaned_suffix), segment.path(suffix)));
  }
  segment.close_files();
  return disk.sync_directory(segment.directory());
}

/// Nothing protects an index, and nobody has read the segment since the start: what it says must
/// not make young records old. Reads all batches, once for each segment.
Result<> check_newest(DirContext& dir, Segment& segment, std::int64_t index_interval) {
  const auto told = TRY(segment.max_timestamp()).timestamp;
  SegmentCursor cursor;
  const auto read_again = TRY(scan_as_active(dir.disk(), segment.directory(), segment.base_offset(),
                                             TRY(segment.log_file(ReadMode::blocking)),
                                             segment.size(), index_interval, cursor));
  const auto& newest = cursor.index.max_timestamp;
  segment.set_max_timestamp(newest);
  if (newest.timestamp == told) return {};
  dir.env().log().warn("a damaged time index is made again file={} newest={} said={}",
                       segment.path(time_index_suffix), newest.timestamp, told);
  return replace_indexes(dir.disk(), segment, *read_again, newest);
}

bool is_damage(const Result<>& checked) {
  return !checked &&
         (checked.error().code == Errc::corrupt || checked.error().code == Errc::truncated);
}

/// What is in it is older than `retention_ms`, all of it. Of a segment that is damaged nothing is.
Result<bool> is_old(DirContext& dir, Segment& segment, const LogConfig& config, WallMs now) {
  const auto is_due = [&]() -> Result<bool> {
    const auto newest = TRY(newest_of(segment));
    return newest && now.value - *newest > config.retention_ms;
  };
  if (!TRY(is_due())) return false;
  if (segment.has_memory_indexes() || segment.knows_max_timestamp()) return true;
  const auto checked = check_newest(dir, segment, config.index_interval_bytes);
  if (is_damage(checked)) return false;
  TRY(Result<>(checked));
  return is_due();
}

Result<Victims> find_victims(DirContext& dir, const SegmentList& list, const LogConfig& config,
                             const Positions& positions, WallMs now) {
  std::uint64_t total = 0;
  for (const auto& segment : list) total += segment->size();
  const bool by_policy = config.cleanup_delete;
  const bool by_size = by_policy && config.retention_bytes >= 0;
  const bool by_time = by_policy && config.retention_ms >= 0;
  auto excess = by_size ? static_cast<std::int64_t>(total) - config.retention_bytes : 0;
  Victims victims;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const bool active = i + 1 == list.size();
    const auto upper = active ? positions.written_end : list[i + 1]->base_offset();
    if (upper > positions.high_watermark) break;
    bool due = upper <= positions.log_start;
    if (!due && by_size) due = excess >= static_cast<std::int64_t>(list[i]->size());
    if (!due && by_time) due = TRY(is_old(dir, *list[i], config, now));
    if (!due) break;
    if (active) {
      victims.roll_wanted = list[i]->size() > 0;
      break;
    }
    excess -= static_cast<std::int64_t>(list[i]->size());
    ++victims.count;
  }
  return victims;
}

Result<> retire_segment(DirContext& dir, const Segment& segment, std::int64_t delay_ms) {
  // The log first: one without its transaction index would show what was aborted. A start removes
  // what is left without a log.
  for (const auto suffix : {log_suffix, index_suffix, time_index_suffix, txn_index_suffix,
                            snapshot_suffix, snapshot_copy_suffix}) {
    TRY(retire_file(dir, segment.path(suffix), delay_ms));
  }
  return {};
}

/// A second copy, should the disk damage the first. Retention makes room: it does not need any.
Result<> copy_snapshot(DirContext& dir, const Segment& segment, Bytes snapshot) {
  const auto write = [&]() -> Result<> {
    const auto path = segment.path(snapshot_copy_suffix);
    return TRY(write_file(dir.disk(), path, snapshot))->datasync();
  };
  auto written = write();
  if (!written && written.error().code == Errc::no_space) {
    return remove_if_there(dir.disk(), segment.path(snapshot_copy_suffix));
  }
  return written;
}

/// What goes may hold the last batches of a producer: from then on only the snapshot at the start
/// of what stays knows his sequence numbers. A roll leaves its sync to the next flush, and a power
/// cut may have torn it.
Result<> keep_producers(DirContext& dir, const SegmentList& list, std::size_t kept) {
  const auto& segment = *list[kept];
  const auto path = segment.path(snapshot_suffix);
  const auto bytes = env::read_file(dir.disk(), path, snapshot_bytes_max);
  if (const auto entries = bytes ? parse_producer_snapshot(*bytes) : fail(Errc::not_found)) {
    TRY(TRY(dir.disk().open(path, env::OpenMode::read))->datasync());
    if (!entries->empty()) TRY(copy_snapshot(dir, segment, *bytes));
    return dir.disk().sync_directory(segment.directory());
  }
  const auto producers = rebuild_producers(dir.disk(), list, segment.base_offset(), dir.wall());
  if (!producers) {
    dir.env().log().warn("producers of removed segments are forgotten path={} error=\"{}\"", path,
                         producers.error().to_string());
    return {};
  }
  const auto snapshot = format_producer_snapshot(producers->snapshot());
  TRY(TRY(write_file(dir.disk(), path, snapshot))->datasync());
  if (producers->size() > 0) TRY(copy_snapshot(dir, segment, snapshot));
  return dir.disk().sync_directory(segment.directory());
}

}  // namespace

Result<> retire_file(DirContext& dir, const std::string& path, std::int64_t delay_ms) {
  const auto retired = path + std::string(deleted_suffix);
  auto renamed = dir.disk().rename(path, retired);
  if (!renamed && renamed.error().code == Errc::not_found) return {};
  // The directory has no room for another name. One that stayed would come back after a start, with
  // a hole behind it; whoever reads the file has it open.
  if (!renamed && renamed.error().code == Errc::no_space) {
    return remove_if_there(dir.disk(), path);
  }
  TRY(std::move(renamed));
  dir.remove_later(retired, delay_ms);
  return {};
}

Result<int> Log::Private::apply_retention(const std::shared_ptr<Log>& self, WallMs now) {
  if (!begin_maintenance()) return 0;
  const auto settings = self->config();
  const auto remove = [&]() -> Result<int> {
    const auto list = segment_list();
    const auto victims = TRY(find_victims(dir, *list, *settings, ends.load().positions(), now));
    if (victims.roll_wanted) roll(self);
    if (victims.count == 0) return 0;
    TRY(keep_producers(dir, *list, victims.count));
    {
      env::Lock lock(mutex);
      log_start = std::max(log_start, (*list)[victims.count]->base_offset());
      if (epochs.truncate_from_start(log_start)) ++epochs_version;
      touched = true;
      publish();
    }
    // Of several renames a power cut may keep the later ones: what is below the start is then no
    // hole, whichever comes back.
    if (victims.count > 1) TRY(dir.write_log_starts());
    for (std::size_t i = 0; i < victims.count; ++i) {
      // For readers that have found it already; they see the error otherwise.
      static_cast<void>((*list)[i]->hold_files());
    }
    {
      env::Lock lock(segments_mutex);
      // The front is ours alone; the writer may have rolled meanwhile.
      segments = std::make_shared<SegmentList>(
          segments->begin() + static_cast<std::ptrdiff_t>(victims.count), segments->end());
    }
    for (std::size_t i = 0; i < victims.count; ++i) {
      TRY(retire_segment(dir, *(*list)[i], settings->file_delete_delay_ms));
    }
    TRY(dir.disk().sync_directory((*list)[0]->directory()));
    return static_cast<int>(victims.count);
  };
  auto result = remove();
  if (!result && result.error().code != Errc::no_space) dir.take_offline(result.error());
  end_maintenance();
  return result;
}

/// The snapshot at `offset` has all that is below it.
Result<int> Log::Private::delete_below(const std::shared_ptr<Log>& self, Offset offset) {
  self->advance_log_start(offset);
  return apply_retention(self, dir.wall());
}

}  // namespace moldau::storage
