// JoinGroup (API 11).
//   1  rebalance timeout           6  flexible
//   4  member ids are required     7  protocol type in the answer
//   5  static members (KIP-345)    8  reason (KIP-800); 9  skip assignment (KIP-814)
#include "broker/broker.h"
#include "broker/group_coordinators.h"
#include "broker/handlers/handlers.h"
#include "protocol/messages/join_group.h"

namespace moldau::broker {

using protocol::JoinGroupRequest;
using protocol::JoinGroupResponse;

env::Task<JoinGroupResponse> handle_join_group(Broker& broker, RequestContext& context,
                                               JoinGroupRequest request) {
  const std::size_t room = broker.groups().metadata_room();
  auto decide = [&](coordinator::Groups& groups, const coordinator::Context& now,
                    coordinator::Caller caller) {
    caller.metadata_room = room;
    return groups.join(now, caller, request);
  };
  auto joined =
      co_await ask_group<JoinGroupResponse>(broker.groups(), context, request.group_id, decide);
  if (joined) co_return std::move(*joined);
  JoinGroupResponse response;
  response.error_code = joined.error();
  if (context.version >= 7) response.protocol_name.reset();
  co_return response;
}

}  // namespace moldau::broker
