// How members leave: by themselves, for good or for a while, or by an administrator.

#include <fmt/format.h>

#include <string>

#include "coordinator/group/consumer/heartbeat.h"
#include "coordinator/group/replies.h"

namespace moldau::coordinator {

using protocol::ErrorCode;
using protocol::LeaveGroupRequest;

void leave_for_a_while(ConsumerGroup& group, const ConsumerMember& member,
                       ConsumerGroupWriter& writer, Effects& effects) {
  effects.notes.push_back(fmt::format("group {:?}: static member {:?} leaves for a while",
                                      group.id(), *member.instance_id));
  effects.events.push_back(
      event_of(group, GroupEvent::Kind::static_away, &member,
               fmt::format("static member {:?} leaves, to be back within its session",
                           *member.instance_id)));
  ConsumerMember away = member;
  away.epoch = leave_group_static_epoch;
  away.pending_revocation.clear();
  writer.put_current(away);
}

Removal find_removed(const ConsumerGroup& group,
                     const std::vector<LeaveGroupRequest::MemberIdentity>& members,
                     Effects& effects) {
  Removal result;
  std::string words;
  for (const LeaveGroupRequest::MemberIdentity& identity : members) {
    auto& response = result.responses.emplace_back();
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
    } else if (result.members.insert(member->id).second) {
      const std::string text =
          fmt::format("member {:?} is removed{}", member->id, reason_suffix(identity.reason));
      words += fmt::format("{}{}", words.empty() ? "" : ", ", text);
      effects.events.push_back(event_of(group, GroupEvent::Kind::left, member, text));
    }
  }
  if (!words.empty()) {
    effects.notes.push_back(
        fmt::format("group {:?}: epoch {}: {}", group.id(), group.epoch() + 1, words));
    effects.events.push_back(
        rebalance_of(group, group.epoch() + 1, {GroupEvent::Kind::left, words}));
  }
  return result;
}

}  // namespace moldau::coordinator
