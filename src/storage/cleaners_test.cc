#include "storage/cleaners.h"

#include <gtest/gtest.h>

namespace moldau::storage {
namespace {

MonoTime at_ms(std::int64_t ms) {
  return MonoTime() + milliseconds(ms);
}

TEST(Cleaners, take_turns_in_the_order_in_which_they_asked) {
  Cleaners cleaners;
  const int a = 0, b = 0, c = 0;
  ASSERT_TRUE(cleaners.try_begin(&a, at_ms(0)));
  EXPECT_FALSE(cleaners.try_begin(&b, at_ms(1)));
  EXPECT_FALSE(cleaners.try_begin(&c, at_ms(2)));
  cleaners.end();
  EXPECT_FALSE(cleaners.try_begin(&a, at_ms(3))) << "it has more to do, and the others wait";
  EXPECT_FALSE(cleaners.try_begin(&c, at_ms(4))) << "b is before it";
  ASSERT_TRUE(cleaners.try_begin(&b, at_ms(5)));
  cleaners.end();
  ASSERT_TRUE(cleaners.try_begin(&c, at_ms(6)));
  cleaners.end();
  EXPECT_TRUE(cleaners.try_begin(&a, at_ms(7)));
}

TEST(Cleaners, who_does_not_ask_again_loses_its_place) {
  Cleaners cleaners;
  cleaners.set_config({.backoff_ms = 1000});
  const int a = 0, b = 0;
  ASSERT_TRUE(cleaners.try_begin(&a, at_ms(0)));
  EXPECT_FALSE(cleaners.try_begin(&b, at_ms(0)));
  cleaners.end();
  EXPECT_FALSE(cleaners.try_begin(&a, at_ms(2000)));
  EXPECT_TRUE(cleaners.try_begin(&a, at_ms(2001)));
}

TEST(Cleaners, are_as_many_as_there_are_threads) {
  Cleaners cleaners;
  cleaners.set_config({.threads = 2});
  const int a = 0, b = 0, c = 0;
  EXPECT_TRUE(cleaners.try_begin(&a, at_ms(0)));
  EXPECT_TRUE(cleaners.try_begin(&b, at_ms(0)));
  EXPECT_FALSE(cleaners.try_begin(&c, at_ms(0)));
  cleaners.set_config({.enabled = false, .threads = 3});
  EXPECT_FALSE(cleaners.try_begin(&c, at_ms(0)));
  cleaners.set_config({.threads = 3});
  EXPECT_TRUE(cleaners.try_begin(&c, at_ms(0)));
}

TEST(Cleaners, share_what_they_may_read_and_write) {
  Cleaners cleaners;
  cleaners.set_config({.threads = 2, .io_bytes_per_second = 1000});
  cleaners.note_io(500, at_ms(0));
  EXPECT_EQ(cleaners.pause(at_ms(0)), milliseconds(500));
  cleaners.note_io(500, at_ms(100));
  EXPECT_EQ(cleaners.pause(at_ms(100)), milliseconds(900)) << "behind the other one's";
  EXPECT_EQ(cleaners.pause(at_ms(800)), milliseconds(200));
  cleaners.set_config({.io_bytes_per_second = 2000});
  EXPECT_EQ(cleaners.pause(at_ms(800)), milliseconds(100));
  cleaners.note_io(200, at_ms(5000));
  EXPECT_EQ(cleaners.pause(at_ms(5000)), milliseconds(100)) << "nothing is saved up";
}

}  // namespace
}  // namespace moldau::storage
