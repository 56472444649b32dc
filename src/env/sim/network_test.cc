#include "env/sim/network.h"

#include <gtest/gtest.h>

#include "env/signal.h"
#include "env/sim/world.h"

namespace moldau::env {
namespace {

constexpr int server_index = 0;
constexpr int client_index = 1;

struct Received {
  std::string text;
  bool ended{false};
  Errc error{Errc{255}};
};

Task<> read_all(Stream& stream, Received& received) {
  std::array<std::uint8_t, 64> buffer{};
  for (;;) {
    const auto got = co_await stream.read_some(buffer);
    if (!got) {
      received.error = got.error().code;
      co_return;
    }
    if (*got == 0) {
      received.ended = true;
      co_return;
    }
    received.text += as_text(Bytes(buffer).first(*got));
  }
}

// Accepts one connection, hands it out and reads it to its end.
Task<> serve_one(Env& env, std::unique_ptr<Stream>& stream, Received& received) {
  const std::function<Worker&()> choose = [&env]() -> Worker& { return env.workers().at(0); };
  const auto listener = env.transport().listen({"", 9092}, env.workers().at(0)).value();
  auto accepted = co_await listener->accept(choose);
  if (!accepted) co_return;
  stream = std::move(*accepted);
  co_await read_all(*stream, received);
  EXPECT_FALSE(co_await sleep_until(env.workers().at(0), MonoTime::max()));
  stream.reset();
}

Task<> keep_connection(Env& env, std::unique_ptr<Stream>& stream, Received& received) {
  Worker& home = env.workers().at(0);
  auto connected =
      co_await env.transport().connect({"server", 9092}, home, home.now() + milliseconds(2'000));
  if (!connected) {
    received.error = connected.error().code;
    co_return;
  }
  stream = std::move(*connected);
  co_await read_all(*stream, received);
  EXPECT_FALSE(co_await sleep_until(home, MonoTime::max()));
  stream.reset();
}

Task<> write_text(Stream& stream, std::string text, Result<>& outcome) {
  const std::array pieces{as_bytes(text)};
  outcome = co_await stream.write(pieces, More::no);
}

class NetworkTest : public testing::Test {
 protected:
  NetworkTest() {
    start_server();
    start_client();
  }
  void start_server() {
    server_.start([this](Env& env) { return serve_one(env, server_stream_, at_server_); });
    world_.run_for(milliseconds(10));
  }
  void start_client() {
    client_.start([this](Env& env) { return keep_connection(env, client_stream_, at_client_); });
    world_.run_for(milliseconds(100));
  }
  Result<> send(SimNode& from, Stream& stream, std::string text) {
    Result<> outcome = fail(Errc::timed_out);
    EXPECT_TRUE(world_.run(from.env().workers().at(0), write_text(stream, text, outcome)));
    return outcome;
  }
  void restart(SimNode& node, CrashKind kind) {
    node.crash(kind);
    ASSERT_TRUE(world_.run_until([&] { return !node.is_up(); }));
  }

  Received at_server_;
  Received at_client_;
  std::unique_ptr<Stream> server_stream_;
  std::unique_ptr<Stream> client_stream_;
  SimWorld world_{5};
  SimNode& server_ = world_.add_node("server");
  SimNode& client_ = world_.add_node("client");
};

TEST_F(NetworkTest, what_a_cut_link_swallows_arrives_after_it_has_healed) {
  ASSERT_NE(client_stream_, nullptr);
  EXPECT_TRUE(send(client_, *client_stream_, "one "));
  world_.run_for(milliseconds(100));
  world_.network().isolate(server_index);
  EXPECT_TRUE(send(client_, *client_stream_, "two "));
  EXPECT_TRUE(send(client_, *client_stream_, "three"));
  world_.run_for(std::chrono::seconds(5));
  EXPECT_EQ(at_server_.text, "one ");
  world_.network().heal_all();
  world_.run_for(std::chrono::seconds(1));
  EXPECT_EQ(at_server_.text, "one two three");
}

TEST_F(NetworkTest, a_cut_may_be_one_way) {
  world_.network().cut(client_index, server_index);
  EXPECT_TRUE(send(client_, *client_stream_, "question"));
  EXPECT_TRUE(send(server_, *server_stream_, "announcement"));
  world_.run_for(std::chrono::seconds(1));
  EXPECT_EQ(at_server_.text, "");
  EXPECT_EQ(at_client_.text, "announcement");
}

TEST_F(NetworkTest, sender_gives_up_on_a_dead_link_in_the_end) {
  world_.network().isolate(server_index);
  EXPECT_TRUE(send(client_, *client_stream_, "lost"));
  world_.run_for(std::chrono::seconds(40));
  EXPECT_EQ(at_client_.error, Errc::closed);
  // The other side has sent nothing and knows of nothing: half open.
  EXPECT_EQ(at_server_.error, Errc{255});
  EXPECT_FALSE(at_server_.ended);
}

TEST_F(NetworkTest, power_cut_is_not_announced_and_the_restarted_host_resets) {
  restart(server_, CrashKind::power_cut);
  world_.run_for(std::chrono::seconds(2));
  EXPECT_EQ(at_client_.error, Errc{255});
  EXPECT_FALSE(at_client_.ended);
  start_server();
  EXPECT_EQ(at_client_.error, Errc{255});
  EXPECT_TRUE(send(client_, *client_stream_, "hello?"));
  world_.run_for(std::chrono::seconds(1));
  EXPECT_EQ(at_client_.error, Errc::closed);
}

TEST_F(NetworkTest, reset_that_a_cut_link_swallows_comes_again) {
  restart(server_, CrashKind::power_cut);
  start_server();
  EXPECT_TRUE(send(client_, *client_stream_, "hello?"));
  world_.network().cut(server_index, client_index);
  world_.run_for(std::chrono::seconds(2));
  EXPECT_EQ(at_client_.error, Errc{255});
  world_.network().heal_all();
  world_.run_for(std::chrono::seconds(1));
  EXPECT_EQ(at_client_.error, Errc::closed);
}

TEST_F(NetworkTest, killed_process_has_its_connections_closed_by_the_kernel) {
  EXPECT_TRUE(send(server_, *server_stream_, "last words"));
  restart(server_, CrashKind::kill);
  world_.run_for(milliseconds(200));
  EXPECT_EQ(at_client_.text, "last words");
  EXPECT_TRUE(at_client_.ended);
}

TEST_F(NetworkTest, reset_is_seen_at_both_ends) {
  EXPECT_TRUE(world_.network().reset_one());
  world_.run_for(milliseconds(10));
  EXPECT_EQ(at_client_.error, Errc::closed);
  EXPECT_EQ(at_server_.error, Errc::closed);
  EXPECT_FALSE(world_.network().reset_one());
}

TEST_F(NetworkTest, connecting_over_a_cut_link_times_out_and_to_a_closed_port_is_refused) {
  restart(client_, CrashKind::kill);
  at_client_ = {};
  client_stream_.reset();
  world_.network().isolate(server_index);
  start_client();
  world_.run_for(std::chrono::seconds(3));
  EXPECT_EQ(at_client_.error, Errc::timed_out);
  world_.network().heal_all();
  restart(server_, CrashKind::kill);
  restart(client_, CrashKind::kill);
  at_client_ = {};
  start_client();
  EXPECT_EQ(at_client_.error, Errc::unavailable);
}

TEST_F(NetworkTest, writer_waits_while_the_buffer_is_full) {
  Result<> outcome = fail(Errc::timed_out);
  world_.network().options().buffer_bytes = 100;
  world_.network().isolate(server_index);
  Scope scope(client_.env().workers().at(0));
  scope.spawn(write_text(*client_stream_, std::string(1'000, 'x'), outcome));
  world_.run_for(std::chrono::seconds(2));
  EXPECT_EQ(outcome.error().code, Errc::timed_out);
  world_.network().heal_all();
  world_.run_for(std::chrono::seconds(2));
  EXPECT_TRUE(outcome);
  EXPECT_EQ(at_server_.text.size(), 1'000U);
  bool drained = false;
  scope.stop_then([&] { drained = true; });
  EXPECT_TRUE(world_.run_until([&] { return drained; }));
}

}  // namespace
}  // namespace moldau::env
