#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "coordinator/group/effects.h"
#include "coordinator/group/group_events.h"
#include "coordinator/group/group_inspection.h"
#include "coordinator/group/group_timers.h"
#include "coordinator/group/groups.h"
#include "coordinator/runtime/step.h"
#include "protocol/error_code.h"
#include "protocol/records/group_records.h"

namespace moldau::coordinator {

enum class GroupState : std::uint8_t {
  empty,                 ///< no members; it may have offsets
  preparing_rebalance,   ///< JoinGroups are parked until all members are in, or time is up
  completing_rebalance,  ///< generation and leader are new; SyncGroups wait for the leader's
  stable,                ///< every member may have its assignment
  dead,                  ///< only a word for clients: a group that is not there
};
/// As clients read it: "PreparingRebalance".
std::string_view name(GroupState state);

/// New members cannot send heartbeats while their JoinGroup is parked; this bounds their stay.
inline constexpr std::int64_t new_member_join_timeout_ms = 300'000;
/// Where static members alone stay away, the join phase is tried again, not more often than this.
inline constexpr std::int64_t join_phase_retry_ms_min = 1'000;
/// Ids given out that nobody joined with yet. One more: the one that would expire first goes.
inline constexpr std::size_t pending_members_max = 1'000;
/// Of a client id or instance id before the dash, so that the id fits into a string (32,767 bytes).
inline constexpr std::size_t member_id_prefix_bytes_max = 1'000;

struct SupportedProtocol {
  std::string name;
  SharedBytes metadata;  ///< opaque, echoed as it came
};

struct Member {
  struct ParkedJoin {
    ReplyId id;
    std::int16_t version;
  };

  std::string id;
  std::optional<std::string> instance_id;  ///< static member (KIP-345)
  std::string client_id;
  std::string client_host;
  std::int32_t rebalance_timeout_ms{0};
  std::int32_t session_timeout_ms{0};
  std::vector<SupportedProtocol> protocols;  ///< the preferred one first, no name twice
  SharedBytes assignment;                    ///< of the last time the group was stable, opaque
  std::optional<ParkedJoin> join;
  std::optional<ReplyId> sync;
  bool is_new{false};          ///< until the first generation that it is in
  bool owes_sync{false};       ///< since the generation began
  GroupTimers::Timer session;  ///< not set while a parked answer keeps the member alive

  bool is_static() const { return instance_id.has_value(); }
  const SharedBytes* metadata(std::string_view protocol) const;
};

/// A group of the classic protocol, as Kafka's coordinator runs it. Members in order of their ids.
/// Owned by Groups, protected by its owner's mutex.
///
///   empty -> preparing: a member joins
///   preparing -> completing: all have joined, or the time is up and somebody has
///   preparing -> empty: nobody is left
///   completing -> stable: the leader's SyncGroup
///   completing, stable -> preparing: a member joins, leaves, falls silent, wants something else
///
/// Invariants: empty means no members; some protocol is supported by all members; the members with
/// a parked join are `joined_count_`, those that owe a sync `owing_count_`.
class ClassicGroup {
 public:
  /// What all groups of one machine have in common.
  struct Shared {
    GroupsConfig config;
    GroupTimers timers;
    std::size_t member_count{0};
    std::size_t metadata_bytes{0};  ///< of all members of all groups
  };

  /// Empty. `since`: null for a group that a commit makes.
  ClassicGroup(std::string id, Shared& shared, std::optional<WallMs> since);
  ClassicGroup(const ClassicGroup&) = delete;
  ClassicGroup& operator=(const ClassicGroup&) = delete;
  ~ClassicGroup();

  /// Empty or stable, as the log says. Errc::corrupt if that cannot be.
  static Result<std::unique_ptr<ClassicGroup>> from_value(
      std::string_view id, Shared& shared, const protocol::GroupMetadataValue& value);
  /// Sessions begin. A group over group.max.size rebalances.
  void on_loaded(const Context& context);

  // --- Requests; the group id, and whether it exists, are the caller's business
  // -------------------

