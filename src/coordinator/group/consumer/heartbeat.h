#pragma once

#include <expected>
#include <optional>
#include <string>
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

/// The member with what the request says.
ConsumerMember updated(ConsumerMember member, const Caller& caller,
                       const protocol::ConsumerGroupHeartbeatRequest& request);

/// Who leaves, for good or (epoch -2) for a while.
protocol::ConsumerGroupHeartbeatResponse leave_as_said(
    ConsumerGroup& group, const ConsumerMember& member,
    const protocol::ConsumerGroupHeartbeatRequest& request, ConsumerGroupWriter& writer,
    Effects& effects);
OrRefusal<const ConsumerMember*> find_leaving(
    const ConsumerGroup& group, const protocol::ConsumerGroupHeartbeatRequest& request);

/// LeaveGroup, as administrators send it.
std::vector<protocol::LeaveGroupResponse::MemberResponse> remove_members(
    ConsumerGroup& group, const std::vector<protocol::LeaveGroupRequest::MemberIdentity>& members,
    ConsumerGroupWriter& writer, Effects& effects);

/// The heartbeat of an admitted member: what it says is written, a new epoch and target if that is
/// needed, and the member goes a step towards its target.
struct Heartbeat {
  ConsumerGroup& group;
  ConsumerGroupsShared& shared;
  const Context& context;
  const Caller& caller;
  const protocol::ConsumerGroupHeartbeatRequest& request;
  Effects& effects;

  protocol::ConsumerGroupHeartbeatResponse answer(const HeartbeatSender& sender,
                                                  const ConsumerMember& next);

 private:
  /// Why the group needs a new epoch; empty: it does not.
  std::string write_member(const HeartbeatSender& sender, const ConsumerMember& next,
                           ConsumerGroupWriter& writer);
  /// Whether some of the group's regular expressions mean other topics now.
  bool refresh_regexes(ConsumerGroupWriter& writer);
  void maybe_bump_epoch(std::string reason, ConsumerGroupWriter& writer);
  const ConsumerMember& take_a_step(const std::string& member_id, bool has_subscription_changed,
                                    ConsumerGroupWriter& writer);
};

}  // namespace moldau::coordinator
