#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/text.h"
#include "protocol/api_key.h"
#include "protocol/error_code.h"
#include "protocol/fields.h"

namespace moldau::protocol {

/// Deletes groups that have no members.
struct DeleteGroupsRequest {
  static constexpr MessageInfo info{.name = "DeleteGroupsRequest",
                                    .type = MessageType::request,
                                    .api_key = number(ApiKey::delete_groups),
                                    .versions = {0, 3},
                                    .flexible_since = 2};
  static const Schema schema;

  std::vector<Text> groups_names{};

  static constexpr void fields(auto&& field) {
    field(&DeleteGroupsRequest::groups_names, "GroupsNames");
  }
};

/// Per group, whether it was deleted.
struct DeleteGroupsResponse {
  static constexpr MessageInfo info{.name = "DeleteGroupsResponse",
                                    .type = MessageType::response,
                                    .api_key = number(ApiKey::delete_groups),
                                    .versions = {0, 3},
                                    .flexible_since = 2};
  static const Schema schema;

  struct DeletableGroupResult {
    Text group_id{};
    ErrorCode error_code{};
    std::optional<Text> error_message{};

    static constexpr void fields(auto&& field) {
      field(&DeletableGroupResult::group_id, "GroupId");
      field(&DeletableGroupResult::error_code, "ErrorCode");
      field(&DeletableGroupResult::error_message, "ErrorMessage", since(3).ignorable());
    }
  };

  std::int32_t throttle_time_ms{0};
  std::vector<DeletableGroupResult> results{};

  static constexpr void fields(auto&& field) {
    field(&DeleteGroupsResponse::throttle_time_ms, "ThrottleTimeMs");
    field(&DeleteGroupsResponse::results, "Results");
  }
};

}  // namespace moldau::protocol
