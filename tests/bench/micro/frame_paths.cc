// Cutting what one read has brought into frames.

#include <benchmark/benchmark.h>

#include <cstring>

#include "base/check.h"
#include "net/frame.h"
#include "protocol/writer.h"
#include "tests/bench/micro/counting.h"
#include "tests/bench/micro/memory_env.h"
#include "tests/bench/micro/work.h"

namespace moldau::bench {

namespace {

constexpr std::int32_t frame_bytes = 200;
constexpr int frames = 128;

/// A stream on which everything has come already, once more with each `refill`.
class FullStream final : public env::Stream {
 public:
  explicit FullStream(SharedBytes bytes) : bytes_(std::move(bytes)) {}
  void refill() { left_ = bytes_.bytes(); }

  env::Task<Result<std::size_t>> read_some(MutBytes into) override { co_return try_read(into); }
  Result<std::size_t> try_read(MutBytes into) override {
    const NotCounted kernel;
    const auto count = std::min(into.size(), left_.size());
    if (count > 0) std::memcpy(into.data(), left_.data(), count);
    left_ = left_.subspan(count);
    return count;
  }
  env::Task<Result<>> write(std::span<const Bytes>, env::More) override { co_return Result<>{}; }
  env::Task<Result<std::uint64_t>> send_file(const env::File&, std::uint64_t,
                                             std::uint64_t length) override {
    co_return length;
  }
  void close() override {}
  env::Endpoint local() const override { return {}; }
  env::Endpoint remote() const override { return {}; }

 private:
  const SharedBytes bytes_;
  Bytes left_;
};

SharedBytes many_frames() {
  protocol::Writer out;
  for (int i = 0; i < frames; ++i) {
    out.put(frame_bytes);
    for (std::int32_t at = 0; at < frame_bytes; ++at) out.put(std::uint8_t{0});
  }
  return out.take();
}

class ManyFrames final : public Work {
 public:
  void prepare() override { stream_.refill(); }
  void run() override { env_.run(read_all()); }

 private:
  env::Task<> read_all() {
    for (int i = 0; i < frames; ++i) {
      const auto frame = co_await reader_.next();
      CHECK(frame && *frame && (*frame)->size() == frame_bytes, "no frame {}", i);
      benchmark::DoNotOptimize((*frame)->data());
    }
  }

  MemoryEnv env_;
  FullStream stream_{many_frames()};
  std::shared_ptr<net::ByteBudget> budget_ = std::make_shared<net::ByteBudget>(64 << 20);
  net::FrameReader reader_{stream_, env_.worker(), budget_.get(), 1 << 20, nullptr};
};

}  // namespace

void add_frame_paths(Paths& paths) {
  paths.push_back({.name = "frame/200B", .operations = frames, .make = [] {
                     return std::make_unique<ManyFrames>();
                   }});
}

}  // namespace moldau::bench
