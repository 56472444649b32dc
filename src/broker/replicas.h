#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "broker/broker.h"
#include "broker/directory_reports.h"
#include "broker/log_directories.h"
#include "env/task.h"
#include "metadata/builder.h"
#include "storage/log_dir.h"

namespace moldau::broker {

/// Makes this broker's replicas follow the metadata image: creates and deletes logs, hands
/// leadership and settings to partitions. On one worker; called with one image after the other.
class Replicas {
 public:
  Replicas(Broker& broker, LogDirectories& dirs, DirectoryReports& reports, env::Worker& worker)
      : broker_(broker), dirs_(dirs), reports_(reports), worker_(worker) {}

  /// Start-up: loads all directories and matches what is there with the image. What no topic of
  /// the image claims is renamed `-stray` and kept. Errors: no directory could be loaded.
  env::Task<Result<>> load(metadata::ImagePtr image);
  /// What the image changed; also what could not be created before, for want of space.
  env::Task<> apply(metadata::ImagePtr image, metadata::Delta delta);
  /// Replicas are missing for want of space: apply again, after a while.
  bool is_behind() const { return !unmade_.empty(); }

  /// How many partitions are not served because their files are damaged. From any thread.
  std::size_t quarantined() const { return quarantined_.load(std::memory_order_relaxed); }

 private:
  env::Task<> retire_doubles(const metadata::Image& image, OpenDir& dir,
                             storage::LoadReport& report,
                             const std::map<storage::TopicPartition, int>& doubles);
  bool may_be_old(const metadata::Image& image, const OpenDir& dir,
                  const storage::TopicPartition& name) const;
  bool all_here() const;
  env::Task<> adopt(const metadata::Image& image, OpenDir& dir, storage::LoadReport report);
  env::Task<> create_missing(const metadata::Image& image, std::vector<storage::KnownLog> wanted);
  env::Task<> create(const metadata::Image& image, OpenDir& dir,
                     std::span<const storage::KnownLog> wanted);
  env::Task<> delete_topic(const metadata::Topic& topic);
  env::Task<> set_aside(const metadata::Image& image, OpenDir& dir,
                        storage::Quarantined quarantined);
  env::Task<> delete_quarantined(const storage::TopicPartition& name);
  env::Task<> follow_copies(const metadata::Image& image, OpenDir& dir,
                            std::vector<storage::FutureLog> copies);
  env::Task<> follow_copy(const metadata::Image& image, OpenDir& dir, storage::FutureLog copy);
  void leave_to_lost_directories(const metadata::Image& image,
                                 std::vector<storage::KnownLog>& missing);
  void leave_vanished(const metadata::Image& image, std::vector<storage::KnownLog>& missing);
  void forget_gone(const metadata::Image& image);
  void lose(const metadata::Image& image, const storage::TopicPartition& name);
  void follow_topic(const metadata::Topic& topic, std::vector<storage::KnownLog>& missing,
                    const metadata::Image& image);
  void apply_settings(const metadata::Image& image, const metadata::Delta& delta);
  std::map<OpenDir*, std::vector<storage::KnownLog>> place(const metadata::Image& image,
                                                           std::vector<storage::KnownLog> wanted);
  void add_partition(const metadata::Image& image, OpenDir& dir, std::shared_ptr<storage::Log> log);

  Broker& broker_;
  LogDirectories& dirs_;
  DirectoryReports& reports_;
  env::Worker& worker_;
  /// Where the quarantined ones are: no new log comes in their place.
  std::map<storage::TopicPartition, OpenDir*> untouchable_;
  std::atomic<std::size_t> quarantined_{0};  ///< the size of it
  /// May be in a directory that is not here: an empty log in another one would pass for theirs.
  std::set<storage::TopicPartition> lost_;
  /// Of these the directory has gone. Where the checkpoints know them.
  std::map<storage::TopicPartition, std::vector<OpenDir*>> vanished_;
  std::set<Uuid> unmade_;  ///< topics of which the disk had no room for all that belongs here
};

}  // namespace moldau::broker
