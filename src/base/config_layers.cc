#include <fmt/format.h>

#include <charconv>

#include "base/config.h"
#include "base/config_table.h"

namespace moldau {
namespace {

const std::string* find_in(const Properties* properties, std::string_view name) {
  if (properties == nullptr) return nullptr;
  const auto found = properties->find(name);
  return found == properties->end() ? nullptr : &found->second;
}

/// Appends every setting of one broker key, the strongest first.
void add_settings(const ConfigKey& key, const ConfigLayers& layers,
                  std::vector<ConfigSetting>& settings) {
  const auto add = [&](const std::string* value, ConfigSource source) {
    if (value != nullptr) settings.push_back({std::string(key.name), *value, source});
  };
  add(find_in(layers.broker, key.name), ConfigSource::dynamic_broker);
  add(find_in(layers.cluster_default, key.name), ConfigSource::dynamic_default_broker);
  add(find_in(&layers.broker_file.set_values(), key.name), ConfigSource::static_broker);
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

/// The topic key whose chain of broker synonyms begins with this broker key (log.retention.ms ->
/// retention.ms), or null.
const ConfigKey* topic_key_of(std::string_view broker_key) {
  for (const auto& key : topic_config_keys()) {
    if (key.synonyms[0].name == broker_key) return &key;
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
  // Kafka lists log.retention.hours among the synonyms of log.retention.ms; the value stays null.
  if (const auto* topic_key = topic_key_of(key.name)) {
    resolved.synonyms.clear();
    add_synonyms(*topic_key, layers, resolved.synonyms);
  }
  if (!resolved.synonyms.empty()) resolved.source = resolved.synonyms.front().source;
  return resolved;
}

ResolvedConfig resolve_topic_config(const ConfigKey& key, const ConfigLayers& layers) {
  ResolvedConfig resolved;
  resolved.key = &key;
  if (const auto* own = find_in(layers.topic, key.name)) {
    resolved.synonyms.push_back({std::string(key.name), *own, ConfigSource::topic});
  }
  add_synonyms(key, layers, resolved.synonyms);
  if (resolved.synonyms.empty() && key.default_value) {
    resolved.synonyms.push_back(
        {std::string(key.name), std::string(*key.default_value), ConfigSource::default_value});
  }
  if (resolved.synonyms.empty()) return resolved;
  const auto& strongest = resolved.synonyms.front();
  resolved.source = strongest.source;
  resolved.value = strongest.source == ConfigSource::topic
                       ? *strongest.value
                       : scaled(*strongest.value, multiplier_of(key, strongest.name));
  return resolved;
}

std::optional<std::string> reject_topic_config(const Properties& values) {
  for (const auto& [name, text] : values) {
    const auto* key = find_topic_config_key(name);
    if (key == nullptr) return fmt::format("Unknown topic config name: {}", name);
    const auto parsed = parse_config_value(*key, text);
    if (!parsed) return parsed.error().context;
  }
  const auto number = [&](std::string_view name) {
    const auto* text = find_in(&values, name);
    return text == nullptr ? std::nullopt : std::optional(std::stoll(*text));
  };
  const auto lag_min = number("min.compaction.lag.ms");
  const auto lag_max = number("max.compaction.lag.ms");
  if (lag_min && lag_max && *lag_min > *lag_max) {
    return fmt::format("min.compaction.lag.ms: {} is more than max.compaction.lag.ms, {}", *lag_min,
                       *lag_max);
  }
  const auto* tiered = find_in(&values, "remote.storage.enable");
  if (tiered != nullptr && *tiered == "true") {
    return "remote.storage.enable: tiered storage is not available on this broker";
  }
  return std::nullopt;
}

std::optional<std::string> reject_broker_config(const Properties& values, ConfigUpdate level) {
  for (const auto& [name, text] : values) {
    const auto* key = find_broker_config_key(name);
    if (key == nullptr || key->use == ConfigUse::own) {
      return fmt::format("Unknown broker config name: {}", name);
    }
    if (key->update == ConfigUpdate::read_only) {
      return fmt::format("{}: can not be changed while the broker runs", name);
    }
    if (key->update == ConfigUpdate::per_broker && level == ConfigUpdate::cluster_wide) {
      return fmt::format("{}: can be changed for one broker only, not for all", name);
    }
    const auto parsed = parse_config_value(*key, text);
    if (!parsed) return parsed.error().context;
  }
  return std::nullopt;
}

}  // namespace moldau
