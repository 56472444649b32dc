#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/ids.h"
#include "base/prng.h"
#include "base/time.h"
#include "base/uuid.h"
#include "env/mutex.h"
#include "protocol/error_code.h"

namespace moldau::broker {

class Partition;

/// Names one partition as a fetch does: by topic id (Fetch v13 and later; `topic` may then be
/// empty) or by topic name (`topic_id` is then zero).
struct FetchKey {
  Uuid topic_id;
  std::string topic;
  PartitionId partition;
  auto operator<=>(const FetchKey&) const = default;
};

struct FetchKeyHash {
  std::size_t operator()(const FetchKey& key) const noexcept {
    const auto topic =
        key.topic.empty() ? std::hash<Uuid>{}(key.topic_id) : std::hash<std::string>{}(key.topic);
    return topic * 31 + static_cast<std::size_t>(key.partition.value());
  }
};

struct FetchSessionEntry;

/// What a client wants from one partition.
struct FetchTarget {
  FetchKey key;
  Offset fetch_offset;
  LeaderEpoch current_leader_epoch{no_leader_epoch};
  LeaderEpoch last_fetched_epoch{no_leader_epoch};
  Offset log_start_offset{no_offset};
  std::int32_t partition_max_bytes{0};
  /// Where it was found the last time, when the metadata ended so far, and its place in the
  /// session: so neither is looked up again.
  std::weak_ptr<Partition> partition{};
  Offset found_at{no_offset};
  std::shared_ptr<FetchSessionEntry> entry{};
};

/// What of an answer decides whether an incremental response must mention the partition.
struct FetchedState {
  bool has_error{false};
  bool has_records{false};
  bool diverges{false};
  Offset high_watermark{no_offset};
  Offset log_start_offset{no_offset};
};

/// An incremental fetch session (KIP-227): the set of partitions that a client repeats in every
/// request without sending it again. One request of a session is served at a time; the caller holds
/// the session's mutex only inside these calls.
class FetchSession {
 public:
  enum class Naming : std::uint8_t { by_name, by_id };

  FetchSession(std::int32_t id, Naming naming, MonoTime now)
      : id_(id), naming_(naming), created_(now), last_used_(now) {}

  std::int32_t id() const { return id_; }
  Naming naming() const { return naming_; }

  /// Merges what an incremental request adds, changes and forgets. New partitions go to the back.
  void update(std::vector<FetchTarget> changed, const std::vector<FetchKey>& forgotten)
      EXCLUDES(mutex_);
  /// The partitions in the order in which they are to be served.
  std::vector<FetchTarget> targets() const EXCLUDES(mutex_);
  /// Whether an incremental response mentions the partition; remembers what was sent and where the
  /// partition was found, and moves one that returned records to the back, so that all get their
  /// turn.
  bool note_answer(const FetchTarget& target, const FetchedState& state) EXCLUDES(mutex_);
  std::size_t size() const EXCLUDES(mutex_);

  /// Takes the request's epoch and expects the next (1 follows the largest). Errors, which leave it
  /// as it is: INVALID_FETCH_SESSION_EPOCH, FETCH_SESSION_TOPIC_ID_ERROR for topics that are named
  /// otherwise than before.
  protocol::ErrorCode take(std::int32_t epoch, Naming naming, MonoTime now) EXCLUDES(mutex_);
  MonoTime last_used() const EXCLUDES(mutex_);
  MonoTime created() const { return created_; }

 private:
  friend FetchSessionEntry;
  using Order = std::list<std::shared_ptr<FetchSessionEntry>>;

  const std::int32_t id_;
  const Naming naming_;
  const MonoTime created_;
  mutable env::Mutex mutex_;
  MonoTime last_used_ GUARDED_BY(mutex_);
  std::int32_t next_epoch_ GUARDED_BY(mutex_){1};
  Order order_ GUARDED_BY(mutex_);
  std::unordered_map<FetchKey, std::shared_ptr<FetchSessionEntry>, FetchKeyHash> by_key_
      GUARDED_BY(mutex_);
};

/// All sessions of a broker, at most `slots` (`max.incremental.fetch.session.cache.slots`). Thread-
/// safe. When it is full, a new session takes the place of one that was not used for two minutes,
/// or of a smaller one that has existed for two minutes; else the client gets no session.
class FetchSessionCache {
 public:
  static constexpr Duration eviction_age = std::chrono::minutes(2);

  FetchSessionCache(std::size_t slots, Prng prng) : slots_(slots), prng_(prng) {}

  /// Null if there is no room.
  std::shared_ptr<FetchSession> create(FetchSession::Naming naming,
                                       std::vector<FetchTarget> targets, MonoTime now)
      EXCLUDES(mutex_);
  std::shared_ptr<FetchSession> find(std::int32_t id) const EXCLUDES(mutex_);
  void remove(std::int32_t id) EXCLUDES(mutex_);
  std::size_t size() const EXCLUDES(mutex_);

 private:
  bool make_room(std::size_t partitions, MonoTime now) REQUIRES(mutex_);

  const std::size_t slots_;
  mutable env::Mutex mutex_;
  Prng prng_ GUARDED_BY(mutex_);
  std::map<std::int32_t, std::shared_ptr<FetchSession>> sessions_ GUARDED_BY(mutex_);
};

}  // namespace moldau::broker
