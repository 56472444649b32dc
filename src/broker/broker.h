#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "broker/answer_memory.h"
#include "broker/config.h"
#include "broker/fetch_session.h"
#include "broker/log_directories.h"
#include "broker/metrics.h"
#include "broker/partitions.h"
#include "broker/producer_ids.h"
#include "broker/refusals.h"
#include "broker/request_context.h"
#include "broker/request_log.h"
#include "broker/topic_configs.h"
#include "env/env.h"
#include "metadata/image.h"
#include "net/session.h"
#include "storage/log_dir.h"

namespace moldau::protocol {
struct CreateTopicsRequest;
}

namespace moldau::broker {

/// Levels of the features that this node can run at, by name; announced by ApiVersions and in the
/// registration. Sorted.
const metadata::FeatureRanges& supported_features();

class ControllerDriver;
class GroupCoordinators;
class ReplicaMoves;

/// What handlers see of this node: the image, the partitions, the controller. Built and torn down
/// by Node. Thread-safe.
class Broker final : public net::SessionFactory {
 public:
  Broker(env::Env& env, const BrokerConfig& config, ControllerDriver& controller,
         const TopicConfigs& topic_configs, const LogDirectories& directories);
  ~Broker() override;

  env::Env& env() const { return env_; }
  const BrokerConfig& config() const { return config_; }
  const std::string& cluster_id() const { return directories_.cluster_id(); }
  metadata::ImagePtr image() const;

  ControllerDriver& controller() { return controller_; }
  Partitions& partitions() { return partitions_; }
  FetchSessionCache& fetch_sessions() { return fetch_sessions_; }
  ProducerIds& producer_ids() { return producer_ids_; }
  GroupCoordinators& groups() { return *groups_; }
  ReplicaMoves& moves() { return *moves_; }
  RequestMetrics& requests() { return requests_; }
  Refusals& refusals() { return refusals_; }
  /// Of records that cannot be read: whoever wants them asks again and again.
  net::RefusalLog& read_failures() { return read_failures_; }
  RequestLog& request_log() { return request_log_; }
  const AnswerMemory& answer_memory() const { return answer_memory_; }
  const TopicConfigs& topic_configs() const { return topic_configs_; }
  const LogDirectories& directories() const { return directories_; }

  /// Creates the topics with the broker's defaults and returns when they can be seen in image(), or
  /// could not be made (the log says why). Names are valid; none exists.
  env::Task<> auto_create_topics(const RequestContext& context, std::vector<std::string> names);

  /// Creates `__consumer_offsets` as its own properties say; returns as auto_create_topics.
  env::Task<> create_consumer_offsets(const RequestContext& context);

  // net::SessionFactory
  std::unique_ptr<net::Session> open(const net::ConnectionInfo& info,
                                     std::shared_ptr<net::Wakeup> wakeup) override;

 private:
  env::Task<> create_topics(const RequestContext& context, protocol::CreateTopicsRequest request);
  bool is_controller_listener(std::string_view name) const;

  env::Env& env_;
  const BrokerConfig& config_;
  ControllerDriver& controller_;
  const TopicConfigs& topic_configs_;
  const LogDirectories& directories_;
  Partitions partitions_;
  FetchSessionCache fetch_sessions_;
  ProducerIds producer_ids_;
  RequestMetrics requests_;
  Refusals refusals_;
  net::RefusalLog read_failures_;
  RequestLog request_log_;
  const AnswerMemory answer_memory_;
  std::unique_ptr<GroupCoordinators> groups_;
  std::unique_ptr<ReplicaMoves> moves_;
};

}  // namespace moldau::broker
