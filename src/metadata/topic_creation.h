#pragma once

#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "metadata/api_error.h"
#include "metadata/leadership.h"
#include "metadata/step.h"
#include "metadata/topic_name.h"
#include "protocol/messages/create_partitions.h"
#include "protocol/messages/create_topics.h"

namespace moldau::metadata {

struct TopicDefaults {
  std::int32_t partitions;
  std::int16_t replication_factor;
};

/// Decides what one CreateTopics or CreatePartitions request makes. Lives during that decision.
class TopicCreation {
 public:
  TopicCreation(Cluster cluster, const CollidingNames& colliding_names, TopicDefaults defaults,
                const Context& context)
      : cluster_(cluster),
        colliding_names_(colliding_names),
        defaults_(defaults),
        context_(context) {}

  protocol::CreateTopicsResponse create(const protocol::CreateTopicsRequest& request,
                                        std::vector<Record>& records) const;
  protocol::CreatePartitionsResponse extend(const protocol::CreatePartitionsRequest& request,
                                            std::vector<Record>& records) const;

 private:
  using Topic = protocol::CreateTopicsRequest::CreatableTopic;
  using TopicResult = protocol::CreateTopicsResponse::CreatableTopicResult;
  using Extension = protocol::CreatePartitionsRequest::CreatePartitionsTopic;
  using Replicas = std::vector<NodeId>;
  template <class T>
  using OrError = std::expected<T, ApiError>;

  OrError<TopicResult> create_topic(const Topic& topic, std::vector<Record>& records) const;
  std::optional<ApiError> check_name(const Topic& topic) const;
  OrError<ConfigValues> check_configs(const Topic& topic) const;
  OrError<std::vector<Replicas>> assign(const Topic& topic) const;
  OrError<std::vector<Replicas>> assigned_by_hand(const Topic& topic) const;
  std::optional<ApiError> check_assignment(const Replicas& replicas, std::size_t partition,
                                           std::optional<std::size_t> replication_factor) const;
  OrError<std::vector<Replicas>> place(std::int32_t partitions,
                                       std::int16_t replication_factor) const;
  std::optional<ApiError> extend_topic(const Extension& extension,
                                       std::vector<Record>& records) const;
  Record new_partition(const Uuid& topic_id, PartitionId id, const Replicas& replicas) const;
  void describe_configs(const ConfigValues& own, TopicResult& result) const;

  Cluster cluster_;
  const CollidingNames& colliding_names_;
  TopicDefaults defaults_;
  const Context& context_;
};

}  // namespace moldau::metadata
