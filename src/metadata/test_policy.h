#pragma once

#include <fmt/format.h>

#include <optional>
#include <set>
#include <string>

#include "base/config.h"
#include "base/config_table.h"
#include "metadata/config_policy.h"

/// For the scenarios: judges by the real table of keys, and tells what is in effect for three of
/// them, so that every answer shows all that there is.
namespace moldau::metadata {

class TestPolicy : public ConfigPolicy {
 public:
  std::optional<std::string> reject_topic_config(const ConfigValues& values) const override {
    return moldau::reject_topic_config(values);
  }
  std::optional<std::string> reject_broker_config(
      const Image& image, std::string_view name, const ConfigValues& values,
      const std::set<std::string, std::less<>>& altered) const override {
    BrokerConfigChange change{
        .layers = {.broker_file = file_},
        .level = name.empty() ? ConfigUpdate::cluster_wide : ConfigUpdate::per_broker,
        .altered = altered};
    change.layers.cluster_default =
        name.empty() ? &values : &image.config(ResourceType::broker, "");
    if (!name.empty()) change.layers.broker = &values;
    return moldau::reject_broker_config(change);
  }
  std::optional<std::string> reject_group_config(const Image& image,
                                                 const ConfigValues& values) const override {
    return moldau::reject_group_config({.broker_file = file_,
                                        .cluster_default = &image.config(ResourceType::broker, ""),
                                        .group = &values});
  }
  std::optional<std::string> list_default(ResourceType type, std::string_view name) const override {
    const auto* key = type == ResourceType::topic   ? find_topic_config_key(name)
                      : type == ResourceType::group ? find_group_config_key(name)
                                                    : find_broker_config_key(name);
    if (key == nullptr || key->type != ConfigType::list) return std::nullopt;
    return std::string(key->default_value.value_or(""));
  }
  std::vector<EffectiveConfig> effective_topic_configs(const Image&,
                                                       const ConfigValues& own) const override {
    std::vector<EffectiveConfig> result;
    for (const auto& [key, value] : defaults_) {
      const auto found = own.find(key);
      const bool is_own = found != own.end();
      result.push_back({.name = key,
                        .value = is_own ? found->second : value,
                        .source = static_cast<std::int8_t>(is_own ? 1 : 5)});
    }
    return result;
  }
  std::string effective_topic_config(const Image& image, std::string_view topic,
                                     std::string_view key) const override {
    const auto& own = image.config(ResourceType::topic, topic);
    const auto found = own.find(key);
    return found != own.end() ? found->second : defaults_.find(key)->second;
  }

 private:
  const StaticConfig file_{StaticConfig::make(embedded_properties("/data")).value()};
  const ConfigValues defaults_{{"min.insync.replicas", "1"},
                               {"retention.ms", "604800000"},
                               {"unclean.leader.election.enable", "false"}};
};

}  // namespace moldau::metadata
