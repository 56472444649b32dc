// Loading one partition's directory. What may be cut and what may not: docs/append.md, "Recovery".

#include "storage/recovery.h"

#include <algorithm>

#include "storage/batch_scanner.h"
#include "storage/directory_scan.h"
#include "storage/file_names.h"

namespace moldau::storage {

namespace {

constexpr std::uint64_t small_file_bytes_max = std::uint64_t{64} << 20;

/// The file's text, or null if there is none.
Result<std::optional<std::string>> read_text(env::Disk& disk, const std::string& path) {
  auto bytes = env::read_file(disk, path, small_file_bytes_max);
  if (!bytes && bytes.error().code == Errc::not_found) return std::nullopt;
  if (!bytes) return std::unexpected(std::move(bytes).error());
  return std::string(as_text(*bytes));
}

/// Loads one partition. One object per load; members are what has been found so far.
class Loader {
 public:
  Loader(env::Disk& disk, WallMs now, const LoadRequest& request)
      : disk_(disk), now_(now), request_(request) {}

  Result<LoadOutcome> run();

 private:
  Result<> read_metadata();
  Result<> sync_if_new();
  Result<bool> creation_was_interrupted();
  Result<> write_missing_metadata();
  Result<> create_first_segment(Offset base);
  Result<> load_clean();
  Result<> load_active(const SegmentFiles& files);
  Result<> recover();
  Result<bool> recover_segment(std::size_t index);
  Result<> on_recovered(const BatchHeader& header, BatchScanner& scanner, const Segment& segment);
  Result<> cut_tail(std::size_t index, std::uint64_t position);
  Result<> seal(std::size_t index);
  Result<> open_sealed(const SegmentFiles& files);
  Result<bool> knows_of_records(Offset base);
  void finish();

  Result<std::shared_ptr<env::File>> open_log(Offset base) {
    return Result<std::shared_ptr<env::File>>(TRY(
        disk_.open(fmt::format("{}/{}", request_.directory, segment_file_name(base, log_suffix)),
                   env::OpenMode::write)));
  }

