#include "env/real/real_worker.h"

#include <boost/asio/post.hpp>
#include <chrono>

#include "base/check.h"

namespace moldau::env {

namespace {
// Set once, when the thread starts; the simulator has its own way.
thread_local RealWorker* current_worker = nullptr;
}  // namespace

MonoTime mono_now() {
  return MonoTime(std::chrono::steady_clock::now().time_since_epoch());
}

RealWorker::RealWorker(int index)
    : index_(index), work_(boost::asio::make_work_guard(context_)), timer_(context_) {
  boost::asio::make_service<detail::WorkerTag>(context_, *this);
}

void RealWorker::run() {
  CHECK(current_worker == nullptr, "a thread runs one worker");
  current_worker = this;
  context_.run();
  current_worker = nullptr;
}

RealWorker* RealWorker::current() {
  return current_worker;
}

void RealWorker::post(Job job) {
  bool first = false;
  {
    Lock lock(mutex_);
    first = posted_.empty();
    posted_.push_back(std::move(job));
  }
  if (first) boost::asio::post(context_, [this] { drain(); });
}

void RealWorker::drain() {
  {
    Lock lock(mutex_);
    running_.swap(posted_);
  }
  for (Job& job : running_) std::exchange(job, Job{})();
  running_.clear();
}

TimerId RealWorker::call_at(MonoTime when, Job job) {
  const TimerId id = timers_.add(when, std::move(job));
  arm();
  return id;
}

void RealWorker::arm() {
  const std::optional<MonoTime> next = timers_.next();
  if (!next || armed_ <= *next) return;
  armed_ = *next;
  timer_.expires_at(std::chrono::steady_clock::time_point(next->time_since_epoch()));
  timer_.async_wait([this](boost::system::error_code error) {
    if (!error) fire();  // else armed anew, for an earlier one
  });
}

void RealWorker::fire() {
  armed_ = MonoTime::max();
  timers_.run_due(mono_now());
  arm();
}

}  // namespace moldau::env
