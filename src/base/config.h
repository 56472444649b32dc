#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/config_key.h"
#include "base/properties.h"

namespace moldau {

/// The broker's configuration as it was started with: a user's properties over the defaults of the
/// table. Immutable, so any thread may read it. Getters CHECK that the key exists with that type:
/// a wrong one is our bug.
class StaticConfig {
 public:
  /// Validates each value by its own row of the table and those that depend on one another. Errors:
  /// invalid, naming the property: unknown, of the wrong type, out of range, or missing.
  static Result<StaticConfig> make(const Properties& properties);

  std::int64_t integer(std::string_view name) const;
  std::optional<std::int64_t> maybe_integer(std::string_view name) const;  ///< null if unset
  double real(std::string_view name) const;
  bool boolean(std::string_view name) const;
  std::string text(std::string_view name) const;  ///< empty if unset
  std::optional<std::string> maybe_text(std::string_view name) const;
  std::vector<std::string> list(std::string_view name) const;

  /// Whether the user gave a value, be it the default.
  bool is_set(std::string_view name) const { return values_.contains(name); }
  /// What the user gave, as canonical texts.
  const Properties& set_values() const { return values_; }
  /// Properties that were given and do nothing here, for a warning.
  std::vector<std::string> ignored() const;

  /// The directories of `log.dirs`, or else of `log.dir`.
  std::vector<std::string> log_dirs() const;

 private:
  const ConfigKey& row(std::string_view name, ConfigType type) const;
  std::optional<std::string_view> value(const ConfigKey& key) const;
  Result<> check_dependencies() const;
  Result<> check_consumer_groups() const;

  Properties values_;
};

/// Apache's config/server.properties, what `moldau server` runs with when it is not given a file:
/// broker and controller in one, internal topics with one replica. What that file repeats of
/// Kafka's defaults is left out: it would make every topic look configured.
Properties embedded_properties(const std::string& log_directory);

/// Where a value comes from; the numbers are those of DescribeConfigs.
enum class ConfigSource : std::int8_t {
  unknown = 0,
  topic = 1,
  dynamic_broker = 2,
  dynamic_default_broker = 3,
  static_broker = 4,
  default_value = 5,
  group = 8,
};

struct ConfigSetting {
  std::string name;
  std::optional<std::string> value;  ///< canonical; null: unset
  ConfigSource source{ConfigSource::default_value};
};

/// What is in effect for one key, and every setting behind it.
struct ResolvedConfig {
  const ConfigKey* key{nullptr};  ///< never null in a result
  std::optional<std::string> value;
  ConfigSource source{ConfigSource::default_value};
  /// In order of precedence; the first is in effect. For a topic or group key the broker's synonyms
  /// follow its own setting; values are in the units of the name beside them.
  std::vector<ConfigSetting> synonyms;
};

/// Everything that can set a key. Null: nothing set there. A dynamic, topic or group value that is
/// no value of its key, which only another broker can have stored, counts as unset.
struct ConfigLayers {
  const StaticConfig& broker_file;
  const Properties* cluster_default{nullptr};  ///< dynamic, of all brokers
  const Properties* broker{nullptr};           ///< dynamic, of this broker
  const Properties* topic{nullptr};
  const Properties* group{nullptr};
};

ResolvedConfig resolve_broker_config(const ConfigKey& key, const ConfigLayers& layers);
ResolvedConfig resolve_topic_config(const ConfigKey& key, const ConfigLayers& layers);
ResolvedConfig resolve_group_config(const ConfigKey& key, const ConfigLayers& layers);

/// Why the values can not be a topic's settings: an unknown key, a value that is no value of its
/// key, or two that contradict one another. In Kafka's words; null if they can.
std::optional<std::string> reject_topic_config(const Properties& values);

/// Why `layers.group` can not be a group's settings: as above, or beyond what the broker's
/// `group.consumer.min.*` and `max.*` allow. Settings without effect here are refused, too.
std::optional<std::string> reject_group_config(const ConfigLayers& layers);

/// Whether the broker takes a new value of the key while it runs: Kafka does, and something here
/// depends on it. What would be stored and then ignored is refused instead.
bool is_changeable(const ConfigKey& key);

/// Whether the cleaners of log.cleaner.threads have memory enough; null if they have.
std::optional<std::string> reject_cleaner_memory(std::int64_t dedupe_buffer_bytes,
                                                 std::int64_t threads);

/// A change of dynamic settings that has not happened yet.
struct BrokerConfigChange {
  ConfigLayers layers;  ///< with the change in place
  ConfigUpdate
      level;  ///< `per_broker` changes layers.broker, `cluster_wide` layers.cluster_default
  std::set<std::string, std::less<>> altered;  ///< names that the change sets or deletes
  std::optional<ConfigLayers> before{};        ///< null: nothing is compared with what there was
};
/// Why the change can not be. What was stored before, perhaps by another broker, is left alone.
std::optional<std::string> reject_broker_config(const BrokerConfigChange& change);

}  // namespace moldau
