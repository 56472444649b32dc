#include "env/scope.h"

#include <atomic>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <list>

#include "base/check.h"
#include "env/coroutine.h"
#include "env/signal.h"

namespace moldau::env {

namespace asio = boost::asio;

struct Scope::State : std::enable_shared_from_this<State> {
  using Running = std::list<asio::cancellation_signal>;

  explicit State(Worker& home) : worker(home) {}

  void start(Task<> task);
  Task<> run(Task<> task);
  void finish(Running::iterator ended);
  void begin_stop(Job drained);

  Worker& worker;
  std::atomic<bool> stopping{false};
  std::atomic<std::int64_t> tasks{0};  // spawned and not ended
  // What follows belongs to the worker.
  Running running;
  std::vector<Job> stoppers;
};

void Scope::State::start(Task<> task) {
  running.emplace_back();
  const auto entry = std::prev(running.end());
  // The entry is taken out by a later job: Asio still holds on to its slot when it calls back.
  asio::co_spawn(worker.executor(), run(std::move(task)),
                 asio::bind_cancellation_slot(
                     entry->slot(), [self = shared_from_this(), entry](std::exception_ptr error) {
                       CHECK(!error, "an exception left a task");
                       self->worker.post([self, entry] { self->finish(entry); });
                     }));
  if (stopping.load(std::memory_order_acquire)) entry->emit(asio::cancellation_type::terminal);
}

Task<> Scope::State::run(Task<> task) {
  // Asio would throw out of the first co_await after a cancellation. Here it is a Result.
  co_await asio::this_coro::throw_if_cancelled(false);
  // co_spawn starts us inline; `start` has to get the chance to cancel before the task looks.
  if (stopping.load(std::memory_order_acquire)) co_await asio::post(asio::use_awaitable);
  co_await std::move(task);
}

void Scope::State::finish(Running::iterator ended) {
  running.erase(ended);
  if (tasks.fetch_sub(1, std::memory_order_acq_rel) == 1) {
    for (Job& drained : std::exchange(stoppers, {})) drained();
  }
}

void Scope::State::begin_stop(Job drained) {
  // Nothing resumes inside an emission (every operation posts), so the list stays as it is.
  for (auto& signal : running) signal.emit(asio::cancellation_type::terminal);
  if (tasks.load(std::memory_order_acquire) == 0) {
    drained();
  } else {
    stoppers.push_back(std::move(drained));
  }
}

Scope::Scope(Worker& worker) : state_(std::make_shared<State>(worker)) {}

Scope::~Scope() {
  const auto left = state_->tasks.load(std::memory_order_acquire);
  CHECK(left == 0, "a scope is destroyed with {} tasks in it", left);
}

void Scope::spawn(Task<> task) {
  state_->tasks.fetch_add(1, std::memory_order_acq_rel);
  state_->worker.post(
      [state = state_, task = std::move(task)]() mutable { state->start(std::move(task)); });
}

Task<> Scope::stop() {
  Signal drained(*co_await detail::this_worker());
  stop_then([&drained] { drained.notify(); });
  co_await detail::wait_uncancelled(drained);
}

void Scope::stop_then(Job drained) {
  // From here on `stopping()` is true for those who ask; the tasks learn it on their worker.
  state_->stopping.store(true, std::memory_order_release);
  state_->worker.post([state = state_, drained = std::move(drained)]() mutable {
    state->begin_stop(std::move(drained));
  });
}

bool Scope::stopping() const {
  return state_->stopping.load(std::memory_order_acquire);
}

Worker& Scope::worker() const {
  return state_->worker;
}

}  // namespace moldau::env
