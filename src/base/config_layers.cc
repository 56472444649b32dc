#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/config.h"
#include "base/config_table.h"

namespace moldau {
namespace {

/// The canonical value, if there is one.
std::optional<std::string> find_in(const Properties* properties, const ConfigKey& key) {
  if (properties == nullptr) return std::nullopt;
  const auto found = properties->find(key.name);
  if (found == properties->end()) return std::nullopt;
  auto value = parse_config_value(key, found->second);
  return value ? std::optional(std::move(*value)) : std::nullopt;
}

/// Appends every setting of one broker key, the strongest first.
void add_settings(const ConfigKey& key, const ConfigLayers& layers,
                  std::vector<ConfigSetting>& settings) {
  const auto add = [&](std::optional<std::string> value, ConfigSource source) {
    if (value) settings.push_back({std::string(key.name), std::move(value), source});
  };
  add(find_in(layers.broker, key), ConfigSource::dynamic_broker);
  add(find_in(layers.cluster_default, key), ConfigSource::dynamic_default_broker);
  add(find_in(&layers.broker_file.set_values(), key), ConfigSource::static_broker);
  if (key.default_value) {
    settings.push_back(
        {std::string(key.name), std::string(*key.default_value), ConfigSource::default_value});
  }
}

/// A value in the unit of the topic key; every negative time means "no limit".
std::string scaled(const std::string& text, std::int64_t multiplier) {
  if (multiplier == 1) return text;
  std::int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return fmt::format("{}", number < 0 ? -1 : number * multiplier);
}

bool is_synonym(const ConfigKey& topic_key, std::string_view broker_key) {
  return std::ranges::find(topic_key.synonyms, broker_key, &ConfigSynonym::name) !=
         topic_key.synonyms.end();
}

/// The topic key to whose chain of broker synonyms this broker key belongs (log.retention.hours ->
/// retention.ms), or null.
const ConfigKey* topic_key_of(std::string_view broker_key) {
  for (const auto& key : topic_config_keys()) {
    if (is_synonym(key, broker_key)) return &key;
  }
  return nullptr;
}

void add_synonyms(const ConfigKey& topic_key, const ConfigLayers& layers,
                  std::vector<ConfigSetting>& settings) {
  for (const auto& synonym : topic_key.synonyms) {
    const auto* key = synonym.name.empty() ? nullptr : find_broker_config_key(synonym.name);
    if (key != nullptr) add_settings(*key, layers, settings);
  }
}

std::int64_t multiplier_of(const ConfigKey& topic_key, std::string_view broker_key) {
  for (const auto& synonym : topic_key.synonyms) {
    if (synonym.name == broker_key) return synonym.multiplier;
  }
  return 1;
}

}  // namespace

ResolvedConfig resolve_broker_config(const ConfigKey& key, const ConfigLayers& layers) {
  ResolvedConfig resolved;
  resolved.key = &key;
  add_settings(key, layers, resolved.synonyms);
  if (!resolved.synonyms.empty()) resolved.value = resolved.synonyms.front().value;
  // Kafka lists log.retention.hours behind log.retention.ms, but nothing before the key itself: of
  // one that is unset it says nothing at all.
  if (const auto* topic_key = topic_key_of(key.name)) {
    auto& chain = resolved.synonyms;
    chain.clear();
    add_synonyms(*topic_key, layers, chain);
    chain.erase(chain.begin(), std::ranges::find(chain, key.name, &ConfigSetting::name));
  }
  if (!resolved.synonyms.empty()) resolved.source = resolved.synonyms.front().source;
  return resolved;
}

namespace {

/// `source`: of the resource's own settings.
ResolvedConfig resolve(const ConfigKey& key, const Properties* own_settings, ConfigSource source,
                       const ConfigLayers& layers) {
  ResolvedConfig resolved;
  resolved.key = &key;
  if (auto own = find_in(own_settings, key)) {
    resolved.synonyms.push_back({std::string(key.name), std::move(own), source});
  }
  add_synonyms(key, layers, resolved.synonyms);
  if (resolved.synonyms.empty() && key.default_value) {
    resolved.synonyms.push_back(
        {std::string(key.name), std::string(*key.default_value), ConfigSource::default_value});
  }
  if (resolved.synonyms.empty()) return resolved;
  const auto& strongest = resolved.synonyms.front();
  resolved.source = strongest.source;
  resolved.value = strongest.source == source
                       ? *strongest.value
                       : scaled(*strongest.value, multiplier_of(key, strongest.name));
  return resolved;
}

}  // namespace

ResolvedConfig resolve_topic_config(const ConfigKey& key, const ConfigLayers& layers) {
  return resolve(key, layers.topic, ConfigSource::topic, layers);
}

ResolvedConfig resolve_group_config(const ConfigKey& key, const ConfigLayers& layers) {
  return resolve(key, layers.group, ConfigSource::group, layers);
}

}  // namespace moldau
