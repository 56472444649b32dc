#include "broker/coordinator_shard.h"

#include <algorithm>

#include "broker/moved_log.h"
#include "records/builder.h"
#include "records/control.h"
#include "records/record.h"

namespace moldau::broker {

using protocol::ErrorCode;

namespace {
/// Read and replayed at once when loading (`offsets.load.buffer.size` is 5 MiB in Kafka).
constexpr std::uint64_t load_bytes_max = std::uint64_t{1} << 20;
/// Of the records of one batch, where they may be split; the last one may exceed it.
constexpr std::size_t split_batch_bytes = std::size_t{256} << 10;
/// Of batches that wait for room in the log; beyond it requests are refused.
constexpr std::size_t waiting_bytes_max = std::size_t{8} << 20;
/// Between two looks at a log whose last appends are not written yet, and before another load.
constexpr Duration look_again_after = milliseconds(20);
constexpr Duration load_again_after = milliseconds(200);
}  // namespace

/// Waits for the commit of one batch.
class CoordinatorShard::Append final : public storage::AppendWaiter {
 public:
  Append(env::Worker& home, std::weak_ptr<CoordinatorShard> shard, std::uint64_t generation,
         std::uint64_t number)
      : AppendWaiter(home), shard_(std::move(shard)), generation_(generation), number_(number) {}
  void on_append_done(std::uint32_t, storage::AppendOutcome outcome) override {
    if (const auto shard = shard_.lock()) shard->on_append_done(generation_, number_, outcome);
  }

