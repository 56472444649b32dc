#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/text.h"
#include "protocol/api_key.h"
#include "protocol/error_code.h"
#include "protocol/fields.h"

namespace moldau::protocol {

/// Replaces all configurations of the resources.
struct AlterConfigsRequest {
  static constexpr MessageInfo info{.name = "AlterConfigsRequest",
                                    .type = MessageType::request,
                                    .api_key = number(ApiKey::alter_configs),
                                    .versions = {0, 2},
                                    .flexible_since = 2};
  static const Schema schema;

  struct AlterableConfig {
    Text name{};
    std::optional<Text> value{""};

    static constexpr void fields(auto&& field) {
      field(&AlterableConfig::name, "Name");
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
    field(&AlterConfigsRequest::resources, "Resources");
    field(&AlterConfigsRequest::validate_only, "ValidateOnly");
  }
};

/// What was changed.
struct AlterConfigsResponse {
  static constexpr MessageInfo info{.name = "AlterConfigsResponse",
                                    .type = MessageType::response,
                                    .api_key = number(ApiKey::alter_configs),
                                    .versions = {0, 2},
                                    .flexible_since = 2};
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
    field(&AlterConfigsResponse::throttle_time_ms, "ThrottleTimeMs");
    field(&AlterConfigsResponse::responses, "Responses");
  }
};

}  // namespace moldau::protocol
