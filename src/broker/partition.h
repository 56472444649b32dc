#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/uuid.h"
#include "broker/topic_settings.h"
#include "env/env.h"
#include "env/mutex.h"
#include "env/signal.h"
#include "metadata/image.h"
#include "protocol/error_code.h"
#include "replication/leader.h"
#include "storage/log.h"
#include "storage/log_dir.h"

namespace moldau::broker {

/// A fetch that waits for more bytes. Shared between the fetch and the partitions it waits in, so
/// that either may let go first. `signal` wakes the fetch; it looks at the positions again. It is
/// woken once, when its partitions together may have what it misses: they count what has come, from
/// where they were when it began to look, and never less than it will find. Thread-safe.
class FetchWaiter {
 public:
  explicit FetchWaiter(env::Worker& home) : signal(home) {}

  /// The fetch is about to look: what comes from here on wakes it.
  void begin_look() {
    missing_.exchange(0, std::memory_order_acq_rel);
    is_told_.exchange(false, std::memory_order_acq_rel);
  }
  /// The fetch has looked, and waits for so many bytes more than it saw.
  void wait_for(std::int64_t bytes) { missing_.fetch_add(bytes, std::memory_order_acq_rel); }
  /// A partition has moved on by so many bytes, nobody knows how many if there is nothing. True if
  /// the caller is to notify `signal`.
  bool tell(std::optional<std::int64_t> bytes) {
    if (bytes && missing_.fetch_sub(*bytes, std::memory_order_acq_rel) > *bytes) return false;
    return !is_told_.exchange(true, std::memory_order_acq_rel);
  }

  env::Signal signal;

 private:
  std::atomic<std::int64_t> missing_{0};
  std::atomic<bool> is_told_{false};  ///< and somebody is on the way to notify it
};

/// One partition that has a replica on this broker: its log and the replication core that decides
/// what is committed (ARCHITECTURE §1). Shared by requests under way and the partition table.
/// Thread-safe; entered from whichever worker carries the request. The mutex covers the core only
/// and is never held while anything of the log is called that takes a lock (lock order: none).
class Partition final : public storage::LogListener,
                        public std::enable_shared_from_this<Partition> {
 public:
  Partition(NodeId self, Uuid topic_id, std::shared_ptr<storage::Log> log,
            storage::LogDir& directory, TopicSettingsPtr settings, env::Env& env);
  Partition(const Partition&) = delete;
  Partition& operator=(const Partition&) = delete;

  /// Hears of the log's progress from here on. Once, before the first append.
  void attach();

  const Uuid& topic_id() const { return topic_id_; }
  const storage::TopicPartition& name() const { return name_; }
  /// The log and its directory, as they are now: a move changes both.
  struct Place {
    std::shared_ptr<storage::Log> log;
    storage::LogDir* directory;  ///< lives as long as the node
  };
  Place place() const EXCLUDES(place_mutex_);
  std::shared_ptr<storage::Log> log_ptr() const { return place().log; }
  storage::LogDir& directory() const { return *place().directory; }
  /// Its directory has failed, or it was found damaged.
  bool is_offline() const;
  /// The log has been handed over to another directory. On the worker that calls apply().
  void move_to(std::shared_ptr<storage::Log> log, storage::LogDir& directory)
      EXCLUDES(mutex_, place_mutex_);

  /// What the metadata log says of this partition now. Older news than what is known is ignored.
  void apply(const metadata::PartitionRegistration& registration) EXCLUDES(mutex_);
  /// It has been deleted, or is another broker's now; there may be a new one of its name.
  bool is_closed() const { return closed_.load(std::memory_order_acquire); }
  TopicSettingsPtr settings() const EXCLUDES(mutex_);
  void set_settings(TopicSettingsPtr settings) EXCLUDES(mutex_);
  /// The topic goes away: wakes everybody, detaches from the log.
  void close() EXCLUDES(mutex_);

  /// May a client with this idea of the leader epoch (or -1) use this replica as the leader?
  /// none, not_leader_or_follower, fenced_leader_epoch, unknown_leader_epoch, kafka_storage_error;
  /// unknown_topic_or_partition once it is closed.
  protocol::ErrorCode check_leader(LeaderEpoch client_epoch) const EXCLUDES(mutex_);
  LeaderEpoch leader_epoch() const EXCLUDES(mutex_);
  bool is_leader() const EXCLUDES(mutex_);
  /// True if the in-sync replicas are fewer than min.insync.replicas asks for.
  bool is_under_min_isr() const EXCLUDES(mutex_);
  /// First offset of the leader's epoch: until the high watermark is there, "latest" is not known.
  Offset epoch_start() const EXCLUDES(mutex_);

  void add_waiter(std::shared_ptr<FetchWaiter> waiter) EXCLUDES(mutex_);
  void remove_waiter(const FetchWaiter* waiter) EXCLUDES(mutex_);

  // storage::LogListener
  void on_written(storage::Log& log, storage::Wakeups& wakeups) override;
  void on_limit(storage::Log& log, storage::Wakeups& wakeups) override;
  void on_offline(storage::Log& log, const Error& error, storage::Wakeups& wakeups) override;

 private:
  /// Of a fetch that waits here.
  struct Watch {
    std::shared_ptr<FetchWaiter> waiter;
    std::optional<storage::FilePosition> told;  ///< up to where it has been told of what has come
  };

  bool advance(storage::Wakeups& wakeups) EXCLUDES(mutex_);
  /// Wakes those that have enough now.
  void tell_fetches(storage::Wakeups& wakeups) EXCLUDES(mutex_);
  /// Wakes all: something else than the end has changed.
  void wake_fetches(storage::Wakeups& wakeups) EXCLUDES(mutex_);

  const Uuid topic_id_;
  const storage::TopicPartition name_;
  env::Env& env_;

  mutable env::Mutex place_mutex_;  // leaf: held for a pointer's copy
  Place place_ GUARDED_BY(place_mutex_);

  mutable env::Mutex mutex_;
  TopicSettingsPtr settings_ GUARDED_BY(mutex_);
  replication::Leader leader_ GUARDED_BY(mutex_);
  std::atomic<bool> closed_{false};
  std::vector<Watch> watches_ GUARDED_BY(mutex_);
};

}  // namespace moldau::broker
