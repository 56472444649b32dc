#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/thread_annotations.h"
#include "env/mutex.h"
#include "storage/checkpoints.h"
#include "storage/cleaner.h"
#include "storage/dir_context.h"
#include "storage/flusher.h"
#include "storage/log_dir.h"
#include "storage/recovery.h"
#include "storage/scrubber.h"

namespace moldau::storage {

/// One of the offset checkpoints. Entries of partitions that are not loaded (yet, or because
/// they are quarantined) stay as they were read. Not thread-safe.
class CheckpointFile {
 public:
  CheckpointFile(env::Disk& disk, const std::string& root, std::string_view name)
      : disk_(disk), name_(name), path_(fmt::format("{}/{}", root, name)) {}

  Result<> load();
  std::optional<Offset> find(const TopicPartition& name) const;
  void set(const TopicPartition& name, Offset offset) { entries_[name] = offset; }
  void erase(const TopicPartition& name) { entries_.erase(name); }
  /// What the file itself has, whatever has been set since.
  std::optional<Offset> on_disk(const TopicPartition& name) const;
  const OffsetCheckpoint& saved() const { return on_disk_; }
  /// Atomic and durable; nothing is done if the file says the same already.
  Result<> save();

 private:
  env::Disk& disk_;
  const std::string name_;
  const std::string path_;
  OffsetCheckpoint entries_;
  OffsetCheckpoint on_disk_;
  bool exists_{false};
};

struct LogDir::State final : DirContext,
                             CleanerHost,
                             ScrubberHost,
                             std::enable_shared_from_this<State> {
  State(env::Env& environment, LogDirOptions dir_options);

  /// The end of the LogDir: nothing is written any more, and the pool's jobs have ended. Logs that
  /// somebody still holds are offline.
  void shut();

  // DirContext
  void mark_dirty(const std::shared_ptr<Log>& log) override { flusher.mark_dirty(log); }
  void take_offline(const Error& error) override;
  void note_no_space() override { below_reserve_.store(true, std::memory_order_relaxed); }
  Result<> write_recovery_points() override;
  Result<> write_log_starts() override;
  void repair_later(const std::shared_ptr<Log>& log) override;
  void remove_later(std::string path, std::int64_t delay_ms) override;
  Result<> set_clean_offset(const TopicPartition& name, Offset offset) override;
  Result<> lower_clean_offset(const TopicPartition& name, Offset end) override;

  // CleanerHost
  std::vector<std::shared_ptr<Log>> all_logs() const override;
  std::optional<Offset> clean_offset(const TopicPartition& name) override;
  Offset saved_recovery_point(const TopicPartition& name) override;

  // ScrubberHost, quarantine.cc
  void quarantine(const std::shared_ptr<Log>& log, Offset damage_at, const Error& error) override;
  /// Errors: what a scrubber has found in the partition before is there still.
  Result<> check_known_damage(const TopicPartition& name, const std::string& directory);

  // log_dir.cc
  Result<> open();
  void note_free_space();
  Result<> make_partition_directory(const KnownLog& log, FlushItem& made);
  /// Written, where a checkpoint on disk knows one of them.
  Result<> forget_durably(std::span<const KnownLog> gone);
  Result<> forget_stray(const TopicPartition& name);
  Result<> retire(Log& log, DirectoryKind kind);
  /// Its directory under another name, durable. Pool.
  Result<std::string> rename_away(const TopicPartition& name, const std::string& directory,
                                  DirectoryKind kind);
  /// Of two directories in here. Errors: no_space, exists: nothing has changed; io: it may have,
  /// and this directory is offline.
  Result<> rename_durably(const std::string& from, const std::string& to);
  /// A failed write or sync takes the directory offline; a full disk passes, a name that is taken
  /// too.
  Result<> guarded(Result<> result);
  Result<std::shared_ptr<Log>> promote(const FutureLog& future, const KnownLog& known);
  /// What the checkpoints say of a partition that is in `logs` no more.
  void forget_checkpoints(const TopicPartition& name);
  LogDirStats stats() const;

  // log_dir_load.cc
  Result<LoadOutcome> load_partition(const KnownLog& known, Shutdown shutdown);
  Shutdown last_shutdown() const { return clean_epoch ? Shutdown::clean : Shutdown::unclean; }
  Result<std::shared_ptr<Log>> load_one(const KnownLog& known, Shutdown shutdown);
  std::shared_ptr<Log> add(LoadedLog loaded, std::shared_ptr<const LogConfig> config);
  struct Found {
    std::vector<TopicPartition> live;
    std::vector<TopicPartition> vanished;
    std::vector<FutureLog> futures;
  };
  Result<Found> find_partitions();
  struct Loading {
    KnownLog known;
    std::optional<Result<LoadOutcome>> outcome;
  };
  env::Task<> load_in_parallel(env::Worker& home, std::span<Loading> loading);
  env::Task<Result<>> finish_loading(env::Worker& home, std::span<Loading> loaded,
                                     LoadReport& report);

  // checkpointing.cc
  Result<> save_epochs(const std::vector<std::shared_ptr<Log>>& logs) REQUIRES(checkpoint_mutex);
  Result<> save_recovery_points() REQUIRES(checkpoint_mutex);
  Result<> write_high_watermarks();
  void note_checkpoint(std::string_view what, const Result<>& result);
  void housekeeping();
  std::vector<std::string> empty_due();
  void remove_emptied(std::vector<std::string> directories);
  void repair_due();

  // close.cc
  env::Task<Result<>> close_some(env::Worker& home, std::span<const std::shared_ptr<Log>> some);
  Result<bool> holds_unrecovered();
  Result<> finish_close(BrokerEpoch broker_epoch);

  const LogDirOptions options;
  Flusher flusher;
  std::unique_ptr<env::DirLock> lock;
  std::optional<BrokerEpoch> clean_epoch;
  std::atomic<bool> all_loaded{false};  ///< load() has found and recovered all that is here
  std::optional<MetaProperties> meta;
  std::function<void(const Error&)> offline_callback;

  mutable env::Mutex mutex;
  std::map<TopicPartition, std::shared_ptr<Log>> logs GUARDED_BY(mutex);
  struct Removal {
    std::string path;
    MonoTime due;
  };
  std::vector<Removal> removals GUARDED_BY(mutex);
  std::vector<std::shared_ptr<Log>> repairs GUARDED_BY(mutex);  ///< to be tried again

  /// Held across I/O, on pool threads only: two writers of one checkpoint would share its temporary
  /// file. Nothing waits for it that must be quick.
  env::Mutex checkpoint_mutex;
  CheckpointFile recovery_points GUARDED_BY(checkpoint_mutex);
  CheckpointFile high_watermarks GUARDED_BY(checkpoint_mutex);
  CheckpointFile log_starts GUARDED_BY(checkpoint_mutex);
  CheckpointFile clean_offsets GUARDED_BY(checkpoint_mutex);
  CheckpointFile damage GUARDED_BY(checkpoint_mutex);
  std::array<CheckpointFile*, 5> all_checkpoints() REQUIRES(checkpoint_mutex) {
    return {&recovery_points, &high_watermarks, &log_starts, &clean_offsets, &damage};
  }
  Cleaner cleaner;
  Scrubber scrubber;

  /// A partition could not be loaded, or was found damaged: a stop does not call the directory
  /// clean, since the next start would then trust what this one has found damaged.
  std::atomic<bool> has_quarantined{false};
  std::atomic<std::uint64_t> free_bytes{0};
  std::atomic<std::uint64_t> moves_in{0};
  std::atomic<std::uint64_t> move_bytes_in{0};
  // Of housekeeping, one pass at a time.
  MonoTime next_high_watermarks{};
  MonoTime next_log_starts{};
  std::optional<MonoTime> next_retention;  ///< null before the first pass
};

/// Replaces many small files atomically, durable together: with one syncfs where that is cheaper.
struct SmallFile {
  std::string path;
  std::string text;
};
Result<> replace_files(env::Disk& disk, env::FileSystem& file_system,
                       std::span<const SmallFile> files);

/// Removes a file, or a directory with what is in it. Errors other than not_found.
Result<> remove_all(env::Disk& disk, const std::string& path);

}  // namespace moldau::storage
