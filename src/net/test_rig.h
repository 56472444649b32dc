#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/endian.h"
#include "env/mutex.h"
#include "env/test_world.h"
#include "net/server.h"

/// What the tests of this room share: a broker whose requests are text, a server in front of it and
/// a client that sees bytes. Include only from *_test.cc.
namespace moldau::net {

/// The text of a request says how it is treated. 'p': pipelined, ready when the test says so (or at
/// its deadline); 'n': pipelined, ready at once; 's': serial, answered at once; 'w': serial, when
/// the test says so; 'e': serial, an Error. A second letter changes the answer: '0': none (acks=0);
/// 'c': none, and close; 'x': answer, then close; 'b': 1 MiB of 'b'; 'f': the file of the test.
/// The answer to anything else is "re:" and the request; past its deadline, "late:".
/// Events, in order: "begin X", "handle X", "finish X", "drop X" (destroyed unfinished).
class TextBroker final : public SessionFactory {
 public:
  Duration answer_timeout{std::chrono::seconds(60)};
  std::shared_ptr<const env::File> file;
  std::shared_ptr<RangeLoader> loader;
  bool has_room{true};  // else pipelined requests wait for allow_room; set before connecting
  std::optional<Error> room_error;  // of wait_for_room; set before sending

  std::unique_ptr<Session> open(const ConnectionInfo& info,
                                std::shared_ptr<Wakeup> wakeup) override;

  /// Makes pending answers ready: all are marked, then woken.
  void release(const std::vector<std::string>& requests);
  void allow_room();

  std::vector<std::string> events() const;
  int count(const std::string& event) const;

 private:
  class TextSession;
  class TextAnswer;
  struct Parked {
    std::shared_ptr<Wakeup> wakeup;       // pipelined
    std::shared_ptr<env::Signal> signal;  // serial
    std::shared_ptr<std::atomic<bool>> released = std::make_shared<std::atomic<bool>>(false);
  };
  void record(std::string event);
  void park(const std::string& request, Parked parked);
  Answer answer_to(const std::string& request, std::string_view prefix) const;

  mutable env::Mutex mutex_;
  std::vector<std::string> events_ GUARDED_BY(mutex_);
  std::map<std::string, Parked> parked_ GUARDED_BY(mutex_);
  std::vector<std::shared_ptr<env::Signal>> room_ GUARDED_BY(mutex_);
};

inline SharedBytes frame_of(std::string_view text) {
  Block block(frame_prefix_bytes + text.size());
  store_be(block.bytes().data(), static_cast<std::int32_t>(text.size()));
  std::memcpy(block.bytes().data() + frame_prefix_bytes, text.data(), text.size());
  return SharedBytes(std::move(block));
}

class TextBroker::TextAnswer final : public PendingAnswer {
 public:
  TextAnswer(TextBroker& broker, std::string request, std::shared_ptr<std::atomic<bool>> released,
             MonoTime deadline)
      : broker_(broker),
        request_(std::move(request)),
        released_(std::move(released)),
        deadline_(deadline) {}
  ~TextAnswer() override {
    if (!finished_) broker_.record("drop " + request_);
  }
  bool ready(MonoTime now) override { return *released_ || now >= deadline_; }
  MonoTime deadline() const override { return deadline_; }
  Answer finish() override {
    finished_ = true;
    broker_.record("finish " + request_);
    return broker_.answer_to(request_, *released_ ? "re:" : "late:");
  }

 private:
  TextBroker& broker_;
  const std::string request_;
  const std::shared_ptr<std::atomic<bool>> released_;
  const MonoTime deadline_;
  bool finished_{false};
};

class TextBroker::TextSession final : public Session {
 public:
  TextSession(TextBroker& broker, std::shared_ptr<Wakeup> wakeup)
      : broker_(broker), wakeup_(std::move(wakeup)) {}
  ~TextSession() override { broker_.record("close"); }

