#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/text.h"
#include "protocol/api_key.h"
#include "protocol/error_code.h"
#include "protocol/fields.h"

namespace moldau::protocol {

/// Members leave; until version 2 one, from 3 on a list (KIP-345).
struct LeaveGroupRequest {
  static constexpr MessageInfo info{.name = "LeaveGroupRequest",
                                    .type = MessageType::request,
                                    .api_key = number(ApiKey::leave_group),
                                    .versions = {0, 5},
                                    .flexible_since = 4};
  static const Schema schema;

  struct MemberIdentity {
    Text member_id{};
    std::optional<Text> group_instance_id{};
    std::optional<Text> reason{};

    static constexpr void fields(auto&& field) {
      field(&MemberIdentity::member_id, "MemberId");
      field(&MemberIdentity::group_instance_id, "GroupInstanceId");
      field(&MemberIdentity::reason, "Reason", since(5).ignorable());
    }
  };

  Text group_id{};
  Text member_id{};
  std::vector<MemberIdentity> members{};

  static constexpr void fields(auto&& field) {
    field(&LeaveGroupRequest::group_id, "GroupId");
    field(&LeaveGroupRequest::member_id, "MemberId", until(2));
    field(&LeaveGroupRequest::members, "Members", since(3));
  }
};

/// Per member, whether it has left.
struct LeaveGroupResponse {
  static constexpr MessageInfo info{.name = "LeaveGroupResponse",
                                    .type = MessageType::response,
                                    .api_key = number(ApiKey::leave_group),
                                    .versions = {0, 5},
                                    .flexible_since = 4};
  static const Schema schema;

  struct MemberResponse {
    Text member_id{};
    std::optional<Text> group_instance_id{""};
    ErrorCode error_code{};

    static constexpr void fields(auto&& field) {
      field(&MemberResponse::member_id, "MemberId");
      field(&MemberResponse::group_instance_id, "GroupInstanceId");
      field(&MemberResponse::error_code, "ErrorCode");
    }
  };

  std::int32_t throttle_time_ms{0};
  ErrorCode error_code{};
  std::vector<MemberResponse> members{};

  static constexpr void fields(auto&& field) {
    field(&LeaveGroupResponse::throttle_time_ms, "ThrottleTimeMs", since(1).ignorable());
    field(&LeaveGroupResponse::error_code, "ErrorCode");
    field(&LeaveGroupResponse::members, "Members", since(3));
  }
};

}  // namespace moldau::protocol
