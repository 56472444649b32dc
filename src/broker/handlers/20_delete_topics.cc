// DeleteTopics (API 20).
//   4  flexible       5  error message (KIP-599)       6  by name or id (KIP-516)
#include "broker/broker.h"
#include "broker/controller_driver.h"
#include "broker/handlers/handlers.h"
#include "protocol/messages/delete_topics.h"
#include "protocol/version_rules.h"

namespace moldau::broker {

env::Task<protocol::DeleteTopicsResponse> handle_delete_topics(
    Broker& broker, RequestContext& context, protocol::DeleteTopicsRequest request) {
  auto reply = co_await broker.controller().run<protocol::DeleteTopicsResponse>(
      context.worker, [&](metadata::Controller& controller, const metadata::Context& now) {
        return controller.delete_topics(now, request);
      });
  if (reply) {
    for (auto& topic : reply->responses) {
      topic.error_code = protocol::error_for(context.api, context.version, topic.error_code);
    }
    co_return std::move(*reply);
  }
  protocol::DeleteTopicsResponse response;
  for (const auto& name : request.topic_names) {  // below version 6
    auto& out = response.responses.emplace_back();
    out.name = Text::view(name);
    out.error_code = reply.error();
  }
  for (const auto& topic : request.topics) {
    auto& out = response.responses.emplace_back();
    if (topic.name) out.name = Text::view(*topic.name);
    out.topic_id = topic.topic_id;
    out.error_code = reply.error();
  }
  co_return response;
}

}  // namespace moldau::broker
