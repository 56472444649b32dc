#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "coordinator/group/consumer/consumer_group.h"
#include "coordinator/group/consumer/group_writer.h"
#include "coordinator/group/effects.h"
#include "protocol/error_code.h"
#include "protocol/messages/consumer_group_heartbeat.h"

namespace moldau::coordinator {

/// An error with the words that Kafka says it with.
struct Refusal {
  protocol::ErrorCode error;
  std::string message;
};
template <class T>
using OrRefusal = std::expected<T, Refusal>;

protocol::ConsumerGroupHeartbeatResponse refused(Refusal refusal);

/// What is wrong with the request whatever the group; null: nothing.
std::optional<Refusal> check_heartbeat(const protocol::ConsumerGroupHeartbeatRequest& request,
                                       std::int16_t version, const GroupsConfig& config);

/// Who speaks, as the group knows it, or as it joins.
struct HeartbeatSender {
  ConsumerMember member;                  ///< before what the request says
  std::optional<std::string> replaces{};  ///< a static member that was away, by its member id
};

/// Whether the sender may go on with what it has. For a group that is made by this request: an
/// empty one.
OrRefusal<HeartbeatSender> admit(const ConsumerGroup& group,
                                 const protocol::ConsumerGroupHeartbeatRequest& request,
                                 std::string member_id, const GroupsConfig& config);

/// A regular expression that nobody in the group has had so far must be one.
std::optional<Refusal> check_regex(const ConsumerGroup& group, const ConsumerMember& before,
                                   const ConsumerMember& next);

/// Whether the group, and all groups together, have room for what the member says of itself. Kafka
/// knows no such limits.
bool has_room_for(const ConsumerGroup& group, const ConsumerMember& next, const Caller& caller,
                  const GroupsConfig& config);

/// The member with what the request says.
ConsumerMember updated(ConsumerMember member, const Caller& caller,
                       const protocol::ConsumerGroupHeartbeatRequest& request);

/// A static member that leaves for a while.
void leave_for_a_while(ConsumerGroup& group, const ConsumerMember& member,
                       ConsumerGroupWriter& writer, Effects& effects);
OrRefusal<const ConsumerMember*> find_leaving(
    const ConsumerGroup& group, const protocol::ConsumerGroupHeartbeatRequest& request);

/// Whom an administrator removes with a LeaveGroup.
struct Removal {
  std::vector<protocol::LeaveGroupResponse::MemberResponse> responses;
  std::set<std::string> members;
};
Removal find_removed(const ConsumerGroup& group,
                     const std::vector<protocol::LeaveGroupRequest::MemberIdentity>& members,
                     Effects& effects);

/// Why a group needs a new epoch; an empty text: it does not.
struct EpochReason {
  GroupEvent::Kind cause{};
  std::string text;
};

/// An event of a group of the consumer protocol.
GroupEvent event_of(const ConsumerGroup& group, GroupEvent::Kind kind, const ConsumerMember* member,
                    std::string text);
/// The next epoch begins.
GroupEvent rebalance_of(const ConsumerGroup& group, std::int32_t epoch, const EpochReason& reason);

/// What an admitted member's heartbeat does: what it says is written, a new epoch and target if
/// that is needed, and the member goes a step towards its target. The same for a member that speaks
/// the classic protocol, with a JoinGroup.
struct Heartbeat {
  ConsumerGroup& group;
  ConsumerGroupsShared& shared;
  const Context& context;
  const std::function<bool(std::string_view)>* may_describe;
  std::optional<TopicPartitions> owned;
  Effects& effects;

  /// All of it. The member as it is then.
  const ConsumerMember& advance(const HeartbeatSender& sender, const ConsumerMember& next);
  /// Only the first part.
  EpochReason write_member(const HeartbeatSender& sender, const ConsumerMember& next,
                           ConsumerGroupWriter& writer);

 private:
  /// Whether some of the group's regular expressions mean other topics now.
  bool refresh_regexes(ConsumerGroupWriter& writer);
  void maybe_bump_epoch(EpochReason reason, ConsumerGroupWriter& writer);
  void note_changes(const HeartbeatSender& sender, const ConsumerMember& next, bool is_new);
  /// Whether the assignment interval has passed since the last one.
  bool may_assign() const;
  const ConsumerMember& take_a_step(const std::string& member_id, bool has_subscription_changed,
                                    ConsumerGroupWriter& writer);
};

/// What the member says it owns; null: it does not say.
std::optional<TopicPartitions> owned_by(const protocol::ConsumerGroupHeartbeatRequest& request);

/// What a member is told that was `before` and is `now`.
protocol::ConsumerGroupHeartbeatResponse answer_heartbeat(
    const protocol::ConsumerGroupHeartbeatRequest& request, const ConsumerMember& before,
    const ConsumerMember& now, std::int32_t heartbeat_interval_ms);

}  // namespace moldau::coordinator
