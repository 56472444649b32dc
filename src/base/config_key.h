#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace moldau {

/// Kafka's ConfigDef types; the numbers are those of DescribeConfigs (KIP-569).
enum class ConfigType : std::uint8_t {
  unknown = 0,
  boolean = 1,
  string = 2,
  int32 = 3,
  int16 = 4,
  int64 = 5,
  real = 6,  ///< DOUBLE
  list = 7,
  class_name = 8,
  password = 9,
};

enum class Importance : std::uint8_t { high, medium, low };

/// How the value may be changed while the broker runs (KIP-226).
enum class ConfigUpdate : std::uint8_t { read_only, per_broker, cluster_wide };

/// What Moldau makes of the key.
enum class ConfigUse : std::uint8_t {
  ignored,   ///< a property of Kafka that does nothing here: said once when it is set
  honoured,  ///< has the effect that Kafka's documentation describes
  own,       ///< Moldau's; unknown to Kafka, so never in a metadata record
};

/// A broker key that gives a topic or group key its default; the first that is set counts.
struct ConfigSynonym {
  std::string_view name;
  std::int64_t multiplier{1};  ///< 3,600,000 for a key in hours
};

/// One row of the table of configuration keys: all that is known about a key. Value ranges are
/// inclusive. The text of a value is as in a properties file.
struct ConfigKey {
  std::string_view name;
  ConfigType type{ConfigType::string};
  std::optional<std::string_view> default_value{};  ///< null: unset
  std::int64_t min{std::numeric_limits<std::int64_t>::min()};
  std::int64_t max{std::numeric_limits<std::int64_t>::max()};
  std::optional<std::int64_t> outside{};  ///< allowed although not in [min, max]
  double real_min{-std::numeric_limits<double>::max()};
  double real_max{std::numeric_limits<double>::max()};
  std::string_view choices{};  ///< comma separated; empty: any
  bool choices_ignore_case{false};
  bool required{false};           ///< has no default, not even null
  bool non_empty{false};          ///< a string, or list, that may not be empty when it is set
  bool merges_duplicates{false};  ///< a list in which an element named twice counts once
  bool internal{false};           ///< not in Kafka's documentation, nor in DescribeConfigs
  Importance importance{Importance::medium};
  ConfigUpdate update{ConfigUpdate::read_only};
  ConfigUse use{ConfigUse::ignored};
  std::array<ConfigSynonym, 3> synonyms{};  ///< topic and group keys only; unused ones have no name
  std::string_view doc{};

  bool sensitive() const { return type == ConfigType::password; }
};

/// The canonical text of a value, as Kafka would print it after parsing: blanks trimmed, numbers
/// without leading zeros, list elements separated by a bare comma. Errors: invalid, in Kafka's
/// words, with the key, the value and what would be right.
Result<std::string> parse_config_value(const ConfigKey& key, std::string_view text);

/// Elements of a LIST value, trimmed. An empty text is an empty list.
std::vector<std::string> split_config_list(std::string_view text);

}  // namespace moldau
