#pragma once

#include <vector>

#include "base/text.h"
#include "protocol/api_key.h"
#include "protocol/error_code.h"
#include "protocol/fields.h"

namespace moldau::protocol {

/// The client names its SASL mechanism.
struct SaslHandshakeRequest {
  static constexpr MessageInfo info{.name = "SaslHandshakeRequest",
                                    .type = MessageType::request,
                                    .api_key = number(ApiKey::sasl_handshake),
                                    .versions = {0, 1}};
  static const Schema schema;

  Text mechanism{};

  static constexpr void fields(auto&& field) {
    field(&SaslHandshakeRequest::mechanism, "Mechanism");
  }
};

/// The mechanisms enabled here.
struct SaslHandshakeResponse {
  static constexpr MessageInfo info{.name = "SaslHandshakeResponse",
                                    .type = MessageType::response,
                                    .api_key = number(ApiKey::sasl_handshake),
                                    .versions = {0, 1}};
  static const Schema schema;

  ErrorCode error_code{};
  std::vector<Text> mechanisms{};

  static constexpr void fields(auto&& field) {
    field(&SaslHandshakeResponse::error_code, "ErrorCode");
    field(&SaslHandshakeResponse::mechanisms, "Mechanisms");
  }
};

}  // namespace moldau::protocol
