#pragma once

#include <memory>

#include "env/task.h"
#include "env/worker.h"

namespace moldau::env {

/// Owns the tasks that were started in it, all on one worker. The only way to start a task. A task
/// that lets an exception out is a CHECK failure (our bug).
///
/// Lifetime: `co_await stop()` before destruction; the destructor CHECKs that no task is left.
class Scope {
 public:
  explicit Scope(Worker& worker);
  ~Scope();
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;

  /// From any thread. A task that is spawned while the scope stops still starts, and finds every
  /// env call cancelled.
  void spawn(Task<> task);

  /// From a task of another scope, on any worker: every env call that a task of this scope waits
  /// in, now or later, returns Errc::cancelled; returns when the last task has ended. Idempotent.
  Task<> stop();
  /// The same for callers outside of all tasks, from any thread: runs `drained` on the scope's
  /// worker when the last task has ended.
  void stop_then(Job drained);

  /// True once stop() was called; for loops that do not suspend in env calls.
  bool stopping() const;
  Worker& worker() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace moldau::env
