#pragma once

#include <cstdint>
#include <optional>

#include "base/ids.h"
#include "base/text.h"
#include "protocol/api_key.h"
#include "protocol/error_code.h"
#include "protocol/fields.h"

namespace moldau::protocol {

/// Takes a broker that is gone for good out of the cluster.
struct UnregisterBrokerRequest {
  static constexpr MessageInfo info{.name = "UnregisterBrokerRequest",
                                    .type = MessageType::request,
                                    .api_key = number(ApiKey::unregister_broker),
                                    .versions = {0, 0},
                                    .flexible_since = 0};
  static const Schema schema;

  NodeId broker_id{};

  static constexpr void fields(auto&& field) {
    field(&UnregisterBrokerRequest::broker_id, "BrokerId");
  }
};

/// Whether it was done.
struct UnregisterBrokerResponse {
  static constexpr MessageInfo info{.name = "UnregisterBrokerResponse",
                                    .type = MessageType::response,
                                    .api_key = number(ApiKey::unregister_broker),
                                    .versions = {0, 0},
                                    .flexible_since = 0};
  static const Schema schema;

  std::int32_t throttle_time_ms{0};
  ErrorCode error_code{};
  std::optional<Text> error_message{""};

  static constexpr void fields(auto&& field) {
    field(&UnregisterBrokerResponse::throttle_time_ms, "ThrottleTimeMs");
    field(&UnregisterBrokerResponse::error_code, "ErrorCode");
    field(&UnregisterBrokerResponse::error_message, "ErrorMessage");
  }
};

}  // namespace moldau::protocol
