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

/// A member joins the group, or joins again when it rebalances. Since version 4 a new member is
/// first told its id and asks again with it (KIP-394); with an instance id it is static (KIP-345).
struct JoinGroupRequest {
  static constexpr MessageInfo info{.name = "JoinGroupRequest",
                                    .type = MessageType::request,
                                    .api_key = number(ApiKey::join_group),
                                    .versions = {0, 9},
                                    .flexible_since = 6};
  static const Schema schema;

  struct JoinGroupRequestProtocol {
    Text name{};
    SharedBytes metadata{};

    static constexpr void fields(auto&& field) {
      field(&JoinGroupRequestProtocol::name, "Name");
      field(&JoinGroupRequestProtocol::metadata, "Metadata");
    }
  };

  Text group_id{};
  std::int32_t session_timeout_ms{0};
  std::int32_t rebalance_timeout_ms{-1};
  Text member_id{};
  std::optional<Text> group_instance_id{};
  Text protocol_type{};
  std::vector<JoinGroupRequestProtocol> protocols{};
  std::optional<Text> reason{};

  static constexpr void fields(auto&& field) {
    field(&JoinGroupRequest::group_id, "GroupId");
    field(&JoinGroupRequest::session_timeout_ms, "SessionTimeoutMs");
    field(&JoinGroupRequest::rebalance_timeout_ms, "RebalanceTimeoutMs", since(1).ignorable());
    field(&JoinGroupRequest::member_id, "MemberId");
    field(&JoinGroupRequest::group_instance_id, "GroupInstanceId", since(5));
    field(&JoinGroupRequest::protocol_type, "ProtocolType");
    field(&JoinGroupRequest::protocols, "Protocols");
    field(&JoinGroupRequest::reason, "Reason", since(8).ignorable());
  }
};

/// The generation that began. Only the leader gets the members; its assignment is skipped where a
/// static leader came back and nothing changed (KIP-814).
struct JoinGroupResponse {
  static constexpr MessageInfo info{.name = "JoinGroupResponse",
                                    .type = MessageType::response,
                                    .api_key = number(ApiKey::join_group),
                                    .versions = {0, 9},
                                    .flexible_since = 6};
  static const Schema schema;

  struct JoinGroupResponseMember {
    Text member_id{};
    std::optional<Text> group_instance_id{};
    SharedBytes metadata{};

    static constexpr void fields(auto&& field) {
      field(&JoinGroupResponseMember::member_id, "MemberId");
      field(&JoinGroupResponseMember::group_instance_id, "GroupInstanceId", since(5).ignorable());
      field(&JoinGroupResponseMember::metadata, "Metadata");
    }
  };

  std::int32_t throttle_time_ms{0};
  ErrorCode error_code{};
  std::int32_t generation_id{-1};
  std::optional<Text> protocol_type{};
  std::optional<Text> protocol_name{""};
  Text leader{};
  bool skip_assignment{false};
  Text member_id{};
  std::vector<JoinGroupResponseMember> members{};

  static constexpr void fields(auto&& field) {
    field(&JoinGroupResponse::throttle_time_ms, "ThrottleTimeMs", since(2).ignorable());
    field(&JoinGroupResponse::error_code, "ErrorCode");
    field(&JoinGroupResponse::generation_id, "GenerationId");
    field(&JoinGroupResponse::protocol_type, "ProtocolType", since(7).ignorable());
    field(&JoinGroupResponse::protocol_name, "ProtocolName", nullable_since(7));
    field(&JoinGroupResponse::leader, "Leader");
    field(&JoinGroupResponse::skip_assignment, "SkipAssignment", since(9));
    field(&JoinGroupResponse::member_id, "MemberId");
    field(&JoinGroupResponse::members, "Members");
  }
};

}  // namespace moldau::protocol
