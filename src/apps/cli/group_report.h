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
  /// How old the first record is that is not committed; 0 if all are. None: it was not asked for,
  /// or cannot be known, as the record has no timestamp or cannot be read.
  std::optional<std::int64_t> behind_ms{};

  /// Records between the two; none if either is not known.
  std::optional<std::int64_t> lag() const;
};

/// What `group describe` shows of one group.
struct GroupReport {
  GroupDescription group;
  std::vector<PartitionLag> partitions;  ///< sorted; assigned or committed
  bool has_times{false};                 ///< `behind_ms` was asked for

  /// Of the partitions whose lag is known.
  std::int64_t total_lag() const;
  /// The oldest of what is known; none if nothing is.
  std::optional<std::int64_t> behind_ms() const;
};

/// Every partition that a member has or that has a committed offset.
std::vector<TopicPartition> partitions_of(const GroupDescription& group,
                                          const OffsetMap& committed);

/// Where the first records lie that are not committed, of partitions with a lag.
OffsetMap first_uncommitted(const GroupReport& report);
/// With the timestamps of these records.
void add_times(GroupReport& report, const OffsetMap& timestamps_ms, std::int64_t now_ms);

GroupReport make_report(GroupDescription group, const OffsetMap& committed, const OffsetMap& ends);

std::string report_text(const GroupReport& report);
std::string report_json(const GroupReport& report);

}  // namespace moldau::apps
