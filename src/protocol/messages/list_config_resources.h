#pragma once

#include <cstdint>
#include <vector>

#include "base/text.h"
#include "protocol/api_key.h"
#include "protocol/error_code.h"
#include "protocol/fields.h"

namespace moldau::protocol {

/// Asks which resources have configurations; version 0 means only client metrics (KIP-714), no
/// types mean all (KIP-1142).
struct ListConfigResourcesRequest {
  static constexpr MessageInfo info{.name = "ListConfigResourcesRequest",
                                    .type = MessageType::request,
                                    .api_key = number(ApiKey::list_config_resources),
                                    .versions = {0, 1},
                                    .flexible_since = 0};
  static const Schema schema;

  std::vector<std::int8_t> resource_types{};

  static constexpr void fields(auto&& field) {
    field(&ListConfigResourcesRequest::resource_types, "ResourceTypes", since(1));
  }
};

/// Names and types of the resources.
struct ListConfigResourcesResponse {
  static constexpr MessageInfo info{.name = "ListConfigResourcesResponse",
                                    .type = MessageType::response,
                                    .api_key = number(ApiKey::list_config_resources),
                                    .versions = {0, 1},
                                    .flexible_since = 0};
  static const Schema schema;

  struct ConfigResource {
    Text resource_name{};
    std::int8_t resource_type{16};

    static constexpr void fields(auto&& field) {
      field(&ConfigResource::resource_name, "ResourceName");
      field(&ConfigResource::resource_type, "ResourceType", since(1).ignorable());
    }
  };

  std::int32_t throttle_time_ms{0};
  ErrorCode error_code{};
  std::vector<ConfigResource> config_resources{};

  static constexpr void fields(auto&& field) {
    field(&ListConfigResourcesResponse::throttle_time_ms, "ThrottleTimeMs");
    field(&ListConfigResourcesResponse::error_code, "ErrorCode");
    field(&ListConfigResourcesResponse::config_resources, "ConfigResources");
  }
};

}  // namespace moldau::protocol
