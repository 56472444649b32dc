#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "base/text.h"
#include "protocol/api_key.h"
#include "protocol/error_code.h"
#include "protocol/fields.h"

namespace moldau::protocol {

/// Asks for quotas of the entities that match all components (KIP-546). Match type 0 is the name,
/// 1 the default entity, 2 any name; strict leaves out entities with further components.
struct DescribeClientQuotasRequest {
  static constexpr MessageInfo info{.name = "DescribeClientQuotasRequest",
                                    .type = MessageType::request,
                                    .api_key = number(ApiKey::describe_client_quotas),
                                    .versions = {0, 1},
                                    .flexible_since = 1};
  static const Schema schema;

  struct ComponentData {
    Text entity_type{};
    std::int8_t match_type{0};
    std::optional<Text> match{""};

    static constexpr void fields(auto&& field) {
      field(&ComponentData::entity_type, "EntityType");
      field(&ComponentData::match_type, "MatchType");
      field(&ComponentData::match, "Match");
    }
  };

  std::vector<ComponentData> components{};
  bool strict{false};

  static constexpr void fields(auto&& field) {
    field(&DescribeClientQuotasRequest::components, "Components");
    field(&DescribeClientQuotasRequest::strict, "Strict");
  }
};

/// Quotas by entity.
struct DescribeClientQuotasResponse {
  static constexpr MessageInfo info{.name = "DescribeClientQuotasResponse",
                                    .type = MessageType::response,
                                    .api_key = number(ApiKey::describe_client_quotas),
                                    .versions = {0, 1},
                                    .flexible_since = 1};
  static const Schema schema;

  struct EntityData {
    Text entity_type{};
    std::optional<Text> entity_name{""};

    static constexpr void fields(auto&& field) {
      field(&EntityData::entity_type, "EntityType");
      field(&EntityData::entity_name, "EntityName");
    }
  };

  struct ValueData {
    Text key{};
    double value{0};

    static constexpr void fields(auto&& field) {
      field(&ValueData::key, "Key");
      field(&ValueData::value, "Value");
    }
  };

  struct EntryData {
    std::vector<EntityData> entity{};
    std::vector<ValueData> values{};

    static constexpr void fields(auto&& field) {
      field(&EntryData::entity, "Entity");
      field(&EntryData::values, "Values");
    }
  };

  std::int32_t throttle_time_ms{0};
  ErrorCode error_code{};
  std::optional<Text> error_message{""};
  std::optional<std::vector<EntryData>> entries{std::in_place};

  static constexpr void fields(auto&& field) {
    field(&DescribeClientQuotasResponse::throttle_time_ms, "ThrottleTimeMs");
    field(&DescribeClientQuotasResponse::error_code, "ErrorCode");
    field(&DescribeClientQuotasResponse::error_message, "ErrorMessage");
    field(&DescribeClientQuotasResponse::entries, "Entries");
  }
};

}  // namespace moldau::protocol
