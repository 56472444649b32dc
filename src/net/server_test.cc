#include "net/server.h"

#include <gtest/gtest.h>

#include "net/test_rig.h"

namespace moldau::net {
namespace {

class ServerTest : public testing::TestWithParam<env::WorldKind> {
 protected:
  void tell(env::Task<> (*story)(Rig&), ServerOptions options = {}) {
    Rig rig(world_->env(), std::move(options));
    world_->run(story(rig));
    EXPECT_EQ(rig.server.stats().budget.used_bytes, 0U);
    EXPECT_EQ(connections(rig), 0);
  }
  static std::int64_t connections(Rig& rig) {
    std::int64_t sum = 0;
    for (const auto& worker : rig.server.stats().workers) sum += worker.connections;
    return sum;
  }

 private:
  std::unique_ptr<env::TestWorld> world_ = make_world(GetParam());
};

env::Task<> connect_until(Rig& rig, std::vector<RawClient>& clients, std::size_t count) {
  while (clients.size() < count) clients.push_back(co_await RawClient::connect(rig));
}

env::Task<> spread(Rig& rig) {
  rig.open();
  std::vector<RawClient> clients;
  co_await connect_until(rig, clients, 10);
  co_await eventually(rig, [&] { return rig.broker.count("open") == 10; });
  for (const auto& worker : rig.server.stats().workers) EXPECT_EQ(worker.connections, 5);
  const ListenerStats listener = rig.server.stats().listeners.at(0);
  EXPECT_EQ(listener.name, "PLAINTEXT");
  EXPECT_EQ(listener.endpoint, rig.endpoint);
  EXPECT_EQ(listener.connections, 10);
  EXPECT_EQ(listener.accepted, 10U);
  for (int i = 0; i < 4; ++i) clients.pop_back();
  co_await eventually(rig, [&] { return rig.server.stats().listeners.at(0).connections == 6; });
  co_await connect_until(rig, clients, 8);
  co_await eventually(rig, [&] { return rig.broker.count("open") == 12; });
  for (const auto& worker : rig.server.stats().workers) EXPECT_EQ(worker.connections, 4);
  co_await rig.server.stop(rig.in(5'000));
}

TEST_P(ServerTest, a_connection_goes_to_the_worker_with_the_fewest) {
  tell(spread);
}

env::Task<> limit_per_ip(Rig& rig) {
  rig.open();
  auto first = co_await RawClient::connect(rig);
  auto second = co_await RawClient::connect(rig);
  co_await eventually(rig, [&] { return rig.broker.count("open") == 2; });
  auto third = co_await RawClient::connect(rig);
  const std::string got = co_await third.receive();
  EXPECT_TRUE(got == "end" || got == "lost") << got;
  EXPECT_EQ(rig.server.stats().listeners.at(0).rejected, 1U);
  EXPECT_NE(rig.env.lines().at(0).find("127.0.0.1"), std::string::npos);
  first.close();
  co_await eventually(rig, [&] { return rig.broker.count("close") == 1; });
  auto fourth = co_await RawClient::connect(rig);
  EXPECT_TRUE(co_await fourth.send({"s1"}));
  EXPECT_EQ(co_await fourth.receive(), "re:s1");
  co_await rig.server.stop(rig.in(5'000));
}

TEST_P(ServerTest, one_address_may_have_so_many_connections) {
  tell(limit_per_ip, {.limits = {.per_ip_max = 2}});
}

TEST_P(ServerTest, an_override_replaces_the_limit_of_an_address) {
  tell(limit_per_ip, {.limits = {.per_ip_overrides = {{"127.0.0.1", 2}}}});
}

env::Task<> limit_all(Rig& rig) {
  rig.open();
  std::vector<RawClient> clients;
  co_await connect_until(rig, clients, 5);
  for (auto& client : clients) EXPECT_TRUE(co_await client.send({"s1"}));
  co_await eventually(rig, [&] { return rig.broker.count("open") == 3; });
  co_await pause(rig, 30);
  EXPECT_EQ(rig.broker.count("open"), 3);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(co_await clients[i].receive(), "re:s1");
  clients[1].close();
  EXPECT_EQ(co_await clients[3].receive(), "re:s1");
  co_await pause(rig, 30);
  EXPECT_EQ(rig.broker.count("open"), 4);
  // One waits to be admitted while the server stops.
  co_await rig.server.stop(rig.in(5'000));
  const std::string got = co_await clients[4].receive();
  EXPECT_TRUE(got == "end" || got == "lost") << got;
}

TEST_P(ServerTest, over_the_limit_clients_wait_until_a_connection_ends) {
  tell(limit_all, {.limits = {.connections_max = 3}});
}

env::Task<> change_limits(Rig& rig) {
  rig.open();
  std::vector<RawClient> clients;
  co_await connect_until(rig, clients, 2);
  for (auto& client : clients) EXPECT_TRUE(co_await client.send({"s1"}));
  EXPECT_EQ(co_await clients[0].receive(), "re:s1");
  co_await pause(rig, 30);
  EXPECT_EQ(rig.broker.count("open"), 1);
  rig.server.set_limits({.connections_max = 2});
  co_await eventually(rig, [&] { return rig.broker.count("open") == 2; });
  if (rig.broker.count("open") != 2) co_return co_await rig.server.stop(rig.in(5'000));
  EXPECT_EQ(co_await clients[1].receive(), "re:s1");
  rig.server.set_limits({.per_ip_max = 1});
  auto refused = co_await RawClient::connect(rig);
  const std::string got = co_await refused.receive();
  EXPECT_TRUE(got == "end" || got == "lost") << got;
  EXPECT_TRUE(co_await clients[1].send({"s2"}));
  EXPECT_EQ(co_await clients[1].receive(), "re:s2") << "who is there stays";
  co_await rig.server.stop(rig.in(5'000));
}

TEST_P(ServerTest, new_limits_count_for_who_waits_and_who_comes) {
  tell(change_limits, {.limits = {.connections_max = 1}});
}

env::Task<> stop_and_drain(Rig& rig) {
  rig.open();
  auto idle = co_await RawClient::connect(rig);
  auto pipelined = co_await RawClient::connect(rig);
  auto serial = co_await RawClient::connect(rig);
  EXPECT_TRUE(co_await pipelined.send({"pA", "pB"}));
  EXPECT_TRUE(co_await serial.send({"wC", "s1"}));
  co_await eventually(
      rig, [&] { return rig.broker.count("begin pB") == 1 && rig.broker.count("handle wC") == 1; });
  env::Scope scope(rig.home());
  bool stopped = false;
  struct Stop {
    static env::Task<> run(Rig& r, bool& done) {
      co_await r.server.stop(r.in(60'000));
      done = true;
    }
  };
  scope.spawn(Stop::run(rig, stopped));
  EXPECT_EQ(co_await idle.receive(), "end");
  EXPECT_FALSE(co_await rig.env.transport().connect(rig.endpoint, rig.home(), rig.in(1'000)));
  EXPECT_TRUE(co_await pipelined.send({"pLate"}));
  co_await pause(rig, 20);
  EXPECT_FALSE(stopped);
  rig.broker.release({"pA", "pB", "wC"});
  EXPECT_EQ(co_await pipelined.receive(), "re:pA");
  EXPECT_EQ(co_await pipelined.receive(), "re:pB");
  EXPECT_EQ(co_await serial.receive(), "re:wC");
  const std::string got = co_await serial.receive();
  EXPECT_TRUE(got == "end" || got == "lost") << got;
  co_await eventually(rig, [&] { return stopped; });
  EXPECT_EQ(rig.broker.count("begin pLate"), 0);
  EXPECT_EQ(rig.broker.count("handle s1"), 0);
  co_await scope.stop();
}

TEST_P(ServerTest, stop_lets_what_was_begun_be_answered_and_begins_nothing) {
  tell(stop_and_drain);
}

env::Task<> stop_and_cut(Rig& rig) {
  rig.open();
  auto pipelined = co_await RawClient::connect(rig);
  auto serial = co_await RawClient::connect(rig);
  auto half = co_await RawClient::connect(rig);
  EXPECT_TRUE(co_await pipelined.send({"pA", "s1"}));
  EXPECT_TRUE(co_await serial.send({"wC"}));
  EXPECT_TRUE(co_await half.send_bytes(std::string("\0\0\1\0half", 8)));
  co_await eventually(
      rig, [&] { return rig.broker.count("begin pA") == 1 && rig.broker.count("handle wC") == 1; });
  const MonoTime deadline = rig.in(100);
  co_await rig.server.stop(deadline);
  EXPECT_GE(rig.env.clock().now(), deadline);
  EXPECT_LT(rig.env.clock().now(), deadline + std::chrono::seconds(5));
  EXPECT_EQ(rig.broker.count("drop pA"), 1);
  EXPECT_EQ(rig.broker.count("finish wC"), 0);
  // A late wake-up of an answer whose connection is gone.
  rig.broker.release({"pA"});
  co_await pause(rig, 20);
}

TEST_P(ServerTest, stop_cuts_what_is_not_answered_at_the_deadline) {
  tell(stop_and_cut);
}

env::Task<> open_two(Rig& rig) {
  rig.open();
  const env::Endpoint controller =
      rig.server.open({.name = "CONTROLLER", .endpoint = {"127.0.0.1", 0}}).value();
  EXPECT_NE(controller.port, rig.endpoint.port);
  const auto taken = rig.server.open({.name = "OTHER", .endpoint = rig.endpoint});
  EXPECT_FALSE(taken);
  if (!taken) EXPECT_EQ(taken.error().code, Errc::exists);
  const env::Endpoint first = std::exchange(rig.endpoint, controller);
  auto client = co_await RawClient::connect(rig);
  EXPECT_TRUE(co_await client.send({"s1"}));
  EXPECT_EQ(co_await client.receive(), "re:s1");
  const auto stats = rig.server.stats();
  EXPECT_EQ(stats.listeners.at(0).connections, 0);
  EXPECT_EQ(stats.listeners.at(1).connections, 1);
  EXPECT_EQ(stats.listeners.at(0).endpoint, first);
  co_await rig.server.stop(rig.in(5'000));
}

TEST_P(ServerTest, listeners_are_independent) {
  tell(open_two);
}

env::Task<> many_clients(Rig& rig, int seed, int& finished) {
  auto client = co_await RawClient::connect(rig);
  Prng prng(static_cast<std::uint64_t>(seed));
  for (int round = 0; round < 20; ++round) {
    std::vector<std::string> requests;
    for (std::uint64_t i = 0; i < 1 + prng.below(20); ++i) {
      const std::string size(prng.below(3'000), 'x');
      requests.push_back((prng.chance(700'000) ? "n-" : "s-") + std::to_string(i) + size);
    }
    if (!co_await client.send(requests)) break;
    if (prng.chance(20'000)) break;  // leaves without reading
    for (const std::string& request : requests) {
      EXPECT_EQ(co_await client.receive(), "re:" + request);
    }
  }
  ++finished;
}

env::Task<> crowd(Rig& rig) {
  rig.open();
  env::Scope scope(rig.home());
  int finished = 0;
  for (int i = 0; i < 50; ++i) scope.spawn(many_clients(rig, i, finished));
  co_await eventually(rig, [&] { return finished == 50; });
  co_await rig.server.stop(rig.in(5'000));
  co_await scope.stop();
}

TEST_P(ServerTest, many_clients_at_once_each_get_their_own_answers) {
  tell(crowd);
}

env::Task<> flood(Rig& rig) {
  rig.open();
  co_await send_nonsense(rig, RefusalLog::lines_max + 50);
  EXPECT_EQ(rig.env.lines().size(), std::size_t{RefusalLog::lines_max});
  EXPECT_NE(rig.env.lines().front().find("announces 1852796531 bytes"), std::string::npos);
  co_await rig.server.stop(rig.in(5'000));
  EXPECT_EQ(rig.env.lines().size(), RefusalLog::lines_max + 1U);
  EXPECT_NE(rig.env.lines().back().find("count=50"), std::string::npos);
}

TEST_P(ServerTest, a_flood_of_bad_connections_is_told_in_few_lines_and_their_sum) {
  tell(flood);
}

INSTANTIATE_TEST_SUITE_P(Worlds, ServerTest, testing::ValuesIn(env::all_worlds), env::world_name);

}  // namespace
}  // namespace moldau::net
