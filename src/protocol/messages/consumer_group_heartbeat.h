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

/// A member of a group of the new protocol is alive, and says what has changed: null means nothing
/// (KIP-848). Epoch 0 joins, -1 leaves, -2 leaves for a while as a static member.
struct ConsumerGroupHeartbeatRequest {
  static constexpr MessageInfo info{.name = "ConsumerGroupHeartbeatRequest",
                                    .type = MessageType::request,
                                    .api_key = number(ApiKey::consumer_group_heartbeat),
                                    .versions = {0, 1},
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

  Text group_id{};
  Text member_id{};
  std::int32_t member_epoch{0};
  std::optional<Text> instance_id{};
  std::optional<Text> rack_id{};
  std::int32_t rebalance_timeout_ms{-1};
  std::optional<std::vector<Text>> subscribed_topic_names{};
  std::optional<Text> subscribed_topic_regex{};
  std::optional<Text> server_assignor{};
  std::optional<std::vector<TopicPartitions>> topic_partitions{};

  static constexpr void fields(auto&& field) {
    field(&ConsumerGroupHeartbeatRequest::group_id, "GroupId");
    field(&ConsumerGroupHeartbeatRequest::member_id, "MemberId");
    field(&ConsumerGroupHeartbeatRequest::member_epoch, "MemberEpoch");
    field(&ConsumerGroupHeartbeatRequest::instance_id, "InstanceId");
    field(&ConsumerGroupHeartbeatRequest::rack_id, "RackId");
    field(&ConsumerGroupHeartbeatRequest::rebalance_timeout_ms, "RebalanceTimeoutMs");
    field(&ConsumerGroupHeartbeatRequest::subscribed_topic_names, "SubscribedTopicNames");
    field(&ConsumerGroupHeartbeatRequest::subscribed_topic_regex, "SubscribedTopicRegex", since(1));
    field(&ConsumerGroupHeartbeatRequest::server_assignor, "ServerAssignor");
    field(&ConsumerGroupHeartbeatRequest::topic_partitions, "TopicPartitions");
  }
};

/// The member's epoch, and its assignment if that has changed.
struct ConsumerGroupHeartbeatResponse {
  static constexpr MessageInfo info{.name = "ConsumerGroupHeartbeatResponse",
                                    .type = MessageType::response,
                                    .api_key = number(ApiKey::consumer_group_heartbeat),
                                    .versions = {0, 1},
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
    field(&ConsumerGroupHeartbeatResponse::throttle_time_ms, "ThrottleTimeMs");
    field(&ConsumerGroupHeartbeatResponse::error_code, "ErrorCode");
    field(&ConsumerGroupHeartbeatResponse::error_message, "ErrorMessage");
    field(&ConsumerGroupHeartbeatResponse::member_id, "MemberId");
    field(&ConsumerGroupHeartbeatResponse::member_epoch, "MemberEpoch");
    field(&ConsumerGroupHeartbeatResponse::heartbeat_interval_ms, "HeartbeatIntervalMs");
    field(&ConsumerGroupHeartbeatResponse::assignment, "Assignment");
  }
};

}  // namespace moldau::protocol
