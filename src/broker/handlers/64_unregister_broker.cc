// UnregisterBroker (API 64, KIP-631).
#include "broker/broker.h"
#include "broker/controller_driver.h"
#include "broker/handlers/handlers.h"
#include "protocol/messages/unregister_broker.h"

namespace moldau::broker {

env::Task<protocol::UnregisterBrokerResponse> handle_unregister_broker(
    Broker& broker, RequestContext& context, protocol::UnregisterBrokerRequest request) {
  auto reply = co_await broker.controller().run<protocol::UnregisterBrokerResponse>(
      context.worker, [&](metadata::Controller& controller, const metadata::Context& now) {
        return controller.unregister_broker(now, request);
      });
  if (reply) co_return std::move(*reply);
  protocol::UnregisterBrokerResponse response;
  response.error_code = reply.error();
  response.error_message.reset();
  co_return response;
}

}  // namespace moldau::broker
