#pragma once

#include <utility>

#include "broker/topic_configs.h"
#include "coordinator/group/cluster_topics.h"
#include "metadata/image.h"

namespace moldau::broker {

/// The topics of a metadata image and the settings of groups, as the group coordinators see them.
class ImageTopics final : public coordinator::ClusterTopics {
 public:
  /// `configs` outlives it.
  ImageTopics(metadata::ImagePtr image, const TopicConfigs& configs)
      : image_(std::move(image)), configs_(configs) {}

  std::optional<coordinator::TopicInfo> find(std::string_view name) const override;
  std::optional<coordinator::TopicInfo> find(const Uuid& id) const override;
  std::vector<std::string> racks(const Uuid& topic, PartitionId partition) const override;
  void for_each(const std::function<void(std::string_view name)>& visit) const override;
  coordinator::GroupOverrides group_overrides(std::string_view group) const override {
    return configs_.group_overrides(*image_, group);
  }
  std::int64_t version() const override { return image_->last_offset.value(); }

 private:
  metadata::ImagePtr image_;
  const TopicConfigs& configs_;
};

}  // namespace moldau::broker
