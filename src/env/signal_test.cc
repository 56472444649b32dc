#include "env/signal.h"

#include <gtest/gtest.h>

#include <thread>

#include "env/pool.h"
#include "env/scope.h"
#include "env/test_world.h"

namespace moldau::env {
namespace {

class SignalTest : public testing::Test {
 protected:
  Worker& worker(int index) { return world_.env().workers().at(index); }
  MonoTime in(std::int64_t ms) { return world_.env().clock().now() + milliseconds(ms); }
  RealTestWorld world_;
};

Task<> expect_notified_once(Signal& signal, MonoTime deadline) {
  EXPECT_TRUE(co_await signal.wait());
  const Result<> again = co_await signal.wait_until(deadline);
  EXPECT_FALSE(again);
  if (!again) EXPECT_EQ(again.error().code, Errc::timed_out);
}

TEST_F(SignalTest, notifications_before_the_wait_count_once) {
  Signal signal(worker(0));
  signal.notify();
  signal.notify();
  world_.run(expect_notified_once(signal, in(20)));
}

Task<> count_to(Signal& signal, std::atomic<int>& made, int end, int& woken) {
  while (made.load(std::memory_order_acquire) < end) {
    EXPECT_TRUE(co_await signal.wait());
    ++woken;
  }
}

TEST_F(SignalTest, no_notification_from_other_threads_is_lost) {
  Signal signal(worker(0));
  std::atomic<int> made{0};
  constexpr int per_thread = 20'000;
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < per_thread; ++j) {
        made.fetch_add(1, std::memory_order_release);
        signal.notify();
      }
    });
  }
  int woken = 0;
  world_.run(count_to(signal, made, 3 * per_thread, woken));
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(made, 3 * per_thread);
  EXPECT_LE(woken, 3 * per_thread);
}

Task<> wait_with_timeouts(Signal& signal, std::atomic<int>& made, int end, int& timeouts) {
  Worker& home = signal.home();
  while (made.load(std::memory_order_acquire) < end) {
    const Result<> outcome = co_await signal.wait_until(home.now() + std::chrono::microseconds(30));
    if (!outcome) {
      EXPECT_EQ(outcome.error().code, Errc::timed_out);
      ++timeouts;
    }
  }
}

TEST_F(SignalTest, timeouts_race_with_notifications_without_harm) {
  Signal signal(worker(0));
  std::atomic<int> made{0};
  std::thread notifier([&] {
    for (int i = 0; i < 2'000; ++i) {
      made.fetch_add(1, std::memory_order_release);
      signal.notify();
      std::this_thread::sleep_for(std::chrono::microseconds(i % 60));
    }
  });
  int timeouts = 0;
  world_.run(wait_with_timeouts(signal, made, 2'000, timeouts));
  notifier.join();
  EXPECT_GT(timeouts, 0);
}

Task<> destroy_when_woken(IoPool& pool, Worker& home, int rounds) {
  for (int i = 0; i < rounds; ++i) {
    auto signal = std::make_unique<Signal>(home);
    pool.submit(IoClass::fetch, [raw = signal.get()] { raw->notify(); });
    EXPECT_TRUE(co_await signal->wait());
    signal.reset();
  }
}

TEST_F(SignalTest, signal_may_be_destroyed_by_its_waiter) {
  const auto pool = world_.env().make_pool("test");
  world_.run(destroy_when_woken(*pool, worker(0), 5'000));
}

Task<> expect_not_resumed_inline(Worker& home) {
  Signal signal(home);
  Scope scope(home);
  bool resumed = false;
  struct Waiter {
    static Task<> run(Signal& waited, bool& flag) {
      EXPECT_TRUE(co_await waited.wait());
      flag = true;
    }
  };
  scope.spawn(Waiter::run(signal, resumed));
  EXPECT_TRUE(co_await sleep_until(home, home.now() + milliseconds(5)));
  signal.notify();
  EXPECT_FALSE(resumed);
  EXPECT_TRUE(co_await sleep_until(home, home.now() + milliseconds(5)));
  EXPECT_TRUE(resumed);
  co_await scope.stop();
}

TEST_F(SignalTest, notify_on_the_home_worker_does_not_resume_the_waiter_inline) {
  world_.run(expect_not_resumed_inline(worker(0)));
}

Task<> sleep_in_order(Worker& home, std::vector<int>& order, int ms) {
  EXPECT_TRUE(co_await sleep_until(home, home.now() + milliseconds(ms)));
  order.push_back(ms);
}

Task<> sleep_together(Worker& home, std::vector<int>& order) {
  Scope scope(home);
  for (const int ms : {30, 10, 20}) scope.spawn(sleep_in_order(home, order, ms));
  EXPECT_TRUE(co_await sleep_until(home, home.now() + milliseconds(60)));
  co_await scope.stop();
}

TEST_F(SignalTest, sleepers_wake_in_the_order_of_their_deadlines) {
  std::vector<int> order;
  world_.run(sleep_together(worker(1), order), 1);
  EXPECT_EQ(order, (std::vector<int>{10, 20, 30}));
}

}  // namespace
}  // namespace moldau::env
