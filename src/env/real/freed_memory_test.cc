#include "env/real/freed_memory.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <cstdint>
#include <cstring>
#include <thread>
#include <vector>

#include "env/real/block_on.h"
#include "env/real/real_env.h"

namespace moldau::env {
namespace {

using std::chrono::milliseconds;

TEST(QuietWatchTest, says_once_that_a_busy_process_has_become_quiet) {
  QuietWatch watch(milliseconds(50));
  EXPECT_TRUE(watch.look(milliseconds(20)));  // the start was busy
  EXPECT_FALSE(watch.look(milliseconds(21)));
  EXPECT_FALSE(watch.look(milliseconds(71)));
  EXPECT_FALSE(watch.look(milliseconds(900)));
  EXPECT_TRUE(watch.look(milliseconds(949)));
  EXPECT_FALSE(watch.look(milliseconds(949)));
}

TEST(QuietWatchTest, a_busy_start_is_waited_for) {
  QuietWatch watch(milliseconds(50));
  EXPECT_FALSE(watch.look(milliseconds(50)));
  EXPECT_TRUE(watch.look(milliseconds(60)));
}

/// Page faults of this thread while it takes, fills and frees 16 blocks of 1 MiB.
long faults_of_a_turn() {
  rusage before{};
  ::getrusage(RUSAGE_THREAD, &before);
  std::vector<std::vector<std::uint8_t>> blocks;
  for (int i = 0; i < 16; ++i) blocks.emplace_back(1 << 20, std::uint8_t{1});
  blocks.clear();
  rusage after{};
  ::getrusage(RUSAGE_THREAD, &after);
  return after.ru_minflt - before.ru_minflt;
}

struct Turns {
  long first{0};
  long while_busy{0};
  long when_quiet{0};
};

Task<> take_in_turns(Workers& workers, Turns& faults) {
  const milliseconds interval(50);
  const FreedMemory memory(workers, interval);
  faults.first = faults_of_a_turn();
  faults.while_busy = faults_of_a_turn();
  for (int i = 0; i < 50 && faults.when_quiet < faults.first / 2; ++i) {
    (void)co_await sleep_until(workers.at(0), workers.at(0).now() + 4 * interval);
    faults.when_quiet = faults_of_a_turn();
  }
}

TEST(FreedMemoryTest, stays_until_the_process_is_quiet) {
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
  GTEST_SKIP() << "sanitizers have an allocator of their own";
#else
  RealEnv env({.workers = 1});
  env.start();
  Turns faults;
  block_on(env.workers().at(0), take_in_turns(env.workers(), faults));
  env.stop();
  env.run();
  EXPECT_GE(faults.first, 16);  // fewer than 4,096 where the kernel has large pages
  EXPECT_LE(faults.while_busy, faults.first / 8);
  EXPECT_GE(faults.when_quiet, faults.first / 2);
#endif
}

}  // namespace
}  // namespace moldau::env
