#include "env/real/freed_memory.h"

#include <malloc.h>

#include <cstddef>
#include <cstdlib>
#include <ctime>
#include <utility>

namespace moldau::env {

namespace {

/// glibc's own threshold.
constexpr int trimmed_from = 128 << 10;

Duration processor_time() {
  return std::chrono::microseconds(std::clock() / (CLOCKS_PER_SEC / 1'000'000));
}

}  // namespace

bool QuietWatch::look(Duration used) {
  const bool busy = used - std::exchange(used_, used) >= busy_from_;
  const bool was_busy = std::exchange(is_busy_, busy);
  return was_busy && !busy;
}

void keep_freed_memory(int bytes_max) {
  ::mallopt(M_TRIM_THRESHOLD, bytes_max);
}

void give_back_freed_memory() {
  // Of other threads' heaps than the first one's, malloc_trim leaves the end alone. It goes when
  // something large is freed at it. (Compilers leave out a malloc that is only freed.)
  void* large = nullptr;
  if (::posix_memalign(&large, alignof(std::max_align_t), trimmed_from) == 0) std::free(large);
  ::malloc_trim(0);
}

FreedMemory::FreedMemory(Workers& workers, Duration interval)
    : workers_(workers), interval_(interval), watch_(interval / 100) {
  // Above this size each block would be a mapping of its own, and its end the end of its pages.
  ::mallopt(M_MMAP_THRESHOLD, kept_bytes_max);
  keep_freed_memory(kept_bytes_max);
  timer_ = workers.at(0).call_at(workers.at(0).now() + interval_, [this] { look(); });
}

FreedMemory::~FreedMemory() {
  workers_.at(0).cancel(timer_);
}

void FreedMemory::look() {
  const bool has_become_quiet = watch_.look(processor_time());
  keep_freed_memory(watch_.is_busy() ? kept_bytes_max : trimmed_from);
  if (has_become_quiet) {
    for (int i = 0; i < workers_.count(); ++i) workers_.at(i).post(give_back_freed_memory);
  }
  timer_ = workers_.at(0).call_at(workers_.at(0).now() + interval_, [this] { look(); });
}

}  // namespace moldau::env
