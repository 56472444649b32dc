// ElectLeaders (API 43, KIP-183).
//   1  unclean elections, one error for all (KIP-460)      2  flexible
#include "broker/broker.h"
#include "broker/handlers/handlers.h"

namespace moldau::broker {

env::Task<protocol::ElectLeadersResponse> handle_elect_leaders(
    Broker& broker, RequestContext& context, protocol::ElectLeadersRequest request) {
  auto reply = co_await broker.controller().run<protocol::ElectLeadersResponse>(
      context.worker, [&](metadata::Controller& controller, const metadata::Context& now) {
        return controller.elect_leaders(now, request);
      });
  if (reply) co_return std::move(*reply);
  protocol::ElectLeadersResponse response;
  response.error_code = reply.error();
  co_return response;
}

}  // namespace moldau::broker
