#include "broker/image_topics.h"

namespace moldau::broker {
namespace {

std::optional<coordinator::TopicInfo> info(const metadata::Topic* topic) {
  if (topic == nullptr) return std::nullopt;
  return coordinator::TopicInfo{topic->id, topic->name, topic->partition_count()};
}

}  // namespace

std::optional<coordinator::TopicInfo> ImageTopics::find(std::string_view name) const {
  return info(image_->topic(name));
}

std::optional<coordinator::TopicInfo> ImageTopics::find(const Uuid& id) const {
  return info(image_->topic(id));
}

std::vector<std::string> ImageTopics::racks(const Uuid& topic, PartitionId partition) const {
  std::vector<std::string> result;
  const auto* const registration = image_->partition(topic, partition);
  if (registration == nullptr) return result;
  for (const NodeId replica : registration->replicas) {
    const auto* const broker = image_->broker(replica);
    if (broker != nullptr && broker->rack) result.push_back(*broker->rack);
  }
  return result;
}

void ImageTopics::for_each(const std::function<void(std::string_view name)>& visit) const {
  for (const auto& [name, topic] : image_->topics_by_name) visit(name);
}

}  // namespace moldau::broker
