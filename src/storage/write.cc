// Step 4 of docs/append.md: one writer at a time puts down what has queued up.

#include <array>
#include <vector>

#include "storage/file_names.h"
#include "storage/log_private.h"

namespace moldau::storage {

namespace {

constexpr int write_rounds_max = 8;
constexpr std::size_t write_bytes_max = std::size_t{4} << 20;
constexpr std::size_t pieces_max = 1024;  // IOV_MAX

}  // namespace

void DirtySet::add(const std::shared_ptr<env::File>& file) {
  // The active segment's file is nearly always the last one.
  if (files.empty() || files.back() != file) files.push_back(file);
}

/// To the end of the caller's turn, so that frames which arrived together go down together; to the
/// pool if the caller is no worker.
void Log::Private::schedule_writer(const std::shared_ptr<Log>& self) {
  if (auto* worker = dir.env().workers().current()) {
    worker->post([this, self] { write_queue(self, Place::worker); });
  } else {
    dir.pool().submit(env::IoClass::flush, [this, self] { write_queue(self, Place::pool); });
  }
}

void Log::Private::write_queue(const std::shared_ptr<Log>& self, Place place) {
  Wakeups wakeups(dir.env().workers());
  for (int round = 0; round < write_rounds_max; ++round) {
    switch (write_once(self, place, wakeups)) {
      case WriteStep::more:
        continue;
      case WriteStep::idle:
      case WriteStep::failed:
        return;
      case WriteStep::needs_pool:
        dir.pool().submit(env::IoClass::flush, [this, self] { write_queue(self, Place::pool); });
        return;
    }
  }
  // Others on this worker want their turn.
  if (place == Place::worker) {
    schedule_writer(self);
  } else {
    dir.pool().submit(env::IoClass::flush, [this, self] { write_queue(self, Place::pool); });
  }
}

/// Takes what has queued up in hand, and from that what goes into one write. Idle gives the
/// writer's role up.
Log::Private::WriteStep Log::Private::take(Place place, std::vector<QueueItem>& taken) {
  {
    env::Lock lock(mutex);
    segment_bytes = static_cast<std::uint64_t>(config->segment_bytes);
    const bool writable = state == LogState::ok || state == LogState::draining;
    if (!writable) in_hand.clear();  // who waited has been told
    if (writable && in_hand.empty()) in_hand.swap(queue);
    if (in_hand.empty()) {
      writer = false;
      return WriteStep::idle;
    }
  }
  const auto& next = in_hand.front();
  const bool blocks = next.roll_before != nullptr || next.aborted != nullptr ||
                      segment_list()->back()->open_log_file() == nullptr || dir.is_slow();
  if (place == Place::worker && blocks) return WriteStep::needs_pool;
  std::size_t bytes = 0;
  std::size_t pieces = 0;
  while (!in_hand.empty()) {
    auto& item = in_hand.front();
    if (!taken.empty() && (item.roll_before != nullptr || item.aborted != nullptr ||
                           bytes + item.header.size > write_bytes_max || pieces + 2 > pieces_max)) {
      break;
    }
    bytes += item.header.size;
    pieces += 2;
    taken.push_back(std::move(item));
    in_hand.pop_front();
  }
  return WriteStep::more;
}

Log::Private::WriteStep Log::Private::write_once(const std::shared_ptr<Log>& self, Place place,
                                                 Wakeups& wakeups) {
  std::vector<QueueItem> taken;
  const auto step = take(place, taken);
  if (step == WriteStep::idle) {
    std::optional<env::Job> exclusive;
    {
      env::Lock lock(mutex);
      exclusive = next_exclusive();
    }
    if (exclusive) submit_exclusive(std::move(*exclusive));
  }
  if (step != WriteStep::more) return step;

  const auto written_or_error = [&]() -> Result<Written> {
    if (taken.front().roll_before != nullptr) TRY(write_roll(taken.front()));
    auto active = segment_list()->back();
    const auto file = TRY(active->log_file(ReadMode::blocking));
    TRY(write_items(*active, *file, taken));
    TRY(write_aborted(taken));
    return Written{std::move(active), file};
  }();
  if (!written_or_error) {
    in_hand.insert(in_hand.begin(), std::move_iterator(taken.begin()),
                   std::move_iterator(taken.end()));
    fail_appends(self, written_or_error.error(), wakeups);
    return WriteStep::failed;
  }
  std::size_t bytes = 0;
  for (const auto& item : taken) bytes += item.bytes.size();
  return finish_write(self, *written_or_error, taken, bytes, wakeups);
}

Result<> Log::Private::write_items(Segment& active, env::File& file,
                                   const std::vector<QueueItem>& taken) {
  std::vector<Bytes> pieces;  // not an array of pieces_max: filling that costs more than the rest
  pieces.reserve(2 * taken.size());
  std::uint64_t bytes = 0;
  for (const auto& item : taken) {
    if (item.bytes.empty()) continue;
    if (item.has_prefix) {
      pieces.emplace_back(item.prefix);
      pieces.push_back(item.bytes.bytes().subspan(QueueItem::prefix_size));
    } else {
      pieces.push_back(item.bytes.bytes());
    }
    bytes += item.bytes.size();
  }
  if (pieces.empty()) return {};
  auto& clock = dir.env().clock();
  const auto before = clock.now();
  if (active.wants_room(bytes, segment_bytes) && dir.take_room(room_bytes_max)) {
    active.make_room(file, bytes, segment_bytes);
  }
  auto result = file.pwritev(pieces, active.size());
  dir.note_write(clock.now() - before, result ? bytes : 0);
  return result;
}

/// Entries of the transaction index; only on the pool (`take`).
Result<> Log::Private::write_aborted(const std::vector<QueueItem>& taken) {
  for (const auto& item : taken) {
    if (item.aborted == nullptr) continue;
    const auto active = segment_list()->back();
    active->note_aborted();
    std::shared_ptr<env::File> file =
        TRY(dir.disk().open(active->path(txn_index_suffix), env::OpenMode::create));
    std::array<std::uint8_t, IndexEntryCodec<AbortedTxn>::size> entry;
    IndexEntryCodec<AbortedTxn>::store(entry.data(), *item.aborted);
    const Bytes piece = entry;
    TRY(file->pwritev(std::span(&piece, 1), TRY(file->size())));
    env::Lock lock(mutex);
    dirty.files.insert(dirty.files.begin(), std::move(file));
    dirty.directory = true;
  }
  return {};
}

/// Publishes what is in the file: index entries, then written_end.
Log::Private::WriteStep Log::Private::finish_write(const std::shared_ptr<Log>& self,
                                                   const Written& to,
                                                   const std::vector<QueueItem>& taken,
                                                   std::size_t bytes, Wakeups& wakeups) {
  SegmentCursor cursor;
  std::int64_t interval = 0;
  {
    env::Lock lock(mutex);
    cursor = actual;
    interval = config->index_interval_bytes;
  }
  for (const auto& item : taken) {
    if (item.bytes.empty()) continue;
    if (cursor.position == 0) cursor.first_timestamp = item.header.max_timestamp;
    to.active->appended(item.header, cursor.position, interval, cursor.index);
    cursor.position += item.header.size;
  }
  bool page_cache = false;
  {
    env::Lock lock(mutex);
    // Gone offline, or deleted, meanwhile: who waited has been told.
    if (state != LogState::ok && state != LogState::draining) return WriteStep::more;
    actual = cursor;
    written = {taken.back().header.next_offset(), cursor.segment_base, cursor.position};
    queued_bytes -= bytes;
    touched = true;
    page_cache = config->durability == Durability::page_cache;
    if (bytes > 0) {
      const auto more = static_cast<std::int64_t>(bytes);
      const UnflushedBytes unflushed{.all = more, .awaited = page_cache ? 0 : more};
      dirty.add(to.file);
      dirty.bytes += unflushed;
      dir.note_unflushed(unflushed);
    }
    publish();
    if (page_cache) release_waiters(wakeups);
    if (queued_bytes < append_queue_bytes_max / 2) release_room(wakeups);
  }
  // A page-cache topic is flushed when it rolls, after flush.ms, and when it is closed.
  if (!page_cache || taken.front().roll_before != nullptr) dir.mark_dirty(self);
  if (bytes == 0) return WriteStep::more;
  if (const auto owner = listener()) {
    owner->on_written(*self, wakeups);
    if (page_cache) owner->on_limit(*self, wakeups);
  }
  return WriteStep::more;
}

/// Before anything goes into the next segment: a power cut that took the end of this one and left
/// that would leave a hole, and in a compacted log recovery takes holes for compaction's work.
Result<> Log::Private::sync_sealed(Segment& old) {
  {
    env::Lock lock(mutex);
    if (durable.offset == written.offset) return {};
  }
  auto synced = TRY(old.log_file(ReadMode::blocking))->datasync();
  // Its name, too: the roll before may not be on the disk yet.
  if (synced) synced = dir.disk().sync_directory(old.directory());
  // Whatever it is, ENOSPC too: what a failed sync has dropped, the next one would call durable.
  if (!synced) dir.take_offline(Error(synced.error()).within("flush"));
  return synced;
}

/// Seals the active segment and begins the next one at the item's offset. Pool. After an error the
/// old segment is still the active one; repair() removes what was begun.
Result<> Log::Private::write_roll(const QueueItem& item) {
  const auto list = segment_list();
  const auto& old = list->back();
  const auto base = item.header.base_offset;
  SegmentCursor cursor;
  std::shared_ptr<const LogConfig> settings;
  {
    env::Lock lock(mutex);
    cursor = actual;
    settings = config;
  }
  if (settings->cleanup_compact && settings->durability == Durability::durable) {
    TRY(sync_sealed(*old));
  }
  DirtySet made;
  TRY(write_indexes(dir.disk(), *old, cursor.index.max_timestamp, made.files));
  const auto snapshot =
      fmt::format("{}/{}", old->directory(), segment_file_name(base, snapshot_suffix));
  made.files.push_back(TRY(write_file(dir.disk(), snapshot, item.roll_before->producer_snapshot)));
  auto fresh = std::make_shared<Segment>(dir.disk(), old->directory(), base, 0,
                                         std::make_unique<MemoryIndexes>());
  std::shared_ptr<env::File> file = TRY(write_file(dir.disk(), fresh->path(log_suffix), Bytes{}));
  if (settings->preallocate) {
    const auto size = static_cast<std::uint64_t>(settings->segment_bytes);
    TRY(file->reserve(size));
    fresh->set_room(size);
  }
  const auto old_file = TRY(old->log_file(ReadMode::blocking));
  if (settings->preallocate || TRY(old_file->has_room_ahead())) {
    TRY(give_back_room(*old_file, old->size()));
  }
  fresh->set_log_file(std::move(file));

  auto sealed = Segment::sealed(*old, cursor.index.max_timestamp);
  sealed->bound_by(dir.open_files());
  fresh->bound_by(dir.open_files());
  {
    env::Lock lock(segments_mutex);
    auto next = std::make_shared<SegmentList>(*segments);
    next->back() = std::move(sealed);
    next->push_back(std::move(fresh));
    segments = std::move(next);
  }
  env::Lock lock(mutex);
  // Before what is dirty already: the active segment's file stays the last one.
  dirty.files.insert(dirty.files.begin(), made.files.begin(), made.files.end());
  dirty.directory = true;
  actual = {.segment_base = base, .created_ms = dir.wall().value};
  touched = true;
  return {};
}

}  // namespace moldau::storage
