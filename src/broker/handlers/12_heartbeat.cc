// Heartbeat (API 12).
//   3  static members (KIP-345)    4  flexible
#include "broker/broker.h"
#include "broker/group_coordinators.h"
#include "broker/handlers/handlers.h"
#include "protocol/messages/heartbeat.h"

namespace moldau::broker {

using protocol::ErrorCode;
using protocol::HeartbeatRequest;
using protocol::HeartbeatResponse;

env::Task<HeartbeatResponse> handle_heartbeat(Broker& broker, RequestContext& context,
                                              HeartbeatRequest request) {
  auto decide = [&](coordinator::Groups& groups, const coordinator::Context& now,
                    const coordinator::Caller& caller) {
    return groups.heartbeat(now, caller, request);
  };
  auto heard =
      co_await ask_group<HeartbeatResponse>(broker.groups(), context, request.group_id, decide);
  if (heard) co_return *heard;
  HeartbeatResponse response;
  // A member goes on while its coordinator is loading, as with Apache.
  if (heard.error() != ErrorCode::coordinator_load_in_progress) response.error_code = heard.error();
  co_return response;
}

}  // namespace moldau::broker
