#include "apps/cli/topic_alter.h"

#include "apps/cli/explain.h"
#include "protocol/messages/create_partitions.h"

namespace moldau::apps {
namespace {

using protocol::CreatePartitionsRequest;
using protocol::CreatePartitionsResponse;
using protocol::ErrorCode;

Result<> set_partitions(Wire& wire, const TopicChange& change) {
  CreatePartitionsRequest request;
  request.topics.push_back(
      {.name = Text::view(change.topic), .count = change.partitions, .assignments = std::nullopt});
  request.timeout_ms = wire.options().timeout_ms;
  request.validate_only = change.commit == Commit::validate_only;
  const auto controller = TRY(wire.controller());
  const auto response = TRY(wire.ask<CreatePartitionsResponse>(controller, request));
  for (const auto& result : response->results) {
    if (result.error_code == ErrorCode::none) continue;
    return std::unexpected(explain(result.error_code, "topic " + change.topic,
                                   result.error_message ? result.error_message->view() : ""));
  }
  return {};
}

}  // namespace

Result<> alter_topic(Wire& wire, const TopicChange& change) {
  if (!change.configs.empty()) {
    const ConfigResource resource{.kind = ConfigResource::Kind::topic, .name = change.topic};
    TRY(alter_configs(wire, resource, change.configs, change.commit));
  }
  if (change.partitions > 0) TRY(set_partitions(wire, change));
  return {};
}

}  // namespace moldau::apps
