#include "net/frame.h"

#include <gtest/gtest.h>

#include "net/test_rig.h"

namespace moldau::net {
namespace {

std::string size_error(std::string_view start, std::int32_t max = 100 << 20) {
  const auto size = frame_size(as_bytes(start), max);
  return size ? "none" : size.error().to_string();
}

TEST(FrameSize, accepts_one_to_the_limit) {
  EXPECT_EQ(frame_size(as_bytes(std::string_view("\0\0\0\1", 4)), 4).value(), 1U);
  EXPECT_EQ(frame_size(as_bytes(std::string_view("\0\0\0\4", 4)), 4).value(), 4U);
  EXPECT_EQ(size_error(std::string_view("\0\0\0\5", 4), 4),
            "too_large: a frame announces 5 bytes, the limit is 4");
}

TEST(FrameSize, refuses_zero_and_negative) {
  EXPECT_EQ(size_error(std::string_view("\0\0\0\0", 4)), "corrupt: a frame announces 0 bytes");
  EXPECT_EQ(size_error("\xff\xff\xff\xff"), "corrupt: a frame announces -1 bytes");
}

TEST(FrameSize, says_what_it_looks_like) {
  EXPECT_EQ(size_error(std::string_view("\x16\x03\x01\x02", 4)),
            "too_large: a frame announces 369295618 bytes, the limit is 104857600; this looks like "
            "a TLS handshake");
  EXPECT_NE(size_error("GET / HTTP/1.1\r\n").find("an HTTP request"), std::string::npos);
  EXPECT_NE(size_error("POST").find("an HTTP request"), std::string::npos);
  EXPECT_EQ(size_error("hello").find("looks like"), std::string::npos);
}

/// A FrameReader on the accepting side of a connection; the test writes on the other.
struct ReaderRig {
  explicit ReaderRig(env::Env& e, std::uint64_t budget_bytes = 8 << 20)
      : env(e), shared_budget(std::make_shared<ByteBudget>(budget_bytes)) {}
  env::Task<> connect(std::int32_t frame_bytes_max = 100 << 20) {
    env::Worker& home = env.workers().at(0);
    const std::function<env::Worker&()> choose = [&home]() -> env::Worker& { return home; };
    auto listener = env.transport().listen({"127.0.0.1", 0}, home).value();
    client = (co_await env.transport().connect(listener->local(), home, MonoTime::max())).value();
    server = (co_await listener->accept(choose)).value();
    reader = std::make_unique<FrameReader>(*server, home, &budget, frame_bytes_max, nullptr);
  }
  env::Task<> write(std::string bytes) {
    const std::array pieces{as_bytes(bytes)};
    EXPECT_TRUE(co_await client->write(pieces, env::More::no));
  }
  env::Task<> pause(std::int64_t ms) {
    env::Worker& home = env.workers().at(0);
    EXPECT_TRUE(co_await env::sleep_until(home, home.now() + milliseconds(ms)));
  }
  env::Task<std::string> next() {
    auto frame = co_await reader->next();
    if (!frame) co_return "error: " + frame.error().to_string();
    co_return *frame ? std::string((**frame).text()) : "end";
  }

