#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "broker/broker.h"
#include "broker/config.h"
#include "broker/controller_driver.h"
#include "broker/directory_reports.h"
#include "broker/format.h"
#include "broker/log_directories.h"
#include "broker/metadata_log.h"
#include "broker/replicas.h"
#include "env/env.h"
#include "env/scope.h"
#include "net/byte_budget.h"
#include "net/server.h"

namespace moldau::broker {

/// A combined broker and controller, from its directories to its listeners. Formats new
/// directories, recovers old ones, registers itself, and opens its listeners last, when it can
/// serve (facts §9, trap 26).
///
///     Node node(env, config);
///     TRY(co_await node.start());       // from a task on worker 0
///     ...
///     co_await node.stop(deadline);     // the same
///
/// A node whose start failed is stopped too, before it is destroyed.
class Node {
 public:
  Node(env::Env& env, BrokerConfig config);
  ~Node();
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  /// Errors: locked, read_only, exists (port in use), corrupt, invalid, ... with what to look at.
  env::Task<Result<>> start();
  /// Answers what is under way until the deadline, flushes, and leaves a clean directory behind.
  env::Task<> stop(MonoTime deadline);

  Broker& broker() { return *broker_; }
  /// By listener name, with the ports that were really bound.
  const std::vector<net::ListenerOptions>& bound() const { return bound_; }
  std::size_t quarantined_partitions() const;

  /// For the metrics page; any thread, between start and stop.
  std::vector<std::pair<std::string, storage::LogDirStats>> directory_stats() const;
  net::ServerStats server_stats() const;
  const storage::OpenFiles& open_log_files() const { return *open_files_; }

 private:
  env::Task<Result<>> start_metadata();
  env::Task<ControllerDriver::Followed> follow(metadata::ImagePtr image, metadata::Delta delta);
  env::Task<Result<>> register_self();
  env::Task<Result<>> register_controller(const Uuid& incarnation);
  env::Task<Result<>> become_unfenced();
  Result<> open_listeners();

  env::Env& env_;
  const BrokerConfig config_;
  env::Worker& worker_;
  const std::shared_ptr<env::Signal> metadata_work_;
  const std::shared_ptr<storage::Cleaners> cleaners_{std::make_shared<storage::Cleaners>()};
  const std::shared_ptr<storage::OpenFiles> open_files_;
  LogDirectories dirs_;
  TopicConfigs topic_configs_;
  Bootstrap bootstrap_;  ///< the controller's records refer to it
  std::shared_ptr<MetadataLog> metadata_log_;
  std::unique_ptr<ControllerDriver> controller_;
  std::unique_ptr<Broker> broker_;
  std::unique_ptr<DirectoryReports> reports_;
  std::unique_ptr<Replicas> replicas_;
  bool replicas_loaded_{false};
  BrokerEpoch broker_epoch_{-1};
  std::unique_ptr<env::Scope> housekeeping_;
  std::shared_ptr<net::ByteBudget> budget_;
  std::unique_ptr<net::Server> server_;
  std::vector<net::ListenerOptions> bound_;
};

}  // namespace moldau::broker
