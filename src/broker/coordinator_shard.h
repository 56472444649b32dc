#pragma once

#include <cstdint>
#include <deque>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "base/check.h"
#include "broker/partition.h"
#include "coordinator/group/cluster_topics.h"
#include "coordinator/runtime/step.h"
#include "env/env.h"
#include "env/mutex.h"
#include "env/signal.h"
#include "env/task.h"
#include "protocol/error_code.h"
#include "records/batch.h"
#include "records/compression.h"
#include "storage/log.h"

namespace moldau::broker {

/// A request to a coordinator, from its decision until its answer may go out.
class ShardOperation {
 public:
  explicit ShardOperation(env::Worker& home) : done(home) {}
  virtual ~ShardOperation() = default;
  std::optional<protocol::ErrorCode> error;  ///< why there is no answer
  env::Signal done;
};

/// What the shards of all coordinators have in common: one partition of the coordinator's log with
/// the state machine that stands on it (ARCHITECTURE §4). The shard loads the machine by replay,
/// appends what the machine decides, and lets an answer go when everything that had been appended
/// by then is committed. A failed append throws the machine away; another one is loaded.
///
/// Thread-safe: one mutex for machine and book-keeping; the log's is taken under it (lock order:
/// coordinator, then partition). No answer, wake-up or I/O under it.
class CoordinatorShard : public std::enable_shared_from_this<CoordinatorShard> {
 public:
  /// What the cluster's topics are now; empty: the machine does not ask.
  using Topics = std::function<std::shared_ptr<const coordinator::ClusterTopics>()>;

  CoordinatorShard(env::Env& env, env::Worker& home, std::shared_ptr<Partition> partition,
                   LeaderEpoch epoch, Topics topics = {});
  virtual ~CoordinatorShard() = default;
  CoordinatorShard(const CoordinatorShard&) = delete;
  CoordinatorShard& operator=(const CoordinatorShard&) = delete;

  const storage::TopicPartition& name() const { return partition_->name(); }
  LeaderEpoch epoch() const { return epoch_; }
  const std::shared_ptr<Partition>& partition() const { return partition_; }

  /// Loads, wakes the machine at its deadlines, loads again when it was thrown away. Spawn once, on
  /// `home`; ends when the scope stops, after close(), or when the log cannot be loaded.
  env::Task<> run();
  /// This broker leads the partition no more: whoever waits gets NOT_COORDINATOR.
  void close() EXCLUDES(mutex_);
  bool is_active() const EXCLUDES(mutex_);
  /// When the machine that serves was loaded; null: none serves.
  std::optional<WallMs> loaded_at() const EXCLUDES(mutex_);

 protected:
  /// Operations that may be told, collected under the mutex and told after it.
  using Ready = std::vector<std::shared_ptr<ShardOperation>>;

  // The machine that is being loaded: the loader's alone.
  virtual void begin_loading() = 0;
  virtual Result<> load_record(Bytes key, std::optional<Bytes> value) = 0;
  // The machine that serves.
  virtual void install_loaded() REQUIRES(mutex_) = 0;
  virtual void replay_own(const coordinator::Record& record) REQUIRES(mutex_) = 0;
  virtual std::optional<MonoTime> machine_deadline() const REQUIRES(mutex_) = 0;
  virtual void tick(Ready& ready) REQUIRES(mutex_) = 0;
  /// Moves the operations out whose answers are parked in the machine.
  virtual void drop_waiting(Ready& dropped) REQUIRES(mutex_) = 0;

  /// Why no request can be served now; null: it can.
  std::optional<protocol::ErrorCode> refusal() const REQUIRES(mutex_);
  /// For a call to the machine. `topics` outlives it.
  coordinator::Context context(const coordinator::ClusterTopics* topics) const;
  std::shared_ptr<const coordinator::ClusterTopics> topics() const {
    return topics_ ? topics_() : nullptr;
  }
  /// Appends the records of a step and replays them; `home` hears of the commit first. False: the
  /// machine was thrown away, and everybody who waits with it.
  bool append(const std::vector<coordinator::Record>& records, coordinator::Atomicity atomicity,
              env::Worker& home, Ready& ready) REQUIRES(mutex_);
  /// The operation has its answer, which may go when all that is appended now is committed.
  void settle(std::shared_ptr<ShardOperation> operation, Ready& ready) REQUIRES(mutex_);
  /// The machine's next deadline is earlier than what `run` waits for.
  bool must_wake() const REQUIRES(mutex_);
  void log_notes(const std::vector<std::string>& notes) const;
  static void tell(Ready& ready);

  env::Env& env_;
  mutable env::Mutex mutex_;
  env::Signal work_;

