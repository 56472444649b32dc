#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <map>
#include <memory>
#include <string>

#include "env/sim/schedule.h"
#include "env/timer_queue.h"
#include "env/worker.h"

namespace moldau::env {

/// A logical worker: one job or round of timers per turn, a turn is an event of the schedule. While
/// a job is blocked in a system call the worker does nothing else. Its io_context only carries
/// Asio's own hand-overs and is run dry within the turn.
class SimWorker final : public Worker {
 public:
  SimWorker(Schedule& schedule, const std::string& node, int index);

  int index() const override { return index_; }
  void post(Job job) override;
  TimerId call_at(MonoTime when, Job job) override;
  void cancel(TimerId timer) override { timers_.cancel(timer); }
  MonoTime now() const override { return schedule_.now(); }
  boost::asio::any_io_executor executor() override { return context_.get_executor(); }

  /// The node is dead: whatever its jobs wait for comes at once, so that its tasks end now.
  void hurry();

 private:
  void arm();
  void turn();
  void run(Job job);

  Schedule& schedule_;
  const int index_;
  const std::uint64_t id_;
  boost::asio::io_context context_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  // By arrival: a job that a blocked thread posts comes when that thread gets there.
  std::map<std::pair<MonoTime, std::uint64_t>, Job> inbox_;
  std::uint64_t sequence_{0};
  TimerQueue timers_;
  MonoTime free_at_{};
  bool in_turn_{false};
  MonoTime armed_{MonoTime::max()};
  std::uint64_t ticket_{0};  // of the turn that counts; older ones are void
  std::shared_ptr<int> alive_{std::make_shared<int>(0)};  // events may outlive the worker
};

}  // namespace moldau::env
