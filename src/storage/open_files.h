#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>

#include "base/thread_annotations.h"
#include "env/mutex.h"

namespace moldau::storage {

class Segment;

/// How many files the segments of a node keep open between two uses, under the process's limit.
/// Beyond `max`, those that were not used for long are closed, to be opened again when needed. What
/// is in use, or written and not yet flushed, stays open: a limit for what is idle, not a hard one.
/// Thread-safe.
class OpenFiles {
 public:
  static constexpr std::size_t unlimited = static_cast<std::size_t>(-1);
  explicit OpenFiles(std::size_t max) : max_(max) {}

  std::size_t max() const { return max_; }
  /// So many files may be held at a time by work that wants all of them open until all are durable.
  std::size_t in_bulk() const { return std::clamp<std::size_t>(max_ / 4, 16, 1'024); }
  std::size_t count() const { return count_.load(std::memory_order_relaxed); }
  /// Segments that it has been told of; of those that are gone no more than of the others.
  std::size_t listed() const EXCLUDES(mutex_);
  /// How often a file was closed to make room.
  std::uint64_t evictions() const { return evictions_.load(std::memory_order_relaxed); }

 private:
  friend class Segment;
  static constexpr std::size_t sweep_min = 64;
  void add(std::size_t files) { count_.fetch_add(files, std::memory_order_relaxed); }
  void drop(std::size_t files) { count_.fetch_sub(files, std::memory_order_relaxed); }
  /// The segment has files that it keeps. Once, until it is told otherwise.
  void list(std::weak_ptr<const Segment> segment) EXCLUDES(mutex_);
  /// May block on the disk.
  void make_room() EXCLUDES(mutex_);

  const std::size_t max_;
  std::atomic<std::size_t> count_{0};
  std::atomic<std::uint64_t> evictions_{0};
  mutable env::Mutex mutex_;
  /// The next to be looked at first: CLOCK, a second chance for what was used since the last look.
  std::deque<std::weak_ptr<const Segment>> queue_ GUARDED_BY(mutex_);
  std::size_t sweep_at_ GUARDED_BY(mutex_){sweep_min};  ///< entries
};

}  // namespace moldau::storage