 private:
  class Append;
  enum class State : std::uint8_t { loading, active, thrown_away, unreadable, closed };
  enum class Next : std::uint8_t { load_again, end };
  struct Batch {
    SharedBytes bytes;
    std::shared_ptr<storage::AppendWaiter> waiter;
  };
  struct Settled {
    std::uint64_t end;  ///< the batches up to it must be committed
    std::shared_ptr<ShardOperation> operation;
  };

  env::Task<Result<>> load();
  env::Task<Next> serve();
  env::Task<Result<>> wait_until_committed(Offset end);
  Result<Offset> load_some(storage::Log& log, Offset from);
  Result<> load_batch(const records::BatchView& batch);
  Result<> load_marker(const records::BatchView& batch);
  bool append_batch(std::span<const coordinator::Record> records, env::Worker& home)
      REQUIRES(mutex_);
  bool append_waiting() REQUIRES(mutex_);
  void on_room(std::uint64_t generation) EXCLUDES(mutex_);
  void on_append_done(std::uint64_t generation, std::uint64_t number,
                      storage::AppendOutcome outcome) EXCLUDES(mutex_);
  void commit(std::uint64_t number, Ready& ready) REQUIRES(mutex_);
  void throw_away(State next, Ready& dropped) REQUIRES(mutex_);

  const std::shared_ptr<Partition> partition_;
  const LeaderEpoch epoch_;
  const std::function<Uuid()> fresh_uuid_;
  const Topics topics_;

  State state_ GUARDED_BY(mutex_){State::loading};
  WallMs loaded_at_ GUARDED_BY(mutex_){};
  std::uint64_t generation_ GUARDED_BY(mutex_){0};  ///< + 1 whenever the machine is thrown away
  /// Batches, numbered from 1 since the machine was loaded: the machine rests on all of them, so
  /// many have been given to the log, and all up to this one are committed.
  std::uint64_t end_ GUARDED_BY(mutex_){0};
  std::uint64_t appended_ GUARDED_BY(mutex_){0};
  std::uint64_t committed_ GUARDED_BY(mutex_){0};
  std::set<std::uint64_t> committed_early_ GUARDED_BY(mutex_);  ///< before one that it follows
  /// What the log had no room for: its queue was full, or it was being handed over to another
  /// directory. It is appended when there is room and what was appended before it is committed, so
  /// that it cannot outlive that.
  std::deque<Batch> waiting_for_room_ GUARDED_BY(mutex_);
  std::size_t waiting_bytes_ GUARDED_BY(mutex_){0};
  bool room_is_awaited_ GUARDED_BY(mutex_){false};
  std::deque<Settled> parked_ GUARDED_BY(mutex_);
  MonoTime armed_ GUARDED_BY(mutex_){MonoTime::max()};  ///< what `run` waits for

  // Of loading, by one thread at a time.
  records::Decompressor decompressor_;
  std::map<ProducerId, std::vector<coordinator::Record>> open_transactions_;
};

/// The shard of one kind of coordinator. `Machine` decides by calls that return Step<Reply,
/// Parked, Event>, where `Parked` is the variant of the answers that it can park.
template <class Machine, class Parked, class Event = coordinator::Nothing>
class MachineShard final : public CoordinatorShard {
 public:
  using Make = std::function<std::unique_ptr<Machine>()>;
  /// Hears of what has happened, under the shard's mutex, as soon as it is decided.
  using Observe = std::function<void(std::span<const Event>)>;
  MachineShard(env::Env& env, env::Worker& home, std::shared_ptr<Partition> partition,
               LeaderEpoch epoch, Make make, Topics topics = {}, Observe observe = {})
      : CoordinatorShard(env, home, std::move(partition), epoch, std::move(topics)),
        make_(std::move(make)),
        observe_(std::move(observe)) {}

  /// One request. `decide(Machine&, const Context&, ReplyId)` returns a Step and is called at once,
  /// under the mutex. Errors: COORDINATOR_LOAD_IN_PROGRESS, NOT_COORDINATOR,
  /// COORDINATOR_NOT_AVAILABLE.
  template <class Reply, class Decide>
  env::Task<std::expected<Reply, protocol::ErrorCode>> request(env::Worker& home, Decide decide) {
    auto operation = std::make_shared<Operation<Reply>>(home);
    if (const auto error = begin(*operation, operation, home, decide)) {
      co_return std::unexpected(*error);
    }
    if (!co_await operation->done.wait()) {
      co_return std::unexpected(protocol::ErrorCode::not_coordinator);
    }
    if (operation->error) co_return std::unexpected(*operation->error);
    co_return std::move(operation->reply);
  }

