#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/ids.h"
#include "base/text.h"
#include "base/uuid.h"
#include "protocol/api_key.h"
#include "protocol/error_code.h"
#include "protocol/fields.h"

namespace moldau::protocol {

/// A controller registers with the active controller (KIP-919).
struct ControllerRegistrationRequest {
  static constexpr MessageInfo info{.name = "ControllerRegistrationRequest",
                                    .type = MessageType::request,
                                    .api_key = number(ApiKey::controller_registration),
                                    .versions = {0, 0},
                                    .flexible_since = 0};
  static const Schema schema;

  struct Listener {
    Text name{};
    Text host{};
    std::uint16_t port{0};
    std::int16_t security_protocol{0};

    static constexpr void fields(auto&& field) {
      field(&Listener::name, "Name");
      field(&Listener::host, "Host");
      field(&Listener::port, "Port");
      field(&Listener::security_protocol, "SecurityProtocol");
    }
  };

  struct Feature {
    Text name{};
    std::int16_t min_supported_version{0};
    std::int16_t max_supported_version{0};

    static constexpr void fields(auto&& field) {
      field(&Feature::name, "Name");
      field(&Feature::min_supported_version, "MinSupportedVersion");
      field(&Feature::max_supported_version, "MaxSupportedVersion");
    }
  };

  NodeId controller_id{};
  Uuid incarnation_id{};
  bool zk_migration_ready{false};
  std::vector<Listener> listeners{};
  std::vector<Feature> features{};

  static constexpr void fields(auto&& field) {
    field(&ControllerRegistrationRequest::controller_id, "ControllerId");
    field(&ControllerRegistrationRequest::incarnation_id, "IncarnationId");
    field(&ControllerRegistrationRequest::zk_migration_ready, "ZkMigrationReady");
    field(&ControllerRegistrationRequest::listeners, "Listeners");
    field(&ControllerRegistrationRequest::features, "Features");
  }
};

/// Whether it was registered.
struct ControllerRegistrationResponse {
  static constexpr MessageInfo info{.name = "ControllerRegistrationResponse",
                                    .type = MessageType::response,
                                    .api_key = number(ApiKey::controller_registration),
                                    .versions = {0, 0},
                                    .flexible_since = 0};
  static const Schema schema;

  std::int32_t throttle_time_ms{0};
  ErrorCode error_code{};
  std::optional<Text> error_message{""};

  static constexpr void fields(auto&& field) {
    field(&ControllerRegistrationResponse::throttle_time_ms, "ThrottleTimeMs");
    field(&ControllerRegistrationResponse::error_code, "ErrorCode");
    field(&ControllerRegistrationResponse::error_message, "ErrorMessage");
  }
};

}  // namespace moldau::protocol
