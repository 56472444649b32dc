#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "base/prng.h"
#include "env/env.h"
#include "storage/log.h"

namespace moldau::stress {

/// The high watermark follows the log's own disk.
class OneReplica final : public storage::LogListener {
 public:
  void on_written(storage::Log&, storage::Wakeups&) override {}
  void on_limit(storage::Log& log, storage::Wakeups& wakeups) override {
    log.advance_high_watermark(log.positions().limit, wakeups);
  }
  void on_offline(storage::Log&, const Error&, storage::Wakeups&) override {}
};

/// The sequential model of one log: what was acknowledged, by producer and sequence.
class Model {
 public:
  void acknowledge(ProducerId producer, std::int32_t sequence, Offset offset);
  /// Every acknowledged batch stands at its offset, once, and every producer's sequences ascend by
  /// one. `bytes` is the whole log. Returns what is wrong, or nothing.
  std::vector<std::string> check(Bytes bytes, Offset log_start) const;
  std::size_t size() const;

 private:
  mutable std::mutex mutex_;
  std::map<std::pair<std::int64_t, std::int32_t>, Offset> acknowledged_;
};

/// One log as its clients see it: replaced by a new one when the partition is deleted.
struct Target {
  std::shared_ptr<storage::Log> log;
  std::shared_ptr<OneReplica> replica;
  std::shared_ptr<Model> model;
};
class Targets {
 public:
  void set(std::size_t index, Target target);
  Target get(std::size_t index) const;

 private:
  mutable std::mutex mutex_;
  std::vector<Target> targets_{3};
};

/// An idempotent producer on one worker, with up to five batches in flight. What fails it sends
/// again, in order, with the same sequence; now and then a second connection on another worker
/// sends a batch that is in flight already. Everything but `start`, `stop` and `idle` happens on
/// its worker.
class Producer : public std::enable_shared_from_this<Producer> {
 public:
  Producer(env::Env& environment, env::Worker& home, Targets& targets, std::size_t target,
           ProducerId id, std::uint64_t seed)
      : env_(environment), home_(home), targets_(targets), target_(target), id_(id), prng_(seed) {}

  void start();
  void stop() { stopping_ = true; }
  /// Nothing is in flight and nothing will be: after stop().
  bool idle() const { return idle_; }
  /// The directory is gone: what fails is not sent again.
  void give_up() { given_up_ = true; }
  std::string describe() const;
  std::uint64_t unexpected() const { return unexpected_; }

 private:
  class Waiter;
  struct InFlight {
    std::int32_t sequence;
    int value_size;
    Offset offset;
    bool failed{false};
    bool resolved{false};
  };
  static constexpr std::size_t in_flight_max = 5;

  void step();
  bool send(InFlight& batch);
  void send_again_elsewhere(const InFlight& batch);
  void on_done(std::int32_t sequence, std::uint64_t attempt, storage::AppendOutcome outcome);
  SharedBytes make_batch(std::int32_t sequence, int value_size) const;
  void post_step();

  env::Env& env_;
  env::Worker& home_;
  Targets& targets_;
  const std::size_t target_;
  const ProducerId id_;
  Prng prng_;
  Target now_;
  std::vector<InFlight> in_flight_;
  std::int32_t next_sequence_{0};
  std::uint64_t attempt_{0};
  bool posted_{false};
  bool known_{false};  // something of ours is in the log for good
  std::atomic<bool> stopping_{false};
  std::atomic<bool> given_up_{false};
  std::atomic<bool> idle_{false};
  std::atomic<std::uint64_t> unexpected_{0};
  std::atomic<int> waiting_for_{0};
};

}  // namespace moldau::stress