  Road road(const SharedBytes& frame) const override {
    const char first = frame.text().front();
    return first == 'p' || first == 'n' ? Road::pipelined : Road::serial;
  }
  env::Task<Result<>> wait_for_room(const SharedBytes&) override {
    if (broker_.room_error) co_return std::unexpected(*broker_.room_error);
    if (broker_.has_room) co_return Result<>{};
    auto signal = std::make_shared<env::Signal>(wakeup_->worker());
    {
      const env::Lock lock(broker_.mutex_);
      broker_.room_.push_back(signal);
    }
    co_return co_await signal->wait();
  }
  std::unique_ptr<PendingAnswer> begin(SharedBytes frame) override {
    const std::string request(frame.text());
    Parked parked{.wakeup = wakeup_, .signal = nullptr};
    *parked.released = request[0] == 'n';
    auto answer = std::make_unique<TextAnswer>(broker_, request, parked.released,
                                               wakeup_->worker().now() + broker_.answer_timeout);
    broker_.park(request, std::move(parked));
    broker_.record("begin " + request);
    return answer;
  }
  env::Task<Result<Answer>> handle(SharedBytes frame) override {
    const std::string request(frame.text());
    if (request[0] == 'w') {
      auto signal = std::make_shared<env::Signal>(wakeup_->worker());
      broker_.park(request, {.wakeup = nullptr, .signal = signal});
      broker_.record("handle " + request);
      CO_TRY(co_await signal->wait());
      broker_.record("finish " + request);
    } else {
      broker_.record("handle " + request);
    }
    if (request[0] == 'e') co_return fail(Errc::unsupported, "request " + request);
    co_return broker_.answer_to(request, "re:");
  }

 private:
  TextBroker& broker_;
  const std::shared_ptr<Wakeup> wakeup_;
};

inline std::unique_ptr<Session> TextBroker::open(const ConnectionInfo&,
                                                 std::shared_ptr<Wakeup> wakeup) {
  record("open");
  return std::make_unique<TextSession>(*this, std::move(wakeup));
}

inline void TextBroker::record(std::string event) {
  const env::Lock lock(mutex_);
  events_.push_back(std::move(event));
}
inline void TextBroker::park(const std::string& request, Parked parked) {
  const env::Lock lock(mutex_);
  parked_[request] = std::move(parked);
}
inline std::vector<std::string> TextBroker::events() const {
  const env::Lock lock(mutex_);
  return events_;
}
inline int TextBroker::count(const std::string& event) const {
  const auto all = events();
  return static_cast<int>(std::ranges::count(all, event));
}

inline void TextBroker::release(const std::vector<std::string>& requests) {
  std::vector<Parked> found;
  {
    const env::Lock lock(mutex_);
    for (const auto& request : requests) found.push_back(parked_.at(request));
  }
  for (const Parked& parked : found) *parked.released = true;
  for (const Parked& parked : found) {
    if (parked.signal) parked.signal->notify();
    if (parked.wakeup) parked.wakeup->worker().post([wakeup = parked.wakeup] { wakeup->wake(); });
  }
}
inline void TextBroker::allow_room() {
  const env::Lock lock(mutex_);
  for (const auto& signal : room_) signal->notify();
  room_.clear();
}

inline Answer TextBroker::answer_to(const std::string& request, std::string_view prefix) const {
  Answer answer;
  const char second = request.size() > 1 ? request[1] : ' ';
  if (second == 'x' || second == 'c') answer.then = Answer::Then::close;
  if (second == '0' || second == 'c') return answer;
  if (second == 'b') {
    answer.chunks.emplace_back(frame_of(std::string(1 << 20, 'b')));
  } else if (second == 'f') {
    const std::uint64_t size = file->size().value();
    Block prefix_block(frame_prefix_bytes);
    store_be(prefix_block.bytes().data(), static_cast<std::int32_t>(size));
    answer.chunks.emplace_back(SharedBytes(std::move(prefix_block)));
    answer.chunks.emplace_back(
        FileRange{.loader = loader, .file = file, .position = 0, .length = size});
  } else {
    answer.chunks.emplace_back(frame_of(std::string(prefix) + request));
  }
  return answer;
}

/// An Env with a log that the test can read.
class LoggedEnv final : public env::Env, private env::Log {
 public:
  explicit LoggedEnv(env::Env& base) : base_(base) {}
  env::Clock& clock() override { return base_.clock(); }
  env::Workers& workers() override { return base_.workers(); }
  env::Disk& disk() override { return base_.disk(); }
  env::Transport& transport() override { return base_.transport(); }
  env::Entropy& entropy() override { return base_.entropy(); }
  env::Log& log() override { return *this; }
  std::unique_ptr<env::IoPool> make_pool(const std::string& name) override {
    return base_.make_pool(name);
  }
  std::vector<std::string> lines() const {
    const env::Lock lock(mutex_);
    return lines_;
  }

