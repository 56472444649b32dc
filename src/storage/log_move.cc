// A move to another directory, docs/append.md: the copy. What the log's own directory has is read
// on its pool, what goes to the other is written on that one's: neither waits for the other's disk
// in place of its own.

#include "storage/log_move.h"

#include <algorithm>

#include "env/pool.h"
#include "env/signal.h"
#include "storage/batch_scanner.h"
#include "storage/directory_scan.h"
#include "storage/file_names.h"
#include "storage/log_dir_state.h"

namespace moldau::storage {

namespace {

/// How long a move waits for who has the log's directory.
constexpr Duration busy_pause = milliseconds(10);

}  // namespace

bool Log::Private::begin_move() {
  if (!begin_maintenance()) return false;
  {
    env::Lock lock(mutex);
    moving = true;
    cut_while_moving.reset();
  }
  end_maintenance();
  return true;
}

bool Log::Private::is_moving() const {
  env::Lock lock(mutex);
  return moving;
}

void Log::Private::hold(env::Job held) {
  std::optional<env::Job> job;
  {
    env::Lock lock(mutex);
    leaving = Leaving::now;
    ++departures;
    exclusives.push_back({LogState::repairing, std::move(held)});
    if (state == LogState::ok) state = LogState::draining;
    job = next_exclusive();
  }
  if (job) submit_exclusive(std::move(*job));
}

std::optional<std::uint64_t> Log::Private::departures_if_here() const {
  env::Lock lock(mutex);
  return leaving == Leaving::no ? std::optional(departures) : std::nullopt;
}

void Log::Private::end_move(Wakeups& wakeups) {
  env::Lock lock(mutex);
  moving = false;
  if (leaving == Leaving::now) leaving = Leaving::no;
  release_room(wakeups);
}

LogMove::LogMove(std::shared_ptr<Log> log, LogDir& from, LogDir& to)
    : log_(std::move(log)),
      state_(log_->priv()),
      from_(from.state_),
      to_(to.state_),
      live_directory_(fmt::format("{}/{}", to.path(), partition_directory_name(log_->name()))) {}

LogMove::~LogMove() {
  stop();
}

void LogMove::stop() {
  if (!begun_ || handed_over_) return;
  Wakeups wakeups(from_->env().workers());
  // Appends wait until the log takes them again.
  if (held_) state_.end_exclusive(log_);
  state_.end_move(wakeups);
  held_ = false;
  begun_ = false;
}

void LogMove::end_log(const Error& why) {
  Wakeups wakeups(from_->env().workers());
  state_.go_offline(log_, why, LogState::offline, wakeups);
}

std::string LogMove::copy_path(std::string_view file) const {
  return fmt::format("{}/{}", directory_, file);
}

std::string LogMove::copy_path(Offset base, std::string_view suffix) const {
  return copy_path(segment_file_name(base, suffix));
}

// --- the directory -------------------------------------------------------------------------------

env::Task<Result<>> LogMove::begin(env::Worker& home) {
  while (!state_.begin_move()) {
    if (log_->is_offline()) co_return fail(Errc::io, "log is offline");
    CO_TRY(co_await env::sleep_until(home, home.now() + busy_pause));
  }
  begun_ = true;
  co_return co_await env::run_on(to_->pool(), env::IoClass::background, home,
                                 [this] { return to_->guarded(make_directory()); });
}

Result<> LogMove::make_directory() {
  if (to_->is_offline()) return fail(Errc::io, "log directory is offline");
  auto& disk = to_->disk();
  const auto& root = to_->options.path;
  const auto& name = log_->name();
  if (TRY(disk.exists(live_directory_))) return fail(Errc::exists, live_directory_);
  for (const auto& entry : TRY(disk.list(root))) {
    const auto found = parse_partition_directory(entry.name);
    if (!found || found->kind != DirectoryKind::future || found->name != name) continue;
    auto old =
        TRY(to_->rename_away(name, fmt::format("{}/{}", root, entry.name), DirectoryKind::deleted));
    to_->remove_later(std::move(old), 0);
  }
  const auto made =
      fmt::format("{}/{}", root,
                  retired_directory_name(name, to_->env().entropy().uuid(), DirectoryKind::future));
  TRY(disk.make_directory(made));
  directory_ = made;
  if (!log_->topic_id().is_zero()) {
    const auto text = format_partition_metadata(log_->topic_id(), name);
    TRY(TRY(write_file(disk, copy_path(partition_metadata_file), as_bytes(text)))->datasync());
  }
  TRY(disk.sync_directory(directory_));
  return disk.sync_directory(root);
}

env::Task<> LogMove::abandon(env::Worker& home) {
  stop();
  co_await env::run_on(to_->pool(), env::IoClass::background, home, [this] { remove_copy(); });
}

void LogMove::remove_copy() {
  drop_current();
  if (directory_.empty() || to_->is_offline()) return;
  to_->forget_checkpoints(log_->name());
  auto renamed = to_->rename_away(log_->name(), directory_, DirectoryKind::deleted);
  if (renamed) to_->remove_later(std::move(*renamed), 0);
  directory_.clear();
}

// --- reading -------------------------------------------------------------------------------------

env::Task<Result<LogMove::Progress>> LogMove::copy_some(env::Worker& home) {
  auto read = co_await env::run_on(from_->pool(), env::IoClass::background, home,
                                   [this] { return read_piece(); });
  piece_ = {};
  piece_ = CO_TRY(std::move(read));
  if (piece_.kind == Piece::Kind::nothing) co_return Progress::caught_up;
  if (!held_ && to_->below_reserve()) {
    co_return fail(Errc::no_space, fmt::format("{} is nearly full", to_->options.path));
  }
  CO_TRY(co_await env::run_on(to_->pool(), env::IoClass::background, home,
                              [this] { return to_->guarded(write_piece()); }));
  const bool near = piece_.kind == Piece::Kind::bytes && piece_.left <= caught_up_bytes;
  co_return near && !held_ ? Progress::caught_up : Progress::more;
}

Result<LogMove::Piece> LogMove::read_piece() {
  {
    env::Lock lock(state_.mutex);
    if (state_.state == LogState::offline || state_.state == LogState::deleted) {
      return fail(Errc::io, "log is offline");
    }
    if (const auto at = std::exchange(state_.cut_while_moving, std::nullopt)) {
      Piece piece;
      piece.kind = Piece::Kind::cut;
      piece.base = *at;
      return piece;
    }
  }
  const auto list = state_.segment_list();
  auto piece = copy_ == nullptr ? read_next(*list) : read_current(*list);
  if (piece || list == state_.segment_list()) return piece;
  // Retention, or a cut, has taken away what was being read.
  Piece again;
  again.kind = Piece::Kind::retry;
  return again;
}

/// The segment behind those that are copied, with the producers' snapshot at its base.
Result<LogMove::Piece> LogMove::read_next(const SegmentList& list) {
  const auto next = std::ranges::find_if(list, [&](const auto& segment) {
    return done_.empty() || segment->base_offset() > done_.back().base;
  });
  Piece piece;
  if (next == list.end()) return piece;
  piece.kind = Piece::Kind::open;
  piece.base = (*next)->base_offset();
  auto snapshot = env::read_file(from_->disk(), (*next)->path(snapshot_suffix), snapshot_bytes_max);
  if (!snapshot && snapshot.error().code != Errc::not_found) {
    return std::unexpected(std::move(snapshot).error());
  }
  if (snapshot) piece.snapshot = std::move(*snapshot);
  return piece;
}

Result<LogMove::Piece> LogMove::read_current(const SegmentList& list) {
  const auto found =
      std::ranges::find(list, cursor_.segment_base, [](const auto& s) { return s->base_offset(); });
  Piece piece;
  piece.base = cursor_.segment_base;
  if (found == list.end()) {
    piece.kind = Piece::Kind::drop;
    return piece;
  }
  const auto& source = **found;
  const bool is_last = found + 1 == list.end();
  const auto size = source.size();
  if (cursor_.position < size) {
    piece = TRY(read_batches(source, size));
    if (!is_last) piece.left = std::numeric_limits<std::uint64_t>::max();
  } else if (!is_last) {
    piece.kind = Piece::Kind::seal;
    piece.aborted = TRY(source.aborted_txns());
  }
  return piece;
}

/// Damage is found here, and not copied.
Result<LogMove::Piece> LogMove::read_batches(const Segment& source, std::uint64_t size) {
  Piece piece;
  piece.kind = Piece::Kind::bytes;
  piece.base = source.base_offset();
  const auto file = TRY(source.log_file(ReadMode::blocking));
  BatchScanner scanner(*file, cursor_.position, size, ReadMode::blocking,
                       BatchScanner::scan_buffer);
  auto expected = copied_end();
  while (piece.bytes.size() < step_bytes) {
    const auto batch = TRY(check_next_batch(scanner, piece.base, expected));
    if (!batch) break;
    const auto bytes = TRY(scanner.whole());
    piece.bytes.insert(piece.bytes.end(), bytes.begin(), bytes.end());
    piece.headers.push_back(batch->header);
    expected = batch->header.next_offset();
  }
  piece.left = size - (cursor_.position + piece.bytes.size());
  return piece;
}

// --- writing -------------------------------------------------------------------------------------

Result<> LogMove::write_piece() {
  switch (piece_.kind) {
    case Piece::Kind::nothing:
    case Piece::Kind::retry:
      return {};
    case Piece::Kind::cut:
      return cut_copy(piece_.base);
    case Piece::Kind::open:
      return open_segment();
    case Piece::Kind::bytes:
      return write_batches();
    case Piece::Kind::seal:
      return seal_segment();
    case Piece::Kind::drop:
      drop_current();
      return remove_files(piece_.base);
  }
  CHECK(false, "piece {}", static_cast<int>(piece_.kind));
}

Result<> LogMove::open_segment() {
  auto& disk = to_->disk();
  if (piece_.snapshot) {
    const auto path = copy_path(piece_.base, snapshot_suffix);
    TRY(TRY(write_file(disk, path, *piece_.snapshot))->datasync());
  }
  copy_ = std::make_shared<Segment>(disk, directory_, piece_.base, 0,
                                    std::make_unique<MemoryIndexes>());
  file_ = TRY(write_file(disk, copy_->path(log_suffix), Bytes{}));
  cursor_ = {.segment_base = piece_.base};
  set_end(std::max(copied_end(), piece_.base));
  return {};
}

/// Written back at once, so that the sync at the end, and other files' syncs, have little to do.
Result<> LogMove::write_batches() {
  const Bytes bytes = piece_.bytes;
  TRY(file_->pwritev(std::span(&bytes, 1), cursor_.position));
  TRY(file_->write_back(cursor_.position, bytes.size()));
  const auto interval = log_->config()->index_interval_bytes;
  for (const auto& header : piece_.headers) {
    if (cursor_.position == 0) cursor_.first_timestamp = header.max_timestamp;
    copy_->appended(header, cursor_.position, interval, cursor_.index);
    cursor_.position += header.size;
    set_end(header.next_offset());
  }
  bytes_.fetch_add(bytes.size(), std::memory_order_relaxed);
  to_->move_bytes_in.fetch_add(bytes.size(), std::memory_order_relaxed);
  return {};
}

Result<> LogMove::seal_segment() {
  std::vector<std::shared_ptr<env::File>> files{file_};
  TRY(write_indexes(to_->disk(), *copy_, cursor_.index.max_timestamp, files));
  if (!piece_.aborted.empty()) {
    files.push_back(
        TRY(write_file(to_->disk(), copy_->path(txn_index_suffix), format_index(piece_.aborted))));
  }
  for (const auto& file : files) TRY(file->datasync());
  done_.push_back({.base = piece_.base,
                   .end = copied_end(),
                   .size = cursor_.position,
                   .max_timestamp = cursor_.index.max_timestamp});
  copy_.reset();
  file_.reset();
  return {};
}

void LogMove::drop_current() {
  if (copy_ != nullptr) bytes_.fetch_sub(cursor_.position, std::memory_order_relaxed);
  copy_.reset();
  file_.reset();
}

/// The log was cut: what comes behind may be other batches by now.
Result<> LogMove::cut_copy(Offset at) {
  if (copy_ != nullptr) {
    drop_current();
    TRY(remove_files(cursor_.segment_base));
  }
  while (!done_.empty() && (done_.back().end > at || done_.back().base >= at)) {
    TRY(remove_files(done_.back().base));
    bytes_.fetch_sub(done_.back().size, std::memory_order_relaxed);
    done_.pop_back();
  }
  set_end(done_.empty() ? Offset(0) : done_.back().end);
  return {};
}

/// Retention has taken these away.
Result<> LogMove::drop_before(Offset base) {
  while (!done_.empty() && done_.front().base < base) {
    TRY(remove_files(done_.front().base));
    bytes_.fetch_sub(done_.front().size, std::memory_order_relaxed);
    done_.erase(done_.begin());
  }
  return {};
}

Result<> LogMove::remove_files(Offset base) {
  TRY(remove_segment_files(to_->disk(), directory_, base));
  return remove_if_there(to_->disk(), copy_path(base, snapshot_suffix));
}

}  // namespace moldau::storage
