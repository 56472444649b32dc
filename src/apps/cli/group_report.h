#pragma once

#include <optional>
#include <string>
#include <vector>

#include "apps/cli/groups.h"

namespace moldau::apps {

struct PartitionLag {
  TopicPartition partition;
  std::optional<std::int64_t> committed;
  std::optional<std::int64_t> end;    ///< none: no leader, or no such topic any more
  std::optional<std::size_t> member;  ///< index into GroupDescription::members

  /// Records between the two; none if either is not known.
  std::optional<std::int64_t> lag() const;
};

/// What `group describe` shows of one group.
struct GroupReport {
  GroupDescription group;
  std::vector<PartitionLag> partitions;  ///< sorted; assigned or committed

  /// Of the partitions whose lag is known.
  std::int64_t total_lag() const;
};

/// Every partition that a member has or that has a committed offset.
std::vector<TopicPartition> partitions_of(const GroupDescription& group,
                                          const OffsetMap& committed);

GroupReport make_report(GroupDescription group, const OffsetMap& committed, const OffsetMap& ends);

std::string report_text(const GroupReport& report);
std::string report_json(const GroupReport& report);

}  // namespace moldau::apps
