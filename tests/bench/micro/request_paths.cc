// Requests through the broker, from the frame to the answer: Produce, Fetch, and the purgatory of
// fetches that wait for more (broker/fetch.h): parked, woken by an append, sent back when late.

#include <benchmark/benchmark.h>

#include "protocol/messages/fetch.h"
#include "protocol/messages/produce.h"
#include "tests/bench/micro/batches.h"
#include "tests/bench/micro/broker_rig.h"
#include "tests/bench/micro/work.h"

namespace moldau::bench {

namespace {

using protocol::ErrorCode;
using protocol::FetchRequest;
using protocol::FetchResponse;
using protocol::ProduceRequest;
using protocol::ProduceResponse;

constexpr std::int64_t timestamp = 1'700'000'000'000;
constexpr std::int16_t produce_version = 13;
constexpr std::int16_t fetch_version = 17;
constexpr std::int64_t long_poll_ms = 1;  // time stands still: short of everything else that is due

SharedBytes produce_frame(const Uuid& topic, SharedBytes batch) {
  ProduceRequest request;
  request.acks = -1;
  request.timeout_ms = 30'000;
  auto& data = request.topic_data.emplace_back();
  data.topic_id = topic;
  data.partition_data.push_back({.index = PartitionId(0), .records = std::move(batch)});
  return request_frame(request, produce_version);
}

/// `position` and size limits of one Fetch.
struct FetchSpec {
  Offset from;
  std::int32_t bytes_max{1 << 20};
  std::int32_t session_id{0};
  std::int32_t session_epoch{-1};
};

SharedBytes fetch_frame(const Uuid& topic, const FetchSpec& spec) {
  FetchRequest request;
  request.max_wait_ms = long_poll_ms;
  request.min_bytes = 1;
  request.session_id = spec.session_id;
  request.session_epoch = spec.session_epoch;
  auto& wanted = request.topics.emplace_back();
  wanted.topic_id = topic;
  auto& partition = wanted.partitions.emplace_back();
  partition.fetch_offset = spec.from;
  partition.partition_max_bytes = spec.bytes_max;
  return request_frame(request, fetch_version);
}

/// Produce requests that came by one read, until all are acknowledged.
class Produce final : public Work {
 public:
  Produce(const BatchSize& size, int requests) : size_(size), requests_(requests) {}

  void prepare() override {
    frames_.clear();
    for (int i = 0; i < requests_; ++i) {
      frames_.push_back(produce_frame(rig_.topic_id(), producer_.next(size_, timestamp)));
    }
  }
  void run() override {
    connection_.send(std::move(frames_));
    rig_.env.run_all();
    connection_.finish_answers();
  }
  void finish() override {
    const auto answers = connection_.take_answers();
    CHECK(answers.size() == static_cast<std::size_t>(requests_), "{} answers", answers.size());
    for (const auto& answer : answers) {
      const auto decoded = decode_answer<ProduceResponse>(answer, produce_version);
      const auto error = decoded->responses.at(0).partition_responses.at(0).error_code;
      CHECK(error == ErrorCode::none, "Produce: {}", error);
    }
  }

 private:
  const BatchSize size_;
  const int requests_;
  BrokerRig rig_;
  BrokerConnection connection_{rig_};
  IdempotentProducer producer_{ProducerId(7)};
  std::vector<SharedBytes> frames_;
};

/// A partition with some batches, and fetches of it.
class FetchWork : public Work {
 public:
  FetchWork(const BatchSize& size, int batches) : size_(size) {
    for (int i = 0; i < batches; ++i) {
      append();
      rig_.env.run_all();
    }
    finish_appends();
  }

 protected:
  /// Sends one batch on its way: without the worker and the pool nothing has happened.
  void append() { producer_.send({produce_frame(rig_.topic_id(), make_batch(size_, timestamp))}); }
  void finish_appends() {
    rig_.env.run_all();
    producer_.finish_answers();
    end_ = end_ + static_cast<std::int64_t>(producer_.take_answers().size()) * size_.records;
  }
  SharedBytes fetch(const FetchSpec& spec) { return fetch_frame(rig_.topic_id(), spec); }
  /// The session's id.
  std::int32_t check(const net::Answer& answer, std::size_t bytes) {
    const auto decoded = decode_answer<FetchResponse>(answer, fetch_version);
    std::size_t found = 0;
    for (const auto& topic : decoded->responses) {
      const auto& partition = topic.partitions.at(0);
      CHECK(partition.error_code == ErrorCode::none, "Fetch: {}", partition.error_code);
      found += partition.records ? partition.records->size() : 0;
    }
    CHECK(found == bytes, "{} bytes in an answer, not {}", found, bytes);
    return decoded->session_id;
  }

