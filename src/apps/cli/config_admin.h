#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "apps/cli/wire.h"

/// Reading and changing the configuration of a running cluster. Errors of all: those of Wire;
/// not_found; invalid with what the broker said.
namespace moldau::apps {

/// What has properties.
struct ConfigResource {
  enum class Kind : std::int8_t { topic = 2, broker = 4, group = 32 };
  Kind kind{Kind::topic};
  std::string name;  ///< a topic, a group; the id of a broker; empty: of all brokers

  std::string to_string() const;  ///< "topic orders", "group g", "broker 1", "all brokers"
};

struct ConfigEntry {
  std::string name;
  std::string value;
  std::string source;  ///< "topic", "group", "broker", "all brokers", "file", "default"
  bool is_default{false};
  bool is_read_only{false};
  bool is_sensitive{false};  ///< brokers do not tell the value
};

/// Sorted by name.
Result<std::vector<ConfigEntry>> describe_configs(Wire& wire, const ConfigResource& resource);

struct ConfigChange {
  enum class Operation : std::int8_t { set = 0, remove = 1, append = 2, subtract = 3 };
  std::string name;
  Operation operation{Operation::set};
  std::string value;
  bool operator==(const ConfigChange&) const = default;
};

/// "a=b" sets, "a+=b" appends to a list, "a-=b" takes out of a list. Errors: invalid.
Result<ConfigChange> parse_change(std::string_view text);

enum class Commit : std::uint8_t { yes, validate_only };
/// All of the changes or none.
Result<> alter_configs(Wire& wire, const ConfigResource& resource,
                       const std::vector<ConfigChange>& changes, Commit commit);

}  // namespace moldau::apps
