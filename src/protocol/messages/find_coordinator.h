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

/// Asks for the coordinator of a group (type 0), transaction (1) or share group (2).
struct FindCoordinatorRequest {
  static constexpr MessageInfo info{.name = "FindCoordinatorRequest",
                                    .type = MessageType::request,
                                    .api_key = number(ApiKey::find_coordinator),
                                    .versions = {0, 6},
                                    .flexible_since = 3};
  static const Schema schema;

  Text key{};
  std::int8_t key_type{0};
  std::vector<Text> coordinator_keys{};

  static constexpr void fields(auto&& field) {
    field(&FindCoordinatorRequest::key, "Key", until(3));
    field(&FindCoordinatorRequest::key_type, "KeyType", since(1));
    field(&FindCoordinatorRequest::coordinator_keys, "CoordinatorKeys", since(4));
  }
};

/// The coordinators; until version 3 for one key, from 4 on a list.
struct FindCoordinatorResponse {
  static constexpr MessageInfo info{.name = "FindCoordinatorResponse",
                                    .type = MessageType::response,
                                    .api_key = number(ApiKey::find_coordinator),
                                    .versions = {0, 6},
                                    .flexible_since = 3};
  static const Schema schema;

  struct Coordinator {
    Text key{};
    NodeId node_id{};
    Text host{};
    std::int32_t port{0};
    ErrorCode error_code{};
    std::optional<Text> error_message{""};

    static constexpr void fields(auto&& field) {
      field(&Coordinator::key, "Key");
      field(&Coordinator::node_id, "NodeId");
      field(&Coordinator::host, "Host");
      field(&Coordinator::port, "Port");
      field(&Coordinator::error_code, "ErrorCode");
      field(&Coordinator::error_message, "ErrorMessage", ignorable());
    }
  };

  std::int32_t throttle_time_ms{0};
  ErrorCode error_code{};
  std::optional<Text> error_message{""};
  NodeId node_id{};
  Text host{};
  std::int32_t port{0};
  std::vector<Coordinator> coordinators{};

  static constexpr void fields(auto&& field) {
    field(&FindCoordinatorResponse::throttle_time_ms, "ThrottleTimeMs", since(1).ignorable());
    field(&FindCoordinatorResponse::error_code, "ErrorCode", until(3));
    field(&FindCoordinatorResponse::error_message, "ErrorMessage", between(1, 3).ignorable());
    field(&FindCoordinatorResponse::node_id, "NodeId", until(3));
    field(&FindCoordinatorResponse::host, "Host", until(3));
    field(&FindCoordinatorResponse::port, "Port", until(3));
    field(&FindCoordinatorResponse::coordinators, "Coordinators", since(4));
  }
};

}  // namespace moldau::protocol
