#pragma once

#include <map>
#include <memory>
#include <vector>

#include "broker/controller_driver.h"
#include "broker/log_directories.h"
#include "env/env.h"
#include "env/signal.h"
#include "env/task.h"

namespace moldau::broker {

/// Tells the controller where this broker's replicas are, where it does not know, and which
/// directories have failed (KIP-858). Until it has heard of a failure, clients are sent to replicas
/// that cannot serve. On the controller's worker, but for failed().
class DirectoryReports {
 public:
  DirectoryReports(env::Env& env, ControllerDriver& controller, NodeId self,
                   const std::vector<OpenDir>& dirs);

  /// The replica is in that directory, and the metadata does not say so.
  void placed(const Uuid& topic_id, PartitionId id, const Uuid& directory);
  /// The same, for a replica that moves: true when the controller has it.
  env::Task<bool> moved(Uuid topic_id, PartitionId id, Uuid directory);
  /// A directory has gone offline. From any thread, also after this is gone.
  std::function<void()> on_failure() const;

  /// What is known when all is loaded. Leaders are elected only when the controller has it.
  env::Task<> report_while_fenced(BrokerEpoch epoch);
  /// Reports until its scope stops. Spawn once, after the broker has registered.
  env::Task<> run(BrokerEpoch epoch);

 private:
  struct Replica {
    Uuid topic_id;
    PartitionId id;
    auto operator<=>(const Replica&) const = default;
  };
  env::Task<bool> report_failures(BrokerEpoch epoch, bool fenced);
  env::Task<bool> report_placements(BrokerEpoch epoch);

  env::Env& env_;
  ControllerDriver& controller_;
  const NodeId self_;
  const std::vector<OpenDir>& dirs_;
  const std::shared_ptr<env::Signal> news_;
  std::map<Replica, Uuid> placed_;  ///< what the controller has still to be told
  /// Where replicas have moved to in this life: what is told again is not older than that.
  std::map<Replica, Uuid> moved_;
  BrokerEpoch epoch_{-1};
  std::size_t failures_told_{0};
};

}  // namespace moldau::broker
