#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "base/time.h"
#include "base/uuid.h"
#include "coordinator/group/consumer/consumer_records.h"
#include "coordinator/group/consumer/member.h"
#include "coordinator/group/consumer/partitions.h"
#include "coordinator/group/group_timers.h"

namespace moldau::coordinator {

enum class ConsumerGroupState : std::uint8_t {
  empty,        ///< no members; it may have offsets
  assigning,    ///< its target assignment is older than its epoch
  reconciling,  ///< some members are on their way to the target
  stable,
};
/// As clients read it: "Reconciling".
std::string_view name(ConsumerGroupState state);

/// Members subscribed to a topic by name, and regular expressions that mean it.
struct SubscriptionCount {
  std::int32_t by_name{0};
  std::int32_t by_regex{0};
};

/// A group of the consumer protocol (KIP-848): what the log says about it and what follows from
/// that. It decides nothing: ConsumerGroupWriter changes it and writes the records that say so, and
/// apply() does what they say. Beside it are the timers of its members, which are soft.
///
/// Three epochs: the group's rises with every change of members, subscriptions or topics; the
/// target's is that of the group when the target was computed; a member's is that of the target it
/// has come to.
///
/// Owned by Groups, protected by its owner's mutex.
class ConsumerGroup {
 public:
  using Members = std::map<std::string, ConsumerMember, std::less<>>;
  using Regexes = std::map<std::string, ResolvedRegex, std::less<>>;

  /// Deadlines of a member. They end with it.
  struct MemberTimers {
    GroupTimers::Timer session;
    GroupTimers::Timer rebalance;
    std::int32_t rebalance_epoch{0};  ///< that the member is to leave in time
    GroupTimers::Timer join;          ///< of a member that speaks the classic protocol
    GroupTimers::Timer sync;
  };

  explicit ConsumerGroup(std::string id) : id_(std::move(id)) {}
  ConsumerGroup(const ConsumerGroup&) = delete;
  ConsumerGroup& operator=(const ConsumerGroup&) = delete;

  // --- What the log says; each is one kind of record --------------------------------------------

  void set_epoch(ConsumerGroupEntry::Value value);
  void set_target_epoch(ConsumerTargetEpochEntry::Value value) { target_ = value; }
  /// Puts a member, or another one in the place of that with its id.
  void put_member(ConsumerMember member);
  void remove_member(std::string_view member_id);
  void put_target(std::string_view member_id, TopicPartitions target);
  void remove_target(std::string_view member_id);
  void put_regex(std::string_view regex, ResolvedRegex resolved);
  void remove_regex(std::string_view regex);
  void set_has_partition_metadata(bool has) { has_partition_metadata_ = has; }

  /// A record of this group from the log. Parts of a member may come in any order, as compaction
  /// leaves them. Not for a tombstone of the group itself.
  void apply(ConsumerEntry&& entry);

  // --- What is so
  // ---------------------------------------------------------------------------------

  const std::string& id() const { return id_; }
  ConsumerGroupState state() const;
  std::int32_t epoch() const { return epoch_; }
  std::int64_t metadata_hash() const { return metadata_hash_; }
  std::int32_t target_epoch() const { return target_.epoch; }
  /// When the target was computed; 0: it was taken over from a classic group, or nobody knows.
  std::int64_t assigned_at_ms() const { return target_.assigned_at_ms; }
  /// Of what its members sent about themselves.
  std::size_t metadata_bytes() const { return metadata_bytes_; }
  bool has_partition_metadata() const { return has_partition_metadata_; }

  const Members& members() const { return members_; }
  /// Null: there is none.
  const ConsumerMember* find(std::string_view member_id) const;
  const ConsumerMember* find_static(std::string_view instance_id) const;
  /// Whether all members but these speak the classic protocol.
  bool all_are_classic_but(const std::set<std::string>& member_ids) const;
  /// Empty if it has none.
  const TopicPartitions& target_of(std::string_view member_id) const;
  /// Null: the log has none.
  const TopicPartitions* find_target(std::string_view member_id) const;

  bool is_subscribed_to(std::string_view topic) const { return topics_.contains(topic); }
  const std::map<std::string, SubscriptionCount, std::less<>>& topics() const { return topics_; }
  /// Whether all members are subscribed to the same topics, as far as can be told from counts.
  bool is_homogeneous() const;
  /// Regular expressions that members subscribe with, each with how many.
  const std::map<std::string, std::size_t, std::less<>>& subscribed_regexes() const {
    return regex_counts_;
  }
  const Regexes& resolved_regexes() const { return regexes_; }
  /// The assignor that most members prefer, the first by name of several; null: none prefers any.
  const std::string* preferred_assignor() const;
  /// Whether nobody has it, nor has yet to give it up.
  bool is_free(const Uuid& topic, PartitionId partition) const;

  // --- Soft -------------------------------------------------------------------------------------

  /// With the member's id, a text that stays where it is for as long as the member.
  std::pair<const std::string, MemberTimers>& timers_of(std::string_view member_id);
  /// Null: it has none.
  const MemberTimers* find_timers(std::string_view member_id) const;
  /// Until when what is known of its topics is good enough; null: it is to be looked at anew.
  std::optional<MonoTime> fresh_until;

 private:
  void count(const ConsumerMember& member, std::int32_t difference);
  void forget_instance(const ConsumerMember& member);
  void own(const std::string& member_id, const EpochPartitions& partitions);
  void disown(const std::string& member_id, const EpochPartitions& partitions);
  void count_regex_topics(const ResolvedRegex& resolved, std::int32_t difference);
  ConsumerMember member_or_new(std::string_view member_id) const;

  const std::string id_;
  const TopicPartitions nothing_;
  std::int32_t epoch_{1};  ///< so that a member never is at 0, which is to join
  std::int64_t metadata_hash_{0};
  ConsumerTargetEpochEntry::Value target_{.epoch = 1};  ///< of no members
  bool has_partition_metadata_{false};
  Members members_;
  std::map<std::string, TopicPartitions, std::less<>> targets_;
  Regexes regexes_;

  // What follows from the above.
  std::size_t metadata_bytes_{0};
  std::map<std::string, std::string, std::less<>> static_members_;  ///< instance id to member id
  std::map<std::string, SubscriptionCount, std::less<>> topics_;
  std::map<std::string, std::size_t, std::less<>> regex_counts_;
  std::map<std::string, std::size_t, std::less<>> assignor_counts_;
  /// Who has a partition, or has yet to give it up. The log may name two while it is loaded, as
  /// compaction leaves old records: the last one counts.
  std::map<Uuid, std::map<PartitionId, std::string>> owners_;

  std::map<std::string, MemberTimers, std::less<>> timers_;
};

}  // namespace moldau::coordinator
