#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace moldau::metadata {

inline constexpr std::size_t topic_name_size_max = 249;
inline constexpr std::string_view cluster_metadata_topic = "__cluster_metadata";

/// Why a topic can not have this name, in Kafka's words; null if it can.
std::optional<std::string> reject_topic_name(std::string_view name);

/// Names with '.' or '_' look alike in metrics, where '.' becomes '_': two such topics collide if
/// this is equal. Null if the name has neither.
std::optional<std::string> collision_key(std::string_view name);

/// Topics by their collision key.
using CollidingNames = std::map<std::string, std::set<std::string>, std::less<>>;

}  // namespace moldau::metadata