 private:
  const std::weak_ptr<CoordinatorShard> shard_;
  const std::uint64_t generation_;
  const std::uint64_t number_;
};

CoordinatorShard::CoordinatorShard(env::Env& env, env::Worker& home,
                                   std::shared_ptr<Partition> partition, LeaderEpoch epoch,
                                   Topics topics)
    : env_(env),
      work_(home),
      partition_(std::move(partition)),
      epoch_(epoch),
      fresh_uuid_([&env] { return env.entropy().uuid(); }),
      topics_(std::move(topics)) {}

env::Task<> CoordinatorShard::run() {
  // Its coordinators let go of it as soon as it is closed, also while this sleeps.
  const auto self = shared_from_this();
  while (true) {
    const auto loaded = co_await load();
    if (!loaded) {
      if (loaded.error().code == Errc::cancelled) co_return;
      env_.log().error(
          "coordinator cannot load its log, its groups are not served partition={} "
          "error=\"{}\"",
          name(), loaded.error().to_string());
      const env::Lock lock(mutex_);
      if (state_ == State::loading) state_ = State::unreadable;
      co_return;
    }
    if (co_await serve() == Next::end) co_return;
    env_.log().warn("coordinator loads again after a failed append partition={}", name());
    if (!co_await env::sleep_until(work_.home(), env_.clock().now() + load_again_after)) co_return;
  }
}

/// Errors: cancelled, also when the shard was closed; those of the log and of the machine's replay.
env::Task<Result<>> CoordinatorShard::load() {
  {
    const env::Lock lock(mutex_);
    if (state_ == State::closed) co_return fail(Errc::cancelled);
    state_ = State::loading;
  }
  begin_loading();
  open_transactions_.clear();
  Offset from = partition_->log_ptr()->positions().log_start;
  while (true) {
    auto work = [&](storage::Log& log) { return load_some(log, from); };
    const Offset next =
        CO_TRY(co_await run_on_log(*partition_, env::IoClass::background, work_.home(), work));
    if (next == from) {
      if (partition_->log_ptr()->assigned_end() <= from) break;
      // What was appended before is being written, or has failed and is being taken back.
      CO_TRY(co_await env::sleep_until(work_.home(), env_.clock().now() + look_again_after));
    }
    from = next;
  }
  open_transactions_.clear();
  CO_TRY(co_await wait_until_committed(from));
  const env::Lock lock(mutex_);
  if (state_ != State::loading) co_return fail(Errc::cancelled);
  armed_ = MonoTime::max();
  install_loaded();
  state_ = State::active;
  loaded_at_ = env_.clock().wall();
  co_return Result<>();
}

/// Pool. Replays whole batches from `from` on; returns where the next one begins.
Result<Offset> CoordinatorShard::load_some(storage::Log& log, Offset from) {
  const auto positions = log.positions();
  if (from >= positions.written_end) return from;
  const auto plan = TRY(log.read({.from = from,
                                  .limit = positions.written_end,
                                  .max_bytes = load_bytes_max,
                                  .minimum = storage::ReadMinimum::first_batch_at_least,
                                  .mode = storage::ReadMode::blocking}));
  if (plan.status != storage::ReadStatus::ok || plan.file == nullptr) return positions.written_end;
  std::vector<std::uint8_t> bytes(plan.length);
  bytes.resize(TRY(plan.file->pread(bytes, plan.position)));
  records::BatchIterator batches(bytes);
  Offset next = from;
  while (const auto batch = batches.next()) {
    if (batch->next_offset() <= from) continue;
    TRY(batch->verify_crc());
    TRY(load_batch(*batch));
    next = batch->next_offset();
  }
  if (next == from) {
    TRY(Result<>(batches.status()));
    return fail(Errc::corrupt, fmt::format("nothing readable at offset {}", from));
  }
  return next;
}

/// What a transaction has written counts when its marker says so.
Result<> CoordinatorShard::load_batch(const records::BatchView& batch) {
  if (batch.is_control()) return load_marker(batch);
  auto reader = TRY(records::read_records(batch, decompressor_));
  records::RecordView record;
  while (reader.next(record)) {
    if (!record.key) continue;
    if (!batch.is_transactional()) {
      TRY(load_record(*record.key, record.value));
      continue;
    }
    auto& kept = open_transactions_[batch.producer_id()].emplace_back();
    kept.key = SharedBytes::copy(*record.key);
    if (record.value) kept.value = SharedBytes::copy(*record.value);
  }
  return reader.status();
}

Result<> CoordinatorShard::load_marker(const records::BatchView& batch) {
  const auto found = open_transactions_.find(batch.producer_id());
  if (found == open_transactions_.end()) return {};
  auto reader = TRY(records::read_records(batch, decompressor_));
  records::RecordView record;
  while (reader.next(record)) {
    if (!record.key) continue;
    const auto key = TRY(records::ControlKey::parse(*record.key));
    if (key.is(records::ControlType::commit)) {
      for (const auto& kept : found->second) {
        TRY(load_record(kept.key.bytes(),
                        kept.value ? std::optional(kept.value->bytes()) : std::nullopt));
      }
    }
  }
  open_transactions_.erase(found);
  return reader.status();
}

/// What was found in the log may rest on a flush that is under way.
env::Task<Result<>> CoordinatorShard::wait_until_committed(Offset end) {
  while (partition_->log_ptr()->positions().high_watermark < end) {
    CO_TRY(co_await env::sleep_until(work_.home(), env_.clock().now() + look_again_after));
    const env::Lock lock(mutex_);
    if (state_ == State::closed) co_return fail(Errc::cancelled);
  }
  co_return Result<>();
}

env::Task<CoordinatorShard::Next> CoordinatorShard::serve() {
  while (true) {
    Ready ready;
    MonoTime deadline = MonoTime::max();
    {
      const env::Lock lock(mutex_);
      if (state_ == State::closed) co_return Next::end;
      if (state_ != State::active) co_return Next::load_again;
      if (machine_deadline().value_or(MonoTime::max()) <= env_.clock().now()) tick(ready);
      deadline = machine_deadline().value_or(MonoTime::max());
      armed_ = deadline;
    }
    tell(ready);
    const auto woken = co_await work_.wait_until(deadline);
    if (!woken && woken.error().code == Errc::cancelled) co_return Next::end;
  }
}

void CoordinatorShard::close() {
  Ready dropped;
  {
    const env::Lock lock(mutex_);
    throw_away(State::closed, dropped);
  }
  tell(dropped);
  work_.notify();
}

std::optional<WallMs> CoordinatorShard::loaded_at() const {
  const env::Lock lock(mutex_);
  return state_ == State::active ? std::optional(loaded_at_) : std::nullopt;
}

bool CoordinatorShard::is_active() const {
  const env::Lock lock(mutex_);
  return state_ == State::active;
}

std::optional<ErrorCode> CoordinatorShard::refusal() const {
  switch (state_) {
    case State::active:
      if (waiting_bytes_ > waiting_bytes_max) return ErrorCode::coordinator_not_available;
      return std::nullopt;
    case State::loading:
    case State::thrown_away:
      return ErrorCode::coordinator_load_in_progress;
    case State::unreadable:
    case State::closed:
      break;
  }
  return ErrorCode::not_coordinator;
}

coordinator::Context CoordinatorShard::context(const coordinator::ClusterTopics* topics) const {
  return {.now = env_.clock().now(),
          .wall = env_.clock().wall(),
          .fresh_uuid = fresh_uuid_,
          .topics = topics};
}

bool CoordinatorShard::append(const std::vector<coordinator::Record>& records,
                              coordinator::Atomicity atomicity, env::Worker& home, Ready& ready) {
  const bool splits = atomicity == coordinator::Atomicity::may_split;
  for (std::span<const coordinator::Record> rest = records; !rest.empty();) {
    std::size_t count = 0;
    std::size_t bytes = 0;
    while (count < rest.size() && (!splits || count == 0 || bytes < split_batch_bytes)) {
      bytes += rest[count++].size();
    }
    if (!append_batch(rest.first(count), home)) {
      throw_away(State::thrown_away, ready);
      return false;
    }
    rest = rest.subspan(count);
  }
  for (const auto& record : records) replay_own(record);
  return true;
}

bool CoordinatorShard::append_batch(std::span<const coordinator::Record> records,
                                    env::Worker& home) {
  records::BatchBuilder builder(records::BatchOptions{});
  const auto timestamp = env_.clock().wall().value;
  for (const auto& record : records) {
    builder.append({.timestamp = timestamp,
                    .key = record.key.bytes(),
                    .value = record.value ? std::optional(record.value->bytes()) : std::nullopt});
  }
  auto waiter = std::make_shared<Append>(home, weak_from_this(), generation_, ++end_);
  const bool is_first = waiting_for_room_.empty();
  waiting_for_room_.push_back({std::move(builder).build(), std::move(waiter)});
  waiting_bytes_ += waiting_for_room_.back().bytes.size();
  return !is_first || append_waiting();
}

/// False: an append has failed. If some are still waiting then, on_room or a commit is to come.
bool CoordinatorShard::append_waiting() {
  while (!waiting_for_room_.empty()) {
    const auto& next = waiting_for_room_.front();
    const auto log = partition_->log_ptr();  // a move may have changed it
    const auto answer = log->append({.batch = next.bytes,
                                     .leader_epoch = epoch_,
                                     .origin = storage::Origin::broker,
                                     .wait_for = storage::WaitFor::committed,
                                     .waiter = next.waiter,
                                     .tag = 0});
    if (answer.status == storage::AppendStatus::no_room) {
      auto go_on = [weak = weak_from_this(), generation = generation_] {
        if (const auto shard = weak.lock()) shard->on_room(generation);
      };
      room_is_awaited_ = log->wait_for_room(work_.home(), std::move(go_on));
      if (room_is_awaited_ || committed_ < appended_) return true;
      continue;
    }
    if (answer.status != storage::AppendStatus::assigned) return false;
    ++appended_;
    waiting_bytes_ -= next.bytes.size();
    waiting_for_room_.pop_front();
  }
  return true;
}

void CoordinatorShard::on_room(std::uint64_t generation) {
  Ready dropped;
  {
    const env::Lock lock(mutex_);
    if (generation != generation_) return;
    room_is_awaited_ = false;
    if (committed_ < appended_ || append_waiting()) return;
    throw_away(State::thrown_away, dropped);
  }
  tell(dropped);
  work_.notify();
}

void CoordinatorShard::settle(std::shared_ptr<ShardOperation> operation, Ready& ready) {
  if (committed_ >= end_) {
    ready.push_back(std::move(operation));
  } else {
    parked_.push_back({end_, std::move(operation)});
  }
}

void CoordinatorShard::on_append_done(std::uint64_t generation, std::uint64_t number,
                                      storage::AppendOutcome outcome) {
  Ready ready;
  bool failed = outcome == storage::AppendOutcome::failed;
  {
    const env::Lock lock(mutex_);
    if (generation != generation_) return;
    if (!failed) {
      commit(number, ready);
      const bool go_on = committed_ == appended_ && !room_is_awaited_;
      failed = go_on && !append_waiting();
    }
    if (failed) throw_away(State::thrown_away, ready);
  }
  tell(ready);
  if (failed) work_.notify();
}

/// The log tells of its batches on the workers that wait for them, hence in any order.
void CoordinatorShard::commit(std::uint64_t number, Ready& ready) {
  committed_early_.insert(number);
  while (!committed_early_.empty() && *committed_early_.begin() == committed_ + 1) {
    committed_early_.erase(committed_early_.begin());
    ++committed_;
  }
  while (!parked_.empty() && parked_.front().end <= committed_) {
    ready.push_back(std::move(parked_.front().operation));
    parked_.pop_front();
  }
}

/// What is not committed may never be: nobody may have an answer that rests on it.
void CoordinatorShard::throw_away(State next, Ready& dropped) {
  state_ = state_ == State::closed ? State::closed : next;
  ++generation_;
  Ready gone;
  for (auto& parked : parked_) gone.push_back(std::move(parked.operation));
  parked_.clear();
  waiting_for_room_.clear();
  waiting_bytes_ = 0;
  room_is_awaited_ = false;
  committed_early_.clear();
  end_ = appended_ = committed_ = 0;
  drop_waiting(gone);
  const auto error =
      next == State::closed ? ErrorCode::not_coordinator : ErrorCode::coordinator_not_available;
  for (auto& operation : gone) {
    operation->error = error;
    dropped.push_back(std::move(operation));
  }
}

bool CoordinatorShard::must_wake() const {
  return state_ != State::active || machine_deadline().value_or(MonoTime::max()) < armed_;
}

void CoordinatorShard::log_notes(const std::vector<std::string>& notes) const {
  for (const auto& note : notes) env_.log().info("coordinator partition={} {}", name(), note);
}

void CoordinatorShard::tell(Ready& ready) {
  for (const auto& operation : ready) operation->done.notify();
  ready.clear();
}

}  // namespace moldau::broker
