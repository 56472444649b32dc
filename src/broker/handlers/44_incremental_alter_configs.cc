// IncrementalAlterConfigs (API 44, KIP-339).
//   1  flexible
#include "broker/broker.h"
#include "broker/controller_driver.h"
#include "broker/handlers/handlers.h"
#include "protocol/messages/incremental_alter_configs.h"

namespace moldau::broker {

env::Task<protocol::IncrementalAlterConfigsResponse> handle_incremental_alter_configs(
    Broker& broker, RequestContext& context, protocol::IncrementalAlterConfigsRequest request) {
  auto reply = co_await broker.controller().run<protocol::IncrementalAlterConfigsResponse>(
      context.worker, [&](metadata::Controller& controller, const metadata::Context& now) {
        return controller.incremental_alter_configs(now, request);
      });
  if (reply) co_return std::move(*reply);
  protocol::IncrementalAlterConfigsResponse response;
  for (const auto& resource : request.resources) {
    auto& out = response.responses.emplace_back();
    out.error_code = reply.error();
    out.error_message.reset();
    out.resource_type = resource.resource_type;
    out.resource_name = Text::view(resource.resource_name);
  }
  co_return response;
}

}  // namespace moldau::broker
