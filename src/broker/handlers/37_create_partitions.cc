// CreatePartitions (API 37).
//   2  flexible       3  THROTTLING_QUOTA_EXCEEDED (KIP-599)
#include "broker/broker.h"
#include "broker/controller_driver.h"
#include "broker/handlers/handlers.h"
#include "protocol/messages/create_partitions.h"

namespace moldau::broker {

env::Task<protocol::CreatePartitionsResponse> handle_create_partitions(
    Broker& broker, RequestContext& context, protocol::CreatePartitionsRequest request) {
  auto reply = co_await broker.controller().run<protocol::CreatePartitionsResponse>(
      context.worker, [&](metadata::Controller& controller, const metadata::Context& now) {
        return controller.create_partitions(now, request);
      });
  if (reply) co_return std::move(*reply);
  protocol::CreatePartitionsResponse response;
  for (const auto& topic : request.topics) {
    auto& out = response.results.emplace_back();
    out.name = Text::view(topic.name);
    out.error_code = reply.error();
  }
  co_return response;
}

}  // namespace moldau::broker
