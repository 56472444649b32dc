#pragma once

#include <optional>
#include <string>
#include <vector>

#include "apps/cli/position.h"
#include "apps/cli/topic_offsets.h"

namespace moldau::apps {

/// What is known of the partitions whose offsets are to be set.
struct ResetInput {
  std::vector<TopicPartition> partitions;
  OffsetMap committed;
  OffsetMap starts;
  OffsetMap ends;
  OffsetMap at_time;  ///< of a Position that is a time: the offset there, -1 if no record is later
};

struct ResetStep {
  TopicPartition partition;
  std::optional<std::int64_t> from;
  std::int64_t to{0};
  std::string note;  ///< "the log starts there": why it is not what was asked for
};

struct ResetTarget {
  std::optional<Position> position;
  std::optional<OffsetMap> offsets;  ///< one for each partition of the input
  std::int64_t shift{0};             ///< where there is neither
};

/// The new offset of each partition, within the log. Errors: unavailable (a partition without a
/// leader); not_found (a shift without a committed offset).
Result<std::vector<ResetStep>> plan_reset(const ResetInput& input, const ResetTarget& target);

std::string plan_text(const std::vector<ResetStep>& plan);
std::string plan_json(const std::vector<ResetStep>& plan);

}  // namespace moldau::apps
