#pragma once

#include <atomic>
#include <deque>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/prng.h"
#include "env/env.h"
#include "env/mutex.h"
#include "env/scope.h"
#include "env/signal.h"
#include "metadata/builder.h"
#include "metadata/controller.h"
#include "protocol/error_code.h"

namespace moldau::raft {
struct Committed;
}
namespace moldau::protocol {
struct DescribeQuorumRequest;
struct DescribeQuorumResponse;
}  // namespace moldau::protocol

namespace moldau::broker {

class MetadataLog;

/// The shell around the controller's state machine: one task on one worker that takes operations
/// in order, appends what they decide to the metadata log, and hands out each reply when all that
/// it rests on is committed and applied by this broker (ARCHITECTURE §4). So who is told that a
/// topic exists finds it in the next Metadata answer.
///
/// Thread contract: `run`, `leader` and `image` from any worker; all else from `worker()`.
class ControllerDriver {
 public:
  /// Whether the broker could follow an image; if not, it is given it again after a while.
  enum class Followed : std::uint8_t { all, not_yet };
  /// Called on the driver's worker with each image that is committed, in order; the next is built
  /// when it returns. It makes the broker follow: replicas, leaders, settings.
  using Publish = std::function<env::Task<Followed>(metadata::ImagePtr, metadata::Delta)>;

  ControllerDriver(env::Env& env, env::Worker& worker, metadata::ControllerConfig config,
                   const metadata::ConfigPolicy& policy, env::Signal& work);
  ~ControllerDriver();

  /// Becomes the leader of the quorum of one, replays, activates the controller; then serves until
  /// stop. `work` is also what the log notifies of its progress. Errors: what the log or the state
  /// machine makes impossible.
  env::Task<Result<>> start(MetadataLog& log, Publish publish);
  env::Task<> stop();

  /// One operation. `decide(Controller&, const Context&)` returns a Step<Reply> and is called on
  /// the driver's worker; what it refers to lives until this returns. Errors: not_controller when
  /// the driver has stopped, the log has failed or the caller is cancelled.
  template <class Reply, class Decide>
  env::Task<std::expected<Reply, protocol::ErrorCode>> run(env::Worker& home, Decide decide);

  /// The quorum as Raft sees it when all that is appended so far is committed. Errors: as run.
  env::Task<std::expected<protocol::DescribeQuorumResponse, protocol::ErrorCode>> describe_quorum(
      env::Worker& home, const protocol::DescribeQuorumRequest& request);

  env::Worker& worker() { return worker_; }
  /// The active controller; -1 while there is none.
  NodeId leader() const;
  /// What is committed and applied here.
  metadata::ImagePtr image() const { return published_.load(); }

 private:
  struct Decision {
    std::vector<metadata::Record> records;
    metadata::Atomicity atomicity;
    std::vector<std::string> notes;
  };
  /// An operation in the queue, then parked until its reply may go.
  class Operation {
   public:
    explicit Operation(env::Worker& home) : done(home) {}
    virtual ~Operation() = default;
    /// Decides, and keeps the reply.
    virtual Decision decide(metadata::Controller& controller, const metadata::Context& context) = 0;
    std::optional<protocol::ErrorCode> error;
    env::Signal done;
    /// Held while it decides, which it does not do for a caller that has gone away.
    env::Mutex mutex;
    bool abandoned GUARDED_BY(mutex){false};
  };
  template <class Reply, class Decide>
  class TypedOperation;

  struct Parked {
    Offset end;  ///< everything below must be committed and applied
    std::shared_ptr<Operation> operation;
  };

  void submit(std::shared_ptr<Operation> operation);
  env::Task<> serve();
  env::Task<Result<>> turn();
  Result<> write_again();
  env::Task<Result<>> follow_raft();
  Result<> execute(const std::shared_ptr<Operation>& operation);
  std::optional<Decision> decide(Operation& operation);
  Result<> append(std::vector<metadata::Record> records, metadata::Atomicity atomicity);
  Result<> run_due_timers();
  env::Task<Result<>> publish_committed(const raft::Committed& committed);
  env::Task<> publish(metadata::ImagePtr image, metadata::Delta delta);
  env::Task<Result<>> maybe_snapshot();
  void release();
  void fail_parked(protocol::ErrorCode error);
  void fail_all(protocol::ErrorCode error);
  env::Task<Result<>> wait_for_work();
  std::optional<MonoTime> next_deadline() const;
  metadata::Context context();

  env::Env& env_;
  env::Worker& worker_;
  env::Scope scope_;
  env::Signal& work_;          ///< operations, progress of the log
  MetadataLog* log_{nullptr};  ///< since start
  const NodeId node_id_;
  Prng prng_;
  const std::function<Uuid()> fresh_uuid_;

  metadata::Controller controller_;
  metadata::ImageBuilder committed_;  ///< what the broker follows
  Offset applied_end_{0};             ///< everything below is committed and followed
  std::deque<Parked> parked_;
  Publish publish_;
  std::atomic<metadata::ImagePtr> published_;
  std::optional<MonoTime> publish_again_;  ///< the broker could not follow
  MonoTime write_again_;                   ///< not before; of what the log has not taken
  std::atomic<bool> active_{false};

  env::Mutex mutex_;
  std::vector<std::shared_ptr<Operation>> queue_ GUARDED_BY(mutex_);
  bool closed_ GUARDED_BY(mutex_){true};
};

template <class Reply, class Decide>
class ControllerDriver::TypedOperation final : public Operation {
 public:
  TypedOperation(env::Worker& home, Decide& decide) : Operation(home), decide_(decide) {}
  Decision decide(metadata::Controller& controller, const metadata::Context& context) override {
    metadata::Step<Reply> step = decide_(controller, context);
    reply = std::move(step.reply);
    return {std::move(step.records), step.atomicity, std::move(step.notes)};
  }
  Reply reply{};

 private:
  Decide& decide_;
};

template <class Reply, class Decide>
env::Task<std::expected<Reply, protocol::ErrorCode>> ControllerDriver::run(env::Worker& home,
                                                                           Decide decide) {
  auto operation = std::make_shared<TypedOperation<Reply, Decide>>(home, decide);
  submit(operation);
  if (!co_await operation->done.wait()) {
    // `decide` refers to this frame.
    const env::Lock lock(operation->mutex);
    operation->abandoned = true;
    co_return std::unexpected(protocol::ErrorCode::not_controller);
  }
  if (operation->error) co_return std::unexpected(*operation->error);
  co_return std::move(operation->reply);
}

}  // namespace moldau::broker
