#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/ids.h"
#include "base/text.h"
#include "base/uuid.h"
#include "protocol/fields.h"

namespace moldau::protocol {

/// A broker has registered; its epoch is this record's offset.
struct RegisterBrokerRecord {
  static constexpr MessageInfo info{.name = "RegisterBrokerRecord",
                                    .type = MessageType::metadata,
                                    .api_key = 0,
                                    .versions = {0, 4},
                                    .flexible_since = 0};
  static const Schema schema;

  struct BrokerEndpoint {
    Text name{};
    Text host{};
    std::uint16_t port{0};
    std::int16_t security_protocol{0};

    static constexpr void fields(auto&& field) {
      field(&BrokerEndpoint::name, "Name");
      field(&BrokerEndpoint::host, "Host");
      field(&BrokerEndpoint::port, "Port");
      field(&BrokerEndpoint::security_protocol, "SecurityProtocol");
    }
  };

  struct BrokerFeature {
    Text name{};
    std::int16_t min_supported_version{0};
    std::int16_t max_supported_version{0};

    static constexpr void fields(auto&& field) {
      field(&BrokerFeature::name, "Name");
      field(&BrokerFeature::min_supported_version, "MinSupportedVersion");
      field(&BrokerFeature::max_supported_version, "MaxSupportedVersion");
    }
  };

  NodeId broker_id{};
  bool is_migrating_zk_broker{false};
  Uuid incarnation_id{};
  BrokerEpoch broker_epoch{};
  std::vector<BrokerEndpoint> end_points{};
  std::vector<BrokerFeature> features{};
  std::optional<Text> rack{""};
  bool fenced{true};
  bool in_controlled_shutdown{false};
  std::vector<Uuid> log_dirs{};
  std::optional<std::vector<Uuid>> cordoned_log_dirs{};

  static constexpr void fields(auto&& field) {
    field(&RegisterBrokerRecord::broker_id, "BrokerId");
    field(&RegisterBrokerRecord::is_migrating_zk_broker, "IsMigratingZkBroker", since(2));
    field(&RegisterBrokerRecord::incarnation_id, "IncarnationId");
    field(&RegisterBrokerRecord::broker_epoch, "BrokerEpoch");
    field(&RegisterBrokerRecord::end_points, "EndPoints");
    field(&RegisterBrokerRecord::features, "Features");
    field(&RegisterBrokerRecord::rack, "Rack");
    field(&RegisterBrokerRecord::fenced, "Fenced");
    field(&RegisterBrokerRecord::in_controlled_shutdown, "InControlledShutdown", since(1));
    field(&RegisterBrokerRecord::log_dirs, "LogDirs", since(3).tag(0));
    field(&RegisterBrokerRecord::cordoned_log_dirs, "CordonedLogDirs", since(4).tag(1));
  }
};

/// A broker is forgotten.
struct UnregisterBrokerRecord {
  static constexpr MessageInfo info{.name = "UnregisterBrokerRecord",
                                    .type = MessageType::metadata,
                                    .api_key = 1,
                                    .versions = {0, 0},
                                    .flexible_since = 0};
  static const Schema schema;

  NodeId broker_id{};
  BrokerEpoch broker_epoch{};

  static constexpr void fields(auto&& field) {
    field(&UnregisterBrokerRecord::broker_id, "BrokerId");
    field(&UnregisterBrokerRecord::broker_epoch, "BrokerEpoch");
  }
};

/// Up to metadata.version 6, replaced by BrokerRegistrationChangeRecord.
struct FenceBrokerRecord {
  static constexpr MessageInfo info{.name = "FenceBrokerRecord",
                                    .type = MessageType::metadata,
                                    .api_key = 7,
                                    .versions = {0, 0},
                                    .flexible_since = 0};
  static const Schema schema;

  NodeId id{};
  BrokerEpoch epoch{};

  static constexpr void fields(auto&& field) {
    field(&FenceBrokerRecord::id, "Id");
    field(&FenceBrokerRecord::epoch, "Epoch");
  }
};

/// Up to metadata.version 6, replaced by BrokerRegistrationChangeRecord.
struct UnfenceBrokerRecord {
  static constexpr MessageInfo info{.name = "UnfenceBrokerRecord",
                                    .type = MessageType::metadata,
                                    .api_key = 8,
                                    .versions = {0, 0},
                                    .flexible_since = 0};
  static const Schema schema;

  NodeId id{};
  BrokerEpoch epoch{};

  static constexpr void fields(auto&& field) {
    field(&UnfenceBrokerRecord::id, "Id");
    field(&UnfenceBrokerRecord::epoch, "Epoch");
  }
};

/// `fenced`: 1 fence, -1 unfence, 0 no change. `in_controlled_shutdown`: 1 enter, 0 no change. Null
/// or empty directories mean no change.
struct BrokerRegistrationChangeRecord {
  static constexpr MessageInfo info{.name = "BrokerRegistrationChangeRecord",
                                    .type = MessageType::metadata,
                                    .api_key = 17,
                                    .versions = {0, 3},
                                    .flexible_since = 0};
  static const Schema schema;

  NodeId broker_id{};
  BrokerEpoch broker_epoch{};
  std::int8_t fenced{0};
  std::int8_t in_controlled_shutdown{0};
  std::vector<Uuid> log_dirs{};
  std::optional<std::vector<Uuid>> cordoned_log_dirs{};

  static constexpr void fields(auto&& field) {
    field(&BrokerRegistrationChangeRecord::broker_id, "BrokerId");
    field(&BrokerRegistrationChangeRecord::broker_epoch, "BrokerEpoch");
    field(&BrokerRegistrationChangeRecord::fenced, "Fenced", tag(0));
    field(&BrokerRegistrationChangeRecord::in_controlled_shutdown, "InControlledShutdown",
          since(1).tag(1));
    field(&BrokerRegistrationChangeRecord::log_dirs, "LogDirs", since(2).tag(2));
    field(&BrokerRegistrationChangeRecord::cordoned_log_dirs, "CordonedLogDirs", since(3).tag(3));
  }
};

}  // namespace moldau::protocol