  env::Env& env;
  std::shared_ptr<ByteBudget> shared_budget;
  ByteBudget& budget{*shared_budget};
  std::unique_ptr<env::Stream> client;
  std::unique_ptr<env::Stream> server;
  std::unique_ptr<FrameReader> reader;
};

class FrameReaderTest : public testing::TestWithParam<env::WorldKind> {
 protected:
  std::unique_ptr<env::TestWorld> world_ = make_world(GetParam());
  ReaderRig rig_{world_->env()};
};

std::string wire(std::string_view text) {
  return std::string(frame_of(text).text());
}

std::string pattern(std::size_t size, std::uint64_t seed) {
  std::string text(size, ' ');
  Prng prng(seed);
  for (char& c : text) c = static_cast<char>('a' + prng.below(26));
  return text;
}

env::Task<> byte_by_byte(ReaderRig& rig, std::string bytes) {
  for (const char c : bytes) {
    co_await rig.pause(1);
    co_await rig.write(std::string(1, c));
  }
}

env::Task<> read_slow_frames(ReaderRig& rig) {
  co_await rig.connect();
  env::Scope scope(rig.env.workers().at(0));
  scope.spawn(byte_by_byte(rig, wire("first") + wire("2")));
  EXPECT_EQ(co_await rig.next(), "first");
  EXPECT_EQ(co_await rig.next(), "2");
  co_await scope.stop();
}

TEST_P(FrameReaderTest, frames_that_come_byte_by_byte) {
  world_->run(read_slow_frames(rig_));
}

/// Sends the texts at once; how many frames are here without a further wait.
env::Task<> read_together(ReaderRig& rig, std::vector<std::string> texts, int& here_already) {
  co_await rig.connect();
  std::string bytes;
  for (const std::string& text : texts) bytes += wire(text);
  co_await rig.write(bytes);
  co_await rig.pause(20);
  for (const std::string& text : texts) {
    FrameReader::Frame frame = rig.reader->try_next().value();
    here_already += frame ? 1 : 0;
    if (!frame) frame = (co_await rig.reader->next()).value();
    EXPECT_EQ(frame->text(), text);
  }
  rig.client->close();
  EXPECT_EQ(co_await rig.next(), "end");
}

TEST_P(FrameReaderTest, many_frames_in_one_segment) {
  std::vector<std::string> texts;
  texts.reserve(5'000);
  for (int i = 0; i < 5'000; ++i) texts.push_back("frame " + std::to_string(i));
  int here_already = 0;
  world_->run(read_together(rig_, texts, here_already));
  EXPECT_GT(here_already, 4'000) << "one read should bring many frames";
}

TEST_P(FrameReaderTest, several_frames_of_batches_in_one_read) {
  const std::vector<std::string> texts(12, pattern(20'000, 1));
  int here_already = 0;
  world_->run(read_together(rig_, texts, here_already));
  EXPECT_GE(here_already, 3) << "64 KiB have three of them";
}

/// A peer that always has more: the same frame again and again. Counts how often it is waited for.
class EndlessStream final : public env::Stream {
 public:
  explicit EndlessStream(std::string frame) : frame_(std::move(frame)) {}
  env::Task<Result<std::size_t>> read_some(MutBytes into) override {
    ++waits;
    co_return try_read(into);
  }
  Result<std::size_t> try_read(MutBytes into) override {
    for (auto& byte : into) byte = static_cast<std::uint8_t>(frame_[at_++ % frame_.size()]);
    return into.size();
  }
  env::Task<Result<>> write(std::span<const Bytes>, env::More) override { co_return Result<>(); }
  env::Task<Result<std::uint64_t>> send_file(const env::File&, std::uint64_t,
                                             std::uint64_t length) override {
    co_return length;
  }
  void close() override {}
  env::Endpoint local() const override { return {}; }
  env::Endpoint remote() const override { return {}; }

  std::size_t waits{0};

 private:
  const std::string frame_;
  std::size_t at_{0};
};

env::Task<> read_endlessly(env::Env& env, std::size_t frame_bytes, std::size_t& bytes_per_wait) {
  EndlessStream stream(wire(pattern(frame_bytes, 1)));
  FrameReader reader(stream, env.workers().at(0), nullptr, 100 << 20, nullptr);
  const std::size_t frames = (std::size_t{4} << 20) / frame_bytes;
  for (std::size_t i = 0; i < frames; ++i) {
    FrameReader::Frame frame = reader.try_next().value();
    if (!frame) frame = (co_await reader.next()).value();
    EXPECT_EQ(frame->size(), frame_bytes);
  }
  bytes_per_wait = frames * frame_bytes / stream.waits;
}

/// Others on its worker have their turn all the same.
TEST_P(FrameReaderTest, goes_on_without_waiting_but_not_for_ever) {
  for (const std::size_t frame_bytes : {5'000U, 16'400U, 60'000U, 70'000U, 300'000U}) {
    SCOPED_TRACE(frame_bytes);
    std::size_t bytes_per_wait = 0;
    world_->run(read_endlessly(world_->env(), frame_bytes, bytes_per_wait));
    EXPECT_GT(bytes_per_wait, FrameReader::read_on_bytes_max / 2);
    EXPECT_LT(bytes_per_wait, 2 * FrameReader::read_on_bytes_max + frame_bytes);
  }
}

/// A reader whose stream always has the next frame of so many bytes, and a budget of a MiB.
struct FullRig {
  FullRig(env::Env& env, std::size_t frame_bytes)
      : worker(env.workers().at(0)), stream(wire(pattern(frame_bytes, 1))) {}
  std::uint64_t used() const { return budget->stats().used_bytes; }

  env::Worker& worker;
  std::shared_ptr<ByteBudget> budget = std::make_shared<ByteBudget>(1 << 20);
  EndlessStream stream;
  FrameReader reader{stream, worker, budget.get(), 100 << 20, nullptr};
};

env::Task<> share_the_buffer(env::Env& env) {
  FullRig rig(env, 20'000);
  auto first = (co_await rig.reader.next()).value();
  auto second = rig.reader.try_next().value();
  EXPECT_EQ(second->data(), first->data() + 20'004) << "nothing is copied";
  EXPECT_EQ(second->text(), pattern(20'000, 1));
  EXPECT_EQ(rig.used(), FrameReader::piece_bytes) << "the buffer counts, once";
  first.reset();
  second.reset();
  EXPECT_EQ(rig.used(), FrameReader::piece_bytes) << "the reader has it still";
  auto third = rig.reader.try_next().value();
  auto fourth = (co_await rig.reader.next()).value();  // its rest was not in the buffer
  EXPECT_EQ(fourth->text(), pattern(20'000, 1));
  EXPECT_EQ(rig.used(), FrameReader::piece_bytes + 20'000);
  EXPECT_EQ(third->text(), pattern(20'000, 1));
  third.reset();
  EXPECT_EQ(rig.used(), 20'000U);
}

TEST_P(FrameReaderTest, frames_of_batches_are_slices_of_the_buffer) {
  world_->run(share_the_buffer(world_->env()));
}

env::Task<> keep_little(env::Env& env, ReaderRig& alone) {
  FullRig small(env, FrameReader::entry_bytes - 1);
  const auto frame = (co_await small.reader.next()).value();
  EXPECT_EQ(small.used(), frame->size()) << "a small frame would keep the whole buffer";

  co_await alone.connect();
  co_await alone.write(wire(pattern(20'000, 1)));
  const auto single = (co_await alone.reader->next()).value();
  EXPECT_EQ(alone.budget.stats().used_bytes, single->size()) << "so would one that came alone";

  FullRig pressed(env, 20'000);
  ByteBudget::Lease others;
  EXPECT_TRUE(pressed.budget->try_take(others, (1 << 20) - 30'000));
  const auto copy = (co_await pressed.reader.next()).value();
  EXPECT_EQ(pressed.used() - others.bytes(), copy->size()) << "no room for the buffer";
  EXPECT_EQ(copy->text(), pattern(20'000, 1));
}

TEST_P(FrameReaderTest, a_frame_that_shares_no_full_buffer_has_its_own_memory) {
  world_->run(keep_little(world_->env(), rig_));
}

env::Task<> wait_without_the_buffer(env::Env& env, ReaderRig& clock) {
  FullRig rig(env, 20'000);
  auto first = (co_await rig.reader.next()).value();
  ByteBudget::Lease others;
  EXPECT_TRUE(rig.budget->try_take(others, (1 << 20) - FrameReader::piece_bytes));
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(rig.reader.try_next().value());
  std::string fourth = "nothing";
  struct Reading {
    static env::Task<> run(FullRig& from, std::string& into) {
      into = (co_await from.reader.next()).value()->text();
    }
  };
  env::Scope scope(rig.worker);
  scope.spawn(Reading::run(rig, fourth));
  co_await clock.pause(20);
  EXPECT_EQ(fourth, "nothing") << "a slice still holds all that is left";
  first.reset();
  co_await clock.pause(20);
  EXPECT_EQ(fourth, pattern(20'000, 1)) << "the waiting reader itself does not";
  rig.reader.abort();
  co_await scope.stop();
}

TEST_P(FrameReaderTest, who_waits_for_the_budget_holds_no_buffer_in_it) {
  world_->run(wait_without_the_buffer(world_->env(), rig_));
}

env::Task<> write_all(ReaderRig& rig, std::string bytes) {
  co_await rig.write(std::move(bytes));
}

env::Task<> read_sizes(ReaderRig& rig) {
  co_await rig.connect();
  std::vector<std::string> texts;
  std::string bytes;
  std::uint64_t seed = 0;
  for (const std::size_t size :
       {1UL,         507UL,       508UL,    509UL,    512UL,    513UL,    4'096UL,   4'097UL,
        16'379UL,    16'384UL,    16'385UL, 65'535UL, 65'536UL, 65'537UL, 131'072UL, 131'073UL,
        1'000'000UL, 3'500'000UL, 2UL,      700UL,    66'000UL, 3UL}) {
    texts.push_back(pattern(size, ++seed));
    bytes += wire(texts.back());
  }
  env::Scope scope(rig.env.workers().at(0));
  scope.spawn(write_all(rig, bytes));
  for (const std::string& text : texts) {
    const std::string got = co_await rig.next();
    EXPECT_TRUE(got == text) << "a frame of " << text.size() << " became one of " << got.size();
  }
  EXPECT_EQ(rig.budget.stats().used_bytes, 0U);
  co_await scope.stop();
}

TEST_P(FrameReaderTest, frames_around_every_limit_of_its_buffers) {
  world_->run(read_sizes(rig_));
}

env::Task<> announce_much(ReaderRig& rig) {
  co_await rig.connect();
  std::string bytes = wire(std::string(100, 'x'));
  store_be(reinterpret_cast<std::uint8_t*>(bytes.data()), std::int32_t{100 << 20});
  env::Scope scope(rig.env.workers().at(0));
  co_await rig.write(bytes);
  std::string got = "nothing";
  struct Reading {
    static env::Task<> run(ReaderRig& r, std::string& into) { into = co_await r.next(); }
  };
  scope.spawn(Reading::run(rig, got));
  co_await rig.pause(20);
  EXPECT_EQ(rig.budget.stats().used_bytes, FrameReader::entry_bytes);
  co_await rig.write(std::string(5'000, 'y'));
  co_await rig.pause(20);
  EXPECT_EQ(rig.budget.stats().used_bytes, FrameReader::piece_bytes);
  co_await rig.write(std::string(295'000, 'y'));
  co_await rig.pause(50);
  EXPECT_EQ(rig.budget.stats().used_bytes, 512U << 10);
  EXPECT_TRUE(rig.reader->stalled_since());
  rig.client->close();
  co_await rig.pause(20);
  EXPECT_EQ(got, "error: truncated: the peer left inside a frame");
  co_await scope.stop();
  rig.reader.reset();
  EXPECT_EQ(rig.budget.stats().used_bytes, 0U);
}

TEST_P(FrameReaderTest, a_huge_announced_length_costs_what_has_arrived) {
  world_->run(announce_much(rig_));
}

env::Task<> hold_frames(ReaderRig& rig) {
  co_await rig.connect();
  env::Scope scope(rig.env.workers().at(0));
  scope.spawn(write_all(
      rig, wire(std::string(3 << 20, 'a')) + wire(std::string(4 << 20, 'b')) + wire("c")));
  auto first = (co_await rig.reader->next()).value();
  auto second = (co_await rig.reader->next()).value();
  EXPECT_EQ(rig.budget.stats().used_bytes, 7U << 20);
  const SharedBytes slice = second->slice(5, 7);
  first.reset();
  second.reset();
  EXPECT_EQ(rig.budget.stats().used_bytes, 4U << 20) << "a slice holds its whole frame";
  EXPECT_EQ(slice.text(), "bbbbbbb");
  EXPECT_EQ(co_await rig.next(), "c");
  co_await scope.stop();
}

TEST_P(FrameReaderTest, a_frame_holds_its_budget_until_its_last_slice_is_dropped) {
  world_->run(hold_frames(rig_));
}

env::Task<> break_off(ReaderRig& rig) {
  co_await rig.connect(1'000);
  co_await rig.write(std::string("\0\0", 2));
  rig.client->close();
  EXPECT_EQ(co_await rig.next(), "error: truncated: the peer left inside a frame");
  co_await rig.connect(1'000);
  co_await rig.write(wire("ok") + wire(std::string(1'001, 'x')));
  EXPECT_EQ(co_await rig.next(), "ok");
  EXPECT_EQ(co_await rig.next(),
            "error: too_large: a frame announces 1001 bytes, the limit is 1000");
}

TEST_P(FrameReaderTest, broken_input_is_an_error) {
  world_->run(break_off(rig_));
}

INSTANTIATE_TEST_SUITE_P(Worlds, FrameReaderTest, testing::ValuesIn(env::all_worlds),
                         env::world_name);

}  // namespace
}  // namespace moldau::net
