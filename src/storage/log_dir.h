#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/ids.h"
#include "base/uuid.h"
#include "env/env.h"
#include "storage/cleaners.h"
#include "storage/file_names.h"
#include "storage/log.h"
#include "storage/meta_properties.h"
#include "storage/open_files.h"

namespace moldau::storage {

/// How a round makes many files durable (`flush.strategy`).
enum class FlushStrategy : std::uint8_t {
  automatic,  ///< up to flush_files_max dirty files fdatasync in parallel, more: one syncfs
  fdatasync,
  syncfs,
};

struct LogDirOptions {
  std::string path;
  FlushStrategy flush_strategy{FlushStrategy::automatic};
  /// `log.dir.min.free.bytes`; null: 1 % of the file system or 1 GiB, whichever is less.
  std::optional<std::uint64_t> min_free_bytes;
  std::int64_t flush_checkpoint_ms{1'000};  ///< recovery points, under load
  std::int64_t high_watermark_checkpoint_ms{
      5'000};                                    ///< replica.high.watermark.checkpoint.interval.ms
  std::int64_t log_start_checkpoint_ms{60'000};  ///< log.flush.start.offset.checkpoint.interval.ms
  std::int64_t retention_check_ms{300'000};      ///< log.retention.check.interval.ms
  std::int64_t first_retention_ms{0};            ///< log.initial.task.delay.ms
  std::shared_ptr<Cleaners> cleaners{};          ///< of the node; null: its own, with the defaults
  std::shared_ptr<OpenFiles> open_files{};       ///< of the node; null: no limit
  bool is_beside_others{false};                  ///< the node has several directories
  std::uint64_t scrub_bytes_per_second{0};       ///< `log.scrub.bytes.per.second`; 0: none
  Duration scrub_first_after{std::chrono::minutes(1)};
  Duration scrub_interval{std::chrono::hours(24)};
};

/// A partition that could not be loaded, or was found damaged by a scrubber before. Nothing of it
/// was changed (ARCHITECTURE §6).
struct Quarantined {
  TopicPartition name;
  Error error;
};

/// A copy that a move had begun (`-future`), left as it was.
struct FutureLog {
  TopicPartition name;
  std::string directory;
};

struct LoadReport {
  std::vector<std::shared_ptr<Log>> logs;  ///< sorted by name
  std::vector<Quarantined> quarantined;
  /// Have a recovery point above 0 and no directory, nor one whose deletion is under way.
  std::vector<TopicPartition> vanished;
  std::vector<FutureLog> futures;
  std::uint64_t torn_bytes_cut{0};  ///< behind the recovery points
  int segments_recovered{0};
};

/// What the metadata log says of a partition.
struct KnownLog {
  TopicPartition name;
  Uuid topic_id;  ///< zero where it says nothing; then what the directory says counts
  std::shared_ptr<const LogConfig> config;
};

/// Buckets are powers of two of microseconds: bucket i counts values below 2^i us.
struct LatencyCounts {
  static constexpr std::size_t buckets = 26;
  std::array<std::uint64_t, buckets> counts{};
  std::uint64_t sum_us{0};
};

/// What a directory has done and holds, for the metrics page.
struct LogDirStats {
  std::uint64_t flush_rounds{0};
  std::uint64_t flush_round_files{0};  ///< sum over rounds
  std::uint64_t flush_syncfs_rounds{0};
  std::uint64_t bytes_appended{0};
  std::uint64_t writes{0};  ///< pwritev calls
  std::uint64_t slow_writes{0};
  std::uint64_t append_failures{0};
  std::uint64_t queued_bytes{0};     ///< assigned, not yet written
  std::uint64_t unflushed_bytes{0};  ///< written, not yet durable
  std::uint64_t log_bytes{0};
  std::uint64_t logs{0};
  std::uint64_t free_bytes{0};
  bool below_reserve{false};
  bool offline{false};
  std::uint64_t cleanings{0};
  std::uint64_t cleaner_failures{0};
  std::uint64_t cleaner_bytes_read{0};
  std::uint64_t cleaner_bytes_written{0};
  std::uint64_t cleaner_bytes_freed{0};
  std::uint64_t uncleanable_logs{0};
  std::int64_t cleaner_idle_ms{-1};  ///< since it last looked for a log to clean; -1: never
  double dirty_ratio_max{0};         ///< of the dirtiest log, when it was last looked for
  std::uint64_t scrub_passes{0};
  std::uint64_t scrubbed_bytes{0};
  std::uint64_t scrub_failures{0};    ///< segments that could not be read
  std::uint64_t scrub_damage{0};      ///< segments with damage
  std::uint64_t quarantined_logs{0};  ///< of those that are loaded: found by the scrubber
  std::uint64_t moves_in{0};          ///< logs that were moved here from another directory
  std::uint64_t move_bytes_in{0};     ///< copied for that, also in vain
  LatencyCounts flush_latency;
};

/// One log directory: its lock, its checkpoints, its flusher, its logs. Thread-safe after load. Its
/// destruction is a crash for what is under way: close() comes first. Functions marked "pool" block
/// on the disk.
class LogDir {
 public:
  /// Start-up thread or pool. Makes the directory if missing, takes `.lock`, reads
  /// `.kafka_cleanshutdown` and unlinks it durably, reads the checkpoints. Errors: locked, io, ...
  static Result<std::unique_ptr<LogDir>> open(env::Env& env, LogDirOptions options);
  ~LogDir();

  const std::string& path() const;
  env::IoPool& pool();
  /// What `.kafka_cleanshutdown` said: null after an unclean stop; -1 where it had no epoch.
  std::optional<BrokerEpoch> clean_shutdown_epoch() const;
  const std::optional<MetaProperties>& meta_properties() const;
  /// Start-up thread or pool; atomic and durable.
  Result<> write_meta_properties(const MetaProperties& properties);

  using Describe = std::function<KnownLog(const TopicPartition&)>;
  /// Loads, and after an unclean stop recovers, one partition; for `__cluster_metadata-0`, before
  /// load(). not_found if it has no directory. Pool.
  Result<std::shared_ptr<Log>> load_one(const KnownLog& known);
  /// Loads all others in parallel on the pool; finishes deletions that were under way; recovered
  /// logs are durable when it returns. From a task on `home`. An error takes the directory offline.
  env::Task<Result<LoadReport>> load(env::Worker& home, Describe describe);

  /// Pool. Makes the directories of new partitions, durable together with one sync. Errors: exists.
  Result<std::vector<std::shared_ptr<Log>>> create(std::span<const KnownLog> logs);
  /// Gives a copy that was whole, and has no other beside it, its place: renamed, durable, loaded
  /// and recovered. From a task on `home`. Errors: as load_one; of the rename, which takes the
  /// directory offline.
  env::Task<Result<std::shared_ptr<Log>>> promote(FutureLog future, KnownLog known,
                                                  env::Worker& home);
  /// Removes a copy that nobody wants any more, or keeps it as a stray. From a task on `home`.
  env::Task<Result<>> retire_future(FutureLog future, DirectoryKind kind, env::Worker& home);
  std::shared_ptr<Log> find(const TopicPartition& name) const;
  std::vector<std::shared_ptr<Log>> logs() const;

  /// Fails what is queued and waiting, then renames to `topic-part.<32 hex>-delete` (or to
  /// `...-stray`, which is kept), durable when it returns; files are removed after
  /// file_delete_delay_ms. From a task on `home`.
  env::Task<Result<>> remove(std::shared_ptr<Log> log, env::Worker& home);
  env::Task<Result<>> make_stray(std::shared_ptr<Log> log, env::Worker& home);
  /// The same for the directory of a partition that load() has quarantined.
  env::Task<Result<>> retire_quarantined(TopicPartition name, DirectoryKind kind,
                                         env::Worker& home);

  /// What the checkpoints say of a partition that has vanished is forgotten, soon. From any pool
  /// thread or worker.
  void forget(const TopicPartition& name);

  /// Runs housekeeping until the scope stops: checkpoints, retention, delayed deletions, free
  /// space, expiry of producers. Spawn once, after load.
  env::Task<> run(env::Worker& home);
  /// Pool. One pass of what is due.
  void housekeeping();
  /// Compacts what is due until the scope stops. Spawn once, after load.
  env::Task<> run_cleaner(env::Worker& home);
  /// Pool. Compacts the dirtiest log that is due; false if there is none, or it was not done.
  bool clean_one();
  /// Reads sealed segments again, slowly, until the scope stops (docs/verify.md). Spawn once, after
  /// load.
  env::Task<> run_scrubber(env::Worker& home);
  /// Pool. One pass over all logs, without a pause.
  void scrub_all();
  /// Pool. replication-offset-checkpoint, now.
  Result<> checkpoint_high_watermarks();

  /// Pool. log-start-offset-checkpoint, now and durably: records below the log starts do not come
  /// back, whatever happens. An error other than no_space takes the directory offline.
  Result<> checkpoint_log_starts();

  /// Clean stop, when nobody appends any more: writes and flushes everything, snapshots, indexes,
  /// checkpoints, marker. From a task on `home`; housekeeping has been stopped.
  env::Task<Result<>> close(env::Worker& home, BrokerEpoch broker_epoch);

  bool is_offline() const;
  /// Whoever keeps files of its own beside the logs has seen the device fail. Idempotent.
  void take_offline(const Error& error);
  /// Called once, on the thread that saw the failure, when the directory goes offline. Set before
  /// load.
  void on_offline(std::function<void(const Error&)> callback);
  LogDirStats stats() const;

 private:
  struct State;
  friend class LogMove;

 public:
  explicit LogDir(std::shared_ptr<State> state);  ///< `open` is the way

 private:
  std::shared_ptr<State> state_;  // logs that somebody still holds need it
};

}  // namespace moldau::storage
