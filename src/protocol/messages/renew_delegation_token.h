#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "protocol/api_key.h"
#include "protocol/error_code.h"
#include "protocol/fields.h"

namespace moldau::protocol {

/// Asks for more time for the token with this HMAC, up to its maximum (KIP-48).
struct RenewDelegationTokenRequest {
  static constexpr MessageInfo info{.name = "RenewDelegationTokenRequest",
                                    .type = MessageType::request,
                                    .api_key = number(ApiKey::renew_delegation_token),
                                    .versions = {1, 2},
                                    .flexible_since = 2};
  static const Schema schema;

  SharedBytes hmac{};
  std::int64_t renew_period_ms{0};  ///< -1: the broker's own

  static constexpr void fields(auto&& field) {
    field(&RenewDelegationTokenRequest::hmac, "Hmac");
    field(&RenewDelegationTokenRequest::renew_period_ms, "RenewPeriodMs");
  }
};

/// When the token expires now.
struct RenewDelegationTokenResponse {
  static constexpr MessageInfo info{.name = "RenewDelegationTokenResponse",
                                    .type = MessageType::response,
                                    .api_key = number(ApiKey::renew_delegation_token),
                                    .versions = {1, 2},
                                    .flexible_since = 2};
  static const Schema schema;

  ErrorCode error_code{};
  std::int64_t expiry_timestamp_ms{0};
  std::int32_t throttle_time_ms{0};

  static constexpr void fields(auto&& field) {
    field(&RenewDelegationTokenResponse::error_code, "ErrorCode");
    field(&RenewDelegationTokenResponse::expiry_timestamp_ms, "ExpiryTimestampMs");
    field(&RenewDelegationTokenResponse::throttle_time_ms, "ThrottleTimeMs");
  }
};

}  // namespace moldau::protocol
