#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/config.h"
#include "broker/topic_settings.h"
#include "metadata/config_policy.h"
#include "metadata/image.h"

namespace moldau::broker {

/// What is in effect for topics: their own settings over the cluster's over this broker's over
/// Kafka's defaults, all by the one table of keys. Immutable; thread-safe.
class TopicConfigs final : public metadata::ConfigPolicy {
 public:
  /// `properties` outlives it.
  TopicConfigs(const StaticConfig& properties, NodeId node_id)
      : properties_(properties), node_id_(node_id) {}

  TopicSettingsPtr settings_of(const metadata::Image& image, std::string_view topic) const;
  ConfigLayers layers(const metadata::Image& image, const Properties* topic) const;

  // metadata::ConfigPolicy
  std::optional<std::string> reject(const metadata::ConfigResource& resource,
                                    const metadata::ConfigValues& values) const override;
  std::vector<metadata::EffectiveConfig> effective_topic_configs(
      const metadata::Image& image, const metadata::ConfigValues& own) const override;
  std::string effective_topic_config(const metadata::Image& image, std::string_view topic,
                                     std::string_view key) const override;

 private:
  const StaticConfig& properties_;
  const NodeId node_id_;
};

}  // namespace moldau::broker
