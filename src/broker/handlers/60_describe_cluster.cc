// DescribeCluster (API 60, KIP-700).
//   1  endpoint type (KIP-919)      2  fenced brokers (KIP-1073)
#include "broker/broker.h"
#include "broker/cluster_view.h"
#include "broker/controller_driver.h"
#include "broker/handlers/handlers.h"
#include "protocol/messages/describe_cluster.h"
#include "protocol/version_rules.h"

namespace moldau::broker {
namespace {

using protocol::DescribeClusterResponse;
using protocol::ErrorCode;

constexpr std::int8_t brokers_wanted = 1;
constexpr std::int8_t controllers_wanted = 2;

void add_brokers(const Broker& broker, const RequestContext& context, bool include_fenced,
                 DescribeClusterResponse& response) {
  for (const auto& [id, registration] : context.image->brokers) {
    if (registration->fenced && !include_fenced) continue;
    const auto address = address_for(broker, context, *registration);
    const auto* listener = registration->listener(context.connection.listener);
    if (!address && listener == nullptr) continue;
    auto& out = response.brokers.emplace_back();
    out.broker_id = id;
    out.host = Text(address ? address->host : listener->host);
    out.port = address ? address->port : listener->port;
    if (registration->rack) out.rack = Text::view(*registration->rack);
    out.is_fenced = registration->fenced;
    if (response.controller_id == no_node && !registration->fenced) response.controller_id = id;
  }
}

void add_controllers(const RequestContext& context, NodeId leader,
                     DescribeClusterResponse& response) {
  for (const auto& [id, registration] : context.image->controllers) {
    for (const auto& endpoint : registration->listeners) {
      if (endpoint.name != context.connection.listener) continue;
      auto& out = response.brokers.emplace_back();
      out.broker_id = id;
      out.host = Text::view(endpoint.host);
      out.port = endpoint.port;
    }
  }
  response.controller_id = leader;
}

}  // namespace

env::Task<DescribeClusterResponse> handle_describe_cluster(
    Broker& broker, RequestContext& context, protocol::DescribeClusterRequest request) {
  DescribeClusterResponse response;
  const bool on_broker = context.listener == ListenerKind::broker;
  if (request.endpoint_type != brokers_wanted && request.endpoint_type != controllers_wanted) {
    response.error_code = ErrorCode::unsupported_endpoint_type;
    response.error_message =
        Text(fmt::format("Unsupported endpoint type {}", request.endpoint_type));
  } else if (on_broker != (request.endpoint_type == brokers_wanted)) {
    response.error_code =
        protocol::error_for(context.api, context.version, ErrorCode::mismatched_endpoint_type);
    response.error_message = on_broker
                                 ? Text(
                                       "The request was sent to an endpoint of type BROKER, but "
                                       "we wanted an endpoint of type CONTROLLER")
                                 : Text(
                                       "The request was sent to an endpoint of type CONTROLLER, "
                                       "but we wanted an endpoint of type BROKER");
  } else if (on_broker) {
    add_brokers(broker, context, request.include_fenced_brokers, response);
  } else {
    add_controllers(context, broker.controller().leader(), response);
    response.endpoint_type = controllers_wanted;
  }
  if (response.error_code == ErrorCode::none) {
    response.cluster_id = Text::view(broker.cluster_id());
    if (request.include_cluster_authorized_operations) {
      response.cluster_authorized_operations = all_cluster_operations;
    }
  }
  co_return response;
}

}  // namespace moldau::broker
