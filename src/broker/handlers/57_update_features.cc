// UpdateFeatures (API 57, KIP-584).
//   1  upgrade types, validation only (KIP-778)      2  no results per feature
#include "broker/broker.h"
#include "broker/controller_driver.h"
#include "broker/handlers/handlers.h"
#include "protocol/messages/update_features.h"

namespace moldau::broker {

env::Task<protocol::UpdateFeaturesResponse> handle_update_features(
    Broker& broker, RequestContext& context, protocol::UpdateFeaturesRequest request) {
  auto reply = co_await broker.controller().run<protocol::UpdateFeaturesResponse>(
      context.worker, [&](metadata::Controller& controller, const metadata::Context& now) {
        return controller.update_features(now, request);
      });
  if (reply) co_return std::move(*reply);
  protocol::UpdateFeaturesResponse response;
  response.error_code = reply.error();
  response.error_message.reset();
  co_return response;
}

}  // namespace moldau::broker
