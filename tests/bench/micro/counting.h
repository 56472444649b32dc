#pragma once

#include <valgrind/callgrind.h>

/// What callgrind counts: nothing but what runs while counting is on. Without valgrind all this
/// costs a few instructions and does nothing.
namespace moldau::bench {

inline bool is_counting = false;

/// Counts while it lives.
class Counted {
 public:
  Counted() {
    is_counting = true;
    CALLGRIND_TOGGLE_COLLECT;
  }
  ~Counted() {
    CALLGRIND_TOGGLE_COLLECT;
    is_counting = false;
  }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;
};

/// Leaves out of a count what stands for a system call, while it lives: the in-memory disk, which
/// no change of Moldau's makes dearer or cheaper.
class NotCounted {
 public:
  NotCounted() {
    if (is_counting) CALLGRIND_TOGGLE_COLLECT;
  }
  ~NotCounted() {
    if (is_counting) CALLGRIND_TOGGLE_COLLECT;
  }
  NotCounted(const NotCounted&) = delete;
  NotCounted& operator=(const NotCounted&) = delete;
};

}  // namespace moldau::bench