  const BatchSize size_;
  const std::size_t batch_bytes_ = make_batch(size_, timestamp).size();
  BrokerRig rig_;
  BrokerConnection producer_{rig_};
  Offset end_{0};
};

/// Whether the client keeps a fetch session (KIP-227), as clients do.
enum class FetchSession : std::uint8_t { none, kept };

struct FetchLoad {
  BatchSize size;
  int batches;  ///< in an answer
  FetchSession session;
};

/// Fetches that are answered at once.
class Fetch final : public FetchWork {
 public:
  static constexpr int batches = 200;

  explicit Fetch(const FetchLoad& load) : FetchWork(load.size, batches), load_(load) {
    if (load_.session == FetchSession::none) return;
    ask({.session_epoch = 0});
    session_id_ = check_all().front();
    CHECK(session_id_ != 0, "no fetch session");
  }
  void prepare() override {
    frames_.clear();
    for (int i = 0; i < Path{}.operations; ++i) {
      FetchSpec spec;
      if (load_.session == FetchSession::kept) spec = next_of_session();
      spec.from = Offset(next_++ % (batches - load_.batches) * load_.size.records);
      spec.bytes_max = static_cast<std::int32_t>(batch_bytes_ * load_.batches);
      frames_.push_back(fetch(spec));
    }
  }
  void run() override {
    connection_.send(std::move(frames_));
    rig_.env.run_all();
  }
  void finish() override { check_all(); }

 private:
  void ask(FetchSpec spec) {
    spec.bytes_max = static_cast<std::int32_t>(batch_bytes_ * load_.batches);
    connection_.send({fetch(spec)});
    rig_.env.run_all();
  }
  FetchSpec next_of_session() { return {.session_id = session_id_, .session_epoch = ++epoch_}; }
  std::vector<std::int32_t> check_all() {
    std::vector<std::int32_t> sessions;
    for (const auto& answer : connection_.take_answers()) {
      sessions.push_back(check(answer, batch_bytes_ * load_.batches));
    }
    return sessions;
  }

  const FetchLoad load_;
  BrokerConnection connection_{rig_};
  std::int32_t session_id_{0};
  std::int32_t epoch_{0};
  std::int64_t next_{0};
  std::vector<SharedBytes> frames_;
};

enum class LongPoll : std::uint8_t { park, wake, expire };

/// As many connections as a run has operations, each with a fetch at the end of the log.
class Purgatory final : public FetchWork {
 public:
  explicit Purgatory(LongPoll measured) : FetchWork(small_batch, 1), measured_(measured) {
    for (int i = 0; i < Path{}.operations; ++i) {
      connections_.push_back(std::make_unique<BrokerConnection>(rig_));
    }
  }
  void prepare() override {
    for (auto& connection : connections_) connection->send({fetch({.from = end_})});
    if (measured_ == LongPoll::park) return;
    rig_.env.run_worker();
    if (measured_ == LongPoll::expire) return rig_.env.advance(milliseconds(long_poll_ms));
    append();
    rig_.env.run_worker();  // and the flush round is to come
  }
  void run() override {
    if (measured_ != LongPoll::wake) {
      rig_.env.run_worker();
    } else {
      rig_.env.run_all();
    }
  }
  void finish() override {
    if (measured_ == LongPoll::park) {
      rig_.env.advance(milliseconds(long_poll_ms));
      rig_.env.run_worker();
    }
    const auto bytes = measured_ == LongPoll::wake ? batch_bytes_ : 0;
    for (auto& connection : connections_) {
      const auto answers = connection->take_answers();
      CHECK(answers.size() == 1, "{} answers to one Fetch", answers.size());
      check(answers.front(), bytes);
    }
    finish_appends();
  }

 private:
  const LongPoll measured_;
  std::vector<std::unique_ptr<BrokerConnection>> connections_;
};

}  // namespace

void add_request_paths(Paths& paths) {
  const auto add_produce = [&](const std::string& name, const BatchSize& size, int requests) {
    paths.push_back({.name = "produce/" + name, .operations = requests, .make = [=] {
                       return std::make_unique<Produce>(size, requests);
                     }});
  };
  for (const auto& size : batch_sizes) add_produce(size.name, size, Path{}.operations);
  add_produce("1KiB/alone", medium_batch, 1);

  const auto add_fetch = [&](const std::string& name, const FetchLoad& load) {
    paths.push_back(
        {.name = "fetch/" + name, .make = [=] { return std::make_unique<Fetch>(load); }});
  };
  add_fetch("100B", {small_batch, 1, FetchSession::none});
  add_fetch("100B/session", {small_batch, 1, FetchSession::kept});
  add_fetch("16KiB/session", {large_batch, 1, FetchSession::kept});
  add_fetch("64x1KiB/session", {medium_batch, 64, FetchSession::kept});

  const auto add_purgatory = [&](const std::string& name, LongPoll measured) {
    paths.push_back({.name = "purgatory/" + name,
                     .make = [=] { return std::make_unique<Purgatory>(measured); }});
  };
  add_purgatory("park", LongPoll::park);
  add_purgatory("wake", LongPoll::wake);
  add_purgatory("expire", LongPoll::expire);
}

}  // namespace moldau::bench