  env::Disk& disk_;
  const WallMs now_;
  const LoadRequest& request_;
  std::vector<SegmentFiles> files_;
  Offset recovery_point_;
  LoadOutcome outcome_;
  LoadedLog& log_{outcome_.log};
  // Of the segment that is being recovered.
  std::vector<AbortedTxn> aborted_;
};

Result<LoadOutcome> Loader::run() {
  log_.name = request_.name;
  log_.directory = request_.directory;
  recovery_point_ = request_.recovery_point;
  TRY(read_metadata());
  auto found = TRY(scan_partition_directory(disk_, request_.directory));
  files_ = std::move(found.segments);
  if (files_.empty()) {
    if (recovery_point_ > Offset(0)) {
      return fail(Errc::corrupt,
                  fmt::format("no segments below the recovery point {}", recovery_point_));
    }
    TRY(create_first_segment(request_.log_start.value_or(Offset(0))));
  } else if (request_.shutdown == Shutdown::clean) {
    TRY(load_clean());
  } else {
    TRY(recover());
  }
  for (const auto& path : found.stray_snapshots) TRY(remove_if_there(disk_, path));
  finish();
  TRY(write_missing_metadata());
  return std::move(outcome_);
}

Result<> Loader::read_metadata() {
  const auto in_directory = [&](std::string_view name) {
    return fmt::format("{}/{}", request_.directory, name);
  };
  if (const auto text = TRY(read_text(disk_, in_directory(partition_metadata_file)))) {
    auto id = parse_partition_metadata_of(request_.name, *text);
    if (id) {
      log_.topic_id = *id;
      TRY(sync_if_new());
    } else if (!TRY(creation_was_interrupted())) {
      return std::unexpected(std::move(id).error());
    }
  }
  if (const auto text = TRY(read_text(disk_, in_directory(leader_epoch_file)))) {
    log_.epochs = EpochCache(TRY(parse_epoch_checkpoint(*text)));
  }
  return {};
}

/// Whoever made the directory may have been killed before its sync: what is read here is perhaps in
/// the page cache only, and appends rest on it.
Result<> Loader::sync_if_new() {
  if (request_.shutdown == Shutdown::clean || recovery_point_ > Offset(0)) return {};
  const auto path = fmt::format("{}/{}", request_.directory, partition_metadata_file);
  log_.dirty.add(TRY(disk_.open(path, env::OpenMode::read)));
  return {};
}

/// A directory is complete and durable before anything is appended: what a crash has left of
/// partition.metadata is damage only beside data.
Result<bool> Loader::creation_was_interrupted() {
  if (request_.shutdown == Shutdown::clean || recovery_point_ > Offset(0)) return false;
  for (const auto& entry : TRY(disk_.list(request_.directory))) {
    if (!entry.name.ends_with(log_suffix)) continue;
    const auto path = fmt::format("{}/{}", request_.directory, entry.name);
    const auto file = TRY(disk_.open(path, env::OpenMode::read));
    if (entry.name != segment_file_name(Offset(0), log_suffix) || TRY(file->size()) > 0) {
      return false;
    }
  }
  return true;
}

/// As Kafka does for directories older than topic ids.
Result<> Loader::write_missing_metadata() {
  if (!log_.topic_id.is_zero() || request_.topic_id.is_zero()) return {};
  log_.topic_id = request_.topic_id;
  const auto path = fmt::format("{}/{}", request_.directory, partition_metadata_file);
  const auto text = format_partition_metadata(request_.topic_id, request_.name);
  if (log_.end > log_.log_start) return env::replace_file(disk_, path, as_bytes(text));
  // Nothing of value yet: synced with the rest, before anything is appended.
  log_.dirty.add(TRY(write_file(disk_, path, as_bytes(text))));
  log_.dirty.directory = true;
  return {};
}

Result<> Loader::create_first_segment(Offset base) {
  auto segment = std::make_shared<Segment>(disk_, request_.directory, base, 0,
                                           std::make_unique<MemoryIndexes>());
  log_.dirty.add(TRY(write_file(disk_, segment->path(log_suffix), Bytes{})));
  log_.dirty.directory = true;
  log_.segments.push_back(std::move(segment));
  log_.cursor = {.segment_base = base, .created_ms = now_.value};
  log_.end = base;
  return {};
}

Result<> Loader::load_clean() {
  for (std::size_t i = 0; i + 1 < files_.size(); ++i) TRY(open_sealed(files_[i]));
  TRY(load_active(files_.back()));
  if (log_.end < recovery_point_) {
    return fail(Errc::corrupt,
                fmt::format("ends at {}, below the recovery point {}", log_.end, recovery_point_));
  }
  log_.producers = TRY(rebuild_producers(disk_, log_.segments, log_.end, now_));
  log_.clean = true;
  return {};
}

/// A segment below the recovery point: taken as it is; only a missing index is made again.
/// Compaction may have left nothing of it, but then its time index knows of no record either.
Result<> Loader::open_sealed(const SegmentFiles& files) {
  const auto file = TRY(open_log(files.base));
  const auto size = TRY(file->size());
  if (size == 0 && files.has_time_index && TRY(knows_of_records(files.base))) {
    return fail(Errc::corrupt, fmt::format("{} is empty, below the recovery point {}", file->path(),
                                           recovery_point_));
  }
  auto segment = std::make_shared<Segment>(disk_, request_.directory, files.base, size, nullptr);
  if (!files.has_index || !files.has_time_index) {
    SegmentCursor cursor;
    const auto rebuilt = TRY(scan_as_active(disk_, request_.directory, files.base, file, size,
                                            request_.config->index_interval_bytes, cursor));
    TRY(write_indexes(disk_, *rebuilt, cursor.index.max_timestamp, log_.dirty.files));
    log_.dirty.directory = true;
  }
  log_.segments.push_back(std::move(segment));
  return {};
}

/// Whether the segment's time index names a record; a roll writes the newest timestamp to it.
Result<bool> Loader::knows_of_records(Offset base) {
  const auto entries = read_index_file<TimeIndexEntry>(
      disk_, fmt::format("{}/{}", request_.directory, segment_file_name(base, time_index_suffix)));
  return entries && !entries->empty();
}

/// The last segment after a clean stop: indexes come into memory, the tail behind the last entry is
/// walked. Anything that is not whole there is damage, since the stop has synced it.
Result<> Loader::load_active(const SegmentFiles& files) {
  const auto file = TRY(open_log(files.base));
  const auto size = TRY(file->size());
  const auto interval = request_.config->index_interval_bytes;
  auto offsets = files.has_index
                     ? read_index_file<OffsetIndexEntry>(
                           disk_, fmt::format("{}/{}", request_.directory,
                                              segment_file_name(files.base, index_suffix)))
                     : fail(Errc::not_found);
  auto times = files.has_time_index
                   ? read_index_file<TimeIndexEntry>(
                         disk_, fmt::format("{}/{}", request_.directory,
                                            segment_file_name(files.base, time_index_suffix)))
                   : fail(Errc::not_found);
  const bool usable =
      offsets && times &&
      (offsets->empty() || static_cast<std::uint64_t>(offsets->back().position) < size);
  if (!usable) {
    const auto segment = TRY(scan_as_active(disk_, request_.directory, files.base, file, size,
                                            interval, log_.cursor, &log_.end));
    log_.segments.push_back(segment);
    return {};
  }
  auto indexes = std::make_unique<MemoryIndexes>();
  for (const auto& entry : *offsets) indexes->offsets.push_back(entry);
  for (const auto& entry : *times) indexes->times.push_back(entry);
  auto& cursor = log_.cursor;
  cursor = {.segment_base = files.base, .position = size, .created_ms = now_.value};
  cursor.index.entries = offsets->size();
  if (!times->empty()) {
    cursor.index.max_timestamp = {times->back().timestamp,
                                  files.base + times->back().relative_offset};
  }
  log_.end = files.base;
  if (size > 0) {
    BatchScanner first(*file, 0, size, ReadMode::blocking, records::batch_header_size);
    const auto batch = TRY(first.next());
    cursor.first_timestamp = batch->header.max_timestamp;
    const auto indexed =
        offsets->empty() ? 0 : static_cast<std::uint64_t>(offsets->back().position);
    cursor.index.bytes_since_entry = static_cast<std::int64_t>(size - indexed);
    BatchScanner scanner(*file, indexed, size, ReadMode::blocking, BatchScanner::lookup_buffer);
    while (const auto next = scanner.next()) {
      if (!*next) break;
      log_.end = (*next)->header.next_offset();
      auto& max = cursor.index.max_timestamp;
      if ((*next)->header.max_timestamp > max.timestamp) {
        max = {(*next)->header.max_timestamp, (*next)->header.last_offset};
      }
    }
    if (scanner.position() != size) {
      return fail(Errc::corrupt, fmt::format("{}: bad batch at {} after a clean stop", file->path(),
                                             scanner.position()));
    }
  }
  auto segment =
      std::make_shared<Segment>(disk_, request_.directory, files.base, size, std::move(indexes));
  segment->set_max_timestamp(cursor.index.max_timestamp);
  log_.segments.push_back(std::move(segment));
  return {};
}

/// Segments below the recovery point are taken as they are; those from it on are read again.
Result<> Loader::recover() {
  std::size_t first = 0;
  while (first + 1 < files_.size() && files_[first + 1].base <= recovery_point_) ++first;
  for (std::size_t i = 0; i < first; ++i) TRY(open_sealed(files_[i]));
  if (first > 0) {
    log_.producers = TRY(rebuild_producers(disk_, log_.segments, files_[first].base, now_));
  } else {
    log_.producers = TRY(load_snapshot_at(disk_, request_.directory, files_[0].base, now_));
  }
  log_.end = files_[first].base;
  for (auto i = first; i < files_.size(); ++i) {
    const bool whole = TRY(recover_segment(i));
    if (!whole || i + 1 == files_.size()) break;
    const auto next = files_[i + 1].base;
    const bool overlap = next < log_.end;
    // Behind the point a missing piece means that the rest was written and never synced.
    const bool hole =
        next > log_.end && log_.end >= recovery_point_ && !request_.config->cleanup_compact;
    if (overlap && next < recovery_point_) {
      return fail(Errc::corrupt, fmt::format("segment {} overlaps the one before", next));
    }
    if (overlap || hole) {
      TRY(cut_tail(i, log_.segments.back()->size()));
      break;
    }
    TRY(seal(i));
  }
  TRY(remove_snapshots_above(disk_, request_.directory, log_.end));
  log_.dirty.directory = true;
  return {};
}

/// Reads and checks every batch. False if a tail was cut, with all later segments.
Result<bool> Loader::recover_segment(std::size_t index) {
  const auto base = files_[index].base;
  const auto file = TRY(open_log(base));
  const auto size = TRY(file->size());
  auto segment = std::make_shared<Segment>(disk_, request_.directory, base, 0,
                                           std::make_unique<MemoryIndexes>());
  segment->set_log_file(file);
  log_.cursor = {.segment_base = base, .created_ms = now_.value};
  log_.end = base;
  aborted_.clear();
  ++outcome_.segments_recovered;

  BatchScanner scanner(*file, 0, size, ReadMode::blocking, BatchScanner::scan_buffer);
  std::uint64_t good = 0;
  std::string why;
  for (;;) {
    const auto next = check_next_batch(scanner, base, log_.end);
    if (!next && next.error().code != Errc::corrupt && next.error().code != Errc::truncated) {
      return std::unexpected(next.error());
    }
    if (!next) why = next.error().to_string();
    if (!next || !*next) break;
    const auto& header = (*next)->header;
    if (log_.cursor.position == 0) log_.cursor.first_timestamp = header.max_timestamp;
    segment->appended(header, good, request_.config->index_interval_bytes, log_.cursor.index);
    TRY(on_recovered(header, scanner, *segment));
    good += header.size;
    log_.cursor.position = good;
    log_.end = header.next_offset();
  }
  const bool last = index + 1 == files_.size();
  const bool short_of_point = log_.end < recovery_point_ &&
                              (last || !why.empty() || files_[index + 1].base > recovery_point_);
  if (short_of_point) {
    return fail(Errc::corrupt, fmt::format("damage in {} at byte {}, offset {}, below the recovery "
                                           "point {}: {}",
                                           file->path(), good, log_.end, recovery_point_,
                                           why.empty() ? "the file ends" : why));
  }
  TRY(write_txn_index(disk_, *segment, aborted_, log_.dirty));
  log_.segments.push_back(segment);
  log_.dirty.add(file);
  if (good == size) return true;
  TRY(cut_tail(index, good));
  return false;
}

Result<> Loader::on_recovered(const BatchHeader& header, BatchScanner& scanner,
                              const Segment& segment) {
  if (log_.epochs.assign(header.leader_epoch, header.base_offset)) log_.epochs_unsaved = true;
  const auto completed = TRY(replay_producer(log_.producers, header, scanner, now_));
  if (completed && completed->aborted) {
    aborted_.push_back({completed->producer_id, completed->first_offset, completed->last_offset,
                        log_.producers.last_stable_offset(*completed)});
  }
  static_cast<void>(segment);
  return {};
}

/// Cuts the segment at `position` and removes all behind it: none of it was ever acknowledged.
Result<> Loader::cut_tail(std::size_t index, std::uint64_t position) {
  const auto file = TRY(open_log(files_[index].base));
  const auto size = TRY(file->size());
  for (auto later = files_.size(); later-- > index + 1;) {
    const auto gone = TRY(open_log(files_[later].base));
    outcome_.torn_bytes_cut += TRY(gone->size());
    TRY(remove_segment_files(disk_, request_.directory, files_[later].base));
  }
  if (size > position) {
    outcome_.torn_bytes_cut += size - position;
    TRY(file->truncate(position));
  }
  log_.dirty.add(file);
  return {};
}

Result<> Loader::seal(std::size_t index) {
  auto& segment = log_.segments[index];
  TRY(write_indexes(disk_, *segment, log_.cursor.index.max_timestamp, log_.dirty.files));
  segment = Segment::sealed(*segment, log_.cursor.index.max_timestamp);
  segment->close_files();
  return {};
}

void Loader::finish() {
  const auto first = log_.segments.front()->base_offset();
  log_.log_start = std::min(std::max(request_.log_start.value_or(first), first), log_.end);
  if (log_.epochs.truncate_from_end(log_.end)) log_.epochs_unsaved = true;
  if (log_.epochs.truncate_from_start(log_.log_start)) log_.epochs_unsaved = true;
  log_.high_watermark =
      std::clamp(request_.high_watermark.value_or(log_.log_start), log_.log_start, log_.end);
  log_.recovery_point = std::min(recovery_point_, log_.end);
  // Opened again when first used: a thousand idle partitions need no thousand files.
  for (const auto& segment : log_.segments) segment->close_files();
}

}  // namespace

Result<LoadOutcome> load_log(env::Disk& disk, WallMs now, const LoadRequest& request) {
  auto outcome = Loader(disk, now, request).run();
  if (!outcome) return std::unexpected(std::move(outcome).error().within(request.directory));
  return outcome;
}

}  // namespace moldau::storage