  /// A null answer: parked, or already in `effects`.
  std::optional<protocol::JoinGroupResponse> join(const Context& context, const Caller& caller,
                                                  const protocol::JoinGroupRequest& request,
                                                  Effects& effects);
  std::optional<protocol::SyncGroupResponse> sync(const Context& context, const Caller& caller,
                                                  const protocol::SyncGroupRequest& request,
                                                  Effects& effects);
  protocol::ErrorCode heartbeat(const Context& context, const protocol::HeartbeatRequest& request);
  /// In the form of version 3 and later.
  std::vector<protocol::LeaveGroupResponse::MemberResponse> leave(
      const Context& context,
      const std::vector<protocol::LeaveGroupRequest::MemberIdentity>& members, Effects& effects);
  /// Whether the sender may commit; if so its session goes on.
  protocol::ErrorCode accept_commit(const Context& context,
                                    const protocol::OffsetCommitRequest& request);
  protocol::DescribeGroupsResponse::DescribedGroup describe() const;
  GroupInspection inspect(const Context& context) const;

  void on_timer(const Context& context, const GroupTimer& timer, Effects& effects);
  /// Whoever waits is told to join again: the group becomes one of the consumer protocol.
  void release_all(Effects& effects);
  /// Of a stable group that was one of the consumer protocol: its members are to join again.
  void rebalance(const Context& context, std::string_view reason, Effects& effects) {
    prepare_rebalance(context, {GroupEvent::Kind::migrated, reason}, effects);
  }

  // --- What is so
  // ---------------------------------------------------------------------------------

  const std::string& id() const { return id_; }
  GroupState state() const { return state_; }
  /// Null for a group that only commits.
  const std::optional<std::string>& protocol_type() const { return protocol_type_; }
  bool is_consumer_group() const { return protocol_type_ == "consumer"; }
  /// True for a consumer group whose subscriptions cannot be read.
  bool is_subscribed_to(std::string_view topic) const;
  bool knows_subscriptions() const { return subscribed_topics_.has_value(); }
  /// When it came into its state, by the wall clock; null: not known.
  std::optional<WallMs> state_since() const { return state_since_; }
  bool has_pending_members() const { return !pending_.empty(); }
  std::int32_t generation() const { return generation_; }
  /// Of the generation; null if there is none.
  const std::optional<std::string>& protocol() const { return protocol_; }
  std::vector<const Member*> members() const;
  /// What is written to the log. Texts are views of the group.
  protocol::GroupMetadataValue value() const;

 private:
  using Members = std::map<std::string_view, std::unique_ptr<Member>>;  // keys: Member::id

  struct Reason {
    GroupEvent::Kind cause;
    std::string_view text;
  };

  // classic_group.cc: members and what follows from them
  Member* find(std::string_view member_id);
  const std::string* static_member_id(std::string_view instance_id) const;
  protocol::ErrorCode validate_member(std::string_view member_id,
                                      const std::optional<Text>& instance_id) const;
  bool is_leader(const Member& member) const { return leader_ == member.id; }
  Member& insert_member(std::unique_ptr<Member> member);
  /// Its parked answers are UNKNOWN_MEMBER_ID.
  void remove_member(Member& member, Effects& effects);
  void count_protocols(const Member& member, int difference);
  bool all_support(std::string_view protocol) const;
  std::string select_protocol() const;
  std::int32_t rebalance_timeout_ms() const;
  std::optional<std::set<std::string, std::less<>>> read_subscriptions() const;
  void park_join(Member& member, Member::ParkedJoin join, Effects& effects);
  void park_sync(Member& member, ReplyId id, Effects& effects);
  void release_join(Member& member, protocol::JoinGroupResponse response, Effects& effects);
  /// Whether there was one.
  bool release_sync(Member& member, protocol::SyncGroupResponse response, Effects& effects);
  void set_session(Member& member, MonoTime now, std::int64_t timeout_ms);
  void set_session(Member& member, MonoTime now) {
    set_session(member, now, member.session_timeout_ms);
  }
  void transition_to(GroupState state, WallMs wall);
  /// For the group's history.
  void happened(GroupEvent::Kind kind, const Member* member, std::string text,
                Effects& effects) const;

