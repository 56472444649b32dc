#pragma once

#include <utility>

#include "coordinator/group/cluster_topics.h"
#include "metadata/image.h"

namespace moldau::broker {

/// The topics of a metadata image, as the group coordinators see them.
class ImageTopics final : public coordinator::ClusterTopics {
 public:
  explicit ImageTopics(metadata::ImagePtr image) : image_(std::move(image)) {}

  std::optional<coordinator::TopicInfo> find(std::string_view name) const override;
  std::optional<coordinator::TopicInfo> find(const Uuid& id) const override;
  std::vector<std::string> racks(const Uuid& topic, PartitionId partition) const override;
  void for_each(const std::function<void(std::string_view name)>& visit) const override;
  std::int64_t version() const override { return image_->last_offset.value(); }

 private:
  metadata::ImagePtr image_;
};

}  // namespace moldau::broker
