#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "base/error.h"
#include "base/time.h"
#include "env/env.h"
#include "storage/open_files.h"
#include "storage/topic_partition.h"

namespace moldau::storage {

class Log;

/// Appends move from the worker to the directory's pool when the last write took longer, or when
/// more waits for a flush: a worker never touches a directory that is slow (APPEND step 4). Nor one
/// that has others beside it: the first slow write would hold up theirs too.
inline constexpr Duration slow_write = milliseconds(5);
inline constexpr std::int64_t awaited_bytes_max = std::int64_t{64} << 20;

/// Bytes that are written and not synced.
struct UnflushedBytes {
  std::int64_t all{0};
  /// Of topics that are not acknowledged before. What a page-cache topic leaves to the system for
  /// as long as a segment lasts says nothing about how the disk keeps up.
  std::int64_t awaited{0};
  UnflushedBytes& operator+=(const UnflushedBytes& other) {
    all += other.all;
    awaited += other.awaited;
    return *this;
  }
};

struct DirCounters {
  std::atomic<std::uint64_t> bytes_appended{0};
  std::atomic<std::uint64_t> writes{0};
  std::atomic<std::uint64_t> slow_writes{0};
  std::atomic<std::uint64_t> append_failures{0};
};

/// What the logs of one directory share; lives as long as any of them. Implemented by LogDir.
/// Thread-safe.
class DirContext {
 public:
  DirContext(env::Env& environment, std::unique_ptr<env::IoPool> pool,
             std::shared_ptr<OpenFiles> open_files, bool is_beside_others)
      : env_(environment),
        pool_(std::move(pool)),
        pool_in_use_(*pool_),
        open_files_(std::move(open_files)),
        is_beside_others_(is_beside_others) {}
  virtual ~DirContext() = default;

  env::Env& env() { return env_; }
  env::Disk& disk() { return env_.disk(); }
  /// Open since before anything was written here.
  env::FileSystem& file_system() { return *file_system_; }
  env::IoPool& pool() { return pool_in_use_; }
  const std::shared_ptr<OpenFiles>& open_files() const { return open_files_; }
  WallMs wall() { return env_.clock().wall(); }

  /// The log has written something that its next flush must cover.
  virtual void mark_dirty(const std::shared_ptr<Log>& log) = 0;
  /// The device cannot be trusted any more: every log of the directory goes offline. Idempotent.
  virtual void take_offline(const Error& error) = 0;
  /// The file system is full: clients are refused until there is room again.
  virtual void note_no_space() = 0;
  /// Pool. Makes the recovery points durable as they are now, after one was lowered.
  virtual Result<> write_recovery_points() = 0;
  /// log-start-offset-checkpoint, durably.
  virtual Result<> write_log_starts() = 0;
  /// The log could not be repaired for want of room or descriptors: tried again in a while.
  virtual void repair_later(const std::shared_ptr<Log>& log) = 0;
  /// Pool. cleaner-offset-checkpoint, durably: below `offset` the log is clean. Who cuts a log
  /// lowers it first, to `end` at most: what is written there again is dirty.
  virtual Result<> set_clean_offset(const TopicPartition& name, Offset offset) = 0;
  virtual Result<> lower_clean_offset(const TopicPartition& name, Offset end) = 0;
  /// Removes a file after the delay; it has its `.deleted` name already.
  virtual void remove_later(std::string path, std::int64_t delay_ms) = 0;

  bool is_offline() const { return offline_.load(std::memory_order_acquire); }
  /// Room that a log may reserve ahead of its appends: taken from what the disk had to spare when
  /// it was looked at last.
  bool take_room(std::uint64_t bytes) {
    if (spare_bytes_.load(std::memory_order_relaxed) < static_cast<std::int64_t>(bytes))
      return false;
    spare_bytes_.fetch_sub(static_cast<std::int64_t>(bytes), std::memory_order_relaxed);
    return true;
  }
  bool below_reserve() const { return below_reserve_.load(std::memory_order_relaxed); }
  bool is_slow() const {
    return is_beside_others_ || slow_.load(std::memory_order_relaxed) ||
           awaited_bytes_.load(std::memory_order_relaxed) > awaited_bytes_max;
  }
  void note_write(Duration took, std::uint64_t bytes) {
    counters_.writes.fetch_add(1, std::memory_order_relaxed);
    counters_.bytes_appended.fetch_add(bytes, std::memory_order_relaxed);
    const bool slow = took > slow_write;
    if (slow) counters_.slow_writes.fetch_add(1, std::memory_order_relaxed);
    slow_.store(slow, std::memory_order_relaxed);
  }
  void note_unflushed(const UnflushedBytes& bytes) {
    unflushed_bytes_.fetch_add(bytes.all, std::memory_order_relaxed);
    awaited_bytes_.fetch_add(bytes.awaited, std::memory_order_relaxed);
  }
  /// Synced, or lost with the log that they were written to.
  void note_flushed(const UnflushedBytes& bytes) {
    unflushed_bytes_.fetch_sub(bytes.all, std::memory_order_relaxed);
    awaited_bytes_.fetch_sub(bytes.awaited, std::memory_order_relaxed);
  }
  DirCounters& counters() { return counters_; }

 protected:
  env::Env& env_;
  std::unique_ptr<env::IoPool> pool_;
  std::unique_ptr<env::FileSystem> file_system_;
  env::IoPool& pool_in_use_;  // also while it is being destroyed and runs what is queued
  const std::shared_ptr<OpenFiles> open_files_;
  const bool is_beside_others_;
  std::atomic<bool> offline_{false};
  std::atomic<bool> below_reserve_{false};
  std::atomic<std::int64_t> spare_bytes_{0};
  std::atomic<bool> slow_{false};
  std::atomic<std::int64_t> unflushed_bytes_{0};
  std::atomic<std::int64_t> awaited_bytes_{0};
  DirCounters counters_;
};

/// Kafka's way: the name says at once that the file is gone; its bytes go after the delay, when
/// fetches under way have ended. On a full disk, where that name may have no room, they go at once.
/// A file that is not there does not matter.
Result<> retire_file(DirContext& dir, const std::string& path, std::int64_t delay_ms);

}  // namespace moldau::storage
