#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/text.h"
#include "protocol/api_key.h"
#include "protocol/error_code.h"
#include "protocol/fields.h"

namespace moldau::protocol {

/// Asks for the ACLs that match a filter; null matches any. Numbers as in the Java class
/// AclBinding: pattern type 1 is any, 2 match, 3 literal, 4 prefixed.
struct DescribeAclsRequest {
  static constexpr MessageInfo info{.name = "DescribeAclsRequest",
                                    .type = MessageType::request,
                                    .api_key = number(ApiKey::describe_acls),
                                    .versions = {1, 3},
                                    .flexible_since = 2};
  static const Schema schema;

  std::int8_t resource_type_filter{0};
  std::optional<Text> resource_name_filter{""};
  std::int8_t pattern_type_filter{3};
  std::optional<Text> principal_filter{""};
  std::optional<Text> host_filter{""};
  std::int8_t operation{0};
  std::int8_t permission_type{0};

  static constexpr void fields(auto&& field) {
    field(&DescribeAclsRequest::resource_type_filter, "ResourceTypeFilter");
    field(&DescribeAclsRequest::resource_name_filter, "ResourceNameFilter");
    field(&DescribeAclsRequest::pattern_type_filter, "PatternTypeFilter");
    field(&DescribeAclsRequest::principal_filter, "PrincipalFilter");
    field(&DescribeAclsRequest::host_filter, "HostFilter");
    field(&DescribeAclsRequest::operation, "Operation");
    field(&DescribeAclsRequest::permission_type, "PermissionType");
  }
};

/// ACLs by resource.
struct DescribeAclsResponse {
  static constexpr MessageInfo info{.name = "DescribeAclsResponse",
                                    .type = MessageType::response,
                                    .api_key = number(ApiKey::describe_acls),
                                    .versions = {1, 3},
                                    .flexible_since = 2};
  static const Schema schema;

  struct AclDescription {
    Text principal{};
    Text host{};
    std::int8_t operation{0};
    std::int8_t permission_type{0};

    static constexpr void fields(auto&& field) {
      field(&AclDescription::principal, "Principal");
      field(&AclDescription::host, "Host");
      field(&AclDescription::operation, "Operation");
      field(&AclDescription::permission_type, "PermissionType");
    }
  };

  struct DescribeAclsResource {
    std::int8_t resource_type{0};
    Text resource_name{};
    std::int8_t pattern_type{3};
    std::vector<AclDescription> acls{};

    static constexpr void fields(auto&& field) {
      field(&DescribeAclsResource::resource_type, "ResourceType");
      field(&DescribeAclsResource::resource_name, "ResourceName");
      field(&DescribeAclsResource::pattern_type, "PatternType");
      field(&DescribeAclsResource::acls, "Acls");
    }
  };

  std::int32_t throttle_time_ms{0};
  ErrorCode error_code{};
  std::optional<Text> error_message{""};
  std::vector<DescribeAclsResource> resources{};

  static constexpr void fields(auto&& field) {
    field(&DescribeAclsResponse::throttle_time_ms, "ThrottleTimeMs");
    field(&DescribeAclsResponse::error_code, "ErrorCode");
    field(&DescribeAclsResponse::error_message, "ErrorMessage");
    field(&DescribeAclsResponse::resources, "Resources");
  }
};

}  // namespace moldau::protocol
