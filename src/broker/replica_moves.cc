#include "broker/replica_moves.h"

#include <algorithm>
#include <limits>

namespace moldau::broker {

using protocol::ErrorCode;
using storage::LogMove;

namespace {

constexpr auto no_limit = std::numeric_limits<std::int64_t>::max();
/// Whoever is cancelled, or given another rate, is heard after so long.
constexpr Duration longest_pause = milliseconds(100);
constexpr int tell_attempts_max = 3;
constexpr std::size_t wishes_max = 10'000;
constexpr std::size_t directory_name_max = 255;
/// Of "TOPIC-PARTITION.UNIQUE-future".
constexpr std::size_t future_suffix_size = 1 + 32 + std::string_view("-future").size();

}  // namespace

ReplicaMoves::ReplicaMoves(env::Env& env, const LogDirectories& dirs, Partitions& partitions)
    : env_(env),
      dirs_(dirs),
      partitions_(partitions),
      worker_(env.workers().at(0)),
      rate_(no_limit) {
  for (const OpenDir& dir : dirs_.opened()) {
    news_.emplace(&dir, std::make_unique<env::Signal>(worker_));
  }
}

ReplicaMoves::~ReplicaMoves() = default;

// --- wishes --------------------------------------------------------------------------------------

const OpenDir* ReplicaMoves::find(std::string_view path) const {
  const auto found =
      std::ranges::find_if(dirs_.opened(), [&](const OpenDir& d) { return d.dir->path() == path; });
  return found == dirs_.opened().end() ? nullptr : &*found;
}

bool ReplicaMoves::all_here() const {
  return dirs_.lost().empty() && std::ranges::none_of(dirs_.opened(), [](const OpenDir& dir) {
           return dir.dir->is_offline();
         });
}

void ReplicaMoves::notify_all() const {
  for (const auto& [dir, news] : news_) news->notify();
}

ErrorCode ReplicaMoves::alter(const metadata::Image& image, const storage::TopicPartition& name,
                              std::string_view path) {
  if (storage::partition_directory_name(name).size() + future_suffix_size > directory_name_max) {
    return ErrorCode::invalid_topic_exception;
  }
  const OpenDir* target = find(path);
  if (target == nullptr) {
    const bool lost = std::ranges::find(dirs_.lost(), path) != dirs_.lost().end();
    return lost ? ErrorCode::kafka_storage_error : ErrorCode::log_dir_not_found;
  }
  if (target->dir->is_offline()) return ErrorCode::kafka_storage_error;
  const auto partition = partitions_.find(name.topic, name.partition);
  if (partition == nullptr) {
    const auto why = partitions_.why_missing(image, name.topic, name.partition);
    if (why == ErrorCode::kafka_storage_error) return why;
    const env::Lock lock(mutex_);
    if (wishes_.size() < wishes_max || wishes_.contains(name)) wishes_[name] = target;
    return ErrorCode::replica_not_available;
  }
  if (partition->is_offline()) return ErrorCode::kafka_storage_error;
  {
    const env::Lock lock(mutex_);
    const auto known = moves_.find(name);
    if (known != moves_.end()) {
      if (&known->second->target == target) return ErrorCode::none;
      known->second->cancelled = true;
      moves_.erase(known);
    }
    // One that cannot be stopped any more counts as done.
    const auto active = active_.find(name);
    const bool arrives = active != active_.end() && active->second->committed;
    const auto* now = arrives ? active->second->target.dir.get() : &partition->directory();
    if (now == target->dir.get()) return ErrorCode::none;
    if (!all_here()) return ErrorCode::kafka_storage_error;
    moves_.emplace(name, std::make_shared<Move>(name, *target, worker_));
  }
  news_.at(target)->notify();
  return ErrorCode::none;
}

bool ReplicaMoves::resume(const storage::TopicPartition& name, const OpenDir& target) {
  {
    const env::Lock lock(mutex_);
    if (!moves_.try_emplace(name, std::make_shared<Move>(name, target, worker_)).second) {
      return false;
    }
  }
  news_.at(&target)->notify();
  return true;
}

const OpenDir* ReplicaMoves::take_wish(const storage::TopicPartition& name) {
  const env::Lock lock(mutex_);
  const auto found = wishes_.find(name);
  if (found == wishes_.end()) return nullptr;
  const OpenDir* wish = found->second;
  wishes_.erase(found);
  return wish->dir->is_offline() ? nullptr : wish;
}

std::vector<ReplicaMoves::Copy> ReplicaMoves::copies(const storage::LogDir& dir) const {
  std::vector<Copy> copies;
  const env::Lock lock(mutex_);
  for (const auto& [name, move] : moves_) {
    if (move->target.dir.get() != &dir) continue;
    copies.push_back({name, move->bytes.load(), Offset(move->end.load())});
  }
  return copies;
}

std::size_t ReplicaMoves::in_progress() const {
  const env::Lock lock(mutex_);
  return moves_.size();
}

env::Task<> ReplicaMoves::drop(storage::TopicPartition name) {
  MovePtr active;
  {
    const env::Lock lock(mutex_);
    wishes_.erase(name);
    const auto known = moves_.find(name);
    if (known != moves_.end()) {
      known->second->cancelled = true;
      moves_.erase(known);
    }
    const auto found = active_.find(name);
    if (found == active_.end()) co_return;
    active = found->second;
    active->cancelled = true;
    active->dropped = true;
  }
  active->told.notify();
  static_cast<void>(co_await active->ended.wait());
}

// --- carrying them out ---------------------------------------------------------------------------

void ReplicaMoves::start(DirectoryReports& reports, env::Worker& worker) {
  reports_ = &reports;
  scope_ = std::make_unique<env::Scope>(worker);
  for (const auto& [dir, news] : news_) scope_->spawn(serve(*dir, *news));
}

env::Task<> ReplicaMoves::stop() {
  if (scope_ != nullptr) co_await scope_->stop();
}

ReplicaMoves::MovePtr ReplicaMoves::next_into(const OpenDir& target) {
  const env::Lock lock(mutex_);
  for (const auto& [name, move] : moves_) {
    if (&move->target != &target || active_.contains(name)) continue;
    active_.emplace(name, move);
    return move;
  }
  return nullptr;
}

void ReplicaMoves::finish(const MovePtr& move) {
  {
    const env::Lock lock(mutex_);
    active_.erase(move->name);
    const auto known = moves_.find(move->name);
    if (known != moves_.end() && known->second == move) moves_.erase(known);
  }
  move->ended.notify();
  notify_all();  // another wish for the partition may have waited
}

bool ReplicaMoves::commit(Move& move) {
  const env::Lock lock(mutex_);
  if (move.cancelled) return false;
  move.committed = true;
  return true;
}

env::Task<> ReplicaMoves::serve(const OpenDir& target, env::Signal& news) {
  while (true) {
    const auto move = next_into(target);
    if (move == nullptr) {
      if (!co_await news.wait()) co_return;
      continue;
    }
    const auto outcome = co_await carry_out(move);
    if (outcome == Outcome::cancelled) {
      env_.log().info("move cancelled partition={} to={}", move->name, target.dir->path());
    }
    finish(move);
    if (outcome == Outcome::stopped) co_return;
  }
}

ReplicaMoves::Outcome ReplicaMoves::fail(const Move& move, const Error& error) {
  failures_.fetch_add(1, std::memory_order_relaxed);
  env_.log().error("partition was not moved, it stays where it is partition={} to={} error=\"{}\"",
                   move.name, move.target.dir->path(), error.to_string());
  return Outcome::failed;
}

env::Task<ReplicaMoves::Outcome> ReplicaMoves::carry_out(MovePtr move) {
  const auto partition = partitions_.find(move->name.topic, move->name.partition);
  if (partition == nullptr) co_return Outcome::cancelled;
  const auto from = partition->place();
  if (from.directory == move->target.dir.get()) co_return Outcome::done;
  env_.log().info("move begins partition={} from={} to={}", move->name, from.directory->path(),
                  move->target.dir->path());
  LogMove copying(from.log, *from.directory, *move->target.dir);
  auto outcome = co_await copy(*move, copying);
  if (outcome == Outcome::done) outcome = co_await change_over(move, *partition, copying);
  switch (outcome) {
    case Outcome::done:
      co_await copying.retire_old(worker_);
      env_.log().info("moved partition={} to={} bytes={}", move->name, move->target.dir->path(),
                      copying.copied_bytes());
      break;
    case Outcome::stopped:
      copying.stop();
      break;
    case Outcome::cancelled:
    case Outcome::failed:
      co_await copying.abandon(worker_);
      break;
  }
  co_return outcome;
}

/// Until it has nearly all.
env::Task<ReplicaMoves::Outcome> ReplicaMoves::copy(Move& move, LogMove& copying) {
  const auto begun = co_await copying.begin(worker_);
  if (scope_->stopping()) co_return Outcome::stopped;
  if (!begun) co_return fail(move, begun.error());
  while (true) {
    if (move.cancelled) co_return Outcome::cancelled;
    const auto progress = co_await copying.copy_some(worker_);
    move.bytes = copying.copied_bytes();
    move.end = copying.copied_end().value();
    if (scope_->stopping()) co_return Outcome::stopped;
    if (!progress) co_return fail(move, progress.error());
    if (!co_await pace(move, copying.step_size())) co_return Outcome::stopped;
    if (*progress == LogMove::Progress::caught_up) co_return Outcome::done;
  }
}

/// False: stopped.
env::Task<bool> ReplicaMoves::pace(const Move& move, std::uint64_t bytes) {
  const auto rate = rate_.load();
  if (rate == no_limit || bytes == 0) co_return true;
  const auto took = std::chrono::duration<double>(
      static_cast<double>(bytes) / static_cast<double>(std::max<std::int64_t>(rate, 1)));
  next_piece_ = std::max(next_piece_, worker_.now()) + std::chrono::duration_cast<Duration>(took);
  const auto due = next_piece_;
  while (worker_.now() < due && !move.cancelled && rate_.load() == rate) {
    const auto until = std::min(due, worker_.now() + longest_pause);
    if (!co_await env::sleep_until(worker_, until)) co_return false;
  }
  if (rate_.load() != rate) next_piece_ = worker_.now();
  co_return true;
}

/// The log is held still; then the controller is told, then the names change.
env::Task<ReplicaMoves::Outcome> ReplicaMoves::change_over(MovePtr move, Partition& partition,
                                                           LogMove& copying) {
  if (!commit(*move)) co_return Outcome::cancelled;
  const auto& old = partition.directory();
  const auto frozen = co_await copying.freeze(worker_);
  move->bytes = copying.copied_bytes();
  move->end = copying.copied_end().value();
  if (scope_->stopping()) co_return Outcome::stopped;
  if (!frozen) co_return fail(*move, frozen.error());
  const bool told = co_await tell(move, partition.topic_id(), move->target.id);
  if (move->dropped) co_return Outcome::cancelled;
  const auto back = std::ranges::find_if(dirs_.opened(),
                                         [&](const OpenDir& dir) { return dir.dir.get() == &old; });
  if (!told) {
    // It may have heard: while it is told again, the copy of the next attempt is not.
    reports_->placed(partition.topic_id(), move->name.partition, back->id);
    if (scope_->stopping()) co_return Outcome::stopped;
    co_return fail(*move, {.code = Errc::unavailable, .context = "the controller was not told"});
  }
  const auto swapped = co_await copying.swap(worker_);
  if (!swapped) {
    // Where both are offline, the next start finds the copy where the metadata says.
    if (old.is_offline()) co_return fail(*move, swapped.error());
    reports_->placed(partition.topic_id(), move->name.partition, back->id);
    const auto code = swapped.error().code;
    if (code == Errc::no_space || code == Errc::exists) co_return fail(*move, swapped.error());
    // The copy may have its name all the same, and by the metadata it is the one that counts. Until
    // that says otherwise nothing may be acknowledged here: a start would lose it.
    while (!move->dropped && !scope_->stopping()) {
      if (dirs_.opened().front().dir->is_offline()) {  // the metadata log's
        env_.log().error(
            "partition is offline until the next start, the metadata names a "
            "directory that has failed and cannot be changed partition={}",
            move->name);
        copying.end_log(swapped.error());
        break;
      }
      if (co_await tell(move, partition.topic_id(), back->id)) break;
    }
    if (scope_->stopping()) co_return Outcome::stopped;
    co_return fail(*move, swapped.error());
  }
  auto log = copying.hand_over();
  if (log == nullptr) co_return Outcome::cancelled;
  partition.move_to(std::move(log), *move->target.dir);
  copying.release();
  co_return Outcome::done;
}

/// Of its own task, for the controller's answer comes when this broker has followed, and it may be
/// about to delete the topic.
env::Task<bool> ReplicaMoves::tell(MovePtr move, Uuid topic_id, Uuid directory) {
  auto answer = std::make_shared<std::optional<bool>>();
  const auto ask = [](DirectoryReports& reports, MovePtr about, Uuid topic, Uuid place,
                      std::shared_ptr<std::optional<bool>> result) -> env::Task<> {
    *result = co_await reports.moved(topic, about->name.partition, place);
    about->told.notify();
  };
  for (int attempt = 0; attempt < tell_attempts_max; ++attempt) {
    answer->reset();
    scope_->spawn(ask(*reports_, move, topic_id, directory, answer));
    while (!*answer && !move->dropped) {
      if (!co_await move->told.wait()) co_return false;
    }
    if (*answer && **answer) co_return true;
    if (move->dropped || scope_->stopping()) co_return false;
    static_cast<void>(co_await env::sleep_until(worker_, worker_.now() + milliseconds(500)));
  }
  co_return false;
}

}  // namespace moldau::broker
