#include "env/scope.h"

#include <gtest/gtest.h>

#include "env/pool.h"
#include "env/signal.h"
#include "env/test_world.h"

namespace moldau::env {
namespace {

class ScopeTest : public testing::Test {
 protected:
  Worker& worker(int index) { return world_.env().workers().at(index); }
  RealTestWorld world_;
};

void expect_cancelled(const auto& result) {
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Errc::cancelled);
}

Task<> wait_forever(Worker& home, int& ended) {
  Signal signal(home);
  expect_cancelled(co_await signal.wait());
  // Every later call too, though the signal is notified.
  signal.notify();
  expect_cancelled(co_await signal.wait());
  expect_cancelled(co_await sleep_until(home, home.now() + milliseconds(1)));
  ++ended;
}

Task<> sleep_forever(Worker& home, int& ended) {
  expect_cancelled(co_await sleep_until(home, MonoTime::max()));
  ++ended;
}

Task<> read_forever(Stream& stream, int& ended) {
  std::array<std::uint8_t, 16> buffer{};
  expect_cancelled(co_await stream.read_some(buffer));
  expect_cancelled(co_await stream.read_some(buffer));
  const std::array<Bytes, 1> pieces{buffer};
  expect_cancelled(co_await stream.write(pieces, More::no));
  ++ended;
}

Task<> accept_forever(Listener& listener, Worker& home, int& ended) {
  const std::function<Worker&()> choose = [&home]() -> Worker& { return home; };
  expect_cancelled(co_await listener.accept(choose));
  ++ended;
}

Task<> stop_while_tasks_wait(Env& env) {
  Worker& home = env.workers().at(0);
  const std::function<Worker&()> choose = [&home]() -> Worker& { return home; };
  const auto listener = env.transport().listen({"127.0.0.1", 0}, home).value();
  const auto client =
      (co_await env.transport().connect(listener->local(), home, MonoTime::max())).value();
  const auto server = (co_await listener->accept(choose)).value();
  int ended = 0;
  Scope scope(home);
  scope.spawn(wait_forever(home, ended));
  scope.spawn(sleep_forever(home, ended));
  scope.spawn(read_forever(*server, ended));
  scope.spawn(accept_forever(*listener, home, ended));
  EXPECT_TRUE(co_await sleep_until(home, home.now() + milliseconds(10)));
  EXPECT_EQ(ended, 0);
  co_await scope.stop();
  EXPECT_EQ(ended, 4);
  EXPECT_TRUE(scope.stopping());
  // A late one starts, finds everything cancelled and ends.
  scope.spawn(sleep_forever(home, ended));
  co_await scope.stop();
  EXPECT_EQ(ended, 5);
}

TEST_F(ScopeTest, stop_ends_tasks_in_every_kind_of_wait) {
  world_.run(stop_while_tasks_wait(world_.env()));
}

Task<> count(std::atomic<int>& ended) {
  ++ended;
  co_return;
}

Task<> spawn_elsewhere(Worker& other, std::atomic<int>& ended) {
  Scope scope(other);
  for (int i = 0; i < 1'000; ++i) scope.spawn(count(ended));
  co_await scope.stop();
  EXPECT_EQ(ended, 1'000);
}

TEST_F(ScopeTest, spawn_and_stop_work_from_another_worker) {
  std::atomic<int> ended{0};
  for (int i = 0; i < 20; ++i) {
    ended = 0;
    world_.run(spawn_elsewhere(worker(1), ended));
  }
}

Task<> use_pool(IoPool& pool, Worker& home, int& seen) {
  int on_pool = 0;
  seen = co_await run_on(pool, IoClass::flush, home, [&on_pool] {
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
    on_pool = 42;
    return on_pool;
  });
}

Task<> stop_during_pool_job(Env& env, IoPool& pool, int& seen) {
  Scope scope(env.workers().at(0));
  scope.spawn(use_pool(pool, env.workers().at(0), seen));
  EXPECT_TRUE(co_await sleep_until(env.workers().at(0), env.clock().now() + milliseconds(5)));
  co_await scope.stop();
}

TEST_F(ScopeTest, stop_waits_for_a_job_on_the_pool) {
  const auto pool = world_.env().make_pool("test");
  int seen = 0;
  world_.run(stop_during_pool_job(world_.env(), *pool, seen));
  EXPECT_EQ(seen, 42);
}

Task<> throw_out() {
  throw std::runtime_error("a bug");
  co_return;
}

TEST(ScopeDeathTest, exception_out_of_a_task_is_our_bug) {
  testing::GTEST_FLAG(death_test_style) = "threadsafe";
  EXPECT_DEATH(
      {
        RealTestWorld world;
        world.run(throw_out());
      },
      "an exception left a task");
}

TEST(ScopeDeathTest, destroying_a_scope_with_tasks_is_our_bug) {
  testing::GTEST_FLAG(death_test_style) = "threadsafe";
  EXPECT_DEATH(
      {
        RealTestWorld world;
        int ended = 0;
        Scope scope(world.env().workers().at(0));
        scope.spawn(sleep_forever(world.env().workers().at(0), ended));
      },
      "1 tasks in it");
}

}  // namespace
}  // namespace moldau::env
