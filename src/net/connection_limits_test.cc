#include "net/connection_rig_test.h"

namespace moldau::net {
namespace {

class ConnectionLimitsTest : public ConnectionTest {};

env::Task<> never_read(Rig& rig) {
  auto client = co_await RawClient::connect(rig);
  std::vector<std::string> requests(64, "nb");
  EXPECT_TRUE(co_await client.send(requests));
  co_await eventually(rig, [&] { return rig.broker.count("close") == 1; });
  EXPECT_NE(rig.env.lines().at(0).find("does not read"), std::string::npos);
  EXPECT_GT(rig.broker.count("drop nb"), 0);
}

TEST_P(ConnectionLimitsTest, a_client_that_never_reads_is_closed) {
  tell(never_read, {.connection = {.send_stall_max = milliseconds(200)}});
}

env::Task<> send_slowly(Rig& rig) {
  auto client = co_await RawClient::connect(rig);
  const std::string request = std::string(frame_of("s" + std::string(999, 'x')).text());
  std::size_t sent = 0;
  while (sent < request.size() && rig.broker.count("close") == 0) {
    if (!co_await client.send_bytes(request.substr(sent++, 1))) break;
    co_await pause(rig, 5);
  }
  co_await eventually(rig, [&] { return rig.broker.count("close") == 1; });
  EXPECT_LT(sent, 200U);
  EXPECT_NE(rig.env.lines().at(0).find("the rest of a request"), std::string::npos);
}

TEST_P(ConnectionLimitsTest, a_trickle_of_bytes_does_not_hold_budget_for_long) {
  tell(send_slowly, {.connection = {.receive_stall_max = milliseconds(200)}});
}

env::Task<> stay_idle(Rig& rig) {
  auto idle = co_await RawClient::connect(rig);
  auto waiting = co_await RawClient::connect(rig);
  EXPECT_TRUE(co_await waiting.send({"wLong"}));
  EXPECT_EQ(co_await idle.receive(), "end");
  co_await pause(rig, 300);
  rig.broker.release({"wLong"});
  EXPECT_EQ(co_await waiting.receive(), "re:wLong");
  EXPECT_EQ(co_await waiting.receive(), "end");
  EXPECT_TRUE(rig.env.lines().empty());
}

TEST_P(ConnectionLimitsTest, an_idle_connection_is_closed_but_not_one_that_waits_for_an_answer) {
  tell(stay_idle, {.connection = {.idle_max = milliseconds(100)}});
}

env::Task<> exhaust_budget(Rig& rig) {
  // Pending frames hold 15 of 16 pieces of 64 KiB; new frames of 64 KiB have to wait.
  auto holder = co_await RawClient::connect(rig);
  auto first = co_await RawClient::connect(rig);
  auto second = co_await RawClient::connect(rig);
  EXPECT_TRUE(co_await holder.send({"w" + std::string((15 << 16) - 1, 'h')}));
  co_await eventually(rig, [&] { return rig.server.stats().budget.used_bytes == 15 << 16; });
  EXPECT_TRUE(co_await first.send({"w1" + std::string((1 << 16) - 2, 'x')}));
  co_await eventually(rig, [&] { return rig.server.stats().budget.used_bytes == 16 << 16; });
  EXPECT_TRUE(co_await second.send({"s2" + std::string((1 << 16) - 2, 'x')}));
  co_await eventually(rig, [&] { return rig.server.stats().budget.waiting == 1; });
  co_await pause(rig, 20);
  EXPECT_EQ(rig.server.stats().budget.used_bytes, 16U << 16);
  // The client is gone, the request is not: it holds its memory until it is answered.
  first.close();
  co_await pause(rig, 20);
  EXPECT_EQ(rig.server.stats().budget.waiting, 1U);
  rig.broker.release({"w1" + std::string((1 << 16) - 2, 'x')});
  EXPECT_EQ((co_await second.receive()).substr(0, 5), "re:s2");
  // A connection in the queue that goes away leaves it.
  rig.broker.release({"w" + std::string((15 << 16) - 1, 'h')});
  EXPECT_EQ((co_await holder.receive()).size(), (15U << 16) + 3);
}

TEST_P(ConnectionLimitsTest, readers_wait_for_budget_and_go_on_when_it_is_given_back) {
  tell(exhaust_budget);
}

/// The first 5,000 bytes of a frame of 64 KiB.
std::string half_a_frame() {
  return std::string("\0\1\0\0", 4) + std::string(5'000, 'h');
}

env::Task<> release_on_disconnect(Rig& rig) {
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 16; ++i) {
    clients.push_back(std::make_unique<RawClient>(co_await RawClient::connect(rig)));
    // Announces 64 KiB, brings a little more than what an announcement costs, stays.
    EXPECT_TRUE(co_await clients.back()->send_bytes(half_a_frame()));
  }
  auto last = co_await RawClient::connect(rig);
  co_await eventually(rig, [&] { return rig.server.stats().budget.used_bytes == 16 << 16; });
  EXPECT_TRUE(co_await last.send({"s1"}));
  co_await eventually(rig, [&] { return rig.server.stats().budget.waiting == 1; });
  clients.front()->close();
  EXPECT_EQ(co_await last.receive(), "re:s1");
}

TEST_P(ConnectionLimitsTest, a_half_sent_frame_gives_its_budget_back_when_its_client_leaves) {
  tell(release_on_disconnect);
}

env::Task<> announce_and_stay(Rig& rig) {
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 200; ++i) {
    clients.push_back(std::make_unique<RawClient>(co_await RawClient::connect(rig)));
    EXPECT_TRUE(co_await clients.back()->send_bytes(std::string("\6\0\0\0a little", 12)));
  }
  const std::uint64_t held = 200 * FrameReader::entry_bytes;
  co_await eventually(rig, [&] { return rig.server.stats().budget.used_bytes == held; });
  auto other = co_await RawClient::connect(rig);
  EXPECT_TRUE(co_await other.send({"s" + std::string(100'000, 'x')}));
  EXPECT_EQ((co_await other.receive()).size(), 100'004U);
  EXPECT_EQ(rig.server.stats().budget.waits_total, 0U);
}

TEST_P(ConnectionLimitsTest, an_announced_length_keeps_nobody_from_being_served) {
  tell(announce_and_stay);
}

env::Task<> press(Rig& rig) {
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 16; ++i) {
    clients.push_back(std::make_unique<RawClient>(co_await RawClient::connect(rig)));
    EXPECT_TRUE(co_await clients.back()->send_bytes(half_a_frame()));
  }
  co_await eventually(rig, [&] { return rig.server.stats().budget.used_bytes == 16 << 16; });
  co_await pause(rig, 300);
  EXPECT_EQ(rig.broker.count("close"), 0) << "nobody needs what they hold";
  auto other = co_await RawClient::connect(rig);
  EXPECT_TRUE(co_await other.send({"s1"}));
  EXPECT_EQ(co_await other.receive(), "re:s1");
  EXPECT_NE(rig.env.lines().at(0).find("the rest of a request"), std::string::npos);
}

TEST_P(ConnectionLimitsTest, who_holds_memory_for_nothing_is_closed_sooner_when_others_need_it) {
  tell(press, {.connection = {.receive_stall_pressed_max = milliseconds(100)}});
}

env::Task<> break_off(Rig& rig) {
  auto client = co_await RawClient::connect(rig);
  EXPECT_TRUE(co_await client.send_bytes(half_a_frame()));
  co_await pause(rig, 20);
  client.close();
  co_await eventually(rig, [&] { return rig.broker.count("close") == 1; });
  EXPECT_NE(rig.env.lines().at(0).find("left inside a frame"), std::string::npos);
  // Also where the session finds that a pipelined request ends too early.
  auto other = co_await RawClient::connect(rig);
  rig.broker.room_error = Error{Errc::truncated, "ends early"};
  EXPECT_TRUE(co_await other.send({"nShort"}));
  EXPECT_EQ(co_await other.receive(), "end");
  EXPECT_NE(rig.env.lines().at(1).find("ends early"), std::string::npos);
}

TEST_P(ConnectionLimitsTest, truncated_input_of_every_kind_is_said) {
  tell(break_off);
}

env::Task<> big_ones_at_once(Rig& rig, RawClient& client, char c, int& answered) {
  EXPECT_TRUE(co_await client.send({"s" + std::string(3 << 20, c)}));
  EXPECT_EQ((co_await client.receive()).size(), (3U << 20) + 4);
  ++answered;
}

env::Task<> overdraw(Rig& rig) {
  // Five frames, each larger than the whole budget.
  env::Scope scope(rig.home());
  std::vector<std::unique_ptr<RawClient>> clients;
  int answered = 0;
  for (int i = 0; i < 5; ++i) {
    clients.push_back(std::make_unique<RawClient>(co_await RawClient::connect(rig)));
    scope.spawn(big_ones_at_once(rig, *clients.back(), static_cast<char>('A' + i), answered));
  }
  std::uint64_t most = 0;
  co_await eventually(rig, [&] {
    most = std::max(most, rig.server.stats().budget.used_bytes);
    return answered == 5;
  });
  EXPECT_LE(most, ByteBudget::capacity_min + (3U << 20) + 1);
  co_await scope.stop();
}

TEST_P(ConnectionLimitsTest, frames_that_cannot_all_fit_are_received_one_after_another) {
  tell(overdraw);
}

INSTANTIATE_TEST_SUITE_P(Worlds, ConnectionLimitsTest, testing::ValuesIn(env::all_worlds),
                         env::world_name);

}  // namespace
}  // namespace moldau::net
