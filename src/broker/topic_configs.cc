#include "broker/topic_configs.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "base/config_table.h"
#include "base/listener.h"
#include "broker/internal_topics.h"

namespace moldau::broker {
namespace {

std::int64_t to_integer(std::string_view name, std::string_view value) {
  std::int64_t result = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), result);
  CHECK(error == std::errc() && end == value.data() + value.size(), "{} = \"{}\"", name, value);
  return result;
}

double to_real(std::string_view name, std::string_view value) {
  double result = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), result);
  CHECK(error == std::errc() && end == value.data() + value.size(), "{} = \"{}\"", name, value);
  return result;
}

/// Reads resolved values of one topic by key.
class Values {
 public:
  explicit Values(ConfigLayers layers) : layers_(layers) {}

  std::string text(std::string_view name) const {
    const ConfigKey* key = find_topic_config_key(name);
    CHECK(key != nullptr, "no topic key {}", name);
    return resolve_topic_config(*key, layers_).value.value_or("");
  }
  std::int64_t integer(std::string_view name) const { return to_integer(name, text(name)); }
  double real(std::string_view name) const { return to_real(name, text(name)); }
  /// Whether a user, at whatever level, gave the key a value.
  bool is_set(std::string_view name) const {
    return resolve_topic_config(*find_topic_config_key(name), layers_).source !=
           ConfigSource::default_value;
  }

 private:
  ConfigLayers layers_;
};

/// Reads resolved values of this broker by key.
class BrokerValues {
 public:
  explicit BrokerValues(ConfigLayers layers) : layers_(layers) {}

  std::string text(std::string_view name) const {
    const ConfigKey* key = find_broker_config_key(name);
    CHECK(key != nullptr, "no broker key {}", name);
    return resolve_broker_config(*key, layers_).value.value_or("");
  }
  std::int64_t integer(std::string_view name) const { return to_integer(name, text(name)); }
  double real(std::string_view name) const { return to_real(name, text(name)); }

 private:
  ConfigLayers layers_;
};

/// Apache's behaviour, acknowledging from the page cache, is asked for by flush.messages at its
/// maximum, set explicitly (docs/append.md). The broker's own topics are always durable.
storage::Durability durability(const Values& values, std::string_view topic) {
  const bool asked = values.is_set("flush.messages") &&
                     values.integer("flush.messages") == std::numeric_limits<std::int64_t>::max();
  return asked && !is_internal_topic(topic) ? storage::Durability::page_cache
                                            : storage::Durability::durable;
}

std::shared_ptr<const storage::LogConfig> log_config(const Values& values, std::string_view topic,
                                                     const BrokerValues& broker) {
  auto config = std::make_shared<storage::LogConfig>();
  config->segment_bytes = values.integer("segment.bytes");
  config->segment_ms = values.integer("segment.ms");
  config->preallocate = values.text("preallocate") == "true";
  config->segment_jitter_ms = values.integer("segment.jitter.ms");
  config->segment_index_bytes = values.integer("segment.index.bytes");
  config->index_interval_bytes = values.integer("index.interval.bytes");
  const std::string policy = values.text("cleanup.policy");
  config->cleanup_delete = policy.find("delete") != std::string::npos;
  config->cleanup_compact = policy.find("compact") != std::string::npos;
  config->min_cleanable_dirty_ratio = values.real("min.cleanable.dirty.ratio");
  config->min_compaction_lag_ms = values.integer("min.compaction.lag.ms");
  config->max_compaction_lag_ms = values.integer("max.compaction.lag.ms");
  config->delete_retention_ms = values.integer("delete.retention.ms");
  // What is to be compacted by then has to be in a sealed segment.
  if (config->cleanup_compact) {
    config->segment_ms = std::min(config->segment_ms, config->max_compaction_lag_ms);
  }
  config->retention_ms = values.integer("retention.ms");
  config->retention_bytes = values.integer("retention.bytes");
  config->file_delete_delay_ms = values.integer("file.delete.delay.ms");
  config->durability = durability(values, topic);
  config->flush_ms = values.integer("flush.ms");
  config->producer_id_expiration_ms = broker.integer("producer.id.expiration.ms");
  return config;
}

