#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "env/signal.h"
#include "env/task.h"
#include "env/worker.h"

namespace moldau::env {

/// Classes of blocking work, each with its own threads and queue, so that cold reads or compaction
/// never stand in front of a flush.
enum class IoClass : std::uint8_t {
  flush,       ///< foreground: flush rounds, rolls, slow appends; a round may wait for its own jobs
  fetch,       ///< cold reads
  background,  ///< recovery, retention, deletion, compaction
};

/// Threads for calls that block, one pool per log directory, so that a slow disk stalls its own
/// partitions and nobody else.
class IoPool {
 public:
  virtual ~IoPool() = default;
  /// From any thread; FIFO per class when the class has one thread.
  virtual void submit(IoClass io_class, Job job) = 0;
  /// As submit, from a job of that class and as its last act: the thread that is about to be free
  /// takes it, and no other is woken for it.
  virtual void follow(IoClass io_class, Job job) { submit(io_class, std::move(job)); }
  virtual int threads(IoClass io_class) const = 0;
  virtual std::size_t queued(IoClass io_class) const = 0;
};

/// Runs `work()` on the pool and returns what it returned, back on the calling task's worker. It is
/// not abandoned when the scope is cancelled: what `work` refers to stays alive until it has run.
template <class Work>
Task<std::invoke_result_t<Work&>> run_on(IoPool& pool, IoClass io_class, Worker& home, Work work);

}  // namespace moldau::env

#include "env/pool_inl.h"  // IWYU pragma: keep
