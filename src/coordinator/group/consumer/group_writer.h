#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "coordinator/group/consumer/consumer_group.h"
#include "coordinator/group/consumer/metadata_hash.h"
#include "coordinator/group/effects.h"

namespace moldau::coordinator {

/// The settings of one group.
struct ConsumerSettings {
  std::int32_t session_timeout_ms{0};
  std::int32_t heartbeat_interval_ms{0};
  std::int32_t assignment_interval_ms{0};
};

/// What the consumer groups of one machine have in common.
struct ConsumerGroupsShared {
  const GroupsConfig& config;
  GroupTimers& timers;
  TopicHashes hashes;
  /// The version of the cluster's topics that last had new ones.
  std::int64_t new_topics_version{-1};

  /// What holds for the group now: its own settings over the broker's.
  ConsumerSettings settings(std::string_view group, const Context& context) const;
};

/// Changes a group, and writes the record that says so, in one: the one does not go without the
/// other. For the length of one decision.
class ConsumerGroupWriter {
 public:
  ConsumerGroupWriter(ConsumerGroup& group, ConsumerGroupsShared& shared, const Context& context,
                      Effects& effects)
      : group_(group), shared_(shared), context_(context), effects_(effects) {}

  /// Who it is and what it subscribes to.
  void put_member(const ConsumerMember& member);
  /// Its epochs, state and partitions; its rebalance timer goes with the state.
  void put_current(const ConsumerMember& member);
  void remove_member(std::string_view member_id);
  void put_target(std::string_view member_id, const TopicPartitions& target);
  /// The target was computed now, for this epoch.
  void set_target_epoch(std::int32_t epoch);
  void put_regex(std::string_view regex, const ResolvedRegex& resolved);
  void remove_regex(std::string_view regex);

  /// The next epoch of the group, with the hash of its topics as they are.
  void bump_epoch();
  /// The hash of the topics that the group is subscribed to.
  std::int64_t compute_hash() const;
  /// Its topics have been looked at.
  void topics_are_fresh();

  /// Removes members for good, and the regular expressions that nobody else has; the group comes to
  /// its next epoch. At least one.
  void fence(const std::set<std::string>& member_ids);
  /// The records of a group that is not in the log yet, as it is.
  void write_group();
  /// Tombstones for everything; the caller drops the group.
  void erase_group();

  void start_session(std::string_view member_id);
  /// A member has its rebalance timeout to give partitions up.
  void start_or_stop_rebalance(std::string_view member_id);
  /// A member that speaks the classic protocol has its rebalance timeout to join again, from the
  /// first time that it is told to.
  void expect_join(std::string_view member_id);
  /// It has joined, and has as long to fetch its assignment.
  void expect_sync(std::string_view member_id);
  void has_synced(std::string_view member_id);

 private:
  void write(Record record) { effects_.records.push_back(std::move(record)); }

  ConsumerGroup& group_;
  ConsumerGroupsShared& shared_;
  const Context& context_;
  Effects& effects_;
};

}  // namespace moldau::coordinator
