#include "broker/controller_driver.h"

#include "broker/metadata_log.h"
#include "protocol/messages/describe_quorum.h"

namespace moldau::broker {

using protocol::ErrorCode;

namespace {
/// A full disk may have room again.
constexpr Duration write_again_after = milliseconds(100);
constexpr Duration write_again_on_full_disk_after = milliseconds(1'000);
constexpr Duration publish_again_after = milliseconds(1'000);
}  // namespace

ControllerDriver::ControllerDriver(env::Env& env, env::Worker& worker,
                                   metadata::ControllerConfig config,
                                   const metadata::ConfigPolicy& policy, env::Signal& work)
    : env_(env),
      worker_(worker),
      scope_(worker),
      work_(work),
      node_id_(config.node_id),
      prng_(env.entropy().prng()),
      fresh_uuid_([&env] { return env.entropy().uuid(); }),
      controller_(std::move(config), policy),
      published_(std::make_shared<const metadata::Image>()) {}

ControllerDriver::~ControllerDriver() = default;

env::Task<Result<>> ControllerDriver::start(MetadataLog& log, Publish publish) {
  log_ = &log;
  publish_ = std::move(publish);
  if (log.snapshot_image()) {
    committed_ = metadata::ImageBuilder(*log.snapshot_image());
    controller_.reset(*log.snapshot_image());
    published_.store(*log.snapshot_image());
  }
  log.raft().start(env_.clock().wall());
  {
    const env::Lock lock(mutex_);
    closed_ = false;
  }
  while (!active_) {
    CO_TRY(co_await turn());
    if (active_) break;
    CO_TRY(co_await wait_for_work());
  }
  scope_.spawn(serve());
  co_return Result<>();
}

env::Task<> ControllerDriver::stop() {
  {
    const env::Lock lock(mutex_);
    closed_ = true;
  }
  co_await scope_.stop();
  if (log_ != nullptr) log_->raft().resign();
  fail_all(ErrorCode::not_controller);
}

env::Task<std::expected<protocol::DescribeQuorumResponse, ErrorCode>>
ControllerDriver::describe_quorum(env::Worker& home,
                                  const protocol::DescribeQuorumRequest& request) {
  co_return co_await run<protocol::DescribeQuorumResponse>(
      home, [this, &request](metadata::Controller&, const metadata::Context&) {
        metadata::Step<protocol::DescribeQuorumResponse> step;
        step.reply = log_->raft().describe_quorum(request, env_.clock().wall());
        return step;
      });
}

NodeId ControllerDriver::leader() const {
  return active_ ? node_id_ : no_node;
}

void ControllerDriver::submit(std::shared_ptr<Operation> operation) {
  {
    const env::Lock lock(mutex_);
    if (!closed_) {
      queue_.push_back(std::move(operation));
      operation = nullptr;
    }
  }
  if (operation == nullptr) return work_.notify();
  operation->error = ErrorCode::not_controller;
  operation->done.notify();
}

env::Task<> ControllerDriver::serve() {
  while (true) {
    const auto turned = co_await turn();
    if (!turned) {
      if (turned.error().code != Errc::cancelled) {
        env_.log().error("controller stops error=\"{}\"", turned.error().to_string());
        active_ = false;
        {
          const env::Lock lock(mutex_);
          closed_ = true;
        }
        fail_all(ErrorCode::not_controller);
      }
      co_return;
    }
    if (!co_await wait_for_work()) co_return;
  }
}

/// Returns when there may be something to do. Errors: cancelled.
env::Task<Result<>> ControllerDriver::wait_for_work() {
  const auto woken = co_await work_.wait_until(next_deadline().value_or(MonoTime::max()));
  if (!woken && woken.error().code == Errc::cancelled) co_return woken;
  co_return Result<>();
}

/// Everything that can be done now: progress of the log, operations, timers, a snapshot.
env::Task<Result<>> ControllerDriver::turn() {
  if (log_->is_offline()) co_return fail(Errc::io, "the metadata log is offline");
  CO_TRY(write_again());
  CO_TRY(co_await follow_raft());
  std::vector<std::shared_ptr<Operation>> operations;
  {
    const env::Lock lock(mutex_);
    operations.swap(queue_);
  }
  for (const auto& operation : operations) CO_TRY(execute(operation));
  CO_TRY(run_due_timers());
  CO_TRY(co_await follow_raft());
  if (publish_again_ && *publish_again_ <= env_.clock().now()) {
    co_await publish(published_.load(), {});
  }
  co_return co_await maybe_snapshot();
}

/// What the log has not taken, or a full disk has undone. That wakes the driver when it has ended,
/// so the next try waits: until there is room each one fails.
Result<> ControllerDriver::write_again() {
  const auto now = env_.clock().now();
  if (!log_->is_behind() || now < write_again_) return {};
  TRY(log_->write_uncommitted());
  write_again_ = now + (log_->is_behind() ? write_again_after : write_again_on_full_disk_after);
  return {};
}

env::Task<Result<>> ControllerDriver::follow_raft() {
  raft::Raft& raft = log_->raft();
  while (true) {
    raft.on_durable(log_->durable_end());
    const raft::Ready ready = raft.take_ready();
    if (ready.empty()) co_return Result<>();
    CO_TRY(co_await log_->perform(ready));
    if (ready.committed) CO_TRY(co_await publish_committed(*ready.committed));
    if (ready.active_epoch) {
      auto step = controller_.activate(context(), *ready.active_epoch);
      CO_TRY(append(std::move(step.records), step.atomicity));
      for (const auto& note : step.notes) env_.log().info("controller {}", note);
      active_ = true;
    }
    if (ready.leadership_lost) {
      active_ = false;
      controller_.deactivate(published_.load());
      fail_parked(ErrorCode::not_controller);
    }
  }
}

Result<> ControllerDriver::execute(const std::shared_ptr<Operation>& operation) {
  if (!active_) {
    operation->error = ErrorCode::not_controller;
    operation->done.notify();
    return {};
  }
  auto decision = decide(*operation);
  if (!decision) return {};
  for (const auto& note : decision->notes) env_.log().info("controller {}", note);
  const auto appended = append(std::move(decision->records), decision->atomicity);
  if (!appended) {
    operation->error = appended.error().code == Errc::too_large ? ErrorCode::policy_violation
                                                                : ErrorCode::not_controller;
    operation->done.notify();
    return appended.error().code == Errc::too_large ? Result<>() : appended;
  }
  parked_.push_back({log_->raft().log_end(), operation});
  release();
  return {};
}

/// Null if nobody waits for it any more.
std::optional<ControllerDriver::Decision> ControllerDriver::decide(Operation& operation) {
  const env::Lock lock(operation.mutex);
  if (operation.abandoned) return std::nullopt;
  return operation.decide(controller_, context());
}

Result<> ControllerDriver::append(std::vector<metadata::Record> records,
                                  metadata::Atomicity atomicity) {
  if (records.empty()) return {};
  std::vector<SharedBytes> values;
  values.reserve(records.size());
  for (const auto& record : records) values.push_back(TRY(metadata::encode_record(record)));
  const auto split =
      atomicity == metadata::Atomicity::may_split ? raft::Split::allowed : raft::Split::forbidden;
  const WallMs now = env_.clock().wall();
  raft::Raft& raft = log_->raft();
  const auto appended = TRY(raft.append(values, split, now));
  return controller_.apply(records, appended.base_offset, raft.epoch(), now.value);
}

Result<> ControllerDriver::run_due_timers() {
  while (active_) {
    const auto deadline = controller_.next_deadline();
    if (!deadline || *deadline > env_.clock().now()) return {};
    auto step = controller_.tick(context());
    for (const auto& note : step.notes) env_.log().info("controller {}", note);
    if (step.records.empty()) return {};
    TRY(append(std::move(step.records), step.atomicity));
  }
  return {};
}

/// The broker follows first, then the replies go: who is told that a topic exists finds it here.
env::Task<Result<>> ControllerDriver::publish_committed(const raft::Committed& committed) {
  auto replay = [&](const records::BatchView& batch) -> Result<> {
    TRY(committed_.replay_batch(batch));
    // Before this node leads, the controller's own state comes from the log too.
    if (!controller_.is_active()) TRY(controller_.replay_batch(batch));
    return {};
  };
  CO_TRY(co_await log_->visit_committed(committed, replay));
  auto built = committed_.build();
  published_.store(built.image);
  co_await publish(built.image, std::move(built.delta));
  applied_end_ = committed.end;
  release();
  co_return Result<>();
}

env::Task<> ControllerDriver::publish(metadata::ImagePtr image, metadata::Delta delta) {
  publish_again_.reset();
  const auto followed = co_await publish_(std::move(image), std::move(delta));
  if (followed == Followed::not_yet) publish_again_ = env_.clock().now() + publish_again_after;
}

void ControllerDriver::release() {
  while (!parked_.empty() && parked_.front().end <= applied_end_) {
    parked_.front().operation->done.notify();
    parked_.pop_front();
  }
}

void ControllerDriver::fail_parked(ErrorCode error) {
  for (const auto& parked : parked_) {
    parked.operation->error = error;
    parked.operation->done.notify();
  }
  parked_.clear();
}

void ControllerDriver::fail_all(ErrorCode error) {
  fail_parked(error);
  std::vector<std::shared_ptr<Operation>> operations;
  {
    const env::Lock lock(mutex_);
    operations.swap(queue_);
  }
  for (const auto& operation : operations) {
    operation->error = error;
    operation->done.notify();
  }
}

env::Task<Result<>> ControllerDriver::maybe_snapshot() {
  raft::Raft& raft = log_->raft();
  const metadata::ImagePtr image = published_.load();
  if (image->last_offset == no_offset || !raft.wants_snapshot(env_.clock().now())) {
    co_return Result<>();
  }
  auto options = raft.begin_snapshot({.offset = image->last_offset + 1, .epoch = image->last_epoch},
                                     image->last_timestamp);
  if (!options) {  // an open transaction holds the image behind what is committed: later
    raft.on_snapshot_failed(env_.clock().now());
    co_return Result<>();
  }
  const auto id = options->id;
  const auto stored = co_await log_->store_snapshot(image, std::move(*options));
  if (!stored) {
    env_.log().error("metadata snapshot failed id={} error=\"{}\"", id, stored.error().to_string());
    raft.on_snapshot_failed(env_.clock().now());
    co_return Result<>();
  }
  env_.log().info("metadata snapshot stored id={}", id);
  raft.on_snapshot_stored(env_.clock().now());
  co_return co_await follow_raft();
}

std::optional<MonoTime> ControllerDriver::next_deadline() const {
  auto deadline = controller_.next_deadline();
  const auto sooner = [&deadline](MonoTime other) {
    deadline = deadline ? std::min(*deadline, other) : other;
  };
  if (const auto snapshot = log_->raft().snapshot_deadline()) sooner(*snapshot);
  if (publish_again_) sooner(*publish_again_);
  if (log_->is_behind()) sooner(write_again_);
  return deadline;
}

metadata::Context ControllerDriver::context() {
  return {.now = env_.clock().now(),
          .next_offset = log_->raft().log_end(),
          .prng = prng_,
          .fresh_uuid = fresh_uuid_,
          .kraft_version = log_->raft().kraft_version()};
}

}  // namespace moldau::broker
