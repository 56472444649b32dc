#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/text.h"
#include "protocol/api_key.h"
#include "protocol/error_code.h"
#include "protocol/fields.h"

namespace moldau::protocol {

/// Deletes the ACLs that match any of the filters.
struct DeleteAclsRequest {
  static constexpr MessageInfo info{.name = "DeleteAclsRequest",
                                    .type = MessageType::request,
                                    .api_key = number(ApiKey::delete_acls),
                                    .versions = {1, 3},
                                    .flexible_since = 2};
  static const Schema schema;

  struct DeleteAclsFilter {
    std::int8_t resource_type_filter{0};
    std::optional<Text> resource_name_filter{""};
    std::int8_t pattern_type_filter{3};
    std::optional<Text> principal_filter{""};
    std::optional<Text> host_filter{""};
    std::int8_t operation{0};
    std::int8_t permission_type{0};

    static constexpr void fields(auto&& field) {
      field(&DeleteAclsFilter::resource_type_filter, "ResourceTypeFilter");
      field(&DeleteAclsFilter::resource_name_filter, "ResourceNameFilter");
      field(&DeleteAclsFilter::pattern_type_filter, "PatternTypeFilter");
      field(&DeleteAclsFilter::principal_filter, "PrincipalFilter");
      field(&DeleteAclsFilter::host_filter, "HostFilter");
      field(&DeleteAclsFilter::operation, "Operation");
      field(&DeleteAclsFilter::permission_type, "PermissionType");
    }
  };

  std::vector<DeleteAclsFilter> filters{};

  static constexpr void fields(auto&& field) { field(&DeleteAclsRequest::filters, "Filters"); }
};

/// Per filter, what it matched and deleted.
struct DeleteAclsResponse {
  static constexpr MessageInfo info{.name = "DeleteAclsResponse",
                                    .type = MessageType::response,
                                    .api_key = number(ApiKey::delete_acls),
                                    .versions = {1, 3},
                                    .flexible_since = 2};
  static const Schema schema;

  struct DeleteAclsMatchingAcl {
    ErrorCode error_code{};
    std::optional<Text> error_message{""};
    std::int8_t resource_type{0};
    Text resource_name{};
    std::int8_t pattern_type{3};
    Text principal{};
    Text host{};
    std::int8_t operation{0};
    std::int8_t permission_type{0};

    static constexpr void fields(auto&& field) {
      field(&DeleteAclsMatchingAcl::error_code, "ErrorCode");
      field(&DeleteAclsMatchingAcl::error_message, "ErrorMessage");
      field(&DeleteAclsMatchingAcl::resource_type, "ResourceType");
      field(&DeleteAclsMatchingAcl::resource_name, "ResourceName");
      field(&DeleteAclsMatchingAcl::pattern_type, "PatternType");
      field(&DeleteAclsMatchingAcl::principal, "Principal");
      field(&DeleteAclsMatchingAcl::host, "Host");
      field(&DeleteAclsMatchingAcl::operation, "Operation");
      field(&DeleteAclsMatchingAcl::permission_type, "PermissionType");
    }
  };

  struct DeleteAclsFilterResult {
    ErrorCode error_code{};
    std::optional<Text> error_message{""};
    std::vector<DeleteAclsMatchingAcl> matching_acls{};

    static constexpr void fields(auto&& field) {
      field(&DeleteAclsFilterResult::error_code, "ErrorCode");
      field(&DeleteAclsFilterResult::error_message, "ErrorMessage");
      field(&DeleteAclsFilterResult::matching_acls, "MatchingAcls");
    }
  };

  std::int32_t throttle_time_ms{0};
  std::vector<DeleteAclsFilterResult> filter_results{};

  static constexpr void fields(auto&& field) {
    field(&DeleteAclsResponse::throttle_time_ms, "ThrottleTimeMs");
    field(&DeleteAclsResponse::filter_results, "FilterResults");
  }
};

}  // namespace moldau::protocol