/// Null: as the producer compressed it.
std::optional<records::Codec> codec_of(std::string_view name) {
  if (name == "uncompressed") return records::Codec::none;
  for (const auto codec :
       {records::Codec::gzip, records::Codec::snappy, records::Codec::lz4, records::Codec::zstd}) {
    if (records::name(codec) == name) return codec;
  }
  return std::nullopt;
}

records::ValidationRules validation_rules(const Values& values) {
  records::ValidationRules rules;
  const std::string codec = values.text("compression.type");
  rules.codec = codec_of(codec);
  rules.gzip_level = static_cast<int>(values.integer("compression.gzip.level"));
  rules.lz4_level = static_cast<int>(values.integer("compression.lz4.level"));
  rules.zstd_level = static_cast<int>(values.integer("compression.zstd.level"));
  if (values.text("message.timestamp.type") == "LogAppendTime") {
    rules.timestamp_type = records::TimestampType::log_append_time;
  }
  rules.timestamp_before_max_ms = values.integer("message.timestamp.before.max.ms");
  rules.timestamp_after_max_ms = values.integer("message.timestamp.after.max.ms");
  if (values.text("cleanup.policy").find("compact") != std::string::npos) {
    rules.keys = records::KeyRule::required;
  }
  rules.max_message_bytes = static_cast<std::size_t>(values.integer("max.message.bytes"));
  rules.segment_bytes = static_cast<std::size_t>(values.integer("segment.bytes"));
  rules.uncompressed_size_max =
      std::min(records::uncompressed_bytes_max,
               static_cast<std::size_t>(values.integer("max.decompressed.message.bytes")));
  return rules;
}

}  // namespace

ConfigLayers TopicConfigs::layers(const metadata::Image& image, const Properties* topic) const {
  return {.broker_file = properties_,
          .cluster_default = &image.config(metadata::ResourceType::broker, ""),
          .broker = &image.config(metadata::ResourceType::broker, fmt::format("{}", node_id_)),
          .topic = topic};
}

ConfigLayers TopicConfigs::group_layers(const metadata::Image& image,
                                        std::string_view group) const {
  ConfigLayers result = layers(image, nullptr);
  result.group = &image.config(metadata::ResourceType::group, group);
  return result;
}

coordinator::GroupOverrides TopicConfigs::group_overrides(const metadata::Image& image,
                                                          std::string_view group) const {
  const ConfigLayers all = group_layers(image, group);
  // Most groups have no settings, and this is asked with each heartbeat.
  if (all.group->empty() && all.broker->empty() && all.cluster_default->empty()) return {};
  // Settings of another broker's time, or of this one when it was configured otherwise, are brought
  // into the bounds.
  const auto value = [&](std::string_view name, std::string_view min,
                         std::string_view max) -> std::optional<std::int32_t> {
    const auto resolved = resolve_group_config(*find_group_config_key(name), all);
    if (resolved.source == ConfigSource::static_broker ||
        resolved.source == ConfigSource::default_value) {
      return std::nullopt;
    }
    return static_cast<std::int32_t>(std::clamp(
        to_integer(name, *resolved.value), properties_.integer(min), properties_.integer(max)));
  };
  return {.consumer_session_timeout_ms =
              value("consumer.session.timeout.ms", "group.consumer.min.session.timeout.ms",
                    "group.consumer.max.session.timeout.ms"),
          .consumer_heartbeat_interval_ms =
              value("consumer.heartbeat.interval.ms", "group.consumer.min.heartbeat.interval.ms",
                    "group.consumer.max.heartbeat.interval.ms"),
          .consumer_assignment_interval_ms =
              value("consumer.assignment.interval.ms", "group.consumer.min.assignment.interval.ms",
                    "group.consumer.max.assignment.interval.ms")};
}

TopicSettingsPtr TopicConfigs::settings_of(const metadata::Image& image,
                                           std::string_view topic) const {
  const Values values(layers(image, &image.config(metadata::ResourceType::topic, topic)));
  auto settings = std::make_shared<TopicSettings>();
  settings->log = log_config(values, topic, BrokerValues(layers(image, nullptr)));
  settings->rules = validation_rules(values);
  settings->min_insync_replicas = static_cast<std::int32_t>(values.integer("min.insync.replicas"));
  return settings;
}

