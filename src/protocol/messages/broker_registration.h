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

/// A broker registers with the active controller.
struct BrokerRegistrationRequest {
  static constexpr MessageInfo info{.name = "BrokerRegistrationRequest",
                                    .type = MessageType::request,
                                    .api_key = number(ApiKey::broker_registration),
                                    .versions = {0, 4},
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

  NodeId broker_id{};
  Text cluster_id{};
  Uuid incarnation_id{};
  std::vector<Listener> listeners{};
  std::vector<Feature> features{};
  std::optional<Text> rack{""};
  bool is_migrating_zk_broker{false};
  std::vector<Uuid> log_dirs{};
  BrokerEpoch previous_broker_epoch{-1};

  static constexpr void fields(auto&& field) {
    field(&BrokerRegistrationRequest::broker_id, "BrokerId");
    field(&BrokerRegistrationRequest::cluster_id, "ClusterId");
    field(&BrokerRegistrationRequest::incarnation_id, "IncarnationId");
    field(&BrokerRegistrationRequest::listeners, "Listeners");
    field(&BrokerRegistrationRequest::features, "Features");
    field(&BrokerRegistrationRequest::rack, "Rack");
    field(&BrokerRegistrationRequest::is_migrating_zk_broker, "IsMigratingZkBroker", since(1));
    field(&BrokerRegistrationRequest::log_dirs, "LogDirs", since(2).ignorable());
    field(&BrokerRegistrationRequest::previous_broker_epoch, "PreviousBrokerEpoch",
          since(3).ignorable());
  }
};

/// The registration's epoch.
struct BrokerRegistrationResponse {
  static constexpr MessageInfo info{.name = "BrokerRegistrationResponse",
                                    .type = MessageType::response,
                                    .api_key = number(ApiKey::broker_registration),
                                    .versions = {0, 4},
                                    .flexible_since = 0};
  static const Schema schema;

  std::int32_t throttle_time_ms{0};
  ErrorCode error_code{};
  BrokerEpoch broker_epoch{-1};

  static constexpr void fields(auto&& field) {
    field(&BrokerRegistrationResponse::throttle_time_ms, "ThrottleTimeMs");
    field(&BrokerRegistrationResponse::error_code, "ErrorCode");
    field(&BrokerRegistrationResponse::broker_epoch, "BrokerEpoch");
  }
};

}  // namespace moldau::protocol
