#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/ids.h"
#include "base/text.h"
#include "protocol/api_key.h"
#include "protocol/error_code.h"
#include "protocol/fields.h"

namespace moldau::protocol {

/// Asks who the cluster is, on a broker or (endpoint type 2) on a controller (KIP-919).
struct DescribeClusterRequest {
  static constexpr MessageInfo info{.name = "DescribeClusterRequest",
                                    .type = MessageType::request,
                                    .api_key = number(ApiKey::describe_cluster),
                                    .versions = {0, 2},
                                    .flexible_since = 0};
  static const Schema schema;

  bool include_cluster_authorized_operations{false};
  std::int8_t endpoint_type{1};
  bool include_fenced_brokers{false};

  static constexpr void fields(auto&& field) {
    field(&DescribeClusterRequest::include_cluster_authorized_operations,
          "IncludeClusterAuthorizedOperations");
    field(&DescribeClusterRequest::endpoint_type, "EndpointType", since(1));
    field(&DescribeClusterRequest::include_fenced_brokers, "IncludeFencedBrokers", since(2));
  }
};

/// The brokers or controllers of the cluster.
struct DescribeClusterResponse {
  static constexpr MessageInfo info{.name = "DescribeClusterResponse",
                                    .type = MessageType::response,
                                    .api_key = number(ApiKey::describe_cluster),
                                    .versions = {0, 2},
                                    .flexible_since = 0};
  static const Schema schema;

  struct DescribeClusterBroker {
    NodeId broker_id{};
    Text host{};
    std::int32_t port{0};
    std::optional<Text> rack{};
    bool is_fenced{false};

    static constexpr void fields(auto&& field) {
      field(&DescribeClusterBroker::broker_id, "BrokerId");
      field(&DescribeClusterBroker::host, "Host");
      field(&DescribeClusterBroker::port, "Port");
      field(&DescribeClusterBroker::rack, "Rack");
      field(&DescribeClusterBroker::is_fenced, "IsFenced", since(2));
    }
  };

  std::int32_t throttle_time_ms{0};
  ErrorCode error_code{};
  std::optional<Text> error_message{};
  std::int8_t endpoint_type{1};
  Text cluster_id{};
  NodeId controller_id{-1};
  std::vector<DescribeClusterBroker> brokers{};
  std::int32_t cluster_authorized_operations{-2147483648};

  static constexpr void fields(auto&& field) {
    field(&DescribeClusterResponse::throttle_time_ms, "ThrottleTimeMs");
    field(&DescribeClusterResponse::error_code, "ErrorCode");
    field(&DescribeClusterResponse::error_message, "ErrorMessage");
    field(&DescribeClusterResponse::endpoint_type, "EndpointType", since(1));
    field(&DescribeClusterResponse::cluster_id, "ClusterId");
    field(&DescribeClusterResponse::controller_id, "ControllerId");
    field(&DescribeClusterResponse::brokers, "Brokers");
    field(&DescribeClusterResponse::cluster_authorized_operations, "ClusterAuthorizedOperations");
  }
};

}  // namespace moldau::protocol
