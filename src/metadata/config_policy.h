#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "metadata/image.h"

namespace moldau::metadata {

/// One key of a resource's configuration as an admin answer shows it.
struct EffectiveConfig {
  std::string name;
  std::optional<std::string> value;  ///< null if sensitive
  std::int8_t source{0};             ///< ConfigSource of the protocol
  bool read_only{false};
  bool sensitive{false};
};

/// What the controller asks about configuration keys; implemented over the table of keys in base/.
/// Thread-safe, as it only reads.
class ConfigPolicy {
 public:
  virtual ~ConfigPolicy() = default;

  /// Why `values` can not become a topic's configuration: an unknown key, a value that is out of
  /// range or of the wrong type, or two that contradict one another. Null if they can.
  virtual std::optional<std::string> reject_topic_config(const ConfigValues& values) const = 0;

  /// Why `values` can not become the dynamic configuration of the broker in this process, or of all
  /// brokers if `name` is empty. `altered` are the keys that a request sets or deletes; what else
  /// is there stays as it is. Null if they can.
  virtual std::optional<std::string> reject_broker_config(
      const Image& image, std::string_view name, const ConfigValues& values,
      const std::set<std::string, std::less<>>& altered) const = 0;

  /// Why `values` can not become a group's configuration. Null if they can.
  virtual std::optional<std::string> reject_group_config(const Image& image,
                                                         const ConfigValues& values) const = 0;

  /// What a key is when it is unset, if its value is a list, to which a request may append; null
  /// for all other keys.
  virtual std::optional<std::string> list_default(ResourceType type,
                                                  std::string_view key) const = 0;

  /// Everything that is in effect for a topic with these settings of its own, sorted by name: what
  /// CreateTopics answers (KIP-525).
  virtual std::vector<EffectiveConfig> effective_topic_configs(const Image& image,
                                                               const ConfigValues& own) const = 0;

  /// What is in effect for one key: the topic's setting, else the cluster's, else the broker's
  /// static one, else Kafka's default.
  virtual std::string effective_topic_config(const Image& image, std::string_view topic,
                                             std::string_view key) const = 0;
};

}  // namespace moldau::metadata
