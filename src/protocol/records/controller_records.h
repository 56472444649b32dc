#pragma once

#include <cstdint>
#include <vector>

#include "base/ids.h"
#include "base/text.h"
#include "base/uuid.h"
#include "protocol/fields.h"

namespace moldau::protocol {

/// A controller has registered (KIP-919).
struct RegisterControllerRecord {
  static constexpr MessageInfo info{.name = "RegisterControllerRecord",
                                    .type = MessageType::metadata,
                                    .api_key = 27,
                                    .versions = {0, 0},
                                    .flexible_since = 0};
  static const Schema schema;

  struct ControllerEndpoint {
    Text name{};
    Text host{};
    std::uint16_t port{0};
    std::int16_t security_protocol{0};

    static constexpr void fields(auto&& field) {
      field(&ControllerEndpoint::name, "Name");
      field(&ControllerEndpoint::host, "Host");
      field(&ControllerEndpoint::port, "Port");
      field(&ControllerEndpoint::security_protocol, "SecurityProtocol");
    }
  };

  struct ControllerFeature {
    Text name{};
    std::int16_t min_supported_version{0};
    std::int16_t max_supported_version{0};

    static constexpr void fields(auto&& field) {
      field(&ControllerFeature::name, "Name");
      field(&ControllerFeature::min_supported_version, "MinSupportedVersion");
      field(&ControllerFeature::max_supported_version, "MaxSupportedVersion");
    }
  };

  NodeId controller_id{};
  Uuid incarnation_id{};
  bool zk_migration_ready{false};
  std::vector<ControllerEndpoint> end_points{};
  std::vector<ControllerFeature> features{};

  static constexpr void fields(auto&& field) {
    field(&RegisterControllerRecord::controller_id, "ControllerId");
    field(&RegisterControllerRecord::incarnation_id, "IncarnationId");
    field(&RegisterControllerRecord::zk_migration_ready, "ZkMigrationReady");
    field(&RegisterControllerRecord::end_points, "EndPoints");
    field(&RegisterControllerRecord::features, "Features");
  }
};

/// A controller is forgotten.
struct UnregisterControllerRecord {
  static constexpr MessageInfo info{.name = "UnregisterControllerRecord",
                                    .type = MessageType::metadata,
                                    .api_key = 29,
                                    .versions = {0, 0},
                                    .flexible_since = 0};
  static const Schema schema;

  NodeId controller_id{};

  static constexpr void fields(auto&& field) {
    field(&UnregisterControllerRecord::controller_id, "ControllerId");
  }
};

}  // namespace moldau::protocol
