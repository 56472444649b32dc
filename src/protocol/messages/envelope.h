#pragma once

#include <optional>
#include <utility>

#include "base/bytes.h"
#include "protocol/api_key.h"
#include "protocol/error_code.h"
#include "protocol/fields.h"

namespace moldau::protocol {

/// A request that a broker forwards to the controller for its client (KIP-590).
struct EnvelopeRequest {
  static constexpr MessageInfo info{.name = "EnvelopeRequest",
                                    .type = MessageType::request,
                                    .api_key = number(ApiKey::envelope),
                                    .versions = {0, 0},
                                    .flexible_since = 0};
  static const Schema schema;

  SharedBytes request_data{};
  std::optional<SharedBytes> request_principal{std::in_place};
  SharedBytes client_host_address{};

  static constexpr void fields(auto&& field) {
    field(&EnvelopeRequest::request_data, "RequestData");
    field(&EnvelopeRequest::request_principal, "RequestPrincipal");
    field(&EnvelopeRequest::client_host_address, "ClientHostAddress");
  }
};

/// The forwarded request's answer with its header; error codes here are about the envelope only.
struct EnvelopeResponse {
  static constexpr MessageInfo info{.name = "EnvelopeResponse",
                                    .type = MessageType::response,
                                    .api_key = number(ApiKey::envelope),
                                    .versions = {0, 0},
                                    .flexible_since = 0};
  static const Schema schema;

  std::optional<SharedBytes> response_data{};
  ErrorCode error_code{};

  static constexpr void fields(auto&& field) {
    field(&EnvelopeResponse::response_data, "ResponseData");
    field(&EnvelopeResponse::error_code, "ErrorCode");
  }
};

}  // namespace moldau::protocol
