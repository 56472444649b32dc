// SyncGroup: assignments from the leader to all.

#include <fmt/format.h>

#include <utility>

#include "coordinator/group/classic_group.h"
#include "coordinator/group/group_records.h"
#include "coordinator/group/replies.h"

namespace moldau::coordinator {
namespace {

using protocol::ErrorCode;
using protocol::SyncGroupRequest;
using protocol::SyncGroupResponse;

bool differs(const std::optional<Text>& said, const std::optional<std::string>& known) {
  return said && known && said->view() != *known;
}

}  // namespace

std::optional<SyncGroupResponse> ClassicGroup::sync(const Context& context, const Caller& caller,
                                                    const SyncGroupRequest& request,
                                                    Effects& effects) {
  const ErrorCode error = validate_member(request.member_id, request.group_instance_id);
  if (error != ErrorCode::none) return sync_refusal(error);
  if (request.generation_id != generation_) return sync_refusal(ErrorCode::illegal_generation);
  if (differs(request.protocol_type, protocol_type_) || differs(request.protocol_name, protocol_)) {
    return sync_refusal(ErrorCode::inconsistent_group_protocol);
  }
  if (state_ == GroupState::preparing_rebalance) {
    return sync_refusal(ErrorCode::rebalance_in_progress);
  }

  Member& member = *find(request.member_id);
  if (member.owes_sync) {
    member.owes_sync = false;
    if (--owing_count_ == 0) sync_timer_.cancel();
  }
  if (state_ == GroupState::stable) return assigned(member);
  park_sync(member, caller.reply_id, effects);
  if (is_leader(member)) assign(context, request, effects);
  return std::nullopt;
}

/// The leader has spoken: members that it does not name get nothing, names of others are ignored.
void ClassicGroup::assign(const Context& context, const SyncGroupRequest& request,
                          Effects& effects) {
  for (const auto& [id, member] : members_) member->assignment = SharedBytes();
  for (const SyncGroupRequest::SyncGroupRequestAssignment& to : request.assignments) {
    if (Member* const member = find(to.member_id)) {
      member->assignment = SharedBytes::copy(to.assignment.bytes());
    }
  }
  Record record = group_record(id_, value());
  if (record.size() > shared_.config.step_bytes_max) {
    fail_syncs(context, ErrorCode::unknown_server_error, effects);
    prepare_rebalance(context,
                      {GroupEvent::Kind::turned_away,
                       fmt::format("a record of {} bytes is over the limit", record.size())},
                      effects);
    return;
  }
  effects.records.push_back(std::move(record));
  transition_to(GroupState::stable, context.wall);
  happened(GroupEvent::Kind::assigned, nullptr,
           fmt::format("generation {} has its assignments", generation_), effects);
  for (const auto& [id, member] : members_) {
    if (release_sync(*member, assigned(*member), effects)) set_session(*member, context.now);
  }
}

SyncGroupResponse ClassicGroup::assigned(const Member& member) const {
  SyncGroupResponse response;
  response.protocol_type = Text::copy(*protocol_type_);
  response.protocol_name = Text::copy(*protocol_);
  response.assignment = member.assignment;
  return response;
}

}  // namespace moldau::coordinator
