// How members leave: by themselves, for good or for a while, or by an administrator.

#include <fmt/format.h>

#include <set>
#include <string>

#include "coordinator/group/consumer/heartbeat.h"
#include "coordinator/group/replies.h"

namespace moldau::coordinator {

using protocol::ConsumerGroupHeartbeatRequest;
using protocol::ConsumerGroupHeartbeatResponse;
using protocol::ErrorCode;
using protocol::LeaveGroupRequest;
using protocol::LeaveGroupResponse;

ConsumerGroupHeartbeatResponse leave_as_said(ConsumerGroup& group, const ConsumerMember& member,
                                             const ConsumerGroupHeartbeatRequest& request,
                                             ConsumerGroupWriter& writer, Effects& effects) {
  ConsumerGroupHeartbeatResponse response;
  response.member_id = Text::copy(member.id);
  response.member_epoch = request.member_epoch;
  if (request.instance_id && request.member_epoch == leave_group_static_epoch) {
    effects.notes.push_back(fmt::format("group {:?}: static member {:?} leaves for a while",
                                        group.id(), *member.instance_id));
    ConsumerMember away = member;
    away.epoch = leave_group_static_epoch;
    away.pending_revocation.clear();
    writer.put_current(away);
    return response;
  }
  effects.notes.push_back(fmt::format("group {:?}: epoch {}: member {:?} leaves", group.id(),
                                      group.epoch() + 1, member.id));
  writer.fence({member.id});
  return response;
}

std::vector<LeaveGroupResponse::MemberResponse> remove_members(
    ConsumerGroup& group, const std::vector<LeaveGroupRequest::MemberIdentity>& members,
    ConsumerGroupWriter& writer, Effects& effects) {
  std::vector<LeaveGroupResponse::MemberResponse> responses;
  std::set<std::string> leaving;
  std::string words;
  for (const LeaveGroupRequest::MemberIdentity& identity : members) {
    auto& response = responses.emplace_back();
    response.member_id = Text::view(identity.member_id);
    response.group_instance_id = identity.group_instance_id;
    const ConsumerMember* const member = identity.group_instance_id
                                             ? group.find_static(*identity.group_instance_id)
                                             : group.find(identity.member_id);
    if (member == nullptr) {
      response.error_code = ErrorCode::unknown_member_id;
    } else if (identity.group_instance_id && !identity.member_id.empty() &&
               identity.member_id.view() != member->id) {
      response.error_code = ErrorCode::fenced_instance_id;
    } else if (leaving.insert(member->id).second) {
      words += fmt::format("{}member {:?} is removed{}", words.empty() ? "" : ", ", member->id,
                           reason_suffix(identity.reason));
    }
  }
  if (leaving.empty()) return responses;
  effects.notes.push_back(
      fmt::format("group {:?}: epoch {}: {}", group.id(), group.epoch() + 1, words));
  writer.fence(leaving);
  return responses;
}

}  // namespace moldau::coordinator