  // join.cc
  bool accepts(std::string_view member_id) const;
  bool has_room_for(const Caller& caller, const protocol::JoinGroupRequest& request,
                    Effects& effects) const;
  bool supports(const protocol::JoinGroupRequest& request) const;
  void turn_away(const Caller& caller, std::string_view why, Effects& effects) const;
  void refuse_protocols(const Caller& caller, const protocol::JoinGroupRequest& request,
                        Effects& effects) const;
  std::optional<protocol::JoinGroupResponse> join_new(const Context& context, const Caller& caller,
                                                      const protocol::JoinGroupRequest& request,
                                                      Effects& effects);
  std::optional<protocol::JoinGroupResponse> join_again(const Context& context,
                                                        const Caller& caller,
                                                        const protocol::JoinGroupRequest& request,
                                                        Effects& effects);
  void add_pending_member(const Context& context, const std::string& member_id,
                          std::int32_t session_timeout_ms, Effects& effects);
  void add_member(const Context& context, const Caller& caller,
                  const protocol::JoinGroupRequest& request, std::string member_id,
                  Effects& effects);
  void update_member(Member& member, const Caller& caller,
                     const protocol::JoinGroupRequest& request);
  std::optional<protocol::JoinGroupResponse> replace_static_member(
      const Context& context, const Caller& caller, const protocol::JoinGroupRequest& request,
      Member& member, std::string member_id, Effects& effects);
  void rename_static_member(Member& member, std::string member_id, Effects& effects);
  protocol::JoinGroupResponse joined(const Member& member, std::int16_t version) const;

  // rebalance.cc
  bool is_initial_rebalance() const {
    return state_ == GroupState::preparing_rebalance && previous_state_ == GroupState::empty;
  }
  bool all_joined() const { return members_.size() == joined_count_ && pending_.empty(); }
  void rebalance_or_complete(const Context& context, const Reason& reason, Effects& effects);
  void prepare_rebalance(const Context& context, const Reason& reason, Effects& effects);
  void fail_syncs(const Context& context, protocol::ErrorCode error, Effects& effects);
  void maybe_complete_join_phase(const Context& context, Effects& effects);
  void on_join_phase_timer(const Context& context, Effects& effects);
  void complete_join_phase(const Context& context, Effects& effects);
  bool elect_joined_leader(Effects& effects);
  void begin_generation(const Context& context, Effects& effects);
  void on_session_timer(const Context& context, std::string_view member_id, Effects& effects);
  void on_sync_phase_timer(const Context& context, Effects& effects);

  // group_inspection.cc
  std::string_view doing(const Member& member) const;
  void add_waits(const Context& context, GroupInspection& result) const;

  // sync.cc
  void assign(const Context& context, const protocol::SyncGroupRequest& request, Effects& effects);
  protocol::SyncGroupResponse assigned(const Member& member) const;

  const std::string id_;
  Shared& shared_;
  GroupState state_{GroupState::empty};
  GroupState previous_state_{GroupState::empty};
  std::optional<WallMs> state_since_;
  std::optional<std::string> protocol_type_;  ///< of the first member ever; kept when empty
  std::optional<std::string> protocol_;       ///< of the generation
  std::int32_t generation_{0};
  std::optional<std::string> leader_;
  Members members_;
  std::map<std::string, std::string, std::less<>> static_members_;  ///< instance id to member id
  /// Member ids that were given out and that nobody joined with yet (KIP-394).
  std::map<std::string, GroupTimers::Timer, std::less<>> pending_;
  std::map<std::string, std::size_t, std::less<>> protocol_counts_;  ///< supporting members
  std::size_t metadata_bytes_{0};  ///< of all members, in all protocols that they support
  /// Of the generation; null if not a consumer group or not readable.
  std::optional<std::set<std::string, std::less<>>> subscribed_topics_;
  std::size_t joined_count_{0};
  std::size_t owing_count_{0};

  GroupTimers::Timer join_timer_;
  GroupTimers::Timer sync_timer_;
  /// Of the initial rebalance: the delay that is running, what may still follow it, and whether
  /// somebody has come in it.
  std::int64_t initial_delay_ms_{0};
  std::int64_t initial_remaining_ms_{0};
  bool has_newcomers_{false};
};

}  // namespace moldau::coordinator
