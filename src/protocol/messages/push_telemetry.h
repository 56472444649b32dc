#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "base/uuid.h"
#include "protocol/api_key.h"
#include "protocol/error_code.h"
#include "protocol/fields.h"

namespace moldau::protocol {

/// A client's metrics, as OTLP (KIP-714).
struct PushTelemetryRequest {
  static constexpr MessageInfo info{.name = "PushTelemetryRequest",
                                    .type = MessageType::request,
                                    .api_key = number(ApiKey::push_telemetry),
                                    .versions = {0, 0},
                                    .flexible_since = 0};
  static const Schema schema;

  Uuid client_instance_id{};
  std::int32_t subscription_id{0};
  bool terminating{false};
  std::int8_t compression_type{0};
  SharedBytes metrics{};

  static constexpr void fields(auto&& field) {
    field(&PushTelemetryRequest::client_instance_id, "ClientInstanceId");
    field(&PushTelemetryRequest::subscription_id, "SubscriptionId");
    field(&PushTelemetryRequest::terminating, "Terminating");
    field(&PushTelemetryRequest::compression_type, "CompressionType");
    field(&PushTelemetryRequest::metrics, "Metrics");
  }
};

/// Whether they were taken.
struct PushTelemetryResponse {
  static constexpr MessageInfo info{.name = "PushTelemetryResponse",
                                    .type = MessageType::response,
                                    .api_key = number(ApiKey::push_telemetry),
                                    .versions = {0, 0},
                                    .flexible_since = 0};
  static const Schema schema;

  std::int32_t throttle_time_ms{0};
  ErrorCode error_code{};

  static constexpr void fields(auto&& field) {
    field(&PushTelemetryResponse::throttle_time_ms, "ThrottleTimeMs");
    field(&PushTelemetryResponse::error_code, "ErrorCode");
  }
};

}  // namespace moldau::protocol
