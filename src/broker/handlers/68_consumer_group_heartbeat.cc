// ConsumerGroupHeartbeat (API 68), KIP-848.
//   1  members make their ids; regular expressions
#include "broker/broker.h"
#include "broker/group_coordinators.h"
#include "broker/handlers/handlers.h"
#include "protocol/messages/consumer_group_heartbeat.h"

namespace moldau::broker {

using protocol::ConsumerGroupHeartbeatRequest;
using protocol::ConsumerGroupHeartbeatResponse;

env::Task<ConsumerGroupHeartbeatResponse> handle_consumer_group_heartbeat(
    Broker& broker, RequestContext& context, ConsumerGroupHeartbeatRequest request) {
  ConsumerGroupHeartbeatResponse response;
  if (!has_consumer_protocol(*context.image)) {
    response.error_code = protocol::ErrorCode::unsupported_version;
    co_return response;
  }
  // Most heartbeats say nothing new, and need no room.
  const bool says_more = request.subscribed_topic_names || request.subscribed_topic_regex;
  const std::size_t room = says_more ? broker.groups().metadata_room() : 0;
  auto decide = [&](coordinator::Groups& groups, const coordinator::Context& now,
                    coordinator::Caller caller) {
    caller.metadata_room = room;
    return groups.consumer_heartbeat(now, caller, request);
  };
  auto answered = co_await ask_group<ConsumerGroupHeartbeatResponse>(broker.groups(), context,
                                                                     request.group_id, decide);
  if (answered) co_return std::move(*answered);
  response.error_code = answered.error();
  co_return response;
}

}  // namespace moldau::broker
