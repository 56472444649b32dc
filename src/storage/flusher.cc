#include "storage/flusher.h"

#include <bit>

namespace moldau::storage {

struct Flusher::Round {
  explicit Round(env::Workers& workers) : wakeups(workers) {}
  std::vector<FlushItem> items;
  std::vector<env::File*> files;  // of the items
  std::atomic<std::size_t> left{0};
  env::Mutex mutex;
  std::optional<Error> error GUARDED_BY(mutex);
  MonoTime begun;
  UnflushedBytes bytes{};
  Wakeups wakeups;
};

namespace {

/// Its directory may have been renamed: the log is removed, or durable in another one.
bool is_away(const FlushItem& item, const Error& error) {
  if (item.log == nullptr) return false;
  return item.log->is_offline() || (error.code == Errc::not_found && item.log->is_leaving());
}

/// A directory that was renamed does not matter any more.
Result<> sync_directories(env::Disk& disk, const std::vector<FlushItem>& items) {
  for (const auto& item : items) {
    if (!item.dirty.directory) continue;
    auto synced = disk.sync_directory(item.directory);
    if (!synced && is_away(item, synced.error())) continue;
    TRY(std::move(synced));
  }
  return {};
}

bool use_syncfs(FlushStrategy strategy, std::size_t files) {
  if (strategy == FlushStrategy::automatic) return files > flush_files_max;
  return strategy == FlushStrategy::syncfs;
}

}  // namespace

Result<> sync_all(env::Disk& disk, env::FileSystem& file_system, FlushStrategy strategy,
                  const std::vector<FlushItem>& items) {
  std::size_t count = 0;
  for (const auto& item : items) count += item.dirty.files.size() + (item.dirty.directory ? 1 : 0);
  if (count == 0) return {};
  // syncfs also reports what other programs have suffered: our own files decide.
  if (use_syncfs(strategy, count) && file_system.sync()) return {};
  for (const auto& item : items) {
    for (const auto& file : item.dirty.files) TRY(file->datasync());
  }
  return sync_directories(disk, items);
}

Flusher::Flusher(DirContext& dir, FlushStrategy strategy) : dir_(dir), strategy_(strategy) {}

void Flusher::mark_dirty(const std::shared_ptr<Log>& log) {
  if (dir_.is_offline()) return;
  if (log->priv().in_dirty_list.exchange(true, std::memory_order_acq_rel)) return;
  {
    env::Lock lock(mutex_);
    dirty_.push_back(log);
    if (running_) return;
    running_ = true;
  }
  dir_.pool().submit(env::IoClass::flush, [this] { start_round(); });
}

void Flusher::when_idle(env::Job job) {
  {
    env::Lock lock(mutex_);
    if (running_) {
      idle_jobs_.push_back(std::move(job));
      return;
    }
  }
  job();
}

void Flusher::start_round() {
  auto round = std::make_shared<Round>(dir_.env().workers());
  round->begun = dir_.env().clock().now();
  std::vector<std::shared_ptr<Log>> logs;
  {
    env::Lock lock(mutex_);
    logs.swap(dirty_);
  }
  for (const auto& log : logs) {
    // Cleared before collecting: what is written from here on marks the log again.
    log->priv().in_dirty_list.store(false, std::memory_order_release);
    if (auto item = log->priv().take_flush(log)) {
      round->bytes += item->dirty.bytes;
      round->items.push_back(std::move(*item));
    }
  }
  for (const auto& item : round->items) {
    for (const auto& file : item.dirty.files) round->files.push_back(file.get());
  }
  if (round->items.empty() || dir_.is_offline()) {
    next_round();
    return;
  }
  rounds_.fetch_add(1, std::memory_order_relaxed);
  files_.fetch_add(round->files.size(), std::memory_order_relaxed);
  if (use_syncfs(strategy_, round->files.size())) {
    syncfs_rounds_.fetch_add(1, std::memory_order_relaxed);
    // An error may be another program's: our own files are asked before the directory is given up.
    if (dir_.file_system().sync()) {
      for (auto& item : round->items) item.dirty.directory = false;
      finish_round(round);
      return;
    }
  }
  sync_files(round);
}

void Flusher::sync_files(const std::shared_ptr<Round>& round) {
  const auto count = round->files.size();
  if (count == 0) {
    finish_round(round);
    return;
  }
  round->left.store(count, std::memory_order_relaxed);
  for (std::size_t i = 1; i < count; ++i) {
    dir_.pool().submit(env::IoClass::flush, [this, round, i] { sync_one(round, i); });
  }
  sync_one(round, 0);
}

/// Who syncs the last file goes on with the round: nobody waits for anybody.
void Flusher::sync_one(const std::shared_ptr<Round>& round, std::size_t index) {
  auto result = round->files[index]->datasync();
  if (!result) {
    env::Lock lock(round->mutex);
    if (!round->error) round->error = std::move(result).error();
  }
  if (round->left.fetch_sub(1, std::memory_order_acq_rel) == 1) finish_round(round);
}

void Flusher::finish_round(const std::shared_ptr<Round>& round) {
  std::optional<Error> error;
  {
    env::Lock lock(round->mutex);
    error = round->error;
  }
  if (!error) {
    auto result = sync_directories(dir_.env().disk(), round->items);
    if (!result) error = std::move(result).error();
  }
  if (error) {
    // Never retried: what the failed sync has dropped, a second one would call durable.
    dir_.take_offline(std::move(*error).within("flush"));
    next_round();
    return;
  }
  dir_.note_flushed(round->bytes);
  for (auto& item : round->items) {
    if (!item.log->priv().finish_flush(item, round->wakeups)) mark_dirty(item.log);
  }
  round->wakeups.post();

  const auto took = dir_.env().clock().now() - round->begun;
  const auto us = static_cast<std::uint64_t>(std::max<std::int64_t>(took.count() / 1000, 0));
  const auto bucket = std::min<std::size_t>(std::bit_width(us), LatencyCounts::buckets - 1);
  latency_[bucket].fetch_add(1, std::memory_order_relaxed);
  latency_sum_us_.fetch_add(us, std::memory_order_relaxed);
  next_round();
}

void Flusher::next_round() {
  std::vector<env::Job> idle_jobs;
  bool sleeps = false;
  {
    env::Lock lock(mutex_);
    sleeps = dirty_.empty() || dir_.is_offline();
    if (sleeps) {
      running_ = false;
      idle_jobs.swap(idle_jobs_);
    }
  }
  for (auto& job : idle_jobs) job();
  if (sleeps) return;
  // Posted, not called: with a disk that answers at once the rounds would never return.
  dir_.pool().follow(env::IoClass::flush, [this] { start_round(); });
}

void Flusher::drop() {
  std::vector<std::shared_ptr<Log>> dropped;
  env::Lock lock(mutex_);
  dirty_.swap(dropped);
}

void Flusher::collect(LogDirStats& stats) const {
  stats.flush_rounds = rounds_.load(std::memory_order_relaxed);
  stats.flush_round_files = files_.load(std::memory_order_relaxed);
  stats.flush_syncfs_rounds = syncfs_rounds_.load(std::memory_order_relaxed);
  for (std::size_t i = 0; i < LatencyCounts::buckets; ++i) {
    stats.flush_latency.counts[i] = latency_[i].load(std::memory_order_relaxed);
  }
  stats.flush_latency.sum_us = latency_sum_us_.load(std::memory_order_relaxed);
}

}  // namespace moldau::storage
