#include "metadata/image_records.h"

#include <utility>

namespace moldau::metadata {
namespace {

template <class To>
void copy_endpoints(const std::vector<Endpoint>& from, std::vector<To>& to) {
  for (const Endpoint& endpoint : from) {
    to.push_back({.name = Text::view(endpoint.name),
                  .host = Text::view(endpoint.host),
                  .port = endpoint.port,
                  .security_protocol = endpoint.security_protocol});
  }
}

template <class To>
void copy_features(const FeatureRanges& from, std::vector<To>& to) {
  for (const auto& [name, range] : from) {
    to.push_back({.name = Text::view(name),
                  .min_supported_version = range.min,
                  .max_supported_version = range.max});
  }
}

}  // namespace

Record feature_record(std::string_view name, std::int16_t feature_level) {
  protocol::FeatureLevelRecord record;
  record.name = Text::view(name);
  record.feature_level = feature_level;
  return {std::move(record), 0};
}

Record broker_record(const BrokerRegistration& broker, std::int16_t metadata_version) {
  protocol::RegisterBrokerRecord record;
  record.broker_id = broker.id;
  record.incarnation_id = broker.incarnation_id;
  record.broker_epoch = broker.epoch;
  copy_endpoints(broker.listeners, record.end_points);
  copy_features(broker.features, record.features);
  record.rack = broker.rack ? std::optional(Text::view(*broker.rack)) : std::nullopt;
  record.fenced = broker.fenced;
  record.in_controlled_shutdown = broker.in_controlled_shutdown;
  if (metadata_version >= level::directories) record.log_dirs = broker.directories;
  return {std::move(record), register_broker_version(metadata_version)};
}

Record controller_record(const ControllerRegistration& controller) {
  protocol::RegisterControllerRecord record;
  record.controller_id = controller.id;
  record.incarnation_id = controller.incarnation_id;
  record.zk_migration_ready = controller.zk_migration_ready;
  copy_endpoints(controller.listeners, record.end_points);
  copy_features(controller.features, record.features);
  return {std::move(record), 0};
}

Record partition_record(const Uuid& topic_id, PartitionId id,
                        const PartitionRegistration& partition, std::int16_t metadata_version) {
  protocol::PartitionRecord record;
  record.partition_id = id;
  record.topic_id = topic_id;
  record.replicas = partition.replicas;
  record.isr = partition.isr;
  record.removing_replicas = partition.removing_replicas;
  record.adding_replicas = partition.adding_replicas;
  record.leader = partition.leader;
  record.leader_recovery_state = static_cast<std::int8_t>(partition.leader_recovery_state);
  record.leader_epoch = partition.leader_epoch;
  record.partition_epoch = partition.partition_epoch;
  if (metadata_version >= level::directories) record.directories = partition.directories;
  if (metadata_version >= level::eligible_leader_replicas) {
    // Only when there are any: an empty tagged field would take room in every record.
    if (!partition.eligible_leader_replicas.empty()) {
      record.eligible_leader_replicas = partition.eligible_leader_replicas;
    }
    if (!partition.last_known_elr.empty()) record.last_known_elr = partition.last_known_elr;
  }
  return {std::move(record), partition_version(metadata_version)};
}

}  // namespace moldau::metadata
