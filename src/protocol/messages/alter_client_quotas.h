#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/text.h"
#include "protocol/api_key.h"
#include "protocol/error_code.h"
#include "protocol/fields.h"

namespace moldau::protocol {

/// Sets or removes quotas (KIP-546). A null name is the default entity.
struct AlterClientQuotasRequest {
  static constexpr MessageInfo info{.name = "AlterClientQuotasRequest",
                                    .type = MessageType::request,
                                    .api_key = number(ApiKey::alter_client_quotas),
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

  struct OpData {
    Text key{};
    double value{0};
    bool remove{false};

    static constexpr void fields(auto&& field) {
      field(&OpData::key, "Key");
      field(&OpData::value, "Value");
      field(&OpData::remove, "Remove");
    }
  };

  struct EntryData {
    std::vector<EntityData> entity{};
    std::vector<OpData> ops{};

    static constexpr void fields(auto&& field) {
      field(&EntryData::entity, "Entity");
      field(&EntryData::ops, "Ops");
    }
  };

  std::vector<EntryData> entries{};
  bool validate_only{false};

  static constexpr void fields(auto&& field) {
    field(&AlterClientQuotasRequest::entries, "Entries");
    field(&AlterClientQuotasRequest::validate_only, "ValidateOnly");
  }
};

/// Per entity, whether it was done.
struct AlterClientQuotasResponse {
  static constexpr MessageInfo info{.name = "AlterClientQuotasResponse",
                                    .type = MessageType::response,
                                    .api_key = number(ApiKey::alter_client_quotas),
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

  struct EntryData {
    ErrorCode error_code{};
    std::optional<Text> error_message{""};
    std::vector<EntityData> entity{};

    static constexpr void fields(auto&& field) {
      field(&EntryData::error_code, "ErrorCode");
      field(&EntryData::error_message, "ErrorMessage");
      field(&EntryData::entity, "Entity");
    }
  };

  std::int32_t throttle_time_ms{0};
  std::vector<EntryData> entries{};

  static constexpr void fields(auto&& field) {
    field(&AlterClientQuotasResponse::throttle_time_ms, "ThrottleTimeMs");
    field(&AlterClientQuotasResponse::entries, "Entries");
  }
};

}  // namespace moldau::protocol
