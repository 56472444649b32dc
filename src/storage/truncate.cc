// Step 7 of docs/append.md: shortening the log. Runs exclusively on the pool.

#include "storage/batch_scanner.h"
#include "storage/directory_scan.h"
#include "storage/file_names.h"
#include "storage/log_private.h"
#include "storage/recovery.h"

namespace moldau::storage {

namespace {

/// The first batch that has something at or behind `target`; null if there is none.
Result<std::optional<BatchPosition>> first_batch_reaching(const Segment& segment, Offset target) {
  const auto file = TRY(segment.log_file(ReadMode::blocking));
  auto scanner = TRY(scanner_for(segment, *file, target, segment.size(), ReadMode::blocking));
  while (auto batch = TRY(scanner.next())) {
    if (batch->header.last_offset >= target) return batch;
  }
  return std::nullopt;
}

/// A flush round under way may hold what was dirty of the segments behind `durable`; it does not
/// count any more, so they are synced here.
Result<> sync_segments(env::Disk& disk, const SegmentList& kept, Offset durable) {
  for (std::size_t i = 0; i + 1 < kept.size(); ++i) {
    const auto next = kept[i + 1]->base_offset();
    if (next <= durable) continue;
    TRY(TRY(kept[i]->log_file(ReadMode::blocking))->datasync());
    const auto snapshot =
        fmt::format("{}/{}", kept[i]->directory(), segment_file_name(next, snapshot_suffix));
    for (const auto& path :
         {kept[i]->path(index_suffix), kept[i]->path(time_index_suffix), snapshot}) {
      TRY(TRY(disk.open(path, env::OpenMode::write))->datasync());
    }
  }
  return {};
}

}  // namespace

/// Readers and waiters first: from here on nobody looks behind `end`.
void Log::Private::shorten(Offset end, const SegmentCursor& cursor, Wakeups& wakeups) {
  env::Lock lock(mutex);
  ++generation;
  if (moving) cut_while_moving = std::min(cut_while_moving.value_or(end), end);
  fail_waiters(end, wakeups);
  written = {end, cursor.segment_base, cursor.position};
  if (durable.offset > end) durable = written;
  high_watermark = std::min(high_watermark, end);
  log_start = std::min(log_start, end);
  assigned_end = end;
  recovery_point = std::min(recovery_point, end);
  touched = true;
  publish();
}

/// Removes whole segments, the newest first, so that a crash leaves a log without a hole; and the
/// snapshots behind `end`.
Result<> Log::Private::cut_files(const SegmentList& removed, Offset end) {
  auto& disk = dir.disk();
  for (auto segment = removed.rbegin(); segment != removed.rend(); ++segment) {
    for (const auto suffix :
         {log_suffix, index_suffix, time_index_suffix, txn_index_suffix, snapshot_copy_suffix}) {
      TRY(remove_if_there(disk, (*segment)->path(suffix)));
    }
  }
  const auto path = segment_list()->back()->directory();
  for (const auto& entry : TRY(disk.list(path))) {
    const auto file = parse_segment_file_name(entry.name);
    if (!file || file->suffix != snapshot_suffix || file->base <= end) continue;
    TRY(remove_if_there(disk, fmt::format("{}/{}", path, entry.name)));
  }
  return {};
}

Result<> Log::Private::truncate(Offset target) {
  Wakeups wakeups(dir.env().workers());
  Offset start;
  Offset synced;
  std::int64_t interval = 0;
  {
    env::Lock lock(mutex);
    synced = durable.offset;
    if (state != LogState::repairing) return fail(Errc::io, "log is offline");
    if (target >= written.offset) return {};
    start = log_start;
    interval = config->index_interval_bytes;
  }
  const auto list = segment_list();
  if (target <= list->front()->base_offset() || target < start) return truncate_fully(target);

  auto keep = list->size();
  while ((*list)[keep - 1]->base_offset() >= target) --keep;
  const auto last = (*list)[keep - 1];
  const auto cut = TRY(first_batch_reaching(*last, target));
  const auto size = cut ? cut->position : last->size();
  const auto file = TRY(last->log_file(ReadMode::blocking));
  SegmentCursor cursor;
  Offset kept_end;
  const auto active = TRY(scan_as_active(dir.disk(), last->directory(), last->base_offset(), file,
                                         size, interval, cursor, &kept_end));
  // Compaction may have left nothing just below the target: a start finds the end of the batches.
  const auto end = std::min(target, kept_end);
  if (end < start) return truncate_fully(target);
  SegmentList kept(list->begin(), list->begin() + static_cast<std::ptrdiff_t>(keep));
  kept.back() = active;
  set_segments(std::make_shared<SegmentList>(kept));
  shorten(end, cursor, wakeups);
  wakeups.post();

  TRY(dir.lower_clean_offset(name, end));
  // A point above the new end would call the missing rest damage.
  TRY(dir.write_recovery_points());
  TRY(cut_files({list->begin() + static_cast<std::ptrdiff_t>(keep), list->end()}, end));
  TRY(file->truncate(size));
  TRY(remove_if_there(dir.disk(), active->path(index_suffix)));
  TRY(remove_if_there(dir.disk(), active->path(time_index_suffix)));
  {
    DirtySet made;
    TRY(cut_txn_index(dir.disk(), *active, end, made));
    env::Lock lock(mutex);
    for (const auto& dirty_file : made.files) dirty.add(dirty_file);
    dirty.add(file);
  }
  TRY(sync_segments(dir.disk(), kept, synced));
  auto rebuilt = TRY(rebuild_producers(dir.disk(), kept, end, dir.wall()));
  return finish_truncation(cursor, end, std::move(rebuilt));
}

/// Sync before ok; then all ends are `end`.
Result<> Log::Private::finish_truncation(const SegmentCursor& cursor, Offset end,
                                         ProducerState rebuilt) {
  DirtySet to_sync;
  std::string epoch_text;
  std::string path;
  {
    env::Lock lock(mutex);
    to_sync = std::exchange(dirty, {});
    dir.note_flushed(to_sync.bytes);
    rebuilt.on_high_watermark(high_watermark);
    producers = std::move(rebuilt);
    epochs.truncate_from_end(end);
    ++epochs_version;
    epoch_text = format_epoch_checkpoint(epochs.entries());
    path = directory;
  }
  for (const auto& file : to_sync.files) TRY(file->datasync());
  TRY(dir.disk().sync_directory(path));
  TRY(env::replace_file(dir.disk(), fmt::format("{}/{}", path, leader_epoch_file),
                        as_bytes(epoch_text)));
  env::Lock lock(mutex);
  epochs_saved = epochs_version;
  epochs_unsaved_from.reset();
  actual = cursor;
  planned = cursor;
  assigned_end = end;
  durable = written;
  publish();
  return {};
}

Result<> Log::Private::truncate_fully(Offset start) {
  Wakeups wakeups(dir.env().workers());
  const auto list = segment_list();
  auto fresh = std::make_shared<Segment>(dir.disk(), list->back()->directory(), start, 0,
                                         std::make_unique<MemoryIndexes>());
  const SegmentCursor cursor{.segment_base = start, .created_ms = dir.wall().value};
  set_segments(std::make_shared<SegmentList>(SegmentList{fresh}));
  shorten(std::min(start, list->front()->base_offset()), cursor, wakeups);
  wakeups.post();
  {
    env::Lock lock(mutex);
    // What is left half-way is recovered from its own start.
    recovery_point = Offset(0);
    log_start = start;
    high_watermark = start;
    written = {start, start, 0};
    durable = written;
    dir.note_flushed(std::exchange(dirty, {}).bytes);
    epochs.clear();
    publish();
  }
  TRY(dir.lower_clean_offset(name, Offset(0)));
  TRY(dir.write_recovery_points());
  TRY(cut_files(*list, Offset(-1)));
  std::shared_ptr<env::File> file = TRY(write_file(dir.disk(), fresh->path(log_suffix), Bytes{}));
  TRY(file->datasync());
  fresh->set_log_file(std::move(file));
  fresh->enlist();
  return finish_truncation(cursor, start, ProducerState{});
}

}  // namespace moldau::storage
