#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <optional>

#include "base/thread_annotations.h"
#include "env/mutex.h"
#include "storage/cleaners.h"
#include "storage/cleaning.h"
#include "storage/log_dir.h"

namespace moldau::storage {

/// Where a cleaner finds what it needs of its directory. Implemented by LogDir. Thread-safe.
class CleanerHost {
 public:
  virtual ~CleanerHost() = default;
  virtual std::vector<std::shared_ptr<Log>> all_logs() const = 0;
  /// What cleaner-offset-checkpoint says.
  virtual std::optional<Offset> clean_offset(const TopicPartition& name) = 0;
  /// The recovery point that is on the disk; 0 if there is none.
  virtual Offset saved_recovery_point(const TopicPartition& name) = 0;
};

/// Compacts the logs of one directory, the dirtiest first. A log that can not be cleaned is set
/// aside and tried again later; the others go on. Owned by LogDir.
class Cleaner {
 public:
  /// A partition that could not be cleaned is left alone for so long.
  static constexpr Duration set_aside_for = std::chrono::minutes(10);
  static constexpr std::int64_t backoff_ms_min = 100;
  static constexpr std::int64_t step_bytes_min = 4096;
  static constexpr std::int64_t step_bytes_max = std::int64_t{8} << 20;

  Cleaner(CleanerHost& host, DirContext& dir, std::shared_ptr<Cleaners> cleaners)
      : host_(host), dir_(dir), cleaners_(std::move(cleaners)) {}

  /// Until the scope stops: what is due, then waits for log.cleaner.backoff.ms.
  env::Task<> run(env::Worker& home);
  /// Pool. Cleans the dirtiest log that is due, without a pause; false if there is none, or it was
  /// not done.
  bool clean_one();
  void collect(LogDirStats& stats) const;

 private:
  /// A turn among the node's cleaners, for as long as it lives.
  struct Turn {
    explicit Turn(std::shared_ptr<Cleaners> all) : cleaners(std::move(all)) {}
    ~Turn() { cleaners->end(); }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    const std::shared_ptr<Cleaners> cleaners;
    std::optional<Cleaning> cleaning;
  };
  enum class Outcome : std::uint8_t { cleaned, set_aside, not_done, stopped };
  enum class Why : std::uint8_t { failed, no_space };
  struct SetAside {
    MonoTime until;
    Why why;
  };
  struct Choice {
    std::shared_ptr<Log> log;
    CleanableRange range;
    std::uint64_t generation{0};
    Offset on_disk_first{0};
  };

  env::Task<Outcome> clean_next(env::Worker& home);
  env::Task<bool> wait_for_rate(env::Worker& home);
  std::unique_ptr<Turn> begin();
  std::optional<Cleaning::Request> choose(const CleanerConfig& config);
  Result<CleanableRange> range_of(Log& log, const LogConfig& config, const Positions& positions);
  OffsetMap map_for(const CleanableRange& range, const CleanerConfig& config);
  /// Null: go on.
  std::optional<Outcome> step(Turn& turn, bool& busy);
  Outcome on_failed(Cleaning& cleaning, const Error& error);
  bool is_set_aside(const TopicPartition& name) const;
  void put_aside(const TopicPartition& name, const Error& error);
  void set_aside(const TopicPartition& name, Duration time, Why why);
  void count_uncleanable() REQUIRES(mutex_);
  /// Those whose time is over or that are not here any more.
  void forget_set_aside(const std::vector<std::shared_ptr<Log>>& logs);

  CleanerHost& host_;
  DirContext& dir_;
  const std::shared_ptr<Cleaners> cleaners_;

  mutable env::Mutex mutex_;
  std::map<TopicPartition, SetAside> set_aside_ GUARDED_BY(mutex_);
  std::atomic<std::uint64_t> cleanings_{0};
  std::atomic<std::uint64_t> failures_{0};
  std::atomic<std::uint64_t> bytes_read_{0};
  std::atomic<std::uint64_t> bytes_written_{0};
  std::atomic<std::uint64_t> bytes_freed_{0};
  std::atomic<std::uint64_t> uncleanable_{0};
  std::atomic<double> dirty_ratio_max_{0};
  std::atomic<std::int64_t> last_look_ms_{-1};  ///< monotonic
};

}  // namespace moldau::storage
