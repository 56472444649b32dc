#include "env/transport.h"

#include <gtest/gtest.h>

#include "env/scope.h"
#include "env/signal.h"
#include "env/test_world.h"

namespace moldau::env {
namespace {

// A listener on worker 0 and a connection: the client on worker 0, the server on `server_worker`.
struct Pair {
  std::unique_ptr<Listener> listener;
  std::unique_ptr<Stream> client;
  std::unique_ptr<Stream> server;
};

Task<Pair> connect_pair(Env& env, int server_worker) {
  Worker& home = env.workers().at(0);
  const std::function<Worker&()> choose = [&env, server_worker]() -> Worker& {
    return env.workers().at(server_worker);
  };
  Pair pair;
  pair.listener = env.transport().listen({"127.0.0.1", 0}, home).value();
  pair.client =
      (co_await env.transport().connect(pair.listener->local(), home, MonoTime::max())).value();
  pair.server = (co_await pair.listener->accept(choose)).value();
  co_return pair;
}

Task<> pause(Worker& worker, std::int64_t ms) {
  EXPECT_TRUE(co_await sleep_until(worker, worker.now() + milliseconds(ms)));
}

Task<Result<std::string>> read_exactly(Stream& stream, std::size_t size) {
  std::string text(size, '?');
  std::size_t done = 0;
  while (done < size) {
    const std::size_t got = CO_TRY(co_await stream.read_some(
        {reinterpret_cast<std::uint8_t*>(text.data()) + done, size - done}));
    if (got == 0) break;
    done += got;
  }
  text.resize(done);
  co_return text;
}

Task<Result<>> write_text(Stream& stream, std::string text) {
  const std::array pieces{as_bytes(text)};
  co_return co_await stream.write(pieces, More::no);
}

class TransportTest : public testing::TestWithParam<WorldKind> {
 protected:
  std::unique_ptr<TestWorld> world_ = make_world(GetParam());
  Env& env_ = world_->env();
};

Task<> echo_once(Env& env) {
  const Pair pair = co_await connect_pair(env, 0);
  EXPECT_NE(pair.listener->local().port, 0);
  EXPECT_EQ(pair.client->remote(), pair.listener->local());
  EXPECT_EQ(pair.server->local(), pair.listener->local());
  EXPECT_EQ(pair.server->remote(), pair.client->local());
  const std::array pieces{as_bytes("hello"), Bytes{}, as_bytes(", world")};
  EXPECT_TRUE(co_await pair.client->write(pieces, More::no));
  EXPECT_EQ((co_await read_exactly(*pair.server, 12)).value(), "hello, world");
  EXPECT_TRUE(co_await pair.client->write(pieces, More::follows));
  EXPECT_TRUE(co_await pair.client->write(std::span(pieces).first(1), More::no));
  EXPECT_EQ((co_await read_exactly(*pair.server, 17)).value(), "hello, worldhello");
  EXPECT_TRUE(co_await write_text(*pair.server, "back"));
  EXPECT_EQ((co_await read_exactly(*pair.client, 4)).value(), "back");
}

TEST_P(TransportTest, bytes_arrive_in_both_directions) {
  world_->run(echo_once(env_));
}

Task<> try_reads(Env& env) {
  const Pair pair = co_await connect_pair(env, 0);
  std::array<std::uint8_t, 8> buffer{};
  EXPECT_EQ(pair.server->try_read(buffer).value(), 0U);
  EXPECT_TRUE(co_await write_text(*pair.client, "abcdef"));
  co_await pause(env.workers().at(0), 50);
  EXPECT_EQ(pair.server->try_read(MutBytes(buffer).first(4)).value(), 4U);
  EXPECT_EQ(as_text(Bytes(buffer).first(4)), "abcd");
  EXPECT_EQ(pair.server->try_read(buffer).value(), 2U);
  EXPECT_EQ(pair.server->try_read(buffer).value(), 0U);
}

TEST_P(TransportTest, try_read_takes_what_is_there) {
  world_->run(try_reads(env_));
}

Task<> write_pattern(Stream& stream, std::size_t size) {
  std::string text;
  for (std::size_t i = 0; text.size() < size; ++i) text += std::to_string(i) + ' ';
  text.resize(size);
  EXPECT_TRUE(co_await write_text(stream, std::move(text)));
}

Task<> move_much(Env& env) {
  constexpr std::size_t size = 20 << 20;
  const Pair pair = co_await connect_pair(env, 0);
  Scope scope(env.workers().at(0));
  scope.spawn(write_pattern(*pair.client, size));
  co_await pause(env.workers().at(0), 20);
  const std::string got = (co_await read_exactly(*pair.server, size)).value();
  EXPECT_EQ(got.size(), size);
  std::string expected;
  for (std::size_t i = 0; expected.size() < size; ++i) expected += std::to_string(i) + ' ';
  expected.resize(size);
  EXPECT_TRUE(got == expected);
  co_await scope.stop();
}

TEST_P(TransportTest, a_write_larger_than_all_buffers_waits_for_the_reader) {
  world_->run(move_much(env_));
}

Task<> see_end(Env& env) {
  Pair pair = co_await connect_pair(env, 0);
  EXPECT_TRUE(co_await write_text(*pair.client, "last"));
  pair.client->close();
  EXPECT_EQ((co_await read_exactly(*pair.server, 100)).value(), "last");
  std::array<std::uint8_t, 8> buffer{};
  EXPECT_EQ((co_await pair.server->read_some(buffer)).value(), 0U);
  // Nobody reads any more: sooner or later the writer learns it.
  Result<> written;
  for (int i = 0; i < 100 && written; ++i) {
    written = co_await write_text(*pair.server, "anybody?");
    co_await pause(env.workers().at(0), 1);
  }
  EXPECT_FALSE(written);
  if (!written) EXPECT_EQ(written.error().code, Errc::closed);
  const auto own = co_await pair.client->read_some(buffer);
  EXPECT_FALSE(own);
  if (!own) EXPECT_EQ(own.error().code, Errc::closed);
  EXPECT_EQ(pair.client->try_read(buffer).error().code, Errc::closed);
}

TEST_P(TransportTest, after_a_close_the_peer_reads_the_rest_then_the_end) {
  world_->run(see_end(env_));
}

Task<> read_until_closed(Stream& stream, int& ended) {
  std::array<std::uint8_t, 8> buffer{};
  const auto got = co_await stream.read_some(buffer);
  EXPECT_FALSE(got);
  if (!got) EXPECT_EQ(got.error().code, Errc::closed);
  ++ended;
}

Task<> write_until_closed(Stream& stream, int& ended) {
  const std::string much(64 << 20, 'x');
  const std::array pieces{as_bytes(much)};
  const auto written = co_await stream.write(pieces, More::no);
  EXPECT_FALSE(written);
  if (!written) EXPECT_EQ(written.error().code, Errc::closed);
  ++ended;
}

Task<> close_under_way(Env& env) {
  const Pair pair = co_await connect_pair(env, 0);
  Scope scope(env.workers().at(0));
  int ended = 0;
  scope.spawn(read_until_closed(*pair.client, ended));
  scope.spawn(write_until_closed(*pair.client, ended));
  co_await pause(env.workers().at(0), 20);
  EXPECT_EQ(ended, 0);
  pair.client->close();
  pair.client->close();
  co_await pause(env.workers().at(0), 20);
  EXPECT_EQ(ended, 2);
  co_await scope.stop();
}

TEST_P(TransportTest, close_ends_a_read_and_a_write_that_are_under_way) {
  world_->run(close_under_way(env_));
}

Task<> accept_until_closed(Listener& listener, Worker& home, int& ended) {
  const std::function<Worker&()> choose = [&home]() -> Worker& { return home; };
  const auto stream = co_await listener.accept(choose);
  EXPECT_FALSE(stream);
  if (!stream) EXPECT_EQ(stream.error().code, Errc::closed);
  ++ended;
}

Task<> close_listener(Env& env) {
  Worker& home = env.workers().at(0);
  const auto listener = env.transport().listen({"127.0.0.1", 0}, home).value();
  const auto again = env.transport().listen(listener->local(), home);
  EXPECT_FALSE(again);
  if (!again) EXPECT_EQ(again.error().code, Errc::exists);
  Scope scope(home);
  int ended = 0;
  scope.spawn(accept_until_closed(*listener, home, ended));
  co_await pause(home, 5);
  listener->close();
  co_await scope.stop();
  EXPECT_EQ(ended, 1);
  const auto refused =
      co_await env.transport().connect(listener->local(), home, home.now() + milliseconds(1'000));
  EXPECT_FALSE(refused);
  if (!refused) EXPECT_EQ(refused.error().code, Errc::unavailable);
}

TEST_P(TransportTest, closed_listener_accepts_no_more_and_connecting_is_refused) {
  world_->run(close_listener(env_));
}

Task<> send_part_of_file(Env& env, std::string path) {
  constexpr std::size_t size = 8 << 20;
  const auto file = env.disk().open(path, OpenMode::create_new).value();
  std::string contents;
  for (std::size_t i = 0; contents.size() < size; ++i) contents += std::to_string(i) + ' ';
  contents.resize(size);
  const std::array pieces{as_bytes(contents)};
  EXPECT_TRUE(file->pwritev(pieces, 0));

  const Pair pair = co_await connect_pair(env, 0);
  Scope scope(env.workers().at(0));
  struct Sender {
    static Task<Result<>> send_all(Stream& stream, const File& sent, std::uint64_t position,
                                   std::uint64_t length) {
      for (std::uint64_t done = 0; done < length;) {
        const auto count = CO_TRY(co_await stream.send_file(sent, position + done, length - done));
        EXPECT_LE(count, length - done);
        done += count;
      }
      co_return Result<>{};
    }
    static Task<> run(Stream& stream, const File& sent) {
      EXPECT_TRUE(co_await send_all(stream, sent, 1'000, size - 2'000));
      const auto beyond = co_await send_all(stream, sent, size - 10, 20);
      EXPECT_FALSE(beyond);
      if (!beyond) EXPECT_EQ(beyond.error().code, Errc::truncated);
    }
  };
  scope.spawn(Sender::run(*pair.server, *file));
  EXPECT_TRUE((co_await read_exactly(*pair.client, size - 2'000)).value() ==
              contents.substr(1'000, size - 2'000));
  EXPECT_EQ((co_await read_exactly(*pair.client, 10)).value(), contents.substr(size - 10));
  co_await scope.stop();
}

TEST_P(TransportTest, file_range_is_sent_and_a_short_file_is_told) {
  world_->run(send_part_of_file(env_, world_->directory() + "/f"));
}

Task<> echo_server(Env& env, Stream& stream) {
  EXPECT_EQ(env.workers().current(), &env.workers().at(1));
  std::array<std::uint8_t, 4096> buffer{};
  for (;;) {
    const auto got = co_await stream.read_some(buffer);
    if (!got || *got == 0) co_return;
    const std::array<Bytes, 1> pieces{Bytes(buffer).first(*got)};
    if (!co_await stream.write(pieces, More::no)) co_return;
  }
}

Task<> serve_on_other_worker(Env& env) {
  EXPECT_EQ(env.workers().current(), &env.workers().at(0));
  Pair pair = co_await connect_pair(env, 1);
  Scope scope(env.workers().at(1));
  scope.spawn(echo_server(env, *pair.server));
  for (int i = 0; i < 200; ++i) {
    const std::string text = "message " + std::to_string(i);
    EXPECT_TRUE(co_await write_text(*pair.client, text));
    EXPECT_EQ((co_await read_exactly(*pair.client, text.size())).value(), text);
  }
  co_await scope.stop();
}

TEST_P(TransportTest, accepted_connection_lives_on_the_chosen_worker) {
  world_->run(serve_on_other_worker(env_));
  EXPECT_EQ(env_.workers().current(), nullptr);
}

INSTANTIATE_TEST_SUITE_P(Worlds, TransportTest, testing::ValuesIn(all_worlds), world_name);

}  // namespace
}  // namespace moldau::env
