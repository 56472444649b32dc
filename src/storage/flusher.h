#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/thread_annotations.h"
#include "env/mutex.h"
#include "storage/dir_context.h"
#include "storage/log_dir.h"
#include "storage/log_private.h"

namespace moldau::storage {

/// Up to so many dirty files are synced one by one, in parallel; more are cheaper in one syncfs
/// (docs/append.md has the measurements).
inline constexpr std::size_t flush_files_max = 8;

/// The flush rounds of one directory (APPEND step 6): one at a time, each covering all that was
/// written before it began; what comes meanwhile belongs to the next, which follows at once.
/// Thread-safe. No round may be under way when it is destroyed.
class Flusher {
 public:
  Flusher(DirContext& dir, FlushStrategy strategy);

  /// The log has something unsynced. Wakes the flusher if it sleeps.
  void mark_dirty(const std::shared_ptr<Log>& log);
  /// Calls `job` once when no round runs and nothing is dirty: now, or at the end of a round.
  void when_idle(env::Job job);
  void collect(LogDirStats& stats) const;
  /// Lets go of the logs that wait for a round: the directory has ended, and they keep it alive.
  void drop();

 private:
  struct Round;
  void start_round();
  void sync_files(const std::shared_ptr<Round>& round);
  void sync_one(const std::shared_ptr<Round>& round, std::size_t index);
  void finish_round(const std::shared_ptr<Round>& round);
  /// The next round, if there is something for it; else the flusher sleeps.
  void next_round();

  DirContext& dir_;
  const FlushStrategy strategy_;

  mutable env::Mutex mutex_;
  std::vector<std::shared_ptr<Log>> dirty_ GUARDED_BY(mutex_);
  bool running_ GUARDED_BY(mutex_){false};
  std::vector<env::Job> idle_jobs_ GUARDED_BY(mutex_);

  std::atomic<std::uint64_t> rounds_{0};
  std::atomic<std::uint64_t> files_{0};
  std::atomic<std::uint64_t> syncfs_rounds_{0};
  std::array<std::atomic<std::uint64_t>, LatencyCounts::buckets> latency_{};
  std::atomic<std::uint64_t> latency_sum_us_{0};
};

/// Makes files and directories durable, by the strategy; for loading and closing. Pool.
Result<> sync_all(env::Disk& disk, env::FileSystem& file_system, FlushStrategy strategy,
                  const std::vector<FlushItem>& items);

}  // namespace moldau::storage
