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

/// Asks for the member's assignment; the leader's request brings the assignments of all.
struct SyncGroupRequest {
  static constexpr MessageInfo info{.name = "SyncGroupRequest",
                                    .type = MessageType::request,
                                    .api_key = number(ApiKey::sync_group),
                                    .versions = {0, 5},
                                    .flexible_since = 4};
  static const Schema schema;

  struct SyncGroupRequestAssignment {
    Text member_id{};
    SharedBytes assignment{};

    static constexpr void fields(auto&& field) {
      field(&SyncGroupRequestAssignment::member_id, "MemberId");
      field(&SyncGroupRequestAssignment::assignment, "Assignment");
    }
  };

  Text group_id{};
  std::int32_t generation_id{0};
  Text member_id{};
  std::optional<Text> group_instance_id{};
  std::optional<Text> protocol_type{};
  std::optional<Text> protocol_name{};
  std::vector<SyncGroupRequestAssignment> assignments{};

  static constexpr void fields(auto&& field) {
    field(&SyncGroupRequest::group_id, "GroupId");
    field(&SyncGroupRequest::generation_id, "GenerationId");
    field(&SyncGroupRequest::member_id, "MemberId");
    field(&SyncGroupRequest::group_instance_id, "GroupInstanceId", since(3));
    field(&SyncGroupRequest::protocol_type, "ProtocolType", since(5).ignorable());
    field(&SyncGroupRequest::protocol_name, "ProtocolName", since(5).ignorable());
    field(&SyncGroupRequest::assignments, "Assignments");
  }
};

/// The assignment, in the bytes of the group's protocol.
struct SyncGroupResponse {
  static constexpr MessageInfo info{.name = "SyncGroupResponse",
                                    .type = MessageType::response,
                                    .api_key = number(ApiKey::sync_group),
                                    .versions = {0, 5},
                                    .flexible_since = 4};
  static const Schema schema;

  std::int32_t throttle_time_ms{0};
  ErrorCode error_code{};
  std::optional<Text> protocol_type{};
  std::optional<Text> protocol_name{};
  SharedBytes assignment{};

  static constexpr void fields(auto&& field) {
    field(&SyncGroupResponse::throttle_time_ms, "ThrottleTimeMs", since(1).ignorable());
    field(&SyncGroupResponse::error_code, "ErrorCode");
    field(&SyncGroupResponse::protocol_type, "ProtocolType", since(5).ignorable());
    field(&SyncGroupResponse::protocol_name, "ProtocolName", since(5).ignorable());
    field(&SyncGroupResponse::assignment, "Assignment");
  }
};

}  // namespace moldau::protocol
