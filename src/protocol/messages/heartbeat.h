#pragma once

#include <cstdint>
#include <optional>

#include "base/text.h"
#include "protocol/api_key.h"
#include "protocol/error_code.h"
#include "protocol/fields.h"

namespace moldau::protocol {

/// A member of a classic group is alive.
struct HeartbeatRequest {
  static constexpr MessageInfo info{.name = "HeartbeatRequest",
                                    .type = MessageType::request,
                                    .api_key = number(ApiKey::heartbeat),
                                    .versions = {0, 4},
                                    .flexible_since = 4};
  static const Schema schema;

  Text group_id{};
  std::int32_t generation_id{0};
  Text member_id{};
  std::optional<Text> group_instance_id{};

  static constexpr void fields(auto&& field) {
    field(&HeartbeatRequest::group_id, "GroupId");
    field(&HeartbeatRequest::generation_id, "GenerationId");
    field(&HeartbeatRequest::member_id, "MemberId");
    field(&HeartbeatRequest::group_instance_id, "GroupInstanceId", since(3));
  }
};

/// Whether the member may go on; REBALANCE_IN_PROGRESS asks it to join again.
struct HeartbeatResponse {
  static constexpr MessageInfo info{.name = "HeartbeatResponse",
                                    .type = MessageType::response,
                                    .api_key = number(ApiKey::heartbeat),
                                    .versions = {0, 4},
                                    .flexible_since = 4};
  static const Schema schema;

  std::int32_t throttle_time_ms{0};
  ErrorCode error_code{};

  static constexpr void fields(auto&& field) {
    field(&HeartbeatResponse::throttle_time_ms, "ThrottleTimeMs", since(1).ignorable());
    field(&HeartbeatResponse::error_code, "ErrorCode");
  }
};

}  // namespace moldau::protocol
