#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "apps/cli/wire.h"

namespace moldau::apps {

struct TopicPartition {
  std::string topic;
  std::int32_t partition{0};
  auto operator<=>(const TopicPartition&) const = default;
  std::string to_string() const { return topic + ":" + std::to_string(partition); }
};

using OffsetMap = std::map<TopicPartition, std::int64_t>;

/// Timestamps of ListOffsets that are not a time.
inline constexpr std::int64_t latest_timestamp = -1;
inline constexpr std::int64_t earliest_timestamp = -2;

/// Which records count: with `committed` the latest offset is the last stable one.
enum class Isolation : std::int8_t { uncommitted = 0, committed = 1 };

/// Asks each partition's leader for the first offset at or after a timestamp (-1: no such record)
/// or for an end of the log. What has no leader, or is no more, is left out.
Result<OffsetMap> list_offsets(Wire& wire, const std::vector<TopicPartition>& partitions,
                               std::int64_t timestamp,
                               Isolation isolation = Isolation::uncommitted);

/// All partitions of a topic. Errors: not_found.
Result<std::vector<TopicPartition>> partitions_of(Wire& wire, const std::string& topic);

/// "0-2,5" for 0, 1, 2 and 5; sorts.
std::string ranges(std::vector<std::int32_t> numbers);
/// Reads what `ranges` writes. Errors: invalid.
Result<std::vector<std::int32_t>> parse_ranges(std::string_view text);

}  // namespace moldau::apps
