// SyncGroup (API 14).
//   3  static members (KIP-345)    4  flexible    5  protocol type and name (KIP-559)
#include "broker/broker.h"
#include "broker/group_coordinators.h"
#include "broker/handlers/handlers.h"
#include "protocol/messages/sync_group.h"

namespace moldau::broker {

using protocol::SyncGroupRequest;
using protocol::SyncGroupResponse;

env::Task<SyncGroupResponse> handle_sync_group(Broker& broker, RequestContext& context,
                                               SyncGroupRequest request) {
  auto decide = [&](coordinator::Groups& groups, const coordinator::Context& now,
                    const coordinator::Caller& caller) {
    return groups.sync(now, caller, request);
  };
  auto synced =
      co_await ask_group<SyncGroupResponse>(broker.groups(), context, request.group_id, decide);
  if (synced) co_return std::move(*synced);
  SyncGroupResponse response;
  response.error_code = synced.error();
  co_return response;
}

}  // namespace moldau::broker
