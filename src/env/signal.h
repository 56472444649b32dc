#pragma once

#include <atomic>
#include <memory>

#include "base/error.h"
#include "base/time.h"
#include "env/task.h"
#include "env/worker.h"

namespace moldau::env {

class Signal;

namespace detail {
/// As `done.wait()`, but waits to the end even while the task's Scope is being stopped.
Task<> wait_uncancelled(Signal& done);
}  // namespace detail

/// The one way in which our own tasks wait for one another. A sticky flag with at most one waiter:
/// a notification before the wait counts, several coalesce into one. The data that the waiter looks
/// for lives elsewhere; after a wake-up it looks again.
///
/// Thread contract: `notify` from any thread; it never resumes the waiter inline. `wait` and
/// `wait_until` only from a task on `home`. The Signal must outlive its waiter and be alive when
/// `notify` is entered; the waiter that it wakes may destroy it before `notify` has returned.
class Signal {
 public:
  explicit Signal(Worker& home);
  ~Signal();
  Signal(const Signal&) = delete;
  Signal& operator=(const Signal&) = delete;

  void notify();
  /// Consumes the notification. Errors: cancelled (the task's Scope is being stopped).
  Task<Result<>> wait();
  /// As wait; Errors: cancelled, timed_out. A deadline of MonoTime::max() never passes.
  Task<Result<>> wait_until(MonoTime deadline);

  Worker& home() const { return home_; }

 private:
  friend Task<> detail::wait_uncancelled(Signal& done);
  struct State;
  Worker& home_;
  std::shared_ptr<State> state_;  // shared with wake-ups under way on the home worker
};

/// Suspends the calling task, which runs on `worker`. Errors: cancelled.
Task<Result<>> sleep_until(Worker& worker, MonoTime when);

}  // namespace moldau::env
