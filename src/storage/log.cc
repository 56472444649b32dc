#include "storage/log.h"

#include "storage/log_private.h"

namespace moldau::storage {

Log::Private::Private(std::shared_ptr<DirContext> context, LoadedLog loaded,
                      std::shared_ptr<const LogConfig> log_config)
    : name(std::move(loaded.name)),
      topic_id(loaded.topic_id),
      dir_owner(std::move(context)),
      dir(*dir_owner),
      directory(std::move(loaded.directory)),
      config(std::move(log_config)),
      assigned_end(loaded.end),
      jitter_seed(dir.env().entropy().prng().next()),
      planned(loaded.cursor),
      actual(loaded.cursor),
      producers(std::move(loaded.producers)),
      epochs(std::move(loaded.epochs)),
      log_start(loaded.log_start),
      high_watermark(loaded.high_watermark),
      durable{loaded.end, loaded.cursor.segment_base, loaded.cursor.position},
      written(durable),
      recovery_point(loaded.recovery_point),
      touched(!loaded.clean),
      segments(std::make_shared<SegmentList>(std::move(loaded.segments))) {
  env::Lock lock(mutex);
  if (loaded.epochs_unsaved) {
    ++epochs_version;
    epochs_unsaved_from = log_start;
  }
  producers.on_high_watermark(high_watermark);
  publish();
  for (const auto& segment : *segment_list()) segment->bound_by(dir.open_files());
}

Log::Log(std::unique_ptr<Private> state) : state_(std::move(state)) {}
Log::~Log() = default;

std::shared_ptr<LogListener> Log::Private::listener() const {
  env::Lock lock(mutex);
  return listener_.lock();
}

const TopicPartition& Log::name() const {
  return state_->name;
}
const Uuid& Log::topic_id() const {
  return state_->topic_id;
}

std::string Log::directory() const {
  env::Lock lock(state_->mutex);
  return state_->directory;
}

std::shared_ptr<const LogConfig> Log::config() const {
  env::Lock lock(state_->mutex);
  return state_->config;
}

void Log::set_config(std::shared_ptr<const LogConfig> config) {
  {
    env::Lock lock(state_->mutex);
    state_->config = std::move(config);
    state_->publish();
  }
  // A topic that has become durable has something to make good.
  state_->dir.mark_dirty(shared_from_this());
}

void Log::set_listener(std::weak_ptr<LogListener> listener) {
  env::Lock lock(state_->mutex);
  state_->listener_ = std::move(listener);
}

AppendAnswer Log::append(AppendRequest request) {
  return state_->append(shared_from_this(), std::move(request));
}

Result<> Log::append_as_follower(SharedBytes batches, Gap gap) {
  return state_->append_as_follower(shared_from_this(), batches, gap);
}

void Log::note_refused(const BatchHeader& batch) {
  const auto now = state_->dir.wall();
  env::Lock lock(state_->mutex);
  state_->note_refused(batch, now);
}

bool Log::has_room() const {
  env::Lock lock(state_->mutex);
  return state_->leaving != Private::Leaving::now && state_->queued_bytes < append_queue_bytes_max;
}

bool Log::wait_for_room(env::Worker& worker, env::Job job) {
  return state_->wait_for_room(worker, std::move(job));
}

Offset Log::assigned_end() const {
  env::Lock lock(state_->mutex);
  return state_->assigned_end;
}

void Log::advance_high_watermark(Offset high_watermark, Wakeups& wakeups) {
  env::Lock lock(state_->mutex);
  const auto reachable = std::min(high_watermark, state_->limit());
  if (reachable > state_->high_watermark) state_->set_high_watermark(reachable, wakeups);
}

void Log::follow_high_watermark(Offset high_watermark, Wakeups& wakeups) {
  env::Lock lock(state_->mutex);
  const auto reachable =
      std::max(std::min(high_watermark, state_->written.offset), state_->log_start);
  if (reachable != state_->high_watermark) state_->set_high_watermark(reachable, wakeups);
}

bool Log::is_offline() const {
  env::Lock lock(state_->mutex);
  // One that is being handed over is on its way: the partition has the new one in a moment.
  const bool arrives = state_->leaving == Private::Leaving::now;
  return state_->state == LogState::offline || (state_->state == LogState::deleted && !arrives);
}

bool Log::is_leaving() const {
  env::Lock lock(state_->mutex);
  return state_->leaving == Private::Leaving::now;
}

std::uint64_t Log::size_bytes() const {
  std::uint64_t size = 0;
  for (const auto& segment : *state_->segment_list()) size += segment->size();
  return size;
}

int Log::segment_count() const {
  return static_cast<int>(state_->segment_list()->size());
}

void Log::assign_leader_epoch(LeaderEpoch epoch) {
  env::Lock lock(state_->mutex);
  state_->note_epoch(epoch, state_->assigned_end);
}

std::optional<LeaderEpoch> Log::latest_epoch() const {
  env::Lock lock(state_->mutex);
  const auto latest = state_->epochs.latest();
  return latest ? std::optional(latest->epoch) : std::nullopt;
}

EpochEnd Log::end_offset_for_epoch(LeaderEpoch epoch) const {
  env::Lock lock(state_->mutex);
  return state_->epochs.end_offset_for(epoch, state_->written.offset);
}

std::optional<LeaderEpoch> Log::epoch_of(Offset offset) const {
  env::Lock lock(state_->mutex);
  return state_->epochs.epoch_of(offset);
}

env::Task<Result<>> Log::truncate_to(Offset target, env::Worker& home) {
  auto self = shared_from_this();
  auto& state = *state_;
  co_return co_await state.exclusive(self, LogState::repairing, home, [&state, target] {
    auto result = state.truncate(target);
    if (!result) state.dir.take_offline(result.error());
    return result;
  });
}

env::Task<Result<>> Log::truncate_fully_and_start_at(Offset start, env::Worker& home) {
  auto self = shared_from_this();
  auto& state = *state_;
  co_return co_await state.exclusive(self, LogState::repairing, home, [&state, start] {
    auto result = state.truncate_fully(start);
    if (!result) state.dir.take_offline(result.error());
    return result;
  });
}

bool Log::advance_log_start(Offset start) {
  env::Lock lock(state_->mutex);
  const auto reachable = std::min(start, state_->high_watermark);
  if (reachable <= state_->log_start) return false;
  state_->log_start = reachable;
  if (state_->epochs.truncate_from_start(reachable)) ++state_->epochs_version;
  state_->touched = true;
  state_->publish();
  return true;
}

Result<int> Log::apply_retention(WallMs now) {
  return state_->apply_retention(shared_from_this(), now);
}

Result<int> Log::delete_below(Offset offset) {
  return state_->delete_below(shared_from_this(), offset);
}

void Log::expire_producers(WallMs now) {
  env::Lock lock(state_->mutex);
  state_->producers.expire({now.value - state_->config->producer_id_expiration_ms});
}

std::size_t Log::producer_count() const {
  env::Lock lock(state_->mutex);
  return state_->producers.size();
}

std::vector<ActiveProducer> Log::active_producers() const {
  std::vector<ProducerSnapshotEntry> entries;
  {
    env::Lock lock(state_->mutex);
    entries = state_->producers.snapshot();
  }
  std::vector<ActiveProducer> producers;
  producers.reserve(entries.size());
  for (const auto& entry : entries) {
    producers.push_back({.producer_id = entry.producer_id,
                         .epoch = entry.epoch,
                         .last_sequence = entry.last_batch.last_sequence,
                         .last_timestamp = entry.last_batch.timestamp,
                         .coordinator_epoch = entry.coordinator_epoch,
                         .txn_first_offset = entry.txn_first_offset});
  }
  return producers;
}

}  // namespace moldau::storage
