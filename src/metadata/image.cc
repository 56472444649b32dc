#include "metadata/image.h"

#include <algorithm>

namespace moldau::metadata {
namespace {

bool contains(const std::vector<NodeId>& nodes, NodeId node) {
  return std::ranges::find(nodes, node) != nodes.end();
}

template <class Pointer>
auto get(const Pointer* found) -> decltype(found->get()) {
  return found == nullptr ? nullptr : found->get();
}

}  // namespace

const Endpoint* BrokerRegistration::listener(std::string_view name) const {
  const auto found = std::ranges::find(listeners, name, &Endpoint::name);
  return found == listeners.end() ? nullptr : &*found;
}

bool BrokerRegistration::has_online_directory(const Uuid& directory) const {
  // A broker that has registered no directories predates them: none of its can be offline
  // (KIP-858).
  if (directories.empty()) return true;
  if (directory == migrating_directory || directory == unassigned_directory) return true;
  if (directory == lost_directory) return false;
  return std::ranges::find(directories, directory) != directories.end();
}

bool is_reserved_directory(const Uuid& id) {
  return id.most() == 0 && id.least() < 100;
}

bool PartitionRegistration::has_replica(NodeId node) const {
  return contains(replicas, node);
}

bool PartitionRegistration::in_isr(NodeId node) const {
  return contains(isr, node);
}

Uuid PartitionRegistration::directory_of(NodeId node) const {
  const auto found = std::ranges::find(replicas, node);
  const auto index = static_cast<std::size_t>(found - replicas.begin());
  return index < directories.size() ? directories[index] : migrating_directory;
}

const PartitionRegistration* Topic::partition(PartitionId id_) const {
  const auto index = static_cast<std::size_t>(id_.value());
  return id_.value() < 0 || index >= partitions.size() ? nullptr : partitions[index].get();
}

const BrokerRegistration* Image::broker(NodeId id) const {
  return get(brokers.find(id));
}

const Topic* Image::topic(std::string_view name) const {
  return get(topics_by_name.find(name));
}

const Topic* Image::topic(const Uuid& id) const {
  return get(topics_by_id.find(id));
}

const PartitionRegistration* Image::partition(std::string_view topic_name, PartitionId id) const {
  const Topic* found = topic(topic_name);
  return found == nullptr ? nullptr : found->partition(id);
}

const PartitionRegistration* Image::partition(const Uuid& topic_id, PartitionId id) const {
  const Topic* found = topic(topic_id);
  return found == nullptr ? nullptr : found->partition(id);
}

const ConfigValues& Image::config(ResourceType type, std::string_view name) const {
  const auto* found =
      configs.find(ConfigResource{static_cast<std::int8_t>(type), std::string(name)});
  return found == nullptr ? no_settings : **found;
}

bool Image::is_active(NodeId id) const {
  const BrokerRegistration* registration = broker(id);
  return registration != nullptr && registration->is_active();
}

std::int16_t Image::feature_level(std::string_view feature) const {
  const auto* found = features.find(feature);
  return found == nullptr ? std::int16_t{0} : *found;
}

std::optional<std::int16_t> Image::metadata_version() const {
  const auto* found = features.find(metadata_version_feature);
  return found == nullptr ? std::nullopt : std::optional(*found);
}

}  // namespace moldau::metadata
