// Step 5 of docs/append.md: undoing an append that failed. Also the turn-taking between the writer
// and work that needs the log for itself (truncation, deletion, closing).

#include "storage/directory_scan.h"
#include "storage/file_names.h"
#include "storage/log_private.h"
#include "storage/recovery.h"

namespace moldau::storage {

namespace {

/// After these nothing that the directory says can be trusted.
bool takes_directory_offline(Errc code) {
  return code != Errc::no_space;
}

}  // namespace

/// By the writer, which keeps its role until the repair has ended.
void Log::Private::fail_appends(const std::shared_ptr<Log>& self, const Error& error,
                                Wakeups& wakeups) {
  dir.counters().append_failures.fetch_add(1, std::memory_order_relaxed);
  const auto now = dir.wall();
  bool final = false;
  {
    env::Lock lock(mutex);
    final = state == LogState::offline || state == LogState::deleted;
    if (!final) {
      state = LogState::repairing;
      ++generation;
      for (const auto& item : in_hand) note_refused(item.header, now);
      for (const auto& item : queue) note_refused(item.header, now);
      queue.clear();
      queued_bytes = 0;
      assigned_end = written.offset;
      planned = actual;
      fail_waiters(written.offset, wakeups);
      release_room(wakeups);
    }
  }
  in_hand.clear();
  dir.env().log().error("append failed log={} error=\"{}\"", name, error.to_string());
  if (!final && takes_directory_offline(error.code)) {
    dir.take_offline(error);
    final = true;
  }
  if (!final) {
    dir.note_no_space();
    dir.pool().submit(env::IoClass::flush, [this, self] { repair(self); });
    return;
  }
  env::Lock lock(mutex);
  writer = false;
  if (auto job = next_exclusive()) submit_exclusive(std::move(*job));
}

void Log::Private::repair(const std::shared_ptr<Log>& self) {
  auto result = cut_to_written();
  if (!result && !takes_directory_offline(result.error().code)) {
    dir.env().log().warn("log is not repaired yet, tried again log={} error=\"{}\"", name,
                         result.error().to_string());
    return dir.repair_later(self);
  }
  if (!result) {
    dir.take_offline(std::move(result).error().within("repair after a failed append"));
  }
  std::optional<env::Job> exclusive;
  {
    env::Lock lock(mutex);
    if (state == LogState::repairing) {
      state = exclusives.empty() ? LogState::ok : LogState::draining;
    }
    writer = false;
    exclusive = next_exclusive();
  }
  if (exclusive) submit_exclusive(std::move(*exclusive));
  if (const auto listening = listener()) {
    Wakeups wakeups(dir.env().workers());
    listening->on_repaired(*self, wakeups);
    wakeups.post();
  }
}

/// Makes the files say what `written` says, and producers and epochs with them.
Result<> Log::Private::cut_to_written() {
  FilePosition end;
  SegmentCursor cursor;
  {
    env::Lock lock(mutex);
    end = written;
    cursor = actual;
  }
  const auto list = segment_list();
  const auto& active = list->back();
  auto& disk = dir.disk();
  // What a roll that failed half-way has begun.
  for (const auto& entry : TRY(disk.list(active->directory()))) {
    const auto file = parse_segment_file_name(entry.name);
    if (!file || file->base <= active->base_offset()) continue;
    if (file->suffix == snapshot_suffix && file->base <= end.offset) continue;
    TRY(disk.remove_file(fmt::format("{}/{}", active->directory(), entry.name)));
  }
  const auto file = TRY(active->log_file(ReadMode::blocking));
  TRY(file->truncate(cursor.position));
  DirtySet made;
  TRY(cut_txn_index(disk, *active, end.offset, made));
  auto rebuilt = TRY(rebuild_producers(disk, *list, end.offset, dir.wall()));
  env::Lock lock(mutex);
  for (const auto& index : made.files) dirty.add(index);
  rebuilt.on_high_watermark(high_watermark);
  producers = std::move(rebuilt);
  for (const auto& [id, batch] : std::exchange(refused, {})) {
    producers.note_refused(batch, dir.wall());
  }
  if (epochs.rewind(end.offset)) {
    ++epochs_version;
    if (epochs_unsaved_from) epochs_unsaved_from = std::min(*epochs_unsaved_from, end.offset);
  }
  dirty.add(file);
  return {};
}

void Log::Private::fail_waiters(Offset from, Wakeups& wakeups) {
  const auto fail_in = [&](auto& waiters) {
    std::erase_if(waiters, [&](Waiting& waiting) {
      if (waiting.last_offset < from) return false;
      wakeups.add(std::move(waiting.waiter), waiting.tag, AppendOutcome::failed);
      return true;
    });
  };
  fail_in(limit_waiters);
  fail_in(committed_waiters);
  fail_in(duplicate_waiters);
}

void Log::Private::run_exclusive(const std::shared_ptr<Log>& self, LogState state_during,
                                 env::Job work, env::Job done) {
  auto run = [this, self, work = std::move(work), done = std::move(done)]() mutable {
    work();
    end_exclusive(self);
    done();
  };
  std::optional<env::Job> job;
  {
    env::Lock lock(mutex);
    exclusives.push_back({state_during, std::move(run)});
    if (state == LogState::ok) state = LogState::draining;
    job = next_exclusive();
  }
  if (job) submit_exclusive(std::move(*job));
}

std::optional<env::Job> Log::Private::next_exclusive() {
  if (writer || maintenance || exclusive_running || exclusives.empty()) return std::nullopt;
  exclusive_running = true;
  if (state == LogState::draining) state = exclusives.front().state;
  auto job = std::move(exclusives.front().run);
  exclusives.pop_front();
  return job;
}

bool Log::Private::begin_maintenance() {
  env::Lock lock(mutex);
  if (state != LogState::ok || maintenance || exclusive_running || !exclusives.empty())
    return false;
  maintenance = true;
  return true;
}

void Log::Private::end_maintenance() {
  std::optional<env::Job> job;
  {
    env::Lock lock(mutex);
    maintenance = false;
    job = next_exclusive();
  }
  if (job) submit_exclusive(std::move(*job));
}

void Log::Private::submit_exclusive(env::Job job) {
  dir.pool().submit(env::IoClass::flush, std::move(job));
}

void Log::Private::end_exclusive(const std::shared_ptr<Log>& self) {
  std::optional<env::Job> job;
  {
    env::Lock lock(mutex);
    exclusive_running = false;
    if (state == LogState::repairing) {
      state = exclusives.empty() ? LogState::ok : LogState::draining;
    }
    job = next_exclusive();
  }
  if (job) submit_exclusive(std::move(*job));
  static_cast<void>(self);
}

env::Task<Result<>> Log::Private::exclusive(std::shared_ptr<Log> self, LogState state_during,
                                            env::Worker& home,
                                            std::move_only_function<Result<>()> work) {
  env::Signal done(home);
  Result<> result;
  run_exclusive(
      self, state_during, [&result, &work] { result = work(); }, [&done] { done.notify(); });
  co_await env::detail::wait_uncancelled(done);
  co_return result;
}

/// For good: nothing is appended any more and nobody waits in vain.
void Log::Private::go_offline(const std::shared_ptr<Log>& self, const Error& error,
                              LogState final_state, Wakeups& wakeups) {
  {
    env::Lock lock(mutex);
    if (state == LogState::deleted) return;
    if (state == LogState::offline) {
      state = final_state;
      return;
    }
    state = final_state;
    ++generation;
    queue.clear();
    queued_bytes = 0;
    dir.note_flushed(std::exchange(dirty, {}).bytes);
    assigned_end = written.offset;
    planned = actual;
    fail_waiters(Offset(0), wakeups);
    release_room(wakeups);
  }
  if (const auto owner = listener()) owner->on_offline(*self, error, wakeups);
}

}  // namespace moldau::storage
