#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <vector>

#include "env/coroutine.h"
#include "env/mutex.h"
#include "env/timer_queue.h"
#include "env/worker.h"

namespace moldau::env {

MonoTime mono_now();

/// A thread's io_context, its list of posted jobs and its deadlines, for which one Asio timer
/// stands. Sleeps in epoll until there is something to do. Owned by RealEnv.
class RealWorker final : public Worker {
 public:
  explicit RealWorker(int index);

  /// The loop; returns after stop().
  void run();
  /// From any thread. Jobs and handlers that are left are destroyed with the worker.
  void stop() { context_.stop(); }
  /// The worker whose loop runs the caller, or null.
  static RealWorker* current();
  boost::asio::io_context& context() { return context_; }

  int index() const override { return index_; }
  void post(Job job) override;
  TimerId call_at(MonoTime when, Job job) override;
  void cancel(TimerId timer) override { timers_.cancel(timer); }
  MonoTime now() const override { return mono_now(); }
  boost::asio::any_io_executor executor() override { return context_.get_executor(); }

 private:
  void drain();
  void arm();
  void fire();

  const int index_;
  boost::asio::io_context context_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  Mutex mutex_;
  std::vector<Job> posted_ GUARDED_BY(mutex_);
  std::vector<Job> running_;  // of this turn; kept for its capacity
  TimerQueue timers_;
  boost::asio::steady_timer timer_;
  MonoTime armed_{MonoTime::max()};  // when timer_ will fire
};

}  // namespace moldau::env
