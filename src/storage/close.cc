// The clean stop of a log directory.

#include <algorithm>

#include "env/signal.h"
#include "storage/file_names.h"
#include "storage/log_dir_state.h"

namespace moldau::storage {

/// Everything is written; leaves what a start without recovery needs. Synced by the caller.
Result<DirtySet> Log::Private::write_for_close() {
  DirtySet made;
  SegmentCursor cursor;
  bool preallocate = false;
  Offset end;
  std::vector<std::uint8_t> snapshot;
  std::string epoch_text;
  std::string path;
  {
    env::Lock lock(mutex);
    if (quarantined) return made;
    if (state == LogState::offline || state == LogState::deleted) {
      return fail(Errc::io, "log is offline");
    }
    made = std::exchange(dirty, {});
    if (!touched) return made;
    cursor = actual;
    preallocate = config->preallocate;
    end = written.offset;
    snapshot = format_producer_snapshot(producers.snapshot());
    if (epochs_version != epochs_saved) epoch_text = format_epoch_checkpoint(epochs.entries());
    path = directory;
  }
  const auto active = segment_list()->back();
  TRY(write_indexes(dir.disk(), *active, cursor.index.max_timestamp, made.files));
  // An Apache broker started here by mistake appends to the metadata log before it sees our lock.
  const auto file = TRY(active->log_file(ReadMode::blocking));
  if (TRY(file->size()) > cursor.position) {
    TRY(file->truncate(cursor.position));
    made.add(file);
  } else if (!preallocate && TRY(file->has_room_ahead())) {
    TRY(give_back_room(*file, cursor.position));
  }
  // As Kafka: a log that has never held anything needs none.
  if (end > Offset(0)) {
    const auto snapshot_path = fmt::format("{}/{}", path, segment_file_name(end, snapshot_suffix));
    made.files.push_back(TRY(write_file(dir.disk(), snapshot_path, snapshot)));
  }
  if (!epoch_text.empty()) {
    const auto epoch_path = fmt::format("{}/{}", path, leader_epoch_file);
    TRY(env::replace_file(dir.disk(), epoch_path, as_bytes(epoch_text)));
  }
  made.directory = true;
  return made;
}

env::Task<Result<>> LogDir::close(env::Worker& home, BrokerEpoch broker_epoch) {
  auto& state = *state_;
  const auto logs = state.all_logs();
  // What is written stays open until it is synced: the segment, its indexes, a snapshot.
  const std::size_t at_once = state.open_files()->in_bulk() / 4;
  for (std::span rest(logs); !rest.empty();) {
    const auto some = rest.first(std::min(rest.size(), at_once));
    rest = rest.subspan(some.size());
    CO_TRY(co_await state.close_some(home, some));
  }
  co_return co_await env::run_on(state.pool(), env::IoClass::flush, home, [&state, broker_epoch] {
    return state.finish_close(broker_epoch);
  });
}

/// All that they have is durable when it returns.
env::Task<Result<>> LogDir::State::close_some(env::Worker& home,
                                              std::span<const std::shared_ptr<Log>> some) {
  std::vector<FlushItem> items(some.size());
  std::vector<Result<>> results(some.size());
  std::atomic<std::size_t> left{some.size() + 1};
  env::Signal done(home);
  const auto one_done = [&left, &done] {
    if (left.fetch_sub(1, std::memory_order_acq_rel) == 1) done.notify();
  };
  for (std::size_t i = 0; i < some.size(); ++i) {
    auto& log = *some[i];
    log.priv().run_exclusive(
        some[i], LogState::repairing,
        [&log, &item = items[i], &result = results[i]] {
          auto dirty = log.priv().write_for_close();
          if (!dirty) {
            result = std::unexpected(std::move(dirty).error());
            return;
          }
          item.dirty = std::move(*dirty);
          item.directory = log.directory();
          // Nothing is appended behind what has been written down.
          env::Lock lock(log.priv().mutex);
          log.priv().state = LogState::offline;
        },
        [&one_done] { one_done(); });
  }
  one_done();
  co_await env::detail::wait_uncancelled(done);
  // A round that is still under way has files that are not in `items`.
  env::Signal idle(home);
  flusher.when_idle([&idle] { idle.notify(); });
  co_await env::detail::wait_uncancelled(idle);
  for (auto& result : results) {
    if (!result) co_return std::unexpected(std::move(result).error());
  }
  co_return co_await env::run_on(pool(), env::IoClass::flush, home, [this, &items]() -> Result<> {
    if (is_offline()) return fail(Errc::io, "log directory is offline");
    auto synced = sync_all(disk(), file_system(), options.flush_strategy, items);
    if (!synced) take_offline(synced.error());
    return synced;
  });
}

/// The start ended before all were loaded: what was not is as it was found.
Result<bool> LogDir::State::holds_unrecovered() {
  if (all_loaded.load(std::memory_order_relaxed)) return false;
  const auto found = TRY(find_partitions());
  env::Lock guard(mutex);
  for (const auto& name : found.live) {
    if (!logs.contains(name)) return true;
  }
  return false;
}

/// When all logs are durable.
Result<> LogDir::State::finish_close(BrokerEpoch broker_epoch) {
  if (is_offline()) return fail(Errc::io, "log directory is offline");
  for (const auto& log : all_logs()) {
    auto& log_state = log->priv();
    env::Lock guard(log_state.mutex);
    if (log_state.quarantined) continue;
    log_state.durable = log_state.written;
    log_state.recovery_point = log_state.written.offset;
    log_state.epochs_unsaved_from.reset();
  }
  TRY(write_recovery_points());
  TRY(write_high_watermarks());
  TRY(write_log_starts());
  if (has_quarantined.load(std::memory_order_relaxed)) return {};
  if (!clean_epoch && TRY(holds_unrecovered())) return {};
  // Last: whoever finds it trusts all of the above.
  return env::replace_file(disk(), fmt::format("{}/{}", options.path, clean_shutdown_file),
                           as_bytes(format_clean_shutdown(broker_epoch)));
}

}  // namespace moldau::storage
