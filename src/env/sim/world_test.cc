#include "env/sim/world.h"

#include <gtest/gtest.h>

#include "env/pool.h"
#include "env/signal.h"

namespace moldau::env {
namespace {

Task<> echo(Env& env, Stream& stream) {
  std::array<std::uint8_t, 512> buffer{};
  for (;;) {
    const auto got = co_await stream.read_some(buffer);
    if (!got || *got == 0) break;
    const std::array<Bytes, 1> pieces{Bytes(buffer).first(*got)};
    if (!co_await stream.write(pieces, More::no)) break;
    env.log().info("echoed bytes={}", *got);
  }
  stream.close();
}

// Echoes, and writes a journal of what it does.
Task<> server(Env& env) {
  const std::function<Worker&()> choose = [&env]() -> Worker& {
    return env.workers().at(env.workers().count() - 1);
  };
  const auto pool = env.make_pool("data");
  const auto listener = env.transport().listen({"", 9092}, env.workers().at(0));
  if (!listener) co_return;
  const auto journal = env.disk().open("/journal", OpenMode::create);
  std::vector<std::unique_ptr<Stream>> streams;
  Scope connections(env.workers().at(env.workers().count() - 1));
  for (std::uint64_t i = 0;; ++i) {
    auto stream = co_await (*listener)->accept(choose);
    if (!stream) break;
    streams.push_back(std::move(*stream));
    connections.spawn(echo(env, *streams.back()));
    const auto written =
        co_await run_on(*pool, IoClass::flush, env.workers().at(0), [&]() -> Result<> {
          const std::array pieces{as_bytes("connection")};
          TRY((*journal)->pwritev(pieces, i * 10));
          return (*journal)->datasync();
        });
    if (!written) break;
  }
  co_await connections.stop();
}

Task<> client(Env& env, std::string target, int& answers) {
  Worker& home = env.workers().at(0);
  Prng prng = env.entropy().prng();
  for (;;) {
    const auto stream =
        co_await env.transport().connect({target, 9092}, home, home.now() + milliseconds(500));
    if (!stream && stream.error().code == Errc::cancelled) co_return;
    for (int i = 0; stream && i < 10; ++i) {
      const std::string text(1 + prng.below(3'000), 'x');
      const std::array pieces{as_bytes(text)};
      if (!co_await (*stream)->write(pieces, More::no)) break;
      std::array<std::uint8_t, 256> buffer{};
      const auto got = co_await (*stream)->read_some(buffer);
      if (!got || *got == 0) break;
      ++answers;
    }
    if (!co_await sleep_until(home, home.now() + milliseconds(prng.between(1, 50)))) co_return;
  }
}

struct Outcome {
  std::uint64_t hash;
  std::uint64_t events;
  int answers;
};

Outcome run_cluster(std::uint64_t seed) {
  SimWorld world(seed);
  SimNode& broker = world.add_node("broker", {.workers = 2, .log_sink = {}});
  broker.start(server);
  int answers = 0;
  for (int i = 0; i < 2; ++i) {
    world.add_node("client-" + std::to_string(i)).start([&answers](Env& env) {
      return client(env, "broker", answers);
    });
  }
  Prng chaos = world.chance_of("chaos");
  for (int i = 0; i < 10; ++i) {
    world.run_for(milliseconds(chaos.between(10, 400)));
    broker.crash(chaos.chance(500'000) ? CrashKind::power_cut : CrashKind::kill);
    EXPECT_TRUE(world.run_until([&] { return !broker.is_up(); }));
    if (chaos.chance(300'000)) world.network().reset_one();
    broker.start(server);
  }
  world.run_for(milliseconds(100));
  return {world.trace_hash(), world.events(), answers};
}

TEST(SimWorld, same_seed_same_trace_and_another_seed_another) {
  std::set<std::uint64_t> hashes;
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    const Outcome first = run_cluster(seed);
    const Outcome second = run_cluster(seed);
    EXPECT_EQ(first.hash, second.hash);
    EXPECT_EQ(first.events, second.events);
    EXPECT_EQ(first.answers, second.answers);
    EXPECT_GT(first.answers, 0);
    hashes.insert(first.hash);
  }
  EXPECT_EQ(hashes.size(), 10U);
}

TEST(SimWorld, time_moves_only_when_nothing_is_left_to_do_now) {
  SimWorld world(1);
  Worker& worker = world.add_node("n").start().workers().at(0);
  const MonoTime before = world.now();
  int left = 1'000;
  std::function<void()> again = [&] {
    EXPECT_EQ(world.now(), before);
    if (--left > 0) worker.post([&] { again(); });
  };
  worker.post([&] { again(); });
  world.run_until([&] { return left == 0; });
  EXPECT_EQ(world.now(), before);
  world.run_for(std::chrono::hours(10));
  EXPECT_EQ(world.now() - before, std::chrono::hours(10));
}

std::string order_of_jobs(std::uint64_t seed) {
  SimWorld world(seed);
  Env& env = world.add_node("n", {.workers = 2, .log_sink = {}}).start();
  std::string order;
  for (int i = 0; i < 8; ++i) {
    env.workers().at(0).post([&order, i] { order += static_cast<char>('a' + i); });
    env.workers().at(1).post([&order, i] { order += static_cast<char>('A' + i); });
  }
  world.run_for(milliseconds(1));
  return order;
}

TEST(SimWorld, workers_interleave_by_the_seed_and_each_keeps_its_order) {
  std::set<std::string> orders;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const std::string order = order_of_jobs(seed);
    EXPECT_EQ(order, order_of_jobs(seed));
    std::string lower;
    std::string upper;
    for (const char c : order) (c >= 'a' ? lower : upper) += c;
    EXPECT_EQ(lower, "abcdefgh");
    EXPECT_EQ(upper, "ABCDEFGH");
    orders.insert(order);
  }
  EXPECT_GT(orders.size(), 10U);
}

TEST(SimWorld, wall_clock_steps_and_drifts_and_the_monotonic_one_does_not) {
  SimWorld world(1);
  SimNode& node = world.add_node("n");
  Clock& clock = node.start().clock();
  const WallMs start = clock.wall();
  const MonoTime mono = clock.now();
  node.step_wall(milliseconds(-5'000));
  EXPECT_EQ(clock.wall().value, start.value - 5'000);
  EXPECT_EQ(clock.now(), mono);
  node.drift_wall(1'000);
  world.run_for(std::chrono::seconds(100));
  EXPECT_EQ(clock.wall().value, start.value - 5'000 + 100'100);
  node.drift_wall(0);
  world.run_for(std::chrono::seconds(1));
  EXPECT_EQ(clock.wall().value, start.value - 5'000 + 101'100);
}

Task<> wait_and_record(Env& env, bool& cancelled) {
  const auto slept = co_await sleep_until(env.workers().at(0), MonoTime::max());
  cancelled = !slept && slept.error().code == Errc::cancelled;
}

TEST(SimWorld, crash_cancels_the_program_and_a_restart_gives_a_fresh_world_on_the_same_disk) {
  SimWorld world(1);
  SimNode& node = world.add_node("n");
  bool cancelled = false;
  Env& env = node.start([&](Env& mine) { return wait_and_record(mine, cancelled); });
  ASSERT_TRUE(replace_file(env.disk(), "/f", as_bytes("kept")));
  const Uuid first = env.entropy().uuid();
  world.run_for(milliseconds(10));
  node.crash(CrashKind::power_cut);
  EXPECT_TRUE(node.is_up());
  ASSERT_TRUE(world.run_until([&] { return !node.is_up(); }));
  EXPECT_TRUE(cancelled);
  Env& next = node.start();
  EXPECT_EQ(as_text(read_file(next.disk(), "/f", 100).value()), "kept");
  EXPECT_NE(next.entropy().uuid(), first);
}

Task<> stop_in_order(Env& env) {
  EXPECT_FALSE(co_await sleep_until(env.workers().at(0), MonoTime::max()));
  EXPECT_TRUE(replace_file(env.disk(), "/clean", as_bytes("yes")));
}

TEST(SimWorld, orderly_stop_still_has_effects) {
  SimWorld world(1);
  SimNode& node = world.add_node("n");
  node.start(stop_in_order);
  world.run_for(milliseconds(10));
  node.stop();
  ASSERT_TRUE(world.run_until([&] { return !node.is_up(); }));
  EXPECT_TRUE(node.start().disk().exists("/clean").value());
}

Task<> stall_on_pool(Env& env, SimNode& node) {
  const auto pool = env.make_pool("data");
  const auto file = env.disk().open("/f", OpenMode::create).value();
  node.disk().stall_next(DiskOp::sync, std::chrono::seconds(30));
  EXPECT_TRUE(co_await run_on(*pool, IoClass::flush, env.workers().at(0),
                              [&file] { return file->datasync(); }));
}

TEST(SimWorld, crash_does_not_wait_for_a_blocked_pool_thread) {
  SimWorld world(1);
  SimNode& node = world.add_node("n");
  node.start([&](Env& env) { return stall_on_pool(env, node); });
  world.run_for(milliseconds(100));
  const MonoTime before = world.now();
  node.crash(CrashKind::power_cut);
  ASSERT_TRUE(world.run_until([&] { return !node.is_up(); }));
  EXPECT_LT(world.now() - before, milliseconds(100));
}

Task<> wait_for_nothing(Worker& home) {
  Signal never(home);
  EXPECT_FALSE(co_await never.wait());
}

TEST(SimWorld, a_task_that_nobody_will_wake_is_found) {
  SimWorld world(1);
  Worker& worker = world.add_node("n").start().workers().at(0);
  EXPECT_FALSE(world.run(worker, wait_for_nothing(worker)));
}

}  // namespace
}  // namespace moldau::env
