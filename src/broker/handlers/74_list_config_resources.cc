// ListConfigResources (API 74, KIP-714).
//   0  client metrics      1  every kind of resource (KIP-1142)
#include <algorithm>

#include "broker/broker.h"
#include "broker/handlers/handlers.h"
#include "protocol/messages/list_config_resources.h"

namespace moldau::broker {
namespace {

using metadata::ResourceType;
using protocol::ErrorCode;
using protocol::ListConfigResourcesResponse;

constexpr std::int8_t number(ResourceType type) {
  return static_cast<std::int8_t>(type);
}

/// In the order of Kafka's answer.
constexpr std::int8_t known_types[] = {
    number(ResourceType::group), number(ResourceType::client_metrics),
    number(ResourceType::broker_logger), number(ResourceType::broker), number(ResourceType::topic)};

void add(ListConfigResourcesResponse& response, std::int8_t type, Text name) {
  response.config_resources.push_back({.resource_name = std::move(name), .resource_type = type});
}

/// What can be named in DescribeConfigs. Loggers have no configuration here; client metrics and
/// groups are those that have one in the metadata.
void add_resources(const metadata::Image& image, std::int8_t type,
                   ListConfigResourcesResponse& response) {
  switch (static_cast<ResourceType>(type)) {
    case ResourceType::topic:
      for (const auto& [name, topic] : image.topics_by_name) {
        add(response, type, Text::view(topic->name));
      }
      break;
    case ResourceType::broker:
      for (const auto& [id, broker] : image.brokers) {
        if (!broker->fenced) add(response, type, Text(fmt::format("{}", id)));
      }
      break;
    case ResourceType::client_metrics:
    case ResourceType::group:
      for (const auto& [resource, values] : image.configs) {
        if (resource.type == type) add(response, type, Text(resource.name));
      }
      break;
    case ResourceType::broker_logger:
      break;
  }
}

}  // namespace

env::Task<ListConfigResourcesResponse> handle_list_config_resources(
    Broker&, RequestContext& context, protocol::ListConfigResourcesRequest request) {
  ListConfigResourcesResponse response;
  auto& wanted = request.resource_types;
  if (context.version == 0) wanted = {number(ResourceType::client_metrics)};
  if (wanted.empty()) wanted.assign(std::begin(known_types), std::end(known_types));
  for (const std::int8_t type : wanted) {
    if (std::ranges::find(known_types, type) != std::end(known_types)) continue;
    response.error_code = ErrorCode::unsupported_version;
    co_return response;
  }
  for (const std::int8_t type : known_types) {
    if (std::ranges::find(wanted, type) != wanted.end()) {
      add_resources(*context.image, type, response);
    }
  }
  co_return response;
}

}  // namespace moldau::broker
