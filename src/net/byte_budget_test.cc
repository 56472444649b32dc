#include "net/byte_budget.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <vector>

#include "base/prng.h"
#include "env/scope.h"
#include "env/test_world.h"

namespace moldau::net {
namespace {

constexpr std::uint64_t mib = 1 << 20;

class ByteBudgetTest : public testing::Test {
 protected:
  env::RealTestWorld world_;
  env::Signal signal_{world_.env().workers().at(0)};
  const std::shared_ptr<ByteBudget> shared_budget_{std::make_shared<ByteBudget>(4 * mib)};
  ByteBudget& budget_{*shared_budget_};
};

TEST_F(ByteBudgetTest, takes_up_to_the_capacity_and_gives_back_when_destroyed) {
  ByteBudget::Lease a;
  EXPECT_TRUE(budget_.try_take(a, 3 * mib));
  EXPECT_TRUE(budget_.try_take(a, mib));
  ByteBudget::Lease b;
  EXPECT_FALSE(budget_.try_take(b, 1));
  EXPECT_EQ(budget_.stats().used_bytes, 4 * mib);
  {
    const ByteBudget::Lease moved = std::move(a);
  }
  EXPECT_EQ(budget_.stats().used_bytes, 0U);
  EXPECT_TRUE(budget_.try_take(b, 1));
}

TEST_F(ByteBudgetTest, lives_as_long_as_what_was_taken_from_it) {
  ByteBudget::Lease lease;
  auto budget = std::make_shared<ByteBudget>(mib);
  const std::weak_ptr<ByteBudget> watched = budget;
  EXPECT_TRUE(budget->try_take(lease, 10));
  budget.reset();
  EXPECT_FALSE(watched.expired());
  lease.give_back();
  EXPECT_TRUE(watched.expired());
}

TEST_F(ByteBudgetTest, small_capacity_is_raised) {
  EXPECT_EQ(ByteBudget(10).stats().capacity_bytes, ByteBudget::capacity_min);
}

TEST_F(ByteBudgetTest, waiters_are_served_in_order_and_nobody_overtakes) {
  ByteBudget::Lease all;
  ASSERT_TRUE(budget_.try_take(all, 4 * mib));
  ByteBudget::Lease a;
  ByteBudget::Lease b;
  ByteBudget::Lease c;
  const ByteBudget::Claim first(budget_, a, mib, signal_);
  const ByteBudget::Claim second(budget_, b, 10, signal_);
  EXPECT_FALSE(first.granted());
  EXPECT_FALSE(second.granted());
  EXPECT_EQ(budget_.stats().waiting, 2U);
  EXPECT_FALSE(budget_.try_take(c, 1));
  all.give_back();
  EXPECT_TRUE(first.granted());
  EXPECT_TRUE(second.granted());
  EXPECT_EQ(budget_.stats().used_bytes, mib + 10);
  EXPECT_EQ(budget_.stats().waiting, 0U);
  EXPECT_EQ(budget_.stats().waits_total, 2U);
}

TEST_F(ByteBudgetTest, a_frame_that_has_begun_goes_before_new_ones) {
  ByteBudget::Lease half;
  ByteBudget::Lease rest;
  ByteBudget::Lease fresh;
  ASSERT_TRUE(budget_.try_take(half, mib));
  ASSERT_TRUE(budget_.try_take(rest, 3 * mib));
  const ByteBudget::Claim start(budget_, fresh, mib, signal_);
  {
    ByteBudget::Lease overdrawing;
    overdrawing = std::move(rest);
    const ByteBudget::Claim grow(budget_, overdrawing, mib, signal_);
    EXPECT_TRUE(grow.granted()) << "one may overdraw";
    EXPECT_FALSE(start.granted());
    EXPECT_EQ(budget_.stats().used_bytes, 5 * mib);
  }
  EXPECT_TRUE(start.granted());
}

TEST_F(ByteBudgetTest, one_frame_at_a_time_overdraws_to_its_end) {
  ByteBudget::Lease a;
  ByteBudget::Lease b;
  ASSERT_TRUE(budget_.try_take(a, 2 * mib));
  ASSERT_TRUE(budget_.try_take(b, 2 * mib));
  auto grow_a = std::make_unique<ByteBudget::Claim>(budget_, a, mib, signal_);
  const ByteBudget::Claim grow_b(budget_, b, mib, signal_);
  EXPECT_TRUE(grow_a->granted());
  EXPECT_FALSE(grow_b.granted());
  EXPECT_TRUE(budget_.try_take(a, 10 * mib)) << "to its end, whoever waits";
  grow_a.reset();
  a.give_back();
  EXPECT_TRUE(grow_b.granted());
  EXPECT_EQ(budget_.stats().used_bytes, 3 * mib);
}

TEST_F(ByteBudgetTest, a_withdrawn_claim_lets_the_next_go) {
  ByteBudget::Lease most;
  ASSERT_TRUE(budget_.try_take(most, 4 * mib - 100));
  ByteBudget::Lease a;
  ByteBudget::Lease b;
  auto big = std::make_unique<ByteBudget::Claim>(budget_, a, 1'000, signal_);
  const ByteBudget::Claim small(budget_, b, 100, signal_);
  EXPECT_FALSE(small.granted());
  big.reset();
  EXPECT_TRUE(small.granted());
  EXPECT_EQ(a.bytes(), 0U);
}

env::Task<> take_and_give(ByteBudget& budget, env::Worker& home, std::uint64_t seed,
                          std::atomic<int>& left) {
  Prng prng(seed);
  env::Signal signal(home);
  for (int i = 0; i < 3'000; ++i) {
    ByteBudget::Lease lease;
    for (int step = 0; step < 3; ++step) {
      const std::uint64_t bytes = 1 + prng.below(mib);
      if (budget.try_take(lease, bytes)) continue;
      const ByteBudget::Claim claim(budget, lease, bytes, signal);
      while (!claim.granted()) EXPECT_TRUE(co_await signal.wait());
    }
    EXPECT_LE(budget.stats().used_bytes, 4 * mib + 3 * mib);
    // Later, between other tasks.
    if (prng.chance(300'000))
      home.post([moved = std::move(lease)]() mutable { moved.give_back(); });
  }
  --left;
}

env::Task<> take_on_both_workers(ByteBudget& budget, env::Env& env) {
  std::atomic<int> left{8};
  env::Scope here(env.workers().at(0));
  env::Scope there(env.workers().at(1));
  for (std::uint64_t seed = 0; seed < 4; ++seed) {
    here.spawn(take_and_give(budget, env.workers().at(0), seed, left));
    there.spawn(take_and_give(budget, env.workers().at(1), seed + 100, left));
  }
  const MonoTime deadline = env.clock().now() + std::chrono::seconds(60);
  while (left > 0 && env.clock().now() < deadline) {
    EXPECT_TRUE(
        co_await env::sleep_until(env.workers().at(0), env.clock().now() + milliseconds(1)));
  }
  EXPECT_EQ(left, 0);
  co_await here.stop();
  co_await there.stop();
}

TEST_F(ByteBudgetTest, two_workers_lose_nothing_and_never_hang) {
  world_.run(take_on_both_workers(budget_, world_.env()));
  EXPECT_EQ(budget_.stats().used_bytes, 0U);
  EXPECT_EQ(budget_.stats().waiting, 0U);
}

}  // namespace
}  // namespace moldau::net
