#include "net/connection.h"

#include <gtest/gtest.h>

#include "net/test_rig.h"

namespace moldau::net {
namespace {

using Events = std::vector<std::string>;

class ConnectionTest : public testing::TestWithParam<env::WorldKind> {
 protected:
  /// Runs the story with a server that is open, and stops it.
  void tell(env::Task<> (*story)(Rig&), ServerOptions options = {},
            std::uint64_t budget_bytes = ByteBudget::capacity_min) {
    Rig rig(world_->env(), std::move(options), budget_bytes);
    world_->run(whole(rig, *story, world_->directory()));
    EXPECT_EQ(rig.server.stats().budget.used_bytes, 0U);
    EXPECT_EQ(rig.broker.count("open"), rig.broker.count("close"));
    for (const auto& worker : rig.server.stats().workers) {
      EXPECT_EQ(worker.connections, 0);
      EXPECT_EQ(worker.pending_answers, 0);
    }
  }

 private:
  static env::Task<> whole(Rig& rig, env::Task<> (*story)(Rig&), std::string directory) {
    rig.directory = std::move(directory);
    rig.open();
    co_await story(rig);
    co_await rig.server.stop(rig.in(5'000));
  }
  std::unique_ptr<env::TestWorld> world_ = make_world(GetParam());
};

env::Task<> answer_in_order(Rig& rig) {
  auto client = co_await RawClient::connect(rig);
  EXPECT_TRUE(co_await client.send({"pA", "pB", "pC"}));
  co_await eventually(rig, [&] { return rig.broker.count("begin pC") == 1; });
  rig.broker.release({"pC"});
  rig.broker.release({"pB"});
  co_await pause(rig, 20);
  EXPECT_EQ(rig.broker.events(), (Events{"open", "begin pA", "begin pB", "begin pC"}));
  rig.broker.release({"pA"});
  EXPECT_EQ(co_await client.receive(), "re:pA");
  EXPECT_EQ(co_await client.receive(), "re:pB");
  EXPECT_EQ(co_await client.receive(), "re:pC");
}

TEST_P(ConnectionTest, pipelined_answers_leave_in_request_order) {
  tell(answer_in_order);
}

env::Task<> wait_for_pipelined(Rig& rig) {
  auto client = co_await RawClient::connect(rig);
  EXPECT_TRUE(co_await client.send({"pA", "s1", "pB"}));
  co_await eventually(rig, [&] { return rig.broker.count("begin pA") == 1; });
  co_await pause(rig, 20);
  EXPECT_EQ(rig.broker.events(), (Events{"open", "begin pA"}));
  rig.broker.release({"pA"});
  EXPECT_EQ(co_await client.receive(), "re:pA");
  EXPECT_EQ(co_await client.receive(), "re:s1");
  co_await eventually(rig, [&] { return rig.broker.count("begin pB") == 1; });
  EXPECT_EQ(rig.broker.events(),
            (Events{"open", "begin pA", "finish pA", "handle s1", "begin pB"}));
  rig.broker.release({"pB"});
  EXPECT_EQ(co_await client.receive(), "re:pB");
}

TEST_P(ConnectionTest, serial_waits_for_pipelined_and_pipelined_for_serial) {
  tell(wait_for_pipelined);
}

env::Task<> park(Rig& rig) {
  auto client = co_await RawClient::connect(rig);
  EXPECT_TRUE(co_await client.send({"wJoin", "nA", "s1"}));
  co_await eventually(rig, [&] { return rig.broker.count("handle wJoin") == 1; });
  co_await pause(rig, 20);
  EXPECT_EQ(rig.broker.events().size(), 2U);
  rig.broker.release({"wJoin"});
  EXPECT_EQ(co_await client.receive(), "re:wJoin");
  EXPECT_EQ(co_await client.receive(), "re:nA");
  EXPECT_EQ(co_await client.receive(), "re:s1");
}

TEST_P(ConnectionTest, nothing_is_begun_behind_a_parked_request) {
  tell(park);
}

env::Task<> send_without_answers(Rig& rig) {
  auto client = co_await RawClient::connect(rig);
  EXPECT_TRUE(co_await client.send({"n01", "pA", "n02", "s1"}));
  co_await eventually(rig, [&] { return rig.broker.count("begin n02") == 1; });
  rig.broker.release({"pA"});
  EXPECT_EQ(co_await client.receive(), "re:pA");
  EXPECT_EQ(co_await client.receive(), "re:s1");
}

TEST_P(ConnectionTest, acks_0_gets_no_answer_and_keeps_its_place) {
  tell(send_without_answers);
}

env::Task<> close_after_answer(Rig& rig) {
  for (const std::string& closing : std::vector<std::string>{"nx", "sx", "nc", "sc"}) {
    auto client = co_await RawClient::connect(rig);
    EXPECT_TRUE(co_await client.send({"nA", closing}));
    EXPECT_EQ(co_await client.receive(), "re:nA");
    if (closing[1] == 'x') EXPECT_EQ(co_await client.receive(), "re:" + closing);
    EXPECT_EQ(co_await client.receive(), "end");
  }
  auto client = co_await RawClient::connect(rig);
  EXPECT_TRUE(co_await client.send({"pA", "px", "pB"}));
  co_await eventually(rig, [&] { return rig.broker.count("begin pB") == 1; });
  rig.broker.release({"pA", "px", "pB"});
  EXPECT_EQ(co_await client.receive(), "re:pA");
  EXPECT_EQ(co_await client.receive(), "re:px");
  EXPECT_EQ(co_await client.receive(), "end");
  co_await eventually(rig, [&] { return rig.broker.count("drop pB") == 1; });
}

TEST_P(ConnectionTest, an_answer_may_close_the_connection) {
  tell(close_after_answer);
}

env::Task<> fail_request(Rig& rig) {
  auto client = co_await RawClient::connect(rig);
  EXPECT_TRUE(co_await client.send({"s1", "eBad"}));
  EXPECT_EQ(co_await client.receive(), "re:s1");
  EXPECT_EQ(co_await client.receive(), "end");
  EXPECT_NE(rig.env.lines().at(0).find("request eBad"), std::string::npos);
  EXPECT_NE(rig.env.lines().at(0).find(client.stream().local().to_string()), std::string::npos);
}

TEST_P(ConnectionTest, an_error_of_the_session_closes_the_connection_and_is_logged) {
  tell(fail_request);
}

env::Task<> send_garbage(Rig& rig) {
  for (const std::string& garbage : std::vector<std::string>{
           std::string("\x16\x03\x01\x02\x00\x01\x00", 7), std::string("GET / HTTP/1.1\r\n\r\n"),
           std::string("\xff\xff\xff\xf0 negative"), std::string("\0\0\0\0", 4)}) {
    auto client = co_await RawClient::connect(rig);
    EXPECT_TRUE(co_await client.send_bytes(garbage));
    const std::string got = co_await client.receive();
    EXPECT_TRUE(got == "end" || got == "lost") << got;
  }
  co_await eventually(rig, [&] { return rig.env.lines().size() == 4; });
  const auto lines = rig.env.lines();
  EXPECT_NE(lines[0].find("TLS"), std::string::npos) << lines[0];
  EXPECT_NE(lines[0].find("remote=127.0.0.1:"), std::string::npos) << lines[0];
  EXPECT_NE(lines[1].find("HTTP"), std::string::npos) << lines[1];
  EXPECT_NE(lines[2].find("announces -16 bytes"), std::string::npos) << lines[2];
  EXPECT_NE(lines[3].find("announces 0 bytes"), std::string::npos) << lines[3];
}

TEST_P(ConnectionTest, what_is_not_kafka_is_closed_with_one_line_that_says_what_it_is) {
  tell(send_garbage);
}

env::Task<> half_close(Rig& rig) {
  auto client = co_await RawClient::connect(rig);
  EXPECT_TRUE(co_await client.send({"pA", "s1"}));
  co_await eventually(rig, [&] { return rig.broker.count("begin pA") == 1; });
  client.close();
  co_await pause(rig, 20);
  rig.broker.release({"pA"});
  co_await eventually(rig, [&] { return rig.broker.count("close") == 1; });
}

TEST_P(ConnectionTest, a_client_that_leaves_is_forgotten) {
  tell(half_close);
}

env::Task<> let_deadline_pass(Rig& rig) {
  rig.broker.answer_timeout = milliseconds(50);
  auto client = co_await RawClient::connect(rig);
  const MonoTime start = rig.env.clock().now();
  EXPECT_TRUE(co_await client.send({"pA", "pB"}));
  EXPECT_EQ(co_await client.receive(), "late:pA");
  EXPECT_EQ(co_await client.receive(), "late:pB");
  EXPECT_GE(rig.env.clock().now() - start, milliseconds(50));
  rig.broker.answer_timeout = std::chrono::seconds(60);
  EXPECT_TRUE(co_await client.send({"pC"}));
  co_await eventually(rig, [&] { return rig.broker.count("begin pC") == 1; });
  rig.broker.release({"pC"});
  EXPECT_EQ(co_await client.receive(), "re:pC");
  // Now the writer runs and rests: the reader has to set the timer.
  rig.broker.answer_timeout = milliseconds(50);
  const MonoTime again = rig.env.clock().now();
  EXPECT_TRUE(co_await client.send({"pD"}));
  EXPECT_EQ(co_await client.receive(), "late:pD");
  EXPECT_LT(rig.env.clock().now() - again, std::chrono::seconds(10));
}

TEST_P(ConnectionTest, an_answer_past_its_deadline_is_finished_without_a_wake_up) {
  tell(let_deadline_pass);
}

env::Task<> fill_queue(Rig& rig) {
  auto client = co_await RawClient::connect(rig);
  std::vector<std::string> requests;
  for (int i = 100; i < 200; ++i) requests.push_back("p" + std::to_string(i));
  EXPECT_TRUE(co_await client.send(requests));
  co_await eventually(rig, [&] { return rig.broker.events().size() >= 65; });
  co_await pause(rig, 20);
  EXPECT_EQ(rig.broker.events().size(), 65U);
  EXPECT_EQ(rig.broker.events().back(), "begin p163");
  rig.broker.release({"p100"});
  EXPECT_EQ(co_await client.receive(), "re:p100");
  co_await eventually(rig, [&] { return rig.broker.count("begin p164") == 1; });
  for (int i = 101; i < 200; ++i) {
    const std::string request = "p" + std::to_string(i);
    co_await eventually(rig, [&] { return rig.broker.count("begin " + request) == 1; });
    rig.broker.release({request});
    EXPECT_EQ(co_await client.receive(), "re:" + request);
  }
}

TEST_P(ConnectionTest, at_most_64_answers_are_pending) {
  tell(fill_queue);
}

env::Task<> wait_for_room(Rig& rig) {
  rig.broker.has_room = false;
  auto client = co_await RawClient::connect(rig);
  EXPECT_TRUE(co_await client.send({"nA", "nB"}));
  co_await pause(rig, 20);
  EXPECT_EQ(rig.broker.events(), (Events{"open"}));
  rig.broker.allow_room();
  EXPECT_EQ(co_await client.receive(), "re:nA");
  co_await pause(rig, 20);
  EXPECT_EQ(rig.broker.count("begin nB"), 0);
  rig.broker.allow_room();
  EXPECT_EQ(co_await client.receive(), "re:nB");
}

TEST_P(ConnectionTest, the_session_may_hold_a_pipelined_request_back) {
  tell(wait_for_room);
}

env::Task<> send_file(Rig& rig) {
  std::string contents;
  for (int i = 0; contents.size() < 3'000'000; ++i) contents += std::to_string(i) + ' ';
  auto file = rig.env.disk().open(rig.directory + "/sent", env::OpenMode::create_new).value();
  const std::array pieces{as_bytes(contents)};
  EXPECT_TRUE(file->pwritev(pieces, 0));
  rig.broker.file = std::move(file);
  auto client = co_await RawClient::connect(rig);
  EXPECT_TRUE(co_await client.send({"sf", "nA", "nf", "sb"}));
  EXPECT_TRUE(co_await client.receive() == contents);
  EXPECT_EQ(co_await client.receive(), "re:nA");
  EXPECT_TRUE(co_await client.receive() == contents);
  EXPECT_TRUE(co_await client.receive() == std::string(1 << 20, 'b'));
  const auto stats = rig.server.stats();
  std::uint64_t out = 0;
  std::uint64_t in = 0;
  for (const auto& worker : stats.workers) {
    out += worker.bytes_out;
    in += worker.bytes_in;
  }
  EXPECT_EQ(in, 4U * 6);
  EXPECT_EQ(out, 2 * (contents.size() + 4) + 9 + (1 << 20) + 4);
  rig.broker.file.reset();
}

TEST_P(ConnectionTest, pieces_of_files_go_out_between_pieces_of_memory) {
  tell(send_file);
}

env::Task<> never_read(Rig& rig) {
  auto client = co_await RawClient::connect(rig);
  std::vector<std::string> requests(64, "nb");
  EXPECT_TRUE(co_await client.send(requests));
  co_await eventually(rig, [&] { return rig.broker.count("close") == 1; });
  EXPECT_NE(rig.env.lines().at(0).find("does not read"), std::string::npos);
  EXPECT_GT(rig.broker.count("drop nb"), 0);
}

TEST_P(ConnectionTest, a_client_that_never_reads_is_closed) {
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

TEST_P(ConnectionTest, a_trickle_of_bytes_does_not_hold_budget_for_long) {
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

TEST_P(ConnectionTest, an_idle_connection_is_closed_but_not_one_that_waits_for_an_answer) {
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

TEST_P(ConnectionTest, readers_wait_for_budget_and_go_on_when_it_is_given_back) {
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

TEST_P(ConnectionTest, a_half_sent_frame_gives_its_budget_back_when_its_client_leaves) {
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

TEST_P(ConnectionTest, an_announced_length_keeps_nobody_from_being_served) {
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

TEST_P(ConnectionTest, who_holds_memory_for_nothing_is_closed_sooner_when_others_need_it) {
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

TEST_P(ConnectionTest, truncated_input_of_every_kind_is_said) {
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

TEST_P(ConnectionTest, frames_that_cannot_all_fit_are_received_one_after_another) {
  tell(overdraw);
}

INSTANTIATE_TEST_SUITE_P(Worlds, ConnectionTest, testing::ValuesIn(env::all_worlds),
                         env::world_name);

}  // namespace
}  // namespace moldau::net
