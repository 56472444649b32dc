#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstdint>
#include <functional>

#include "base/time.h"

namespace moldau::env {

/// Work without a caller: must not throw.
using Job = std::move_only_function<void()>;

enum class TimerId : std::uint64_t { none = 0 };

/// One thread with its run queue and its queue of deadlines (in the simulator: a logical worker of
/// the one thread). What lives on a worker is touched by that worker only.
class Worker {
 public:
  virtual ~Worker() = default;
  virtual int index() const = 0;

  /// From any thread: runs the job on this worker, in the order posted. Waking a sleeping worker of
  /// a virtual machine costs 50 to 85 us, so hand over lists, not items.
  virtual void post(Job job) = 0;

  /// Only from this worker: runs the job at `when` or as soon after as the worker is free.
  virtual TimerId call_at(MonoTime when, Job job) = 0;
  /// Only from this worker. A timer that has fired, or `none`, is ignored.
  virtual void cancel(TimerId timer) = 0;

  virtual MonoTime now() const = 0;
  virtual boost::asio::any_io_executor executor() = 0;
};

/// All workers of a node; fixed from start to end.
class Workers {
 public:
  virtual ~Workers() = default;
  virtual int count() const = 0;
  virtual Worker& at(int index) = 0;
  /// The worker that runs the caller; null on a pool thread or another foreign thread.
  virtual Worker* current() = 0;
};

}  // namespace moldau::env
