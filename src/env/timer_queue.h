#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/time.h"
#include "env/worker.h"

namespace moldau::env {

/// The deadlines of one worker: a heap that knows where each timer is, so that the many that are
/// cancelled leave at once. Not thread-safe.
class TimerQueue {
 public:
  TimerId add(MonoTime when, Job job);
  /// False if it has fired, was cancelled or is `none`.
  bool cancel(TimerId timer);
  std::optional<MonoTime> next() const;
  /// Runs the jobs that are due, in order of (when, added). Those that they add wait for the next
  /// call, due or not.
  void run_due(MonoTime now);
  std::size_t size() const { return heap_.size(); }

 private:
  struct Slot {
    MonoTime when{};
    std::uint64_t sequence{0};
    std::uint32_t generation{0};
    std::uint32_t position{0};  // in heap_
    Job job;
  };

  bool before(std::uint32_t a, std::uint32_t b) const;
  void place(std::uint32_t position, std::uint32_t slot);
  void up(std::uint32_t position);
  void down(std::uint32_t position);
  Job take(std::uint32_t slot);

  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_;
  std::vector<std::uint32_t> heap_;  // slots, earliest first
  std::uint64_t sequence_{0};
};

}  // namespace moldau::env
