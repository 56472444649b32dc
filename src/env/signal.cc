#include "env/signal.h"

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <optional>

#include "base/check.h"
#include "env/coroutine.h"

namespace moldau::env {

namespace asio = boost::asio;

namespace {
enum class Phase : std::uint8_t { idle, notified, waiting };
enum class Outcome : std::uint8_t { notified, timed_out, cancelled };
enum class Cancellation : std::uint8_t { honoured, ignored };
using Waiter = asio::async_result<asio::use_awaitable_t<>, void(Outcome)>::handler_type;
}  // namespace

// `phase` is the only member that other threads touch. It leaves `waiting` exactly once per wait:
// to `notified` by the notify that will post `wake`, or to `idle` by the timeout or the
// cancellation. Whoever made it leave resumes the waiter, so nobody else does.
struct Signal::State : std::enable_shared_from_this<State> {
  explicit State(Worker& worker) : home(worker) {}

  Task<Outcome> wait(MonoTime deadline, Cancellation policy);
  void suspend(Waiter handler, MonoTime deadline, Cancellation policy);
  void wake();
  void give_up(Outcome outcome);
  void resume(Outcome outcome);

  Worker& home;
  std::atomic<Phase> phase{Phase::idle};
  // What follows belongs to the home worker.
  std::optional<Waiter> waiter;
  TimerId timer{TimerId::none};
  std::uint64_t waits{0};  // tells a late cancellation that its wait is over
};

Task<Outcome> Signal::State::wait(MonoTime deadline, Cancellation policy) {
  if (policy == Cancellation::honoured &&
      detail::is_cancelled(co_await asio::this_coro::cancellation_state)) {
    co_return Outcome::cancelled;
  }
  Phase expected = Phase::notified;
  if (phase.compare_exchange_strong(expected, Phase::idle, std::memory_order_acq_rel)) {
    co_return Outcome::notified;
  }
  auto initiate = [this, deadline, policy](Waiter handler) {
    suspend(std::move(handler), deadline, policy);
  };
  co_return co_await asio::async_initiate<const asio::use_awaitable_t<>, void(Outcome)>(
      initiate, asio::use_awaitable);
}

void Signal::State::suspend(Waiter handler, MonoTime deadline, Cancellation policy) {
  CHECK(!waiter, "two tasks wait for one signal");
  waiter.emplace(std::move(handler));
  ++waits;
  if (policy == Cancellation::honoured) {
    auto slot = asio::get_associated_cancellation_slot(*waiter);
    if (slot.is_connected()) {
      slot.assign([this](asio::cancellation_type) {
        home.post([self = shared_from_this(), wait = waits] {
          if (self->waits == wait && self->waiter) self->give_up(Outcome::cancelled);
        });
      });
    }
  }
  if (deadline != MonoTime::max()) {
    timer = home.call_at(deadline, [this] {
      timer = TimerId::none;
      give_up(Outcome::timed_out);
    });
  }
  Phase expected = Phase::idle;
  if (!phase.compare_exchange_strong(expected, Phase::waiting, std::memory_order_acq_rel)) {
    // Notified since `wait` looked. Posted: never complete an operation inside its initiation.
    home.post([self = shared_from_this()] { self->wake(); });
  }
}

void Signal::State::wake() {
  phase.exchange(Phase::idle, std::memory_order_acq_rel);
  resume(Outcome::notified);
}

void Signal::State::give_up(Outcome outcome) {
  Phase expected = Phase::waiting;
  if (phase.compare_exchange_strong(expected, Phase::idle, std::memory_order_acq_rel)) {
    resume(outcome);
  }  // else `wake` is on its way
}

void Signal::State::resume(Outcome outcome) {
  CHECK(waiter, "a wake-up without a waiter");
  home.cancel(std::exchange(timer, TimerId::none));
  Waiter handler = std::move(*waiter);
  waiter.reset();
  handler(outcome);
}

Signal::Signal(Worker& home) : home_(home), state_(std::make_shared<State>(home)) {}
Signal::~Signal() = default;

void Signal::notify() {
  // 1. This thread sets `notified`. 2. The waiter, on its worker, returns and destroys the Signal.
  // 3. This thread goes on: with its own reference. (test: signal_may_be_destroyed_by_its_waiter)
  const auto state = state_;
  if (state->phase.exchange(Phase::notified, std::memory_order_acq_rel) == Phase::waiting) {
    state->home.post([state] { state->wake(); });
  }
}

Task<Result<>> Signal::wait() {
  return wait_until(MonoTime::max());
}

Task<Result<>> Signal::wait_until(MonoTime deadline) {
  switch (co_await state_->wait(deadline, Cancellation::honoured)) {
    case Outcome::notified:
      break;
    case Outcome::timed_out:
      co_return fail(Errc::timed_out);
    case Outcome::cancelled:
      co_return fail(Errc::cancelled);
  }
  co_return Result<>{};
}

Task<> detail::wait_uncancelled(Signal& done) {
  co_await done.state_->wait(MonoTime::max(), Cancellation::ignored);
}

Task<Result<>> sleep_until(Worker& worker, MonoTime when) {
  Signal never(worker);
  const Result<> outcome = co_await never.wait_until(when);
  if (!outcome && outcome.error().code == Errc::cancelled) co_return fail(Errc::cancelled);
  co_return Result<>{};
}

}  // namespace moldau::env
