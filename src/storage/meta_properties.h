#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/ids.h"
#include "base/uuid.h"

namespace moldau::storage {

inline constexpr std::string_view meta_properties_file = "meta.properties";

/// `meta.properties` in the root of a log directory (docs/formats/log_directory.md). Version 0 had
/// `broker.id` in place of `node.id`.
struct MetaProperties {
  int version{1};
  std::string cluster_id;
  NodeId node_id{no_node};
  Uuid directory_id;  ///< zero if missing
  bool operator==(const MetaProperties&) const = default;
};

/// Errors: corrupt, naming the key that is missing or wrong.
Result<MetaProperties> parse_meta_properties(std::string_view text);
std::string format_meta_properties(const MetaProperties& properties);

}  // namespace moldau::storage
