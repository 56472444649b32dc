#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/config.h"
#include "broker/topic_settings.h"
#include "coordinator/group/cluster_topics.h"
#include "metadata/config_policy.h"
#include "metadata/image.h"
#include "net/server_options.h"
#include "storage/cleaners.h"

namespace moldau::broker {

/// What is in effect for topics, groups and this broker while it runs. For topics: their own
/// settings, over this broker's dynamic ones, over all brokers', over the static ones, over Kafka's
/// defaults, all by the one table of keys. Immutable; thread-safe.
class TopicConfigs final : public metadata::ConfigPolicy {
 public:
  /// `properties` outlives it.
  TopicConfigs(const StaticConfig& properties, NodeId node_id)
      : properties_(properties), node_id_(node_id) {}

  TopicSettingsPtr settings_of(const metadata::Image& image, std::string_view topic) const;
  ConfigLayers layers(const metadata::Image& image, const Properties* topic) const;
  ConfigLayers group_layers(const metadata::Image& image, std::string_view group) const;
  /// What is in effect for a group now: dynamic settings, in the bounds of the static ones. Null
  /// where the static ones hold.
  coordinator::GroupOverrides group_overrides(const metadata::Image& image,
                                              std::string_view group) const;
  /// Of this broker's log directories together.
  storage::CleanerConfig cleaner_config(const metadata::Image& image) const;
  /// Most bytes per second that moves between log directories copy.
  std::int64_t move_bytes_per_second(const metadata::Image& image) const;
  /// Of the broker's listeners together.
  net::ConnectionLimits connection_limits(const metadata::Image& image) const;

  // metadata::ConfigPolicy
  std::optional<std::string> reject_topic_config(
      const metadata::ConfigValues& values) const override;
  std::optional<std::string> reject_broker_config(
      const metadata::Image& image, std::string_view name, const metadata::ConfigValues& values,
      const std::set<std::string, std::less<>>& altered) const override;
  std::optional<std::string> reject_group_config(
      const metadata::Image& image, const metadata::ConfigValues& values) const override;
  std::optional<std::string> list_default(metadata::ResourceType type,
                                          std::string_view name) const override;
  std::vector<metadata::EffectiveConfig> effective_topic_configs(
      const metadata::Image& image, const metadata::ConfigValues& own) const override;
  std::string effective_topic_config(const metadata::Image& image, std::string_view topic,
                                     std::string_view key) const override;

 private:
  const StaticConfig& properties_;
  const NodeId node_id_;
};

}  // namespace moldau::broker
