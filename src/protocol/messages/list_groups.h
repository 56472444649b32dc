#pragma once

#include <cstdint>
#include <vector>

#include "base/text.h"
#include "protocol/api_key.h"
#include "protocol/error_code.h"
#include "protocol/fields.h"

namespace moldau::protocol {

/// Asks a coordinator for its groups, by state (KIP-518) and type (KIP-848); empty means any.
struct ListGroupsRequest {
  static constexpr MessageInfo info{.name = "ListGroupsRequest",
                                    .type = MessageType::request,
                                    .api_key = number(ApiKey::list_groups),
                                    .versions = {0, 5},
                                    .flexible_since = 3};
  static const Schema schema;

  std::vector<Text> states_filter{};
  std::vector<Text> types_filter{};

  static constexpr void fields(auto&& field) {
    field(&ListGroupsRequest::states_filter, "StatesFilter", since(4));
    field(&ListGroupsRequest::types_filter, "TypesFilter", since(5));
  }
};

/// The groups, of every type, of this coordinator.
struct ListGroupsResponse {
  static constexpr MessageInfo info{.name = "ListGroupsResponse",
                                    .type = MessageType::response,
                                    .api_key = number(ApiKey::list_groups),
                                    .versions = {0, 5},
                                    .flexible_since = 3};
  static const Schema schema;

  struct ListedGroup {
    Text group_id{};
    Text protocol_type{};
    Text group_state{};
    Text group_type{};

    static constexpr void fields(auto&& field) {
      field(&ListedGroup::group_id, "GroupId");
      field(&ListedGroup::protocol_type, "ProtocolType");
      field(&ListedGroup::group_state, "GroupState", since(4).ignorable());
      field(&ListedGroup::group_type, "GroupType", since(5).ignorable());
    }
  };

  std::int32_t throttle_time_ms{0};
  ErrorCode error_code{};
  std::vector<ListedGroup> groups{};

  static constexpr void fields(auto&& field) {
    field(&ListGroupsResponse::throttle_time_ms, "ThrottleTimeMs", since(1).ignorable());
    field(&ListGroupsResponse::error_code, "ErrorCode");
    field(&ListGroupsResponse::groups, "Groups");
  }
};

}  // namespace moldau::protocol
