// LeaveGroup (API 13).
//   3  several members (KIP-345)    4  flexible    5  reasons (KIP-800)
#include "broker/broker.h"
#include "broker/group_coordinators.h"
#include "broker/handlers/handlers.h"
#include "protocol/messages/leave_group.h"

namespace moldau::broker {

using protocol::LeaveGroupRequest;
using protocol::LeaveGroupResponse;

env::Task<LeaveGroupResponse> handle_leave_group(Broker& broker, RequestContext& context,
                                                 LeaveGroupRequest request) {
  auto decide = [&](coordinator::Groups& groups, const coordinator::Context& now,
                    const coordinator::Caller& caller) {
    return groups.leave(now, caller, request);
  };
  auto left =
      co_await ask_group<LeaveGroupResponse>(broker.groups(), context, request.group_id, decide);
  if (left) co_return std::move(*left);
  LeaveGroupResponse response;
  response.error_code = left.error();
  co_return response;
}

}  // namespace moldau::broker