 private:
  bool enabled(env::Level level) const override { return level >= env::Level::info; }
  void write(env::Level, std::string_view line) override {
    const env::Lock lock(mutex_);
    lines_.emplace_back(line);
  }
  env::Env& base_;
  mutable env::Mutex mutex_;
  std::vector<std::string> lines_ GUARDED_BY(mutex_);
};

/// The whole arrangement in one world. Declared in the test, used by its task.
struct Rig {
  explicit Rig(env::Env& base, ServerOptions options = {},
               std::uint64_t budget_bytes = ByteBudget::capacity_min)
      : env(base),
        shared_budget(std::make_shared<ByteBudget>(budget_bytes)),
        server(env, budget, broker, options) {}

  env::Worker& home() { return env.workers().at(0); }
  MonoTime in(std::int64_t ms) { return env.clock().now() + milliseconds(ms); }
  void open() { endpoint = server.open({"PLAINTEXT", {"127.0.0.1", 0}}).value(); }

  LoggedEnv env;
  std::shared_ptr<ByteBudget> shared_budget;
  ByteBudget& budget{*shared_budget};
  TextBroker broker;
  Server server;
  std::string directory;  // empty; of the test
  env::Endpoint endpoint;
};

/// A client that sends what it is told and reads frames.
class RawClient {
 public:
  explicit RawClient(std::unique_ptr<env::Stream> stream) : stream_(std::move(stream)) {}

  static env::Task<RawClient> connect(Rig& rig) {
    auto stream = co_await rig.env.transport().connect(rig.endpoint, rig.home(), MonoTime::max());
    co_return RawClient(std::move(stream).value());
  }
  env::Task<Result<>> send_bytes(std::string bytes) {
    const std::array pieces{as_bytes(bytes)};
    co_return co_await stream_->write(pieces, env::More::no);
  }
  /// The frames in one write.
  env::Task<Result<>> send(std::vector<std::string> requests) {
    std::string bytes;
    for (const auto& request : requests) bytes += frame_of(request).text();
    return send_bytes(std::move(bytes));
  }
  /// "end" at the end of the data, "lost" if the connection broke.
  env::Task<std::string> receive() {
    const auto prefix = co_await read_exactly(frame_prefix_bytes);
    if (prefix.size() < frame_prefix_bytes) co_return prefix.empty() && !lost_ ? "end" : "lost";
    co_return co_await read_exactly(load_be<std::uint32_t>(as_bytes(prefix).data()));
  }
  env::Stream& stream() { return *stream_; }
  void close() { stream_->close(); }

 private:
  env::Task<std::string> read_exactly(std::size_t size) {
    std::string text(size, '?');
    std::size_t done = 0;
    while (done < size) {
      const auto got = co_await stream_->read_some(
          {reinterpret_cast<std::uint8_t*>(text.data()) + done, size - done});
      lost_ = lost_ || !got;
      if (!got || *got == 0) break;
      done += *got;
    }
    text.resize(done);
    co_return text;
  }

  std::unique_ptr<env::Stream> stream_;
  bool lost_{false};
};

inline env::Task<> pause(Rig& rig, std::int64_t ms) {
  EXPECT_TRUE(co_await env::sleep_until(rig.home(), rig.in(ms)));
}

/// Clients that are closed, one after another.
inline env::Task<> send_nonsense(Rig& rig, int clients) {
  for (int i = 0; i < clients; ++i) {
    auto client = co_await RawClient::connect(rig);
    static_cast<void>(co_await client.send_bytes("nonsense"));
    const std::string got = co_await client.receive();
    EXPECT_TRUE(got == "end" || got == "lost") << got;
  }
}

/// Waits for what another task or worker is about to do; fails the test after ten seconds.
template <class Condition>
env::Task<> eventually(Rig& rig, Condition condition) {
  const MonoTime deadline = rig.in(10'000);
  while (!condition()) {
    if (rig.env.clock().now() > deadline) {
      ADD_FAILURE() << "it never happened";
      co_return;
    }
    co_await pause(rig, 1);
  }
}

}  // namespace moldau::net
