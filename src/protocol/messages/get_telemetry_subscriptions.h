#pragma once

#include <cstdint>
#include <vector>

#include "base/text.h"
#include "base/uuid.h"
#include "protocol/api_key.h"
#include "protocol/error_code.h"
#include "protocol/fields.h"

namespace moldau::protocol {

/// A client asks which of its metrics are wanted (KIP-714); a zero id asks for an id too.
struct GetTelemetrySubscriptionsRequest {
  static constexpr MessageInfo info{.name = "GetTelemetrySubscriptionsRequest",
                                    .type = MessageType::request,
                                    .api_key = number(ApiKey::get_telemetry_subscriptions),
                                    .versions = {0, 0},
                                    .flexible_since = 0};
  static const Schema schema;

  Uuid client_instance_id{};

  static constexpr void fields(auto&& field) {
    field(&GetTelemetrySubscriptionsRequest::client_instance_id, "ClientInstanceId");
  }
};

/// Which metrics are wanted, by prefix, and how often.
struct GetTelemetrySubscriptionsResponse {
  static constexpr MessageInfo info{.name = "GetTelemetrySubscriptionsResponse",
                                    .type = MessageType::response,
                                    .api_key = number(ApiKey::get_telemetry_subscriptions),
                                    .versions = {0, 0},
                                    .flexible_since = 0};
  static const Schema schema;

  std::int32_t throttle_time_ms{0};
  ErrorCode error_code{};
  Uuid client_instance_id{};
  std::int32_t subscription_id{0};
  std::vector<std::int8_t> accepted_compression_types{};
  std::int32_t push_interval_ms{0};
  std::int32_t telemetry_max_bytes{0};
  bool delta_temporality{false};
  std::vector<Text> requested_metrics{};

  static constexpr void fields(auto&& field) {
    field(&GetTelemetrySubscriptionsResponse::throttle_time_ms, "ThrottleTimeMs");
    field(&GetTelemetrySubscriptionsResponse::error_code, "ErrorCode");
    field(&GetTelemetrySubscriptionsResponse::client_instance_id, "ClientInstanceId");
    field(&GetTelemetrySubscriptionsResponse::subscription_id, "SubscriptionId");
    field(&GetTelemetrySubscriptionsResponse::accepted_compression_types,
          "AcceptedCompressionTypes");
    field(&GetTelemetrySubscriptionsResponse::push_interval_ms, "PushIntervalMs");
    field(&GetTelemetrySubscriptionsResponse::telemetry_max_bytes, "TelemetryMaxBytes");
    field(&GetTelemetrySubscriptionsResponse::delta_temporality, "DeltaTemporality");
    field(&GetTelemetrySubscriptionsResponse::requested_metrics, "RequestedMetrics");
  }
};

}  // namespace moldau::protocol