  /// For metrics and tests: what `look_at(const Machine&)` returns; null while there is none.
  template <class Look>
  auto look(Look look_at) const -> std::optional<decltype(look_at(std::declval<Machine&>()))> {
    const env::Lock lock(mutex_);
    if (refusal()) return std::nullopt;
    return look_at(*machine_);
  }

  /// The same with what a decision would know: `look_at(const Machine&, const Context&)`.
  template <class Look>
  auto look_now(Look look_at) const
      -> std::optional<decltype(look_at(std::declval<Machine&>(),
                                        std::declval<coordinator::Context>()))> {
    const auto now_topics = topics();
    const env::Lock lock(mutex_);
    if (refusal()) return std::nullopt;
    return look_at(*machine_, context(now_topics.get()));
  }

 private:
  class ParkedOperation : public ShardOperation {
   public:
    using ShardOperation::ShardOperation;
    virtual void take(Parked parked) = 0;
  };
  template <class Reply>
  class Operation final : public ParkedOperation {
   public:
    using ParkedOperation::ParkedOperation;
    void take(Parked parked) override {
      if constexpr (std::is_constructible_v<Parked, Reply>) {
        reply = std::get<Reply>(std::move(parked));
      } else {
        CHECK(false, "an answer of this kind is never parked");
      }
    }
    Reply reply{};
  };

  /// Decides and carries the step out. An error: it was refused.
  template <class Reply, class Decide>
  std::optional<protocol::ErrorCode> begin(Operation<Reply>& operation,
                                           std::shared_ptr<ParkedOperation> shared,
                                           env::Worker& home, Decide& decide) EXCLUDES(mutex_) {
    Ready ready;
    bool wake = false;
    const auto now_topics = topics();
    {
      const env::Lock lock(mutex_);
      if (const auto error = refusal()) return error;
      const coordinator::ReplyId id = ++last_reply_id_;
      auto step = decide(*machine_, context(now_topics.get()), id);
      if (!carry_out(step, home, ready)) {
        operation.error = protocol::ErrorCode::coordinator_not_available;
        ready.push_back(std::move(shared));
      } else if (step.reply) {
        operation.reply = std::move(*step.reply);
        settle(std::move(shared), ready);
      } else {
        waiting_.emplace(id, std::move(shared));
      }
      wake = must_wake();
    }
    tell(ready);
    if (wake) work_.notify();
    return std::nullopt;
  }

  /// All of a step but its own answer. False: the machine was thrown away.
  template <class Reply>
  bool carry_out(coordinator::Step<Reply, Parked, Event>& step, env::Worker& home, Ready& ready)
      REQUIRES(mutex_) {
    log_notes(step.notes);
    if (observe_ && !step.events.empty()) observe_(step.events);
    if (!step.records.empty() && !append(step.records, step.atomicity, home, ready)) return false;
    for (auto& release : step.released) {
      const auto found = waiting_.find(release.id);
      if (found == waiting_.end()) continue;
      found->second->take(std::move(release.response));
      settle(std::move(found->second), ready);
      waiting_.erase(found);
    }
    return true;
  }

  void begin_loading() override { loading_ = make_(); }
  Result<> load_record(Bytes key, std::optional<Bytes> value) override {
    auto replayed = loading_->replay(key, value);
    return replayed ? Result<>() : std::unexpected(std::move(replayed).error());
  }
  void install_loaded() override REQUIRES(mutex_) {
    machine_ = std::move(loading_);
    machine_->on_loaded(context(topics().get()));
  }
  void replay_own(const coordinator::Record& record) override REQUIRES(mutex_) {
    const auto value = record.value ? std::optional(record.value->bytes()) : std::nullopt;
    const auto replayed = machine_->replay(record.key.bytes(), value);
    CHECK(replayed.has_value() && *replayed, "a coordinator cannot read its own record");
  }
  std::optional<MonoTime> machine_deadline() const override REQUIRES(mutex_) {
    return machine_ == nullptr ? std::nullopt : machine_->next_deadline();
  }
  void tick(Ready& ready) override REQUIRES(mutex_) {
    const auto now_topics = topics();
    auto step = machine_->tick(context(now_topics.get()));
    carry_out(step, work_.home(), ready);
  }
  void drop_waiting(Ready& dropped) override REQUIRES(mutex_) {
    for (auto& [id, operation] : waiting_) dropped.push_back(std::move(operation));
    waiting_.clear();
  }

  const Make make_;
  const Observe observe_;
  std::unique_ptr<Machine> loading_;  ///< the loader's
  std::unique_ptr<Machine> machine_ GUARDED_BY(mutex_);
  coordinator::ReplyId last_reply_id_ GUARDED_BY(mutex_){0};
  std::map<coordinator::ReplyId, std::shared_ptr<ParkedOperation>> waiting_ GUARDED_BY(mutex_);
};

}  // namespace moldau::broker
