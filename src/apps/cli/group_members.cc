#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "apps/cli/explain.h"
#include "apps/cli/group_commands.h"
#include "apps/cli/groups.h"
#include "protocol/messages/leave_group.h"

namespace moldau::apps {
namespace {

using protocol::ErrorCode;
using protocol::LeaveGroupRequest;
using protocol::LeaveGroupResponse;

/// As Kafka's removeMembersFromConsumerGroup words it.
std::string reason_text(const GroupOptions& options) {
  const std::string standard = "member was removed by an admin";
  return options.reason.empty() ? standard : standard + ": " + options.reason;
}

/// Those that the options name. Static ones go by their instance alone: the id of the member behind
/// it changes whenever it starts.
LeaveGroupRequest request_for(const GroupDescription& group, const GroupOptions& options,
                              const std::string& reason) {
  LeaveGroupRequest request;
  request.group_id = Text::view(group.id);
  std::set<std::string_view> instances(options.instances.begin(), options.instances.end());
  std::set<std::string_view> members(options.members.begin(), options.members.end());
  if (options.all_members) {
    for (const auto& member : group.members) {
      member.instance_id.empty() ? members.insert(member.id) : instances.insert(member.instance_id);
    }
  }
  for (const auto instance : instances) {
    request.members.push_back(
        {.member_id = {}, .group_instance_id = Text::view(instance), .reason = Text::view(reason)});
  }
  for (const auto member : members) {
    request.members.push_back(
        {.member_id = Text::view(member), .group_instance_id = {}, .reason = Text::view(reason)});
  }
  return request;
}

std::string name_of(const LeaveGroupResponse::MemberResponse& member) {
  return member.group_instance_id && !member.group_instance_id->empty()
             ? fmt::format("static member {}", printable(member.group_instance_id->view()))
             : fmt::format("member {}", printable(member.member_id.view()));
}

/// Why a member was not removed.
Error refusal(const GroupDescription& group, const LeaveGroupResponse::MemberResponse& member) {
  const auto is_it = [&](const GroupMember& one) {
    return member.group_instance_id && !member.group_instance_id->empty()
               ? one.instance_id == member.group_instance_id->view()
               : one.id == member.member_id.view();
  };
  const auto found = std::ranges::find_if(group.members, is_it);
  const auto what = fmt::format("group {}, {}", group.id, name_of(member));
  if (found == group.members.end() && member.error_code == ErrorCode::unknown_member_id) {
    return {Errc::not_found,
            fmt::format("{}: there is no such member. `moldau group describe {}` names them", what,
                        group.id)};
  }
  if (found != group.members.end() && found->epoch && !found->is_classic) {
    return {Errc::unsupported,
            fmt::format("{}: the coordinator does not remove members that speak the consumer "
                        "protocol ({}). Stop the process of {} at {}",
                        what, member.error_code, found->client_id, found->host)};
  }
  return explain(member.error_code, what);
}

Result<protocol::Decoded<LeaveGroupResponse>> send(Wire& wire, const LeaveGroupRequest& request,
                                                   const std::string& group) {
  return wire.patiently([&]() -> Result<protocol::Decoded<LeaveGroupResponse>> {
    const auto coordinator = TRY(coordinator_of(wire, group));
    constexpr std::int16_t first_with_lists = 3;
    if (TRY(wire.version_at(coordinator, LeaveGroupRequest::info)) < first_with_lists) {
      return fail(Errc::unsupported, fmt::format("broker {} does not let members be removed: that "
                                                 "came with Kafka 2.4",
                                                 coordinator));
    }
    auto response = TRY(wire.ask<LeaveGroupResponse>(coordinator, request));
    if (response->error_code == ErrorCode::none) return response;
    return std::unexpected(explain(response->error_code, "group " + group));
  });
}

}  // namespace

Result<> remove_members(World& world, const GroupOptions& options) {
  const auto wire = TRY(Wire::connect(world, options.client));
  const auto group = TRY(describe_group(*wire, options.group));
  const auto reason = reason_text(options);
  const auto request = request_for(group, options, reason);
  if (request.members.empty()) {
    fmt::print("group {} has no members\n", group.id);
    return {};
  }
  const auto response = TRY(send(*wire, request, group.id));
  Result<> result;
  for (const auto& member : response->members) {
    if (member.error_code == ErrorCode::none) {
      fmt::print("removed {}\n", name_of(member));
    } else if (result) {
      result = std::unexpected(refusal(group, member));
    } else {
      report(refusal(group, member));
    }
  }
  return result;
}

}  // namespace moldau::apps
