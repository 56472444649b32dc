#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/text.h"
#include "protocol/api_key.h"
#include "protocol/error_code.h"
#include "protocol/fields.h"

namespace moldau::protocol {

/// Asks for the state and members of classic groups.
struct DescribeGroupsRequest {
  static constexpr MessageInfo info{.name = "DescribeGroupsRequest",
                                    .type = MessageType::request,
                                    .api_key = number(ApiKey::describe_groups),
                                    .versions = {0, 6},
                                    .flexible_since = 5};
  static const Schema schema;

  std::vector<Text> groups{};
  bool include_authorized_operations{false};

  static constexpr void fields(auto&& field) {
    field(&DescribeGroupsRequest::groups, "Groups");
    field(&DescribeGroupsRequest::include_authorized_operations, "IncludeAuthorizedOperations",
          since(3));
  }
};

/// States and members; metadata and assignments are in the bytes of the group's protocol, see
/// consumer_protocol.h.
struct DescribeGroupsResponse {
  static constexpr MessageInfo info{.name = "DescribeGroupsResponse",
                                    .type = MessageType::response,
                                    .api_key = number(ApiKey::describe_groups),
                                    .versions = {0, 6},
                                    .flexible_since = 5};
  static const Schema schema;

  struct DescribedGroupMember {
    Text member_id{};
    std::optional<Text> group_instance_id{};
    Text client_id{};
    Text client_host{};
    SharedBytes member_metadata{};
    SharedBytes member_assignment{};

    static constexpr void fields(auto&& field) {
      field(&DescribedGroupMember::member_id, "MemberId");
      field(&DescribedGroupMember::group_instance_id, "GroupInstanceId", since(4).ignorable());
      field(&DescribedGroupMember::client_id, "ClientId");
      field(&DescribedGroupMember::client_host, "ClientHost");
      field(&DescribedGroupMember::member_metadata, "MemberMetadata");
      field(&DescribedGroupMember::member_assignment, "MemberAssignment");
    }
  };

  struct DescribedGroup {
    ErrorCode error_code{};
    std::optional<Text> error_message{};
    Text group_id{};
    Text group_state{};
    Text protocol_type{};
    Text protocol_data{};
    std::vector<DescribedGroupMember> members{};
    std::int32_t authorized_operations{-2147483648};

    static constexpr void fields(auto&& field) {
      field(&DescribedGroup::error_code, "ErrorCode");
      field(&DescribedGroup::error_message, "ErrorMessage", since(6));
      field(&DescribedGroup::group_id, "GroupId");
      field(&DescribedGroup::group_state, "GroupState");
      field(&DescribedGroup::protocol_type, "ProtocolType");
      field(&DescribedGroup::protocol_data, "ProtocolData");
      field(&DescribedGroup::members, "Members");
      field(&DescribedGroup::authorized_operations, "AuthorizedOperations", since(3));
    }
  };

  std::int32_t throttle_time_ms{0};
  std::vector<DescribedGroup> groups{};

  static constexpr void fields(auto&& field) {
    field(&DescribeGroupsResponse::throttle_time_ms, "ThrottleTimeMs", since(1).ignorable());
    field(&DescribeGroupsResponse::groups, "Groups");
  }
};

}  // namespace moldau::protocol
