#include "metadata/leadership.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/check.h"
#include "metadata/features.h"

namespace moldau::metadata {
namespace {

std::int32_t min_isr(const Cluster& cluster, const Topic& topic, std::size_t replicas) {
  const std::string text =
      cluster.policy.effective_topic_config(cluster.image, topic.name, "min.insync.replicas");
  std::int32_t value = 1;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return std::min(value, static_cast<std::int32_t>(replicas));
}

bool allows_unclean_election(const Cluster& cluster, const Topic& topic) {
  return cluster.policy.effective_topic_config(cluster.image, topic.name,
                                               "unclean.leader.election.enable") == "true";
}

Record registration_change(const BrokerRegistration& broker, std::int8_t fenced) {
  protocol::BrokerRegistrationChangeRecord record;
  record.broker_id = broker.id;
  record.broker_epoch = broker.epoch;
  record.fenced = fenced;
  return {std::move(record), 0};
}

}  // namespace

std::int16_t Cluster::metadata_version() const {
  const auto version = image.metadata_version();
  CHECK(version.has_value(), "a decision before the bootstrap records");
  return *version;
}

Uuid Cluster::default_directory(NodeId id) const {
  const auto* broker = image.broker(id);
  if (broker == nullptr) return unassigned_directory;
  if (broker->directories.empty()) return migrating_directory;
  return broker->directories.size() == 1 ? broker->directories[0] : unassigned_directory;
}

bool Cluster::has_leaderships(NodeId broker) const {
  for (const auto& [id, topic] : image.topics_by_id) {
    for (const auto& partition : topic->partitions) {
      if (partition->leader == broker) return true;
    }
  }
  return false;
}

PartitionPolicy partition_policy(const Cluster& cluster, const Topic& topic,
                                 const PartitionRegistration& partition,
                                 const LeadershipChange& change) {
  PartitionPolicy policy;
  policy.metadata_version = cluster.metadata_version();
  policy.elr_enabled = cluster.elr_enabled();
  if (policy.elr_enabled) policy.min_isr = min_isr(cluster, topic, partition.replicas.size());
  if (allows_unclean_election(cluster, topic)) policy.election = Election::unclean;
  policy.is_acceptable_leader = [cluster, change, &partition](NodeId node) {
    if (node == change.remove || node == change.unclean_shutdown) return false;
    const auto* broker = cluster.image.broker(node);
    if (broker == nullptr || !(node == change.add || broker->is_active())) return false;
    const auto directory = node == change.placed ? change.directory : partition.directory_of(node);
    return broker->has_online_directory(directory);
  };
  policy.default_directory = [cluster](NodeId node) { return cluster.default_directory(node); };
  return policy;
}

void update_leaders_and_isrs(const Cluster& cluster, const LeadershipChange& change,
                             const std::function<bool(const PartitionRegistration&)>& concerns,
                             std::vector<Record>& records) {
  for (const auto& [topic_id, topic] : cluster.image.topics_by_id) {
    for (std::int32_t i = 0; i < topic->partition_count(); ++i) {
      const auto& partition = *topic->partition(PartitionId(i));
      if (!concerns(partition)) continue;
      PartitionTarget target;
      target.isr = partition.isr;
      std::erase_if(*target.isr, [&](NodeId node) {
        return node == change.remove || node == change.unclean_shutdown;
      });
      if (change.unclean_shutdown != no_node) {
        target.unclean_shutdown_replicas = {change.unclean_shutdown};
      }
      auto record = change_partition(topic_id, PartitionId(i), partition, std::move(target),
                                     partition_policy(cluster, *topic, partition, change));
      if (record) records.push_back(std::move(*record));
    }
  }
}

void fence_broker(const Cluster& cluster, const BrokerRegistration& broker,
                  std::vector<Record>& records) {
  update_leaders_and_isrs(
      cluster, {.remove = broker.id},
      [&](const PartitionRegistration& partition) { return partition.in_isr(broker.id); }, records);
  records.push_back(registration_change(broker, 1));
}

void unfence_broker(const Cluster& cluster, const BrokerRegistration& broker,
                    std::vector<Record>& records) {
  records.push_back(registration_change(broker, -1));
  update_leaders_and_isrs(
      cluster, {.add = broker.id},
      [](const PartitionRegistration& partition) { return partition.leader == no_node; }, records);
}

void begin_controlled_shutdown(const Cluster& cluster, const BrokerRegistration& broker,
                               std::vector<Record>& records) {
  if (!broker.in_controlled_shutdown) {
    protocol::BrokerRegistrationChangeRecord record;
    record.broker_id = broker.id;
    record.broker_epoch = broker.epoch;
    record.in_controlled_shutdown = 1;
    records.push_back({std::move(record), 1});
  }
  update_leaders_and_isrs(
      cluster, {.remove = broker.id},
      [&](const PartitionRegistration& partition) { return partition.in_isr(broker.id); }, records);
}

void end_incarnation(const Cluster& cluster, NodeId broker, bool clean,
                     std::vector<Record>& records) {
  const bool unclean_counts = cluster.elr_enabled() && !clean;
  const LeadershipChange change = unclean_counts ? LeadershipChange{.unclean_shutdown = broker}
                                                 : LeadershipChange{.remove = broker};
  update_leaders_and_isrs(
      cluster, change,
      [&](const PartitionRegistration& partition) {
        return partition.in_isr(broker) ||
               (unclean_counts && std::ranges::find(partition.eligible_leader_replicas, broker) !=
                                      partition.eligible_leader_replicas.end());
      },
      records);
}

void take_directories_offline(const Cluster& cluster, const BrokerRegistration& broker,
                              const std::vector<Uuid>& offline, std::vector<Record>& records) {
  const auto has_failed = [&](const Uuid& directory) {
    return std::ranges::find(offline, directory) != offline.end();
  };
  std::vector<Uuid> online = broker.directories;
  if (std::erase_if(online, has_failed) == 0) return;
  update_leaders_and_isrs(
      cluster, {.remove = broker.id},
      [&](const PartitionRegistration& partition) {
        return partition.has_replica(broker.id) && has_failed(partition.directory_of(broker.id)) &&
               (partition.in_isr(broker.id) || partition.leader == broker.id);
      },
      records);
  // No directories would mean no change. A broker without any halts, and its session expires.
  if (online.empty()) return;
  protocol::BrokerRegistrationChangeRecord record;
  record.broker_id = broker.id;
  record.broker_epoch = broker.epoch;
  record.log_dirs = std::move(online);
  records.push_back({std::move(record), 2});
}

}  // namespace moldau::metadata
