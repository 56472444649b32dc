#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/ids.h"
#include "base/text.h"
#include "base/uuid.h"
#include "protocol/api_key.h"
#include "protocol/error_code.h"
#include "protocol/fields.h"

namespace moldau::protocol {

/// A member of a share group joins, shows that it lives, or leaves (KIP-932). Null is what has not
/// changed since the last heartbeat. Version 0 was the early access of 4.0.
struct ShareGroupHeartbeatRequest {
  static constexpr MessageInfo info{.name = "ShareGroupHeartbeatRequest",
                                    .type = MessageType::request,
                                    .api_key = number(ApiKey::share_group_heartbeat),
                                    .versions = {1, 1},
                                    .flexible_since = 0};
  static const Schema schema;

  Text group_id{};
  Text member_id{};
  std::int32_t member_epoch{0};  ///< 0 joins, -1 leaves
  std::optional<Text> rack_id{};
  std::optional<std::vector<Text>> subscribed_topic_names{};

  static constexpr void fields(auto&& field) {
    field(&ShareGroupHeartbeatRequest::group_id, "GroupId");
    field(&ShareGroupHeartbeatRequest::member_id, "MemberId");
    field(&ShareGroupHeartbeatRequest::member_epoch, "MemberEpoch");
    field(&ShareGroupHeartbeatRequest::rack_id, "RackId");
    field(&ShareGroupHeartbeatRequest::subscribed_topic_names, "SubscribedTopicNames");
  }
};

/// The member's epoch, when to come back, and what to read; a null assignment is the one before.
struct ShareGroupHeartbeatResponse {
  static constexpr MessageInfo info{.name = "ShareGroupHeartbeatResponse",
                                    .type = MessageType::response,
                                    .api_key = number(ApiKey::share_group_heartbeat),
                                    .versions = {1, 1},
                                    .flexible_since = 0};
  static const Schema schema;

  struct TopicPartitions {
    Uuid topic_id{};
    std::vector<PartitionId> partitions{};

    static constexpr void fields(auto&& field) {
      field(&TopicPartitions::topic_id, "TopicId");
      field(&TopicPartitions::partitions, "Partitions");
    }
  };

  struct Assignment {
    std::vector<TopicPartitions> topic_partitions{};

    static constexpr void fields(auto&& field) {
      field(&Assignment::topic_partitions, "TopicPartitions");
    }
  };

  std::int32_t throttle_time_ms{0};
  ErrorCode error_code{};
  std::optional<Text> error_message{};
  std::optional<Text> member_id{};
  std::int32_t member_epoch{0};
  std::int32_t heartbeat_interval_ms{0};
  std::optional<Assignment> assignment{};

  static constexpr void fields(auto&& field) {
    field(&ShareGroupHeartbeatResponse::throttle_time_ms, "ThrottleTimeMs");
    field(&ShareGroupHeartbeatResponse::error_code, "ErrorCode");
    field(&ShareGroupHeartbeatResponse::error_message, "ErrorMessage");
    field(&ShareGroupHeartbeatResponse::member_id, "MemberId");
    field(&ShareGroupHeartbeatResponse::member_epoch, "MemberEpoch");
    field(&ShareGroupHeartbeatResponse::heartbeat_interval_ms, "HeartbeatIntervalMs");
    field(&ShareGroupHeartbeatResponse::assignment, "Assignment");
  }
};

}  // namespace moldau::protocol
