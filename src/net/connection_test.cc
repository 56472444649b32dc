#include "net/connection_rig_test.h"

namespace moldau::net {
namespace {

using Events = std::vector<std::string>;

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

std::string put_file(Rig& rig) {
  std::string contents;
  for (int i = 0; contents.size() < 3'000'000; ++i) contents += std::to_string(i) + ' ';
  auto file = rig.env.disk().open(rig.directory + "/sent", env::OpenMode::create_new).value();
  const std::array pieces{as_bytes(contents)};
  EXPECT_TRUE(file->pwritev(pieces, 0));
  rig.broker.file = std::move(file);
  return contents;
}

env::Task<> send_file(Rig& rig) {
  const std::string contents = put_file(rig);
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

/// Counts what it is asked for, and does it, or fails.
class CountingLoader final : public RangeLoader {
 public:
  CountingLoader(std::shared_ptr<const env::File> file, bool fails)
      : file_(std::move(file)), fails_(fails) {}
  env::Task<Result<>> load(std::uint64_t position, std::uint64_t length, env::Worker&) override {
    ++loads;
    if (fails_) co_return fail(Errc::io, "the device is gone");
    co_return file_->load(position, length);
  }
  int loads{0};

 private:
  const std::shared_ptr<const env::File> file_;
  const bool fails_;
};

/// In the simulated world a tenth of what is asked for is not in the page cache.
bool is_simulated(Rig& rig) {
  return rig.broker.file->native_handle() < 0;
}

env::Task<> load_what_is_cold(Rig& rig) {
  const std::string contents = put_file(rig);
  const auto loader = std::make_shared<CountingLoader>(rig.broker.file, false);
  rig.broker.loader = loader;
  auto client = co_await RawClient::connect(rig);
  constexpr int times = 5;
  for (int i = 0; i < times; ++i) {
    EXPECT_TRUE(co_await client.send({"sf"}));
    EXPECT_TRUE(co_await client.receive() == contents);
  }
  if (is_simulated(rig)) {
    EXPECT_GT(loader->loads, 0);
    EXPECT_LT(loader->loads, 12 * times);
  }
  rig.broker.loader.reset();
  rig.broker.file.reset();
}

TEST_P(ConnectionTest, what_is_not_in_the_page_cache_is_loaded_before_it_is_sent) {
  tell(load_what_is_cold);
}

env::Task<> fail_to_load(Rig& rig) {
  const std::string contents = put_file(rig);
  rig.broker.loader = std::make_shared<CountingLoader>(rig.broker.file, true);
  std::string got = contents;
  for (int i = 0; i < 50 && got == contents && is_simulated(rig); ++i) {
    auto client = co_await RawClient::connect(rig);
    EXPECT_TRUE(co_await client.send({"sf"}));
    got = co_await client.receive();
    if (got == contents) continue;
    EXPECT_TRUE(contents.starts_with(got)) << "other bytes in place of those that are missing";
    EXPECT_EQ(co_await client.receive(), "end");
  }
  EXPECT_TRUE(got != contents || !is_simulated(rig)) << "nothing was cold";
  rig.broker.loader.reset();
  rig.broker.file.reset();
}

TEST_P(ConnectionTest, an_answer_that_cannot_be_loaded_ends_the_connection) {
  tell(fail_to_load);
}

INSTANTIATE_TEST_SUITE_P(Worlds, ConnectionTest, testing::ValuesIn(env::all_worlds),
                         env::world_name);

}  // namespace
}  // namespace moldau::net
