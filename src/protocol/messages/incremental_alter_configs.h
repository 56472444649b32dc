#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/text.h"
#include "protocol/api_key.h"
#include "protocol/error_code.h"
#include "protocol/fields.h"

namespace moldau::protocol {

/// Changes single configuration keys: operation 0 set, 1 delete, 2 append, 3 subtract.
struct IncrementalAlterConfigsRequest {
  static constexpr MessageInfo info{.name = "IncrementalAlterConfigsRequest",
                                    .type = MessageType::request,
                                    .api_key = number(ApiKey::incremental_alter_configs),
                                    .versions = {0, 1},
                                    .flexible_since = 1};
  static const Schema schema;

  struct AlterableConfig {
    Text name{};
    std::int8_t config_operation{0};
    std::optional<Text> value{""};

    static constexpr void fields(auto&& field) {
      field(&AlterableConfig::name, "Name");
      field(&AlterableConfig::config_operation, "ConfigOperation");
      field(&AlterableConfig::value, "Value");
    }
  };

  struct AlterConfigsResource {
    std::int8_t resource_type{0};
    Text resource_name{};
    std::vector<AlterableConfig> configs{};

    static constexpr void fields(auto&& field) {
      field(&AlterConfigsResource::resource_type, "ResourceType");
      field(&AlterConfigsResource::resource_name, "ResourceName");
      field(&AlterConfigsResource::configs, "Configs");
    }
  };

  std::vector<AlterConfigsResource> resources{};
  bool validate_only{false};

  static constexpr void fields(auto&& field) {
    field(&IncrementalAlterConfigsRequest::resources, "Resources");
    field(&IncrementalAlterConfigsRequest::validate_only, "ValidateOnly");
  }
};

/// What was changed.
struct IncrementalAlterConfigsResponse {
  static constexpr MessageInfo info{.name = "IncrementalAlterConfigsResponse",
                                    .type = MessageType::response,
                                    .api_key = number(ApiKey::incremental_alter_configs),
                                    .versions = {0, 1},
                                    .flexible_since = 1};
  static const Schema schema;

  struct AlterConfigsResourceResponse {
    ErrorCode error_code{};
    std::optional<Text> error_message{""};
    std::int8_t resource_type{0};
    Text resource_name{};

    static constexpr void fields(auto&& field) {
      field(&AlterConfigsResourceResponse::error_code, "ErrorCode");
      field(&AlterConfigsResourceResponse::error_message, "ErrorMessage");
      field(&AlterConfigsResourceResponse::resource_type, "ResourceType");
      field(&AlterConfigsResourceResponse::resource_name, "ResourceName");
    }
  };

  std::int32_t throttle_time_ms{0};
  std::vector<AlterConfigsResourceResponse> responses{};

  static constexpr void fields(auto&& field) {
    field(&IncrementalAlterConfigsResponse::throttle_time_ms, "ThrottleTimeMs");
    field(&IncrementalAlterConfigsResponse::responses, "Responses");
  }
};

}  // namespace moldau::protocol
