#include <fmt/format.h>

#include <utility>

#include "metadata/controller.h"

/// AssignReplicasToDirs: a broker says where its replicas are (KIP-858).
namespace moldau::metadata {
namespace {

using protocol::AssignReplicasToDirsRequest;
using protocol::AssignReplicasToDirsResponse;
using protocol::ErrorCode;

/// A replica in a directory that has failed meanwhile leads nothing and is not in sync; one that
/// comes back from such a directory may lead again.
std::optional<Record> place(const Cluster& cluster, const BrokerRegistration& broker,
                            const Topic& topic, PartitionId id, const Uuid& directory) {
  const auto& partition = *topic.partition(id);
  PartitionTarget target;
  target.directories.emplace(broker.id, directory);
  LeadershipChange change{.placed = broker.id, .directory = directory};
  if (!broker.has_online_directory(directory)) {
    change.remove = broker.id;
    target.isr = partition.isr;
    std::erase(*target.isr, broker.id);
  }
  return change_partition(topic.id, id, partition, std::move(target),
                          partition_policy(cluster, topic, partition, change));
}

ErrorCode check_partition(const Topic* topic, PartitionId id, NodeId broker) {
  if (topic == nullptr) return ErrorCode::unknown_topic_id;
  const auto* partition = topic->partition(id);
  if (partition == nullptr) return ErrorCode::unknown_topic_or_partition;
  return partition->has_replica(broker) ? ErrorCode::none : ErrorCode::not_leader_or_follower;
}

}  // namespace

Step<AssignReplicasToDirsResponse> Controller::assign_replicas_to_dirs(
    const Context&, const AssignReplicasToDirsRequest& request) {
  Step<AssignReplicasToDirsResponse> step;
  step.atomicity = Atomicity::may_split;
  step.reply.error_code = active_ ? check_broker_epoch(request.broker_id, request.broker_epoch)
                                  : ErrorCode::not_controller;
  if (step.reply.error_code != ErrorCode::none) return step;
  if (cluster().metadata_version() < level::directories) {
    step.reply.error_code = ErrorCode::unsupported_version;
    return step;
  }
  const auto& broker = *image_->broker(request.broker_id);
  for (const auto& directory : request.directories) {
    auto& directory_reply = step.reply.directories.emplace_back();
    directory_reply.id = directory.id;
    for (const auto& asked : directory.topics) {
      auto& topic_reply = directory_reply.topics.emplace_back();
      topic_reply.topic_id = asked.topic_id;
      const Topic* topic = image_->topic(asked.topic_id);
      for (const auto& [id] : asked.partitions) {
        const auto error = check_partition(topic, id, broker.id);
        topic_reply.partitions.push_back({.partition_index = id, .error_code = error});
        if (error != ErrorCode::none) continue;
        auto record = place(cluster(), broker, *topic, id, directory.id);
        if (record) step.records.push_back(std::move(*record));
      }
    }
  }
  return step;
}

}  // namespace moldau::metadata
