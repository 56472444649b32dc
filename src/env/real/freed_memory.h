#pragma once

#include "base/time.h"
#include "env/worker.h"

namespace moldau::env {

/// Tells when a process that was busy has become quiet. Pure.
class QuietWatch {
 public:
  /// `busy_from`: so much processor time between two looks is not quiet.
  explicit QuietWatch(Duration busy_from) : busy_from_(busy_from) {}
  /// `used`: the process's processor time since its start. True at the first quiet look after a
  /// busy one; a start was busy.
  bool look(Duration used);
  bool is_busy() const { return is_busy_; }

 private:
  const Duration busy_from_;
  Duration used_{0};
  bool is_busy_{true};
};

/// What this process frees stays with it while it is busy, up to `kept_bytes_max` at the end of
/// each thread's heap, and goes back to the kernel when it becomes quiet: at once that of the
/// workers, that of other threads when they free something next. glibc alone gives back all above
/// 128 KiB at once (until something larger is freed), and getting it again costs a page fault for
/// every 4 KiB: a fourth of the processor time of fetches of a megabyte.
///
/// Settings of the whole process: one at a time. Construct and destroy it on worker 0; the others
/// run as long as it lives.
class FreedMemory {
 public:
  static constexpr int kept_bytes_max = 32 << 20;

  /// Quiet: less than a hundredth of a processor for `interval`.
  explicit FreedMemory(Workers& workers, Duration interval = std::chrono::seconds(5));
  ~FreedMemory();
  FreedMemory(const FreedMemory&) = delete;
  FreedMemory& operator=(const FreedMemory&) = delete;

 private:
  void look();

  Workers& workers_;
  const Duration interval_;
  QuietWatch watch_;
  TimerId timer_{TimerId::none};
};

/// How much a thread may keep of what it has freed.
void keep_freed_memory(int bytes_max);
/// Gives back what this thread has freed and may not keep, and whole pages that lie between what
/// any thread uses.
void give_back_freed_memory();

}  // namespace moldau::env
