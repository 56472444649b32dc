// AlterConfigs (API 33): replaces a resource's whole configuration.
//   2  flexible
#include "broker/broker.h"
#include "broker/controller_driver.h"
#include "broker/handlers/handlers.h"
#include "protocol/messages/alter_configs.h"

namespace moldau::broker {

env::Task<protocol::AlterConfigsResponse> handle_alter_configs(
    Broker& broker, RequestContext& context, protocol::AlterConfigsRequest request) {
  auto reply = co_await broker.controller().run<protocol::AlterConfigsResponse>(
      context.worker, [&](metadata::Controller& controller, const metadata::Context& now) {
        return controller.alter_configs(now, request);
      });
  if (reply) co_return std::move(*reply);
  protocol::AlterConfigsResponse response;
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
