#pragma once

#include <cstdint>
#include <optional>

#include "base/ids.h"
#include "base/text.h"
#include "protocol/api_key.h"
#include "protocol/error_code.h"
#include "protocol/fields.h"

namespace moldau::protocol {

/// Removes the registration of a controller.
struct UnregisterControllerRequest {
  static constexpr MessageInfo info{.name = "UnregisterControllerRequest",
                                    .type = MessageType::request,
                                    .api_key = number(ApiKey::unregister_controller),
                                    .versions = {0, 0},
                                    .flexible_since = 0};
  static const Schema schema;

  NodeId controller_id{};

  static constexpr void fields(auto&& field) {
    field(&UnregisterControllerRequest::controller_id, "ControllerId");
  }
};

/// Whether the registration is gone.
struct UnregisterControllerResponse {
  static constexpr MessageInfo info{.name = "UnregisterControllerResponse",
                                    .type = MessageType::response,
                                    .api_key = number(ApiKey::unregister_controller),
                                    .versions = {0, 0},
                                    .flexible_since = 0};
  static const Schema schema;

  std::int32_t throttle_time_ms{0};
  ErrorCode error_code{};
  std::optional<Text> error_message{""};

  static constexpr void fields(auto&& field) {
    field(&UnregisterControllerResponse::throttle_time_ms, "ThrottleTimeMs");
    field(&UnregisterControllerResponse::error_code, "ErrorCode");
    field(&UnregisterControllerResponse::error_message, "ErrorMessage");
  }
};

}  // namespace moldau::protocol
