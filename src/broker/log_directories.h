#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/uuid.h"
#include "broker/config.h"
#include "env/env.h"
#include "storage/cleaners.h"
#include "storage/log_dir.h"
#include "storage/open_files.h"

namespace moldau::broker {

/// A log directory that is in use, with the id that metadata records name it by.
struct OpenDir {
  Uuid id;
  std::unique_ptr<storage::LogDir> dir;
};

/// What the directories of one node have together.
struct SharedByDirectories {
  std::shared_ptr<storage::Cleaners> cleaners;
  std::shared_ptr<storage::OpenFiles> open_files;
};

/// The log directories of one node (`log.dirs`). A broker starts without those that cannot be
/// opened; what they hold stays as it is until they come back.
class LogDirectories {
 public:
  /// Opens every directory and formats what is new. Start-up thread. Errors: the first, which holds
  /// the metadata log, cannot be opened; one is used by another process, or belongs to another node
  /// or cluster; two have one id.
  static Result<LogDirectories> open(env::Env& env, const BrokerConfig& config,
                                     const SharedByDirectories& shared);

  /// The first holds the metadata log.
  std::vector<OpenDir>& opened() { return opened_; }
  const std::vector<OpenDir>& opened() const { return opened_; }
  OpenDir& first() { return opened_.front(); }
  /// Paths of those that could not be opened.
  const std::vector<std::string>& lost() const { return lost_; }
  const std::string& cluster_id() const { return cluster_id_; }
  /// Of the broker that stopped cleanly: all its directories say the same; otherwise -1.
  BrokerEpoch previous_broker_epoch() const;

 private:
  Result<> open_one(env::Env& env, const BrokerConfig& config, const std::string& path,
                    const SharedByDirectories& shared);
  Result<> check_identity(const BrokerConfig& config, const storage::MetaProperties& properties);
  Result<> identify(env::Env& env, const BrokerConfig& config, std::size_t index);

  std::vector<OpenDir> opened_;
  std::vector<std::string> lost_;
  std::string cluster_id_;
};

}  // namespace moldau::broker
