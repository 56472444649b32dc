#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "base/text.h"
#include "protocol/api_key.h"
#include "protocol/error_code.h"
#include "protocol/fields.h"

namespace moldau::protocol {

/// One message of the SASL exchange.
struct SaslAuthenticateRequest {
  static constexpr MessageInfo info{.name = "SaslAuthenticateRequest",
                                    .type = MessageType::request,
                                    .api_key = number(ApiKey::sasl_authenticate),
                                    .versions = {0, 2},
                                    .flexible_since = 2};
  static const Schema schema;

  SharedBytes auth_bytes{};

  static constexpr void fields(auto&& field) {
    field(&SaslAuthenticateRequest::auth_bytes, "AuthBytes");
  }
};

/// The server's next message; the session lifetime is KIP-368's.
struct SaslAuthenticateResponse {
  static constexpr MessageInfo info{.name = "SaslAuthenticateResponse",
                                    .type = MessageType::response,
                                    .api_key = number(ApiKey::sasl_authenticate),
                                    .versions = {0, 2},
                                    .flexible_since = 2};
  static const Schema schema;

  ErrorCode error_code{};
  std::optional<Text> error_message{""};
  SharedBytes auth_bytes{};
  std::int64_t session_lifetime_ms{0};

  static constexpr void fields(auto&& field) {
    field(&SaslAuthenticateResponse::error_code, "ErrorCode");
    field(&SaslAuthenticateResponse::error_message, "ErrorMessage");
    field(&SaslAuthenticateResponse::auth_bytes, "AuthBytes");
    field(&SaslAuthenticateResponse::session_lifetime_ms, "SessionLifetimeMs",
          since(1).ignorable());
  }
};

}  // namespace moldau::protocol
