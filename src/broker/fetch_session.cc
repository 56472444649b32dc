#include "broker/fetch_session.h"

#include <limits>

namespace moldau::broker {

using protocol::ErrorCode;

/// Guarded by the session's mutex. A request that is under way may hold one that the session has
/// forgotten meanwhile.
struct FetchSessionEntry {
  FetchTarget target;
  Offset sent_high_watermark{no_offset};
  Offset sent_log_start{no_offset};
  bool must_send{true};  ///< new in the session, or the last answer was an error
  bool is_forgotten{false};
  FetchSession::Order::iterator place;
};

void FetchSession::update(std::vector<FetchTarget> changed,
                          const std::vector<FetchKey>& forgotten) {
  const env::Lock lock(mutex_);
  for (auto& target : changed) {
    const auto found = by_key_.find(target.key);
    if (found != by_key_.end()) {
      target.partition = std::move(found->second->target.partition);
      target.found_at = found->second->target.found_at;
      found->second->target = std::move(target);
    } else {
      auto entry = std::make_shared<FetchSessionEntry>();
      entry->target = std::move(target);
      entry->place = order_.insert(order_.end(), entry);
      by_key_.emplace(entry->target.key, std::move(entry));
    }
  }
  for (const auto& key : forgotten) {
    const auto found = by_key_.find(key);
    if (found == by_key_.end()) continue;
    found->second->is_forgotten = true;
    order_.erase(found->second->place);
    by_key_.erase(found);
  }
}

std::vector<FetchTarget> FetchSession::targets() const {
  const env::Lock lock(mutex_);
  std::vector<FetchTarget> result;
  result.reserve(order_.size());
  for (const auto& entry : order_) result.emplace_back(entry->target).entry = entry;
  return result;
}

bool FetchSession::note_answer(const FetchTarget& target, const FetchedState& state) {
  const env::Lock lock(mutex_);
  FetchSessionEntry* entry = target.entry.get();
  if (entry == nullptr) {  // the session is younger than the request
    const auto found = by_key_.find(target.key);
    if (found != by_key_.end()) entry = found->second.get();
  }
  if (entry == nullptr || entry->is_forgotten) return true;
  const bool mention = entry->must_send || state.has_error || state.has_records || state.diverges ||
                       entry->sent_high_watermark != state.high_watermark ||
                       entry->sent_log_start != state.log_start_offset;
  entry->sent_high_watermark = state.high_watermark;
  entry->sent_log_start = state.log_start_offset;
  entry->must_send = state.has_error;
  entry->target.partition = target.partition;
  entry->target.found_at = target.found_at;
  if (state.has_records) order_.splice(order_.end(), order_, entry->place);
  return mention;
}

std::size_t FetchSession::size() const {
  const env::Lock lock(mutex_);
  return order_.size();
}

ErrorCode FetchSession::take(std::int32_t epoch, Naming naming, MonoTime now) {
  const env::Lock lock(mutex_);
  if (epoch != next_epoch_) return ErrorCode::invalid_fetch_session_epoch;
  if (naming != naming_) return ErrorCode::fetch_session_topic_id_error;
  next_epoch_ = epoch == std::numeric_limits<std::int32_t>::max() ? 1 : epoch + 1;
  last_used_ = now;
  return ErrorCode::none;
}

MonoTime FetchSession::last_used() const {
  const env::Lock lock(mutex_);
  return last_used_;
}

std::shared_ptr<FetchSession> FetchSessionCache::create(FetchSession::Naming naming,
                                                        std::vector<FetchTarget> targets,
                                                        MonoTime now) {
  const env::Lock lock(mutex_);
  if (!make_room(targets.size(), now)) return nullptr;
  std::int32_t id = 0;
  do {
    id = static_cast<std::int32_t>(1 + prng_.below(std::numeric_limits<std::int32_t>::max()));
  } while (sessions_.contains(id));
  auto session = std::make_shared<FetchSession>(id, naming, now);
  session->update(std::move(targets), {});
  sessions_.emplace(id, session);
  return session;
}

bool FetchSessionCache::make_room(std::size_t partitions, MonoTime now) {
  if (sessions_.size() < slots_) return true;
  auto stale = sessions_.end();
  auto smaller = sessions_.end();
  for (auto it = sessions_.begin(); it != sessions_.end(); ++it) {
    const FetchSession& session = *it->second;
    if (now - session.last_used() > eviction_age &&
        (stale == sessions_.end() || session.last_used() < stale->second->last_used())) {
      stale = it;
    }
    if (now - session.created() > eviction_age && session.size() < partitions &&
        (smaller == sessions_.end() || session.size() < smaller->second->size())) {
      smaller = it;
    }
  }
  const auto victim = stale != sessions_.end() ? stale : smaller;
  if (victim == sessions_.end()) return false;
  sessions_.erase(victim);
  return true;
}

std::shared_ptr<FetchSession> FetchSessionCache::find(std::int32_t id) const {
  const env::Lock lock(mutex_);
  const auto found = sessions_.find(id);
  return found == sessions_.end() ? nullptr : found->second;
}

void FetchSessionCache::remove(std::int32_t id) {
  const env::Lock lock(mutex_);
  sessions_.erase(id);
}

std::size_t FetchSessionCache::size() const {
  const env::Lock lock(mutex_);
  return sessions_.size();
}

}  // namespace moldau::broker
