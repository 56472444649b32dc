#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/ids.h"
#include "base/text.h"
#include "protocol/fields.h"

namespace moldau::protocol {

/// A dynamic configuration; a null value removes it. An empty broker name is the cluster's default.
struct ConfigRecord {
  static constexpr MessageInfo info{.name = "ConfigRecord",
                                    .type = MessageType::metadata,
                                    .api_key = 4,
                                    .versions = {0, 0},
                                    .flexible_since = 0};
  static const Schema schema;

  std::int8_t resource_type{0};
  Text resource_name{};
  Text name{};
  std::optional<Text> value{""};

  static constexpr void fields(auto&& field) {
    field(&ConfigRecord::resource_type, "ResourceType");
    field(&ConfigRecord::resource_name, "ResourceName");
    field(&ConfigRecord::name, "Name");
    field(&ConfigRecord::value, "Value");
  }
};

/// The level of a feature; 0 removes it.
struct FeatureLevelRecord {
  static constexpr MessageInfo info{.name = "FeatureLevelRecord",
                                    .type = MessageType::metadata,
                                    .api_key = 12,
                                    .versions = {0, 0},
                                    .flexible_since = 0};
  static const Schema schema;

  Text name{};
  std::int16_t feature_level{0};

  static constexpr void fields(auto&& field) {
    field(&FeatureLevelRecord::name, "Name");
    field(&FeatureLevelRecord::feature_level, "FeatureLevel");
  }
};

/// A quota of an entity; a null name is the type's default.
struct ClientQuotaRecord {
  static constexpr MessageInfo info{.name = "ClientQuotaRecord",
                                    .type = MessageType::metadata,
                                    .api_key = 14,
                                    .versions = {0, 0},
                                    .flexible_since = 0};
  static const Schema schema;

  struct EntityData {
    Text entity_type{};
    std::optional<Text> entity_name{""};

    static constexpr void fields(auto&& field) {
      field(&EntityData::entity_type, "EntityType");
      field(&EntityData::entity_name, "EntityName");
    }
  };

  std::vector<EntityData> entity{};
  Text key{};
  double value{0};
  bool remove{false};

  static constexpr void fields(auto&& field) {
    field(&ClientQuotaRecord::entity, "Entity");
    field(&ClientQuotaRecord::key, "Key");
    field(&ClientQuotaRecord::value, "Value");
    field(&ClientQuotaRecord::remove, "Remove");
  }
};

/// The first producer id that is not yet given to a broker.
struct ProducerIdsRecord {
  static constexpr MessageInfo info{.name = "ProducerIdsRecord",
                                    .type = MessageType::metadata,
                                    .api_key = 15,
                                    .versions = {0, 0},
                                    .flexible_since = 0};
  static const Schema schema;

  NodeId broker_id{};
  BrokerEpoch broker_epoch{-1};
  ProducerId next_producer_id{};

  static constexpr void fields(auto&& field) {
    field(&ProducerIdsRecord::broker_id, "BrokerId");
    field(&ProducerIdsRecord::broker_epoch, "BrokerEpoch");
    field(&ProducerIdsRecord::next_producer_id, "NextProducerId");
  }
};

}  // namespace moldau::protocol
