#include <gtest/gtest.h>
#include <malloc.h>

#include "env/sim/world.h"
#include "net/server.h"
#include "net/test_rig.h"

namespace moldau::net {
namespace {

constexpr std::size_t crowd_size = 10'000;

/// Bytes that the process has allocated; 0 where the allocator does not tell (sanitizers).
std::uint64_t allocated() {
  return ::mallinfo2().uordblks;
}

env::Task<> connect_crowd(Rig& rig, std::vector<std::unique_ptr<env::Stream>>& clients) {
  while (clients.size() < crowd_size) {
    auto stream = co_await rig.env.transport().connect(rig.endpoint, rig.home(), MonoTime::max());
    clients.push_back(std::move(stream).value());
  }
  co_await eventually(
      rig, [&] { return rig.server.stats().listeners.at(0).connections == std::ssize(clients); });
}

/// One of them speaks every minute; the others are closed when they have been idle for ten.
env::Task<> talk_for_minutes(Rig& rig, RawClient talker) {
  for (int minute = 0; minute < 11; ++minute) {
    EXPECT_TRUE(co_await talker.send({"s1"}));
    EXPECT_EQ(co_await talker.receive(), "re:s1");
    EXPECT_EQ(rig.server.stats().listeners.at(0).connections,
              static_cast<std::int64_t>(minute < 10 ? crowd_size : 1));
    co_await pause(rig, 60'000);
  }
}

env::Task<> use_crowd(Rig& rig) {
  rig.open();
  std::vector<std::unique_ptr<env::Stream>> clients;
  clients.reserve(crowd_size);
  const std::uint64_t before = allocated();
  co_await connect_crowd(rig, clients);
  const std::uint64_t each = (allocated() - before) / crowd_size;
  // Both ends, the simulated network included.
  EXPECT_LT(each, 12'000U) << "bytes of memory per idle connection";
  EXPECT_EQ(rig.server.stats().budget.used_bytes, 0U);
  for (const auto& worker : rig.server.stats().workers) EXPECT_EQ(worker.connections, 5'000);

  co_await talk_for_minutes(rig, RawClient(std::move(clients.back())));
  co_await eventually(rig, [&] { return rig.server.stats().listeners.at(0).connections == 0; });
  clients.clear();
  co_await connect_crowd(rig, clients);
  const MonoTime start = rig.env.clock().now();
  co_await rig.server.stop(rig.in(60'000));
  EXPECT_LT(rig.env.clock().now() - start, std::chrono::seconds(1));
}

TEST(ServerInSimulation, ten_thousand_idle_connections_cost_little_and_end_in_time) {
  env::SimTestWorld world;
  Rig rig(world.env());
  world.run(use_crowd(rig));
  EXPECT_EQ(rig.server.stats().listeners.at(0).connections, 0);
  EXPECT_EQ(rig.broker.count("open"), static_cast<int>(2 * crowd_size));
  EXPECT_EQ(rig.broker.count("close"), static_cast<int>(2 * crowd_size));
}

env::Task<> flood_twice(Rig& rig) {
  rig.open();
  co_await send_nonsense(rig, RefusalLog::lines_max + 50);
  co_await pause(rig, to_ms(RefusalLog::window));
  EXPECT_NE(rig.env.lines().back().find("count=50"), std::string::npos) << rig.env.lines().back();
  EXPECT_EQ(rig.env.lines().size(), RefusalLog::lines_max + 1U);
  co_await send_nonsense(rig, RefusalLog::lines_max + 3);
  co_await pause(rig, to_ms(RefusalLog::window));
  EXPECT_NE(rig.env.lines().back().find("count=3"), std::string::npos) << rig.env.lines().back();
  EXPECT_EQ(rig.env.lines().size(), 2 * (RefusalLog::lines_max + 1U));
  co_await rig.server.stop(rig.in(5'000));
}

TEST(ServerInSimulation, each_window_of_a_flood_has_its_lines_and_its_sum) {
  env::SimTestWorld world;
  Rig rig(world.env());
  world.run(flood_twice(rig));
  EXPECT_EQ(rig.env.lines().size(), 2 * (RefusalLog::lines_max + 1U));
}

constexpr std::uint16_t port = 9092;

/// A broker's life: until its scope is cancelled, by an orderly stop or a crash.
env::Task<> serve(env::Env& env) {
  Rig rig(env);
  rig.broker.answer_timeout = milliseconds(50);
  rig.endpoint = rig.server.open({.name = "PLAINTEXT", .endpoint = {"", port}}).value();
  const Result<> ended = co_await env::sleep_until(rig.home(), MonoTime::max());
  EXPECT_EQ(ended.error().code, Errc::cancelled);
  co_await rig.server.stop(rig.in(1'000));
  EXPECT_EQ(rig.server.stats().listeners.at(0).connections, 0);
}

/// Connects again and again and checks that what comes is a prefix of what was asked for.
env::Task<> ask_for_ever(env::Env& env, std::string host, Prng prng, int& answers, int& losses) {
  env::Worker& home = env.workers().at(0);
  while (true) {
    auto stream =
        co_await env.transport().connect({host, port}, home, home.now() + milliseconds(500));
    if (!stream && stream.error().code == Errc::cancelled) co_return;
    if (!stream) {
      if (!co_await env::sleep_until(home, home.now() + milliseconds(20))) co_return;
      continue;
    }
    RawClient client(std::move(*stream));
    bool lost = false;
    while (!lost) {
      // After a power cut nobody says that the peer is gone.
      const env::TimerId timer =
          home.call_at(home.now() + milliseconds(500), [&] { client.close(); });
      std::vector<std::string> requests;
      const std::uint64_t count = 1 + prng.below(8);
      for (std::uint64_t i = 0; i < count; ++i) {
        requests.push_back(std::string(1, "pns"[prng.below(3)]) + "-" +
                           std::string(prng.below(40'000), 'x') + std::to_string(i));
      }
      lost = !co_await client.send(requests);
      for (std::size_t i = 0; i < requests.size() && !lost; ++i) {
        const std::string got = co_await client.receive();
        lost = got == "lost" || got == "end";
        const std::string prefix = requests[i][0] == 'p' ? "late:" : "re:";
        if (!lost) EXPECT_EQ(got, prefix + requests[i]);
        if (!lost) ++answers;
      }
      home.cancel(timer);
    }
    ++losses;
  }
}

struct Outcome {
  std::uint64_t hash;
  int answers;
  int losses;
  bool operator==(const Outcome&) const = default;
};

Outcome live_with_crashes(std::uint64_t seed) {
  env::SimWorld world(seed);
  env::SimNode& server = world.add_node("server", {.workers = 2, .log_sink = {}});
  env::SimNode& client = world.add_node("client");
  Prng prng = world.chance_of("test");
  int answers = 0;
  int losses = 0;
  server.start(serve);
  client.start([&](env::Env& env) {
    return ask_for_ever(env, server.address(), world.chance_of("client"), answers, losses);
  });
  for (int round = 0; round < 6; ++round) {
    world.run_for(milliseconds(prng.between(1, 400)));
    switch (prng.below(3)) {
      case 0:
        server.crash(env::CrashKind::power_cut);
        break;
      case 1:
        server.crash(env::CrashKind::kill);
        break;
      default:
        server.stop();
    }
    EXPECT_TRUE(world.run_until([&] { return !server.is_up(); }));
    server.start(serve);
  }
  world.run_for(std::chrono::seconds(2));
  client.stop();
  server.stop();
  EXPECT_TRUE(world.run_until([&] { return !server.is_up() && !client.is_up(); }));
  return {world.trace_hash(), answers, losses};
}

TEST(ServerInSimulation, crashes_and_stops_lose_no_order_and_leave_nothing_behind) {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    SCOPED_TRACE(seed);
    const Outcome outcome = live_with_crashes(seed);
    EXPECT_GT(outcome.answers, 20);
    EXPECT_GE(outcome.losses, 1);
    EXPECT_EQ(live_with_crashes(seed), outcome);
  }
}

}  // namespace
}  // namespace moldau::net
