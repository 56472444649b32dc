#include "broker/partition.h"

#include <algorithm>

namespace moldau::broker {

using protocol::ErrorCode;

namespace {
replication::LogEnds ends_of(const storage::Log& log) {
  const auto positions = log.positions();
  return {.high_watermark = positions.high_watermark,
          .limit = positions.limit,
          .written_end = positions.written_end};
}

void notify_if(bool wanted, const std::shared_ptr<FetchWaiter>& waiter, storage::Wakeups& wakeups) {
  if (!wanted) return;
  wakeups.add(waiter->signal.home(), [waiter] { waiter->signal.notify(); });
}

/// Nothing where they are not in one file.
std::optional<std::int64_t> bytes_between(const std::optional<storage::FilePosition>& from,
                                          const std::optional<storage::FilePosition>& to) {
  if (!from || !to || from->segment_base != to->segment_base) return std::nullopt;
  if (to->position < from->position) return std::nullopt;
  return static_cast<std::int64_t>(to->position - from->position);
}
}  // namespace

Partition::Partition(NodeId self, Uuid topic_id, std::shared_ptr<storage::Log> log,
                     storage::LogDir& directory, TopicSettingsPtr settings, env::Env& env)
    : topic_id_(topic_id),
      name_(log->name()),
      env_(env),
      place_{std::move(log), &directory},
      settings_(std::move(settings)),
      leader_(self, {.min_insync_replicas = settings_->min_insync_replicas}) {
  place_.log->set_config(settings_->log);
}

void Partition::attach() {
  log_ptr()->set_listener(weak_from_this());
}

Partition::Place Partition::place() const {
  const env::Lock lock(place_mutex_);
  return place_;
}

bool Partition::is_offline() const {
  for (auto log = log_ptr();;) {
    if (!log->is_offline()) return false;
    auto now = log_ptr();
    if (now == log) return true;
    log = std::move(now);  // it has moved meanwhile
  }
}

void Partition::move_to(std::shared_ptr<storage::Log> log, storage::LogDir& directory) {
  log->set_config(settings()->log);
  log->set_listener(weak_from_this());
  {
    const env::Lock lock(place_mutex_);
    place_.log.swap(log);
    place_.directory = &directory;
  }
  log->set_listener({});
  storage::Wakeups wakeups(env_.workers());
  advance(wakeups);
  wake_fetches(wakeups);
}

void Partition::apply(const metadata::PartitionRegistration& registration) {
  replication::PartitionState state{.leader = registration.leader,
                                    .leader_epoch = registration.leader_epoch,
                                    .partition_epoch = registration.partition_epoch,
                                    .replicas = registration.replicas,
                                    .isr = registration.isr,
                                    .recovering = registration.leader_recovery_state ==
                                                  metadata::LeaderRecoveryState::recovering};
  storage::Wakeups wakeups(env_.workers());
  auto applied = replication::Leader::Applied::ignored;
  const auto log = log_ptr();
  {
    const env::Lock lock(mutex_);
    applied = leader_.apply(state, ends_of(*log), env_.clock().now());
  }
  if (applied == replication::Leader::Applied::ignored) return;
  if (applied == replication::Leader::Applied::became_leader) {
    log->assign_leader_epoch(registration.leader_epoch);
  }
  advance(wakeups);
  wake_fetches(wakeups);  // whoever waits may have to go elsewhere now
}

TopicSettingsPtr Partition::settings() const {
  const env::Lock lock(mutex_);
  return settings_;
}

void Partition::set_settings(TopicSettingsPtr settings) {
  log_ptr()->set_config(settings->log);
  storage::Wakeups wakeups(env_.workers());
  {
    const env::Lock lock(mutex_);
    leader_.set_config({.min_insync_replicas = settings->min_insync_replicas});
    settings_ = std::move(settings);
  }
  if (advance(wakeups)) tell_fetches(wakeups);
}

void Partition::close() {
  log_ptr()->set_listener({});
  storage::Wakeups wakeups(env_.workers());
  {
    const env::Lock lock(mutex_);
    closed_ = true;
  }
  wake_fetches(wakeups);
}

ErrorCode Partition::check_leader(LeaderEpoch client_epoch) const {
  if (is_offline()) return ErrorCode::kafka_storage_error;
  const env::Lock lock(mutex_);
  if (closed_) return ErrorCode::unknown_topic_or_partition;
  return leader_.check_leader(client_epoch);
}

LeaderEpoch Partition::leader_epoch() const {
  const env::Lock lock(mutex_);
  return leader_.leader_epoch();
}

bool Partition::is_leader() const {
  const env::Lock lock(mutex_);
  return leader_.is_leader();
}

bool Partition::is_under_min_isr() const {
  const env::Lock lock(mutex_);
  return leader_.is_under_min_isr();
}

Offset Partition::epoch_start() const {
  const env::Lock lock(mutex_);
  return leader_.epoch_start();
}

void Partition::add_waiter(std::shared_ptr<FetchWaiter> waiter) {
  const env::Lock lock(mutex_);
  watches_.push_back({.waiter = std::move(waiter), .told = log_ptr()->readable_end()});
}

void Partition::remove_waiter(const FetchWaiter* waiter) {
  const env::Lock lock(mutex_);
  const auto found = std::find_if(watches_.begin(), watches_.end(),
                                  [&](const auto& watch) { return watch.waiter.get() == waiter; });
  if (found == watches_.end()) return;
  std::swap(*found, watches_.back());
  watches_.pop_back();
}

void Partition::on_written(storage::Log&, storage::Wakeups&) {}

void Partition::on_limit(storage::Log&, storage::Wakeups& wakeups) {
  if (advance(wakeups)) tell_fetches(wakeups);
}

void Partition::on_offline(storage::Log&, const Error&, storage::Wakeups& wakeups) {
  wake_fetches(wakeups);
}

/// True if the high watermark has moved.
bool Partition::advance(storage::Wakeups& wakeups) {
  std::optional<Offset> high_watermark;
  const auto log = log_ptr();
  {
    const env::Lock lock(mutex_);
    if (!leader_.is_leader()) return false;
    high_watermark = leader_.advance(ends_of(*log), env_.clock().now());
  }
  if (!high_watermark) return false;
  log->advance_high_watermark(*high_watermark, wakeups);
  return true;
}

void Partition::tell_fetches(storage::Wakeups& wakeups) {
  const env::Lock lock(mutex_);
  if (watches_.empty()) return;
  const auto end = log_ptr()->readable_end();
  for (auto& watch : watches_) {
    const auto come = bytes_between(watch.told, end);
    watch.told = end;
    notify_if(watch.waiter->tell(come), watch.waiter, wakeups);
  }
}

void Partition::wake_fetches(storage::Wakeups& wakeups) {
  const env::Lock lock(mutex_);
  for (auto& watch : watches_) {
    watch.told.reset();  // it may be another log
    notify_if(watch.waiter->tell(std::nullopt), watch.waiter, wakeups);
  }
}

}  // namespace moldau::broker
