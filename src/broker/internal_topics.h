#pragma once

#include <string_view>

namespace moldau::broker {

inline constexpr std::string_view consumer_offsets_topic = "__consumer_offsets";
inline constexpr std::string_view transaction_state_topic = "__transaction_state";
inline constexpr std::string_view share_group_state_topic = "__share_group_state";

/// Topics that the broker writes for itself; clients may read them, not produce to them.
constexpr bool is_internal_topic(std::string_view name) {
  return name == consumer_offsets_topic || name == transaction_state_topic ||
         name == share_group_state_topic;
}

}  // namespace moldau::broker
