// ElectLeaders (API 43, KIP-183).
//   1  unclean elections, one error for all (KIP-460)      2  flexible
#include "broker/broker.h"
#include "broker/controller_driver.h"
#include "broker/handlers/handlers.h"
#include "protocol/messages/elect_leaders.h"

namespace moldau::broker {

env::Task<protocol::ElectLeadersResponse> handle_elect_leaders(
    Broker& broker, RequestContext& context, protocol::ElectLeadersRequest request) {
  auto reply = co_await broker.controller().run<protocol::ElectLeadersResponse>(
      context.worker, [&](metadata::Controller& controller, const metadata::Context& now) {
        return controller.elect_leaders(now, request);
      });
  if (reply) co_return std::move(*reply);
  protocol::ElectLeadersResponse response;
  if (context.version > 0) response.error_code = reply.error();
  if (!request.topic_partitions) co_return response;
  for (const auto& topic : *request.topic_partitions) {  // all that version 0 can say
    auto& result = response.replica_election_results.emplace_back();
    result.topic = Text::view(topic.topic);
    for (const PartitionId id : topic.partitions) {
      result.partition_result.push_back(
          {.partition_id = id, .error_code = reply.error(), .error_message = std::nullopt});
    }
  }
  co_return response;
}

}  // namespace moldau::broker
