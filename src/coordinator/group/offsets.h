#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "base/ids.h"
#include "base/uuid.h"

namespace moldau::coordinator {

struct CommittedOffset {
  Offset offset;
  LeaderEpoch leader_epoch{no_leader_epoch};  ///< of the last record read; -1 unknown
  std::string metadata;                       ///< the client's own words
  std::int64_t commit_timestamp_ms{0};
  std::int64_t expire_timestamp_ms{-1};  ///< explicit, from requests below version 5; -1 none
  Uuid topic_id{};                       ///< zero: committed by name only
};

/// The committed offsets of all groups of one partition of the log, as it says. Whether a group of
/// that name exists is not known here. Ordered, so that answers and tombstones have an order.
class Offsets {
 public:
  using Partitions = std::map<PartitionId, CommittedOffset>;
  using Topics = std::map<std::string, Partitions, std::less<>>;
  using Groups = std::set<std::string, std::less<>>;

  void put(std::string_view group, std::string_view topic, PartitionId partition,
           CommittedOffset committed);
  /// Nothing happens if there is none.
  void erase(std::string_view group, std::string_view topic, PartitionId partition);

  /// Null: the group has none.
  const Topics* of_group(std::string_view group) const;
  const Partitions* of_topic(std::string_view group, std::string_view topic) const;
  /// Null: there is none.
  const CommittedOffset* find(std::string_view group, std::string_view topic,
                              PartitionId partition) const;
  /// The groups that have offsets of the topic; null: none.
  const Groups* groups_of(std::string_view topic) const;

  std::size_t size() const { return size_; }

 private:
  std::map<std::string, Topics, std::less<>> by_group_;
  std::map<std::string, Groups, std::less<>> groups_by_topic_;  ///< for topics that are deleted
  std::size_t size_{0};
};

}  // namespace moldau::coordinator
