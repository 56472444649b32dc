// CreateTopics (API 19).
//   4  defaults for partitions and replicas (KIP-464)   6  THROTTLING_QUOTA_EXCEEDED (KIP-599)
//   5  flexible; configs in the answer (KIP-525)        7  topic id in the answer
#include "broker/broker.h"
#include "broker/controller_driver.h"
#include "broker/handlers/handlers.h"
#include "protocol/messages/create_topics.h"

namespace moldau::broker {

env::Task<protocol::CreateTopicsResponse> handle_create_topics(
    Broker& broker, RequestContext& context, protocol::CreateTopicsRequest request) {
  auto reply = co_await broker.controller().run<protocol::CreateTopicsResponse>(
      context.worker, [&](metadata::Controller& controller, const metadata::Context& now) {
        return controller.create_topics(now, request);
      });
  if (reply) co_return std::move(*reply);
  protocol::CreateTopicsResponse response;
  for (const auto& topic : request.topics) {
    auto& out = response.topics.emplace_back();
    out.name = Text::view(topic.name);
    out.error_code = reply.error();
    out.error_message.reset();
  }
  co_return response;
}

}  // namespace moldau::broker
