#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "broker/config.h"
#include "env/env.h"
#include "env/signal.h"
#include "metadata/builder.h"
#include "raft/raft.h"
#include "storage/log.h"
#include "storage/log_dir.h"

namespace moldau::broker {

/// `__cluster_metadata-0` on disk: the log, its snapshots and `quorum-state`, with the Raft core
/// that decides about them. Does what the core's Ready asks for; what is committed is read back
/// through it. Owned by the controller's driver and used on its worker only, except for the
/// listener calls.
class MetadataLog final : public storage::LogListener,
                          public std::enable_shared_from_this<MetadataLog> {
 public:
  /// Opens or makes the log in `dir` and finds the state of the quorum in it. `progress` is
  /// notified when more of the log has become durable, or when it went offline. Errors: corrupt,
  /// io; unsupported for a quorum with other voters.
  static env::Task<Result<std::shared_ptr<MetadataLog>>> open(
      env::Env& env, const BrokerConfig& config, storage::LogDir& dir, Uuid directory_id,
      std::shared_ptr<env::Signal> progress);

  raft::Raft& raft() { return *raft_; }
  storage::LogDir& dir() { return dir_; }
  /// Data of the latest snapshot, null if there is none but that of formatting.
  const std::optional<metadata::ImagePtr>& snapshot_image() const { return snapshot_image_; }
  /// Where `snapshot_image` ends.
  Offset replay_start() const { return replay_start_; }

  /// Duties 1, 2 and 6 of a Ready, each complete when it returns, flushes under way. What cannot be
  /// appended because the disk is full is left for write_uncommitted.
  env::Task<Result<>> perform(const raft::Ready& ready);
  /// Appends what Raft has appended and the log has not. Nothing of it has been seen by anybody, so
  /// the same bytes may be written again after a failed write.
  Result<> write_uncommitted();
  /// Something is still to be written; `progress` may not be notified of the moment to try again.
  bool is_behind() const { return log_->assigned_end() < raft_->log_end(); }
  /// Calls `visit` with every batch of the committed range, in order.
  env::Task<Result<>> visit_committed(
      const raft::Committed& committed,
      const std::function<Result<>(const records::BatchView&)>& visit);
  /// How much of the log a flush has covered.
  Offset durable_end() const { return log_->positions().durable_end; }
  bool is_offline() const { return log_->is_offline(); }

  /// Writes the image as the snapshot that `options` describes; durable and under its final name
  /// when it returns.
  env::Task<Result<>> store_snapshot(metadata::ImagePtr image, raft::SnapshotOptions options);

  // storage::LogListener
  void on_written(storage::Log&, storage::Wakeups&) override {}
  void on_limit(storage::Log& log, storage::Wakeups& wakeups) override;
  void on_offline(storage::Log& log, const Error& error, storage::Wakeups& wakeups) override;
  void on_repaired(storage::Log& log, storage::Wakeups& wakeups) override;

 private:
  MetadataLog(env::Env& env, storage::LogDir& dir, std::shared_ptr<env::Signal> progress);
  Result<> open_log(std::shared_ptr<const storage::LogConfig> config);
  Result<> load_snapshot(raft::LogState& state);
  env::Task<Result<>> replay_log(raft::LogState& state);
  Result<std::optional<raft::ElectionState>> read_election();
  /// Whole batches from `from` on, at most about `batch_bytes_max`; empty at the end. Pool.
  Result<SharedBytes> read_some(Offset from);
  Result<> check_intact(const records::BatchView& batch) const;
  Result<> delete_before(Offset offset);
  Result<> synced(Result<> outcome);
  std::string path(std::string_view name) const;

  env::Env& env_;
  storage::LogDir& dir_;
  const std::shared_ptr<env::Signal> progress_;  // wake-ups on their way may outlive the node
  std::string directory_;
  std::shared_ptr<storage::Log> log_;
  std::optional<raft::Raft> raft_;
  std::optional<metadata::ImagePtr> snapshot_image_;
  Offset replay_start_{0};
};

}  // namespace moldau::broker
