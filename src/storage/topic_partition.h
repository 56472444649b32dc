#pragma once

#include <fmt/format.h>

#include <compare>
#include <string>

#include "base/ids.h"

namespace moldau::storage {

/// Names a partition, and its directory: "topic-partition".
struct TopicPartition {
  std::string topic;
  PartitionId partition;
  auto operator<=>(const TopicPartition&) const = default;
};

}  // namespace moldau::storage

template <>
struct std::hash<moldau::storage::TopicPartition> {
  std::size_t operator()(const moldau::storage::TopicPartition& name) const noexcept {
    return std::hash<std::string>{}(name.topic) * 31 +
           static_cast<std::size_t>(name.partition.value());
  }
};

template <>
struct fmt::formatter<moldau::storage::TopicPartition> : fmt::formatter<std::string_view> {
  template <class Context>
  auto format(const moldau::storage::TopicPartition& name, Context& context) const {
    return fmt::format_to(context.out(), "{}-{}", name.topic, name.partition);
  }
};
