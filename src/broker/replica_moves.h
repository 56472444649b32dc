#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string_view>
#include <vector>

#include "base/thread_annotations.h"
#include "broker/directory_reports.h"
#include "broker/log_directories.h"
#include "broker/partitions.h"
#include "env/env.h"
#include "env/mutex.h"
#include "env/scope.h"
#include "env/signal.h"
#include "env/task.h"
#include "metadata/image.h"
#include "protocol/error_code.h"
#include "storage/log_move.h"

namespace moldau::broker {

/// Moves replicas between the log directories of this broker (AlterReplicaLogDirs, KIP-113): what
/// was asked for, and one task per directory that does it, one partition after the other. The
/// controller has the new place (KIP-858) before the copy takes its name, while the log is held
/// still: where the metadata says a replica is, there all of it is.
///
/// Thread contract: `alter`, `copies`, `in_progress`, `failures` from any thread; all else from
/// the replicas' worker.
class ReplicaMoves {
 public:
  ReplicaMoves(env::Env& env, const LogDirectories& dirs, Partitions& partitions);
  ~ReplicaMoves();

  /// One wish of AlterReplicaLogDirs, and the error that Kafka has for it. To where the replica is:
  /// what was under way ends. Elsewhere than before: the new target counts. A replica that is not
  /// here yet will be made there.
  protocol::ErrorCode alter(const metadata::Image& image, const storage::TopicPartition& name,
                            std::string_view path);
  /// A copy that a move is making in a directory, for DescribeLogDirs.
  struct Copy {
    storage::TopicPartition name;
    std::uint64_t bytes{0};
    Offset end;
  };
  std::vector<Copy> copies(const storage::LogDir& dir) const;  ///< sorted by name
  std::size_t in_progress() const;
  std::uint64_t failures() const { return failures_.load(std::memory_order_relaxed); }

  /// replica.alter.log.dirs.io.max.bytes.per.second.
  void set_rate(std::int64_t bytes_per_second) { rate_ = bytes_per_second; }
  /// A move that a stop has interrupted goes on, from its beginning. False: another is under way.
  bool resume(const storage::TopicPartition& name, const OpenDir& target);
  /// Where a new replica was asked for; said once.
  const OpenDir* take_wish(const storage::TopicPartition& name);
  /// The topic is about to go: returns when no move has a hand on the replica.
  env::Task<> drop(storage::TopicPartition name);
  /// Begins to move. `reports` outlives stop().
  void start(DirectoryReports& reports, env::Worker& worker);
  /// What is not finished is left for the next start.
  env::Task<> stop();

 private:
  struct Move {
    Move(storage::TopicPartition partition, const OpenDir& to, env::Worker& home)
        : name(std::move(partition)), target(to), told(home), ended(home) {}
    const storage::TopicPartition name;
    const OpenDir& target;
    std::atomic<bool> cancelled{false};
    std::atomic<bool> dropped{false};  ///< the topic goes: cancelled, however far it is
    bool committed{false};             ///< cannot be cancelled any more; under the mutex
    std::atomic<std::uint64_t> bytes{0};
    std::atomic<std::int64_t> end{0};
    env::Signal told;   ///< the controller has answered, or it is dropped
    env::Signal ended;  ///< for drop()
  };
  using MovePtr = std::shared_ptr<Move>;
  enum class Outcome : std::uint8_t { done, cancelled, stopped, failed };

  const OpenDir* find(std::string_view path) const;
  bool all_here() const;
  void notify_all() const;
  MovePtr next_into(const OpenDir& target) EXCLUDES(mutex_);
  void finish(const MovePtr& move) EXCLUDES(mutex_);
  /// False if it was cancelled before.
  bool commit(Move& move) EXCLUDES(mutex_);
  env::Task<> serve(const OpenDir& target, env::Signal& news);
  env::Task<Outcome> carry_out(MovePtr move);
  env::Task<Outcome> copy(Move& move, storage::LogMove& copying);
  env::Task<Outcome> change_over(MovePtr move, Partition& partition, storage::LogMove& copying);
  env::Task<bool> tell(MovePtr move, Uuid topic_id, Uuid directory);
  env::Task<bool> pace(const Move& move, std::uint64_t bytes);
  Outcome fail(const Move& move, const Error& error);

  env::Env& env_;
  const LogDirectories& dirs_;
  Partitions& partitions_;
  env::Worker& worker_;
  DirectoryReports* reports_{nullptr};
  std::unique_ptr<env::Scope> scope_;
  std::atomic<std::int64_t> rate_;
  MonoTime next_piece_{};  ///< as the rate goes, of all moves together
  std::atomic<std::uint64_t> failures_{0};

  mutable env::Mutex mutex_;
  std::map<storage::TopicPartition, MovePtr> moves_ GUARDED_BY(mutex_);
  /// Under way, also those that another wish has replaced.
  std::map<storage::TopicPartition, MovePtr> active_ GUARDED_BY(mutex_);
  std::map<storage::TopicPartition, const OpenDir*> wishes_ GUARDED_BY(mutex_);
  std::map<const OpenDir*, std::unique_ptr<env::Signal>> news_;  ///< what is there, never changes
};

}  // namespace moldau::broker
