// What members say beside joining: they are there, they go, they commit.

#include <fmt/format.h>

#include "coordinator/group/classic_group.h"
#include "coordinator/group/replies.h"

namespace moldau::coordinator {

using protocol::ErrorCode;
using protocol::LeaveGroupRequest;
using protocol::LeaveGroupResponse;

/// While a generation is being completed a heartbeat is fine: its sender waits for its assignment.
ErrorCode ClassicGroup::heartbeat(const Context& context,
                                  const protocol::HeartbeatRequest& request) {
  const ErrorCode error = validate_member(request.member_id, request.group_instance_id);
  if (error != ErrorCode::none) return error;
  if (request.generation_id != generation_) return ErrorCode::illegal_generation;
  set_session(*find(request.member_id), context.now);
  return state_ == GroupState::preparing_rebalance ? ErrorCode::rebalance_in_progress
                                                   : ErrorCode::none;
}

std::vector<LeaveGroupResponse::MemberResponse> ClassicGroup::leave(
    const Context& context, const std::vector<LeaveGroupRequest::MemberIdentity>& members,
    Effects& effects) {
  std::vector<LeaveGroupResponse::MemberResponse> responses;
  std::string left;
  for (const LeaveGroupRequest::MemberIdentity& identity : members) {
    auto& response = responses.emplace_back();
    response.member_id = Text::view(identity.member_id);
    response.group_instance_id = identity.group_instance_id;
    if (const auto pending = pending_.find(identity.member_id); pending != pending_.end()) {
      pending_.erase(pending);
      continue;
    }
    // An administrator names static members by their instance id alone.
    std::string member_id = identity.member_id.str();
    if (member_id.empty() && identity.group_instance_id) {
      if (const std::string* known = static_member_id(*identity.group_instance_id)) {
        member_id = *known;
      }
    }
    response.error_code = validate_member(member_id, identity.group_instance_id);
    if (response.error_code != ErrorCode::none) continue;
    const std::string text =
        fmt::format("member {:?} leaves{}", member_id, reason_suffix(identity.reason));
    left += fmt::format("{}{}", left.empty() ? "" : ", ", text);
    Member& member = *find(member_id);
    happened(GroupEvent::Kind::left, &member, text, effects);
    remove_member(member, effects);
  }
  if (left.empty() || state_ == GroupState::preparing_rebalance) {
    if (!left.empty()) effects.notes.push_back(fmt::format("group {:?}: {}", id_, left));
    maybe_complete_join_phase(context, effects);
  } else {
    prepare_rebalance(context, {GroupEvent::Kind::left, left}, effects);
  }
  return responses;
}

/// The other way round than with heartbeats: while members are joining, those of the generation
/// before may still commit, but while a generation is being completed nobody owns anything.
ErrorCode ClassicGroup::accept_commit(const Context& context,
                                      const protocol::OffsetCommitRequest& request) {
  const std::int32_t generation = request.generation_id_or_member_epoch;
  if (generation < 0 && state_ == GroupState::empty) return ErrorCode::none;
  if (generation < 0 && request.member_id.empty() && !request.group_instance_id) {
    return ErrorCode::unknown_member_id;  // a group with members is not for outsiders
  }
  const ErrorCode error = validate_member(request.member_id, request.group_instance_id);
  if (error != ErrorCode::none) return error;
  if (generation != generation_) return ErrorCode::illegal_generation;
  if (state_ == GroupState::completing_rebalance) return ErrorCode::rebalance_in_progress;
  set_session(*find(request.member_id), context.now);
  return ErrorCode::none;
}

}  // namespace moldau::coordinator