net::ConnectionLimits TopicConfigs::connection_limits(const metadata::Image& image) const {
  const BrokerValues values(layers(image, nullptr));
  net::ConnectionLimits limits;
  limits.connections_max = static_cast<std::int32_t>(values.integer("max.connections"));
  limits.per_ip_max = static_cast<std::int32_t>(values.integer("max.connections.per.ip"));
  constexpr std::string_view overrides_name = "max.connections.per.ip.overrides";
  auto overrides = parse_connection_limits(overrides_name, values.text(overrides_name));
  if (overrides) limits.per_ip_overrides = std::move(*overrides);
  return limits;
}

storage::CleanerConfig TopicConfigs::cleaner_config(const metadata::Image& image) const {
  const BrokerValues values(layers(image, nullptr));
  return {.enabled = values.text("log.cleaner.enable") == "true",
          .threads = static_cast<int>(values.integer("log.cleaner.threads")),
          .backoff_ms = values.integer("log.cleaner.backoff.ms"),
          .dedupe_buffer_bytes = values.integer("log.cleaner.dedupe.buffer.size"),
          .load_factor = values.real("log.cleaner.io.buffer.load.factor"),
          .io_buffer_bytes = values.integer("log.cleaner.io.buffer.size"),
          .io_bytes_per_second = values.real("log.cleaner.io.max.bytes.per.second")};
}

std::int64_t TopicConfigs::move_bytes_per_second(const metadata::Image& image) const {
  return BrokerValues(layers(image, nullptr))
      .integer("replica.alter.log.dirs.io.max.bytes.per.second");
}

std::optional<std::string> TopicConfigs::reject_topic_config(
    const metadata::ConfigValues& values) const {
  return moldau::reject_topic_config(values);
}

std::optional<std::string> TopicConfigs::reject_broker_config(
    const metadata::Image& image, std::string_view name, const metadata::ConfigValues& values,
    const std::set<std::string, std::less<>>& altered) const {
  BrokerConfigChange change{
      .layers = layers(image, nullptr),
      .level = name.empty() ? ConfigUpdate::cluster_wide : ConfigUpdate::per_broker,
      .altered = altered,
      .before = layers(image, nullptr)};
  (name.empty() ? change.layers.cluster_default : change.layers.broker) = &values;
  return moldau::reject_broker_config(change);
}

std::optional<std::string> TopicConfigs::reject_group_config(
    const metadata::Image& image, const metadata::ConfigValues& values) const {
  ConfigLayers all = layers(image, nullptr);
  all.group = &values;
  return moldau::reject_group_config(all);
}

std::optional<std::string> TopicConfigs::list_default(metadata::ResourceType type,
                                                      std::string_view name) const {
  const ConfigKey* key = type == metadata::ResourceType::topic   ? find_topic_config_key(name)
                         : type == metadata::ResourceType::group ? find_group_config_key(name)
                                                                 : find_broker_config_key(name);
  if (key == nullptr || key->type != ConfigType::list) return std::nullopt;
  return std::string(key->default_value.value_or(""));
}

std::vector<metadata::EffectiveConfig> TopicConfigs::effective_topic_configs(
    const metadata::Image& image, const metadata::ConfigValues& own) const {
  std::vector<metadata::EffectiveConfig> result;
  for (const ConfigKey& key : topic_config_keys()) {
    if (key.internal) continue;
    const auto resolved = resolve_topic_config(key, layers(image, &own));
    result.push_back({.name = std::string(key.name),
                      .value = key.sensitive() ? std::nullopt : resolved.value,
                      .source = static_cast<std::int8_t>(resolved.source),
                      .sensitive = key.sensitive()});
  }
  return result;
}

std::string TopicConfigs::effective_topic_config(const metadata::Image& image,
                                                 std::string_view topic,
                                                 std::string_view key) const {
  return Values(layers(image, &image.config(metadata::ResourceType::topic, topic))).text(key);
}

}  // namespace moldau::broker
