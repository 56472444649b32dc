#include "env/sim/sim_worker.h"

#include <boost/asio/post.hpp>

#include "base/check.h"
#include "env/coroutine.h"

namespace moldau::env {

SimWorker::SimWorker(Schedule& schedule, const std::string& node, int index)
    : schedule_(schedule),
      index_(index),
      id_(trace_id(node + "/worker-" + std::to_string(index))),
      work_(boost::asio::make_work_guard(context_)) {
  boost::asio::make_service<detail::WorkerTag>(context_, *this);
}

void SimWorker::post(Job job) {
  inbox_.emplace(std::pair(schedule_.now(), sequence_++), std::move(job));
  arm();
}

TimerId SimWorker::call_at(MonoTime when, Job job) {
  const TimerId id = timers_.add(when, std::move(job));
  arm();
  return id;
}

void SimWorker::hurry() {
  free_at_ = schedule_.now();
  auto waiting = std::exchange(inbox_, {});
  for (auto& [arrival, job] : waiting) {
    inbox_.emplace(std::pair(std::min(arrival.first, schedule_.now()), arrival.second),
                   std::move(job));
  }
  arm();
}

void SimWorker::arm() {
  if (in_turn_) return;  // at its end
  MonoTime when = MonoTime::max();
  if (!inbox_.empty()) when = inbox_.begin()->first.first;
  if (const auto timer = timers_.next()) when = std::min(when, *timer);
  if (when == MonoTime::max()) return;
  when = std::max(when, free_at_);
  if (armed_ <= when) return;
  armed_ = when;
  schedule_.at(when, id_, "turn", [this, ticket = ++ticket_, alive = std::weak_ptr(alive_)] {
    if (!alive.expired() && ticket == ticket_) turn();
  });
}

void SimWorker::turn() {
  armed_ = MonoTime::max();
  const MonoTime now = schedule_.now();
  if (now >= free_at_) {
    in_turn_ = true;
    if (const auto timer = timers_.next(); timer && *timer <= now) {
      run([this, now] { timers_.run_due(now); });
    } else if (!inbox_.empty() && inbox_.begin()->first.first <= now) {
      auto first = inbox_.extract(inbox_.begin());
      run(std::move(first.mapped()));
    }
    in_turn_ = false;
  }
  arm();
}

void SimWorker::run(Job job) {
  const Duration blocked = schedule_.run_thread(this, [this, &job] {
    boost::asio::post(context_, std::move(job));
    context_.poll();
  });
  free_at_ = schedule_.now() + blocked;
}

}  // namespace moldau::env
