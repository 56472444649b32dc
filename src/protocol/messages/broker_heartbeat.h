#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/ids.h"
#include "base/uuid.h"
#include "protocol/api_key.h"
#include "protocol/error_code.h"
#include "protocol/fields.h"

namespace moldau::protocol {

/// A broker tells the controller that it lives, and what it wants.
struct BrokerHeartbeatRequest {
  static constexpr MessageInfo info{.name = "BrokerHeartbeatRequest",
                                    .type = MessageType::request,
                                    .api_key = number(ApiKey::broker_heartbeat),
                                    .versions = {0, 2},
                                    .flexible_since = 0};
  static const Schema schema;

  NodeId broker_id{};
  BrokerEpoch broker_epoch{-1};
  Offset current_metadata_offset{};
  bool want_fence{false};
  bool want_shut_down{false};
  std::vector<Uuid> offline_log_dirs{};
  std::optional<std::vector<Uuid>> cordoned_log_dirs{};

  static constexpr void fields(auto&& field) {
    field(&BrokerHeartbeatRequest::broker_id, "BrokerId");
    field(&BrokerHeartbeatRequest::broker_epoch, "BrokerEpoch");
    field(&BrokerHeartbeatRequest::current_metadata_offset, "CurrentMetadataOffset");
    field(&BrokerHeartbeatRequest::want_fence, "WantFence");
    field(&BrokerHeartbeatRequest::want_shut_down, "WantShutDown");
    field(&BrokerHeartbeatRequest::offline_log_dirs, "OfflineLogDirs", since(1).tag(0));
    field(&BrokerHeartbeatRequest::cordoned_log_dirs, "CordonedLogDirs", since(2).tag(1));
  }
};

/// Whether the controller has the broker fenced.
struct BrokerHeartbeatResponse {
  static constexpr MessageInfo info{.name = "BrokerHeartbeatResponse",
                                    .type = MessageType::response,
                                    .api_key = number(ApiKey::broker_heartbeat),
                                    .versions = {0, 2},
                                    .flexible_since = 0};
  static const Schema schema;

  std::int32_t throttle_time_ms{0};
  ErrorCode error_code{};
  bool is_caught_up{false};
  bool is_fenced{true};
  bool should_shut_down{false};

  static constexpr void fields(auto&& field) {
    field(&BrokerHeartbeatResponse::throttle_time_ms, "ThrottleTimeMs");
    field(&BrokerHeartbeatResponse::error_code, "ErrorCode");
    field(&BrokerHeartbeatResponse::is_caught_up, "IsCaughtUp");
    field(&BrokerHeartbeatResponse::is_fenced, "IsFenced");
    field(&BrokerHeartbeatResponse::should_shut_down, "ShouldShutDown");
  }
};

}  // namespace moldau::protocol
