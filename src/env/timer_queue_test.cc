#include "env/timer_queue.h"

#include <gtest/gtest.h>

#include <string>

#include "base/prng.h"

namespace moldau::env {
namespace {

MonoTime at(std::int64_t ms) {
  return MonoTime(milliseconds(ms));
}

TEST(TimerQueue, runs_in_order_of_time_then_of_addition) {
  TimerQueue queue;
  std::string ran;
  queue.add(at(3), [&] { ran += 'd'; });
  queue.add(at(1), [&] { ran += 'a'; });
  queue.add(at(2), [&] { ran += 'b'; });
  queue.add(at(2), [&] { ran += 'c'; });
  queue.run_due(at(2));
  EXPECT_EQ(ran, "abc");
  EXPECT_EQ(queue.next(), at(3));
}

TEST(TimerQueue, cancelled_timer_does_not_run_and_its_id_stays_dead_when_the_slot_is_reused) {
  TimerQueue queue;
  int ran = 0;
  const TimerId first = queue.add(at(1), [&] { ran += 1; });
  EXPECT_TRUE(queue.cancel(first));
  queue.add(at(1), [&] { ran += 10; });
  EXPECT_FALSE(queue.cancel(first));
  EXPECT_FALSE(queue.cancel(TimerId::none));
  queue.run_due(at(1));
  EXPECT_EQ(ran, 10);
  EXPECT_EQ(queue.size(), 0U);
}

TEST(TimerQueue, job_added_by_a_job_waits_for_the_next_call) {
  TimerQueue queue;
  int ran = 0;
  queue.add(at(1), [&] { queue.add(at(0), [&] { ++ran; }); });
  queue.run_due(at(1));
  EXPECT_EQ(ran, 0);
  queue.run_due(at(1));
  EXPECT_EQ(ran, 1);
}

TEST(TimerQueue, job_may_cancel_another_that_is_due) {
  TimerQueue queue;
  bool ran = false;
  TimerId second = TimerId::none;
  queue.add(at(1), [&] { queue.cancel(second); });
  second = queue.add(at(1), [&] { ran = true; });
  queue.run_due(at(1));
  EXPECT_FALSE(ran);
}

TEST(TimerQueue, agrees_with_a_sorted_list_under_random_use) {
  TimerQueue queue;
  Prng prng(7);
  std::map<std::pair<MonoTime, int>, TimerId> model;
  std::vector<int> ran;
  int number = 0;
  for (int step = 0; step < 20'000; ++step) {
    if (prng.chance(600'000) || model.empty()) {
      const MonoTime when = at(prng.between(0, 1'000));
      const int mine = number++;
      model[{when, mine}] = queue.add(when, [&ran, mine] { ran.push_back(mine); });
    } else if (prng.chance(700'000)) {
      const auto victim =
          std::next(model.begin(), static_cast<std::ptrdiff_t>(prng.below(model.size())));
      EXPECT_TRUE(queue.cancel(victim->second));
      model.erase(victim);
    } else {
      const MonoTime now = model.begin()->first.first;
      std::vector<int> expected;
      while (!model.empty() && model.begin()->first.first <= now) {
        expected.push_back(model.begin()->first.second);
        model.erase(model.begin());
      }
      ran.clear();
      queue.run_due(now);
      ASSERT_EQ(ran, expected);
    }
    ASSERT_EQ(queue.size(), model.size());
  }
}

}  // namespace
}  // namespace moldau::env
