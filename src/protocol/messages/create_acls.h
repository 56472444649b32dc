#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/text.h"
#include "protocol/api_key.h"
#include "protocol/error_code.h"
#include "protocol/fields.h"

namespace moldau::protocol {

/// Creates ACLs.
struct CreateAclsRequest {
  static constexpr MessageInfo info{.name = "CreateAclsRequest",
                                    .type = MessageType::request,
                                    .api_key = number(ApiKey::create_acls),
                                    .versions = {1, 3},
                                    .flexible_since = 2};
  static const Schema schema;

  struct AclCreation {
    std::int8_t resource_type{0};
    Text resource_name{};
    std::int8_t resource_pattern_type{3};
    Text principal{};
    Text host{};
    std::int8_t operation{0};
    std::int8_t permission_type{0};

    static constexpr void fields(auto&& field) {
      field(&AclCreation::resource_type, "ResourceType");
      field(&AclCreation::resource_name, "ResourceName");
      field(&AclCreation::resource_pattern_type, "ResourcePatternType");
      field(&AclCreation::principal, "Principal");
      field(&AclCreation::host, "Host");
      field(&AclCreation::operation, "Operation");
      field(&AclCreation::permission_type, "PermissionType");
    }
  };

  std::vector<AclCreation> creations{};

  static constexpr void fields(auto&& field) { field(&CreateAclsRequest::creations, "Creations"); }
};

/// Per ACL, whether it was created.
struct CreateAclsResponse {
  static constexpr MessageInfo info{.name = "CreateAclsResponse",
                                    .type = MessageType::response,
                                    .api_key = number(ApiKey::create_acls),
                                    .versions = {1, 3},
                                    .flexible_since = 2};
  static const Schema schema;

  struct AclCreationResult {
    ErrorCode error_code{};
    std::optional<Text> error_message{""};

    static constexpr void fields(auto&& field) {
      field(&AclCreationResult::error_code, "ErrorCode");
      field(&AclCreationResult::error_message, "ErrorMessage");
    }
  };

  std::int32_t throttle_time_ms{0};
  std::vector<AclCreationResult> results{};

  static constexpr void fields(auto&& field) {
    field(&CreateAclsResponse::throttle_time_ms, "ThrottleTimeMs");
    field(&CreateAclsResponse::results, "Results");
  }
};

}  // namespace moldau::protocol
