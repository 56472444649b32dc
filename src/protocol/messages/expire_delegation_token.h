#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "protocol/api_key.h"
#include "protocol/error_code.h"
#include "protocol/fields.h"

namespace moldau::protocol {

/// Changes when the token with this HMAC expires (KIP-48).
struct ExpireDelegationTokenRequest {
  static constexpr MessageInfo info{.name = "ExpireDelegationTokenRequest",
                                    .type = MessageType::request,
                                    .api_key = number(ApiKey::expire_delegation_token),
                                    .versions = {1, 2},
                                    .flexible_since = 2};
  static const Schema schema;

  SharedBytes hmac{};
  std::int64_t expiry_time_period_ms{0};  ///< -1: at once

  static constexpr void fields(auto&& field) {
    field(&ExpireDelegationTokenRequest::hmac, "Hmac");
    field(&ExpireDelegationTokenRequest::expiry_time_period_ms, "ExpiryTimePeriodMs");
  }
};

/// When the token expires now.
struct ExpireDelegationTokenResponse {
  static constexpr MessageInfo info{.name = "ExpireDelegationTokenResponse",
                                    .type = MessageType::response,
                                    .api_key = number(ApiKey::expire_delegation_token),
                                    .versions = {1, 2},
                                    .flexible_since = 2};
  static const Schema schema;

  ErrorCode error_code{};
  std::int64_t expiry_timestamp_ms{0};
  std::int32_t throttle_time_ms{0};

  static constexpr void fields(auto&& field) {
    field(&ExpireDelegationTokenResponse::error_code, "ErrorCode");
    field(&ExpireDelegationTokenResponse::expiry_timestamp_ms, "ExpiryTimestampMs");
    field(&ExpireDelegationTokenResponse::throttle_time_ms, "ThrottleTimeMs");
  }
};

}  // namespace moldau::protocol
