#include "env/real/freed_memory.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdint>
#include <fstream>
#include <vector>

#include "base/effort_test.h"
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

constexpr std::size_t block_bytes = 1 << 20;
constexpr std::size_t turn_bytes = 16 * block_bytes;

/// Page faults of this thread while it takes, fills and frees some blocks.
long faults_of_a_turn() {
  rusage before{};
  ::getrusage(RUSAGE_THREAD, &before);
  std::vector<std::vector<std::uint8_t>> blocks;
  for (std::size_t all = 0; all < turn_bytes; all += block_bytes) {
    blocks.emplace_back(block_bytes, std::uint8_t{1});
  }
  blocks.clear();
  rusage after{};
  ::getrusage(RUSAGE_THREAD, &after);
  return after.ru_minflt - before.ru_minflt;
}

std::size_t resident_bytes() {
  std::size_t size = 0;
  std::size_t resident_pages = 0;
  std::ifstream("/proc/self/statm") >> size >> resident_pages;
  return resident_pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

struct Seen {
  long first_faults{0};
  long faults_while_busy{0};
  std::size_t resident_while_busy{0};
  std::size_t resident_when_quiet{0};
};

Task<> be_busy_then_quiet(Workers& workers, Seen& seen) {
  const milliseconds interval(50);
  const FreedMemory memory(workers, interval);
  seen.first_faults = faults_of_a_turn();
  seen.faults_while_busy = faults_of_a_turn();
  seen.resident_while_busy = seen.resident_when_quiet = resident_bytes();
  for (int i = 0; i < 50 && seen.resident_when_quiet + turn_bytes / 2 > seen.resident_while_busy;
       ++i) {
    (void)co_await sleep_until(workers.at(0), workers.at(0).now() + 2 * interval);
    seen.resident_when_quiet = resident_bytes();
  }
}

TEST(FreedMemoryTest, stays_until_the_process_is_quiet) {
  if (is_sanitized) GTEST_SKIP() << "sanitizers have an allocator of their own";
  RealEnv env({.workers = 1});
  env.start();
  Seen seen;
  block_on(env.workers().at(0), be_busy_then_quiet(env.workers(), seen));
  env.stop();
  env.run();
  EXPECT_GE(seen.first_faults, 16);  // fewer than 4,096 where the kernel has large pages
  EXPECT_LE(seen.faults_while_busy, seen.first_faults / 8);
  EXPECT_LE(seen.resident_when_quiet + turn_bytes / 2, seen.resident_while_busy);
}

}  // namespace
}  // namespace moldau::env
