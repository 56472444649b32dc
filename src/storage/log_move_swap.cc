// A move to another directory, docs/append.md: the swap. Each step is durable before the next, so
// that a start finds one copy that is whole, by the names alone.

#include <algorithm>

#include "env/pool.h"
#include "env/signal.h"
#include "storage/directory_scan.h"
#include "storage/file_names.h"
#include "storage/log_dir_state.h"
#include "storage/log_move.h"

namespace moldau::storage {

env::Task<Result<>> LogMove::freeze(env::Worker& home) {
  // What is written back already is made durable while appends go on.
  CO_TRY(co_await env::run_on(to_->pool(), env::IoClass::background, home, [this]() -> Result<> {
    return file_ == nullptr ? Result<>() : to_->guarded(file_->datasync());
  }));
  CO_TRY(co_await hold(home));
  while (CO_TRY(co_await copy_some(home)) != Progress::caught_up) {
  }
  auto rest = CO_TRY(co_await env::run_on(from_->pool(), env::IoClass::fetch, home,
                                          [this] { return read_rest(); }));
  co_return co_await env::run_on(to_->pool(), env::IoClass::flush, home,
                                 [&] { return to_->guarded(make_durable(rest)); });
}

env::Task<Result<>> LogMove::hold(env::Worker& home) {
  env::Signal held(home);
  state_.hold([&held] { held.notify(); });
  co_await env::detail::wait_uncancelled(held);
  held_ = true;
  env::Lock lock(state_.mutex);
  if (state_.state != LogState::repairing) co_return fail(Errc::io, "log is offline");
  co_return Result<>();
}

Result<LogMove::Rest> LogMove::read_rest() {
  const auto list = state_.segment_list();
  Rest rest{.aborted = TRY(list->back()->aborted_txns()),
            .clean_offset = from_->clean_offset(log_->name())};
  auto copy =
      env::read_file(from_->disk(), list->front()->path(snapshot_copy_suffix), snapshot_bytes_max);
  if (!copy && copy.error().code != Errc::not_found)
    return std::unexpected(std::move(copy).error());
  if (copy) rest.producers_copy = std::move(*copy);
  return rest;
}

/// Everything but the name.
Result<> LogMove::make_durable(const Rest& rest) {
  auto& disk = to_->disk();
  CHECK(copy_ != nullptr, "{} has no active segment", log_->name());
  const auto front = state_.segment_list()->front()->base_offset();
  TRY(drop_before(front));
  if (rest.producers_copy) {
    const auto path = copy_path(front, snapshot_copy_suffix);
    TRY(TRY(write_file(disk, path, *rest.producers_copy))->datasync());
  }
  if (!rest.aborted.empty()) {
    TRY(TRY(write_file(disk, copy_->path(txn_index_suffix), format_index(rest.aborted)))
            ->datasync());
  }
  std::string epochs;
  {
    env::Lock lock(state_.mutex);
    epochs = format_epoch_checkpoint(state_.epochs.entries());
    epochs_version_ = state_.epochs_version;
  }
  TRY(TRY(write_file(disk, copy_path(leader_epoch_file), as_bytes(epochs)))->datasync());
  TRY(file_->datasync());
  TRY(disk.sync_directory(directory_));
  return write_checkpoints(rest);
}

/// Nobody reads them before the copy has its name.
Result<> LogMove::write_checkpoints(const Rest& rest) {
  const auto& name = log_->name();
  const auto positions = log_->positions();
  const auto first = done_.empty() ? copy_->base_offset() : done_.front().base;
  env::Lock guard(to_->checkpoint_mutex);
  to_->recovery_points.set(name, copied_end());
  to_->high_watermarks.set(name, positions.high_watermark);
  to_->damage.erase(name);
  to_->log_starts.erase(name);
  if (positions.log_start > first) to_->log_starts.set(name, positions.log_start);
  to_->clean_offsets.erase(name);
  if (rest.clean_offset) to_->clean_offsets.set(name, *rest.clean_offset);
  for (auto* checkpoint : to_->all_checkpoints()) TRY(checkpoint->save());
  return {};
}

namespace {

/// Otherwise the system has refused a new name, and nothing has changed.
bool was_tried(const Error& error) {
  return error.code != Errc::no_space && error.code != Errc::exists;
}

}  // namespace

/// The old directory first: at no time are there two that a start would load. If it is not there
/// any more the copy is all there is.
env::Task<Result<>> LogMove::swap(env::Worker& home) {
  const auto renamed = co_await env::run_on(from_->pool(), env::IoClass::flush, home,
                                            [this] { return leave_place(); });
  if (!renamed) {
    if (!was_tried(renamed.error())) co_return renamed;
    from_->env().log().error("moved log was not removed from its old directory log={} error=\"{}\"",
                             log_->name(), renamed.error().to_string());
  }
  auto taken =
      co_await env::run_on(to_->pool(), env::IoClass::flush, home, [this] { return take_place(); });
  if (taken) co_return taken;
  if (!old_directory_.empty()) {
    const auto back = co_await env::run_on(from_->pool(), env::IoClass::flush, home,
                                           [this] { return give_name_back(); });
    if (!back) from_->take_offline(back.error());
  }
  if (from_->is_offline() && !to_->is_offline()) {
    // The copy may be all there is: it stays for the next start.
    to_->take_offline(taken.error());
    co_return fail(Errc::io, taken.error().to_string());
  }
  co_return taken;
}

Result<> LogMove::leave_place() {
  if (from_->is_offline()) return fail(Errc::io, "log directory is offline");
  auto renamed = fmt::format(
      "{}/{}", from_->options.path,
      retired_directory_name(log_->name(), from_->env().entropy().uuid(), DirectoryKind::deleted));
  TRY(from_->rename_durably(log_->directory(), renamed));
  old_directory_ = std::move(renamed);
  return {};
}

Result<> LogMove::take_place() {
  if (to_->is_offline()) return fail(Errc::io, "log directory is offline");
  return to_->rename_durably(directory_, live_directory_);
}

Result<> LogMove::give_name_back() {
  TRY(from_->disk().rename(old_directory_, log_->directory()));
  old_directory_.clear();
  // A flush round that found it away has counted it as synced.
  TRY(from_->disk().sync_directory(log_->directory()));
  TRY(from_->disk().sync_directory(log_->directory()));  // a flush may have found it away
  return from_->disk().sync_directory(from_->options.path);
}

std::shared_ptr<Log> LogMove::hand_over() {
  LoadedLog loaded;
  std::shared_ptr<const LogConfig> config;
  std::deque<Waiting> limit_waiters;
  std::deque<Waiting> committed_waiters;
  std::vector<Waiting> duplicate_waiters;
  {
    env::Lock lock(state_.mutex);
    if (state_.state == LogState::deleted) return nullptr;
    loaded = take_state();
    config = state_.config;
    limit_waiters.swap(state_.limit_waiters);
    committed_waiters.swap(state_.committed_waiters);
    duplicate_waiters.swap(state_.duplicate_waiters);
    state_.state = LogState::deleted;
    ++state_.generation;
    state_.dir.note_flushed(std::exchange(state_.dirty, {}).bytes);
    if (!old_directory_.empty()) state_.directory = old_directory_;
  }
  loaded.segments = segments_of_copy();
  auto log = to_->add(std::move(loaded), std::move(config));
  {
    Wakeups wakeups(to_->env().workers());
    auto& fresh = log->priv();
    env::Lock lock(fresh.mutex);
    fresh.limit_waiters = std::move(limit_waiters);
    fresh.committed_waiters = std::move(committed_waiters);
    fresh.duplicate_waiters = std::move(duplicate_waiters);
    fresh.release_waiters(wakeups);
  }
  {
    env::Lock lock(from_->mutex);
    const auto found = from_->logs.find(log_->name());
    if (found != from_->logs.end() && found->second == log_) from_->logs.erase(found);
  }
  to_->moves_in.fetch_add(1, std::memory_order_relaxed);
  handed_over_ = true;
  return log;
}

LoadedLog LogMove::take_state() {
  CHECK(state_.written.offset == copied_end() && state_.assigned_end == copied_end(),
        "{} ends at {}, its copy at {}", log_->name(), state_.written.offset, copied_end());
  LoadedLog loaded{.name = log_->name(), .topic_id = log_->topic_id()};
  loaded.directory = live_directory_;
  loaded.cursor = cursor_;
  loaded.cursor.created_ms = state_.actual.created_ms;
  loaded.end = loaded.recovery_point = copied_end();
  loaded.log_start = state_.log_start;
  loaded.high_watermark = state_.high_watermark;
  loaded.producers = state_.producers;
  loaded.epochs = state_.epochs;
  loaded.epochs_unsaved = state_.epochs_version != epochs_version_;
  return loaded;
}

/// Under the names that the files have now.
SegmentList LogMove::segments_of_copy() const {
  SegmentList segments;
  for (const auto& done : done_) {
    auto& segment = segments.emplace_back(
        std::make_shared<Segment>(to_->disk(), live_directory_, done.base, done.size, nullptr));
    segment->set_max_timestamp(done.max_timestamp);
  }
  segments.push_back(active_segment());
  return segments;
}

std::shared_ptr<Segment> LogMove::active_segment() const {
  auto indexes = std::make_unique<MemoryIndexes>();
  const auto& copied = copy_->memory_indexes();
  for (std::size_t i = 0; i < copied.offsets.size(); ++i) {
    indexes->offsets.push_back(copied.offsets[i]);
  }
  for (std::size_t i = 0; i < copied.times.size(); ++i) indexes->times.push_back(copied.times[i]);
  auto segment = std::make_shared<Segment>(to_->disk(), live_directory_, copy_->base_offset(),
                                           cursor_.position, std::move(indexes));
  segment->set_max_timestamp(cursor_.index.max_timestamp);
  segment->set_log_file(file_);
  return segment;
}

void LogMove::release() {
  CHECK(handed_over_ && held_, "release of {} before it was handed over", log_->name());
  Wakeups wakeups(from_->env().workers());
  {
    env::Lock lock(state_.mutex);
    state_.moving = false;
    state_.leaving = Log::Private::Leaving::gone;
    state_.release_room(wakeups);
  }
  wakeups.post();
  held_ = false;
  state_.end_exclusive(log_);
}

env::Task<> LogMove::retire_old(env::Worker& home) {
  if (from_->is_offline()) co_return;
  const auto delay_ms = log_->config()->file_delete_delay_ms;
  co_await env::run_on(from_->pool(), env::IoClass::background, home, [this, delay_ms] {
    from_->forget_checkpoints(log_->name());
    if (!old_directory_.empty()) from_->remove_later(old_directory_, delay_ms);
  });
}

// --- at a start ----------------------------------------------------------------------------------

env::Task<Result<std::shared_ptr<Log>>> LogDir::promote(FutureLog future, KnownLog known,
                                                        env::Worker& home) {
  auto& state = *state_;
  co_return co_await env::run_on(state.pool(), env::IoClass::flush, home,
                                 [&] { return state.promote(future, known); });
}

Result<std::shared_ptr<Log>> LogDir::State::promote(const FutureLog& future,
                                                    const KnownLog& known) {
  const auto live = fmt::format("{}/{}", options.path, partition_directory_name(known.name));
  if (TRY(disk().exists(live))) return fail(Errc::exists, live);
  const auto path = fmt::format("{}/{}", future.directory, partition_metadata_file);
  const auto text = TRY(env::read_file(disk(), path, std::uint64_t{1} << 20));
  const auto id = TRY(parse_partition_metadata_of(known.name, as_text(text)));
  if (id != known.topic_id) return fail(Errc::invalid, fmt::format("{} is of another topic", path));
  TRY(rename_durably(future.directory, live));
  // It was not closed, whatever the directory was.
  return load_one(known, Shutdown::unclean);
}

env::Task<Result<>> LogDir::retire_future(FutureLog future, DirectoryKind kind, env::Worker& home) {
  auto& state = *state_;
  co_return co_await env::run_on(state.pool(), env::IoClass::background, home, [&]() -> Result<> {
    auto renamed = TRY(state.rename_away(future.name, future.directory, kind));
    // A copy that was whole has its lines already.
    if (find(future.name) == nullptr) {
      if (kind == DirectoryKind::stray) return state.forget_stray(future.name);
      state.forget_checkpoints(future.name);
    }
    if (kind == DirectoryKind::deleted) state.remove_later(std::move(renamed), 0);
    return {};
  });
}

}  // namespace moldau::storage
