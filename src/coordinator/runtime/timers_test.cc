#include "coordinator/runtime/timers.h"

#include <gtest/gtest.h>

#include <memory>

namespace moldau::coordinator {
namespace {

using IntTimers = Timers<int>;

MonoTime at(std::int64_t ms) {
  return MonoTime(milliseconds(ms));
}

TEST(Timers, are_due_in_order_of_time_and_then_of_being_set) {
  IntTimers timers;
  IntTimers::Timer a;
  IntTimers::Timer b;
  IntTimers::Timer c;
  timers.set(a, at(20), 1);
  timers.set(b, at(10), 2);
  timers.set(c, at(20), 3);
  EXPECT_EQ(timers.next(), at(10));
  EXPECT_EQ(timers.take_due(at(9)), std::nullopt);
  EXPECT_EQ(timers.take_due(at(20)), 2);
  EXPECT_FALSE(b.is_set());
  EXPECT_EQ(timers.take_due(at(20)), 1);
  EXPECT_EQ(timers.take_due(at(20)), 3);
  EXPECT_EQ(timers.next(), std::nullopt);
}

TEST(Timers, set_anew_forget_the_deadline_before) {
  IntTimers timers;
  IntTimers::Timer a;
  IntTimers::Timer b;
  timers.set(a, at(10), 1);
  timers.set(b, at(10), 2);
  timers.set(a, at(10), 3);
  EXPECT_EQ(timers.size(), 2U);
  EXPECT_EQ(timers.take_due(at(10)), 2);
  timers.set(a, at(30), 4);
  EXPECT_EQ(a.deadline(), at(30));
  EXPECT_EQ(timers.take_due(at(10)), std::nullopt);
  EXPECT_EQ(timers.take_due(at(30)), 4);
}

TEST(Timers, end_with_their_owner) {
  IntTimers timers;
  IntTimers::Timer a;
  {
    const auto b = std::make_unique<IntTimers::Timer>();
    timers.set(*b, at(10), 2);
  }
  timers.set(a, at(20), 1);
  EXPECT_EQ(timers.next(), at(20));
  a.cancel();
  a.cancel();
  EXPECT_EQ(timers.size(), 0U);
}

}  // namespace
}  // namespace moldau::coordinator
