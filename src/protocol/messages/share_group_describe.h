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

/// Asks for the state and members of share groups (KIP-932). Version 0 was the early access of 4.0.
struct ShareGroupDescribeRequest {
  static constexpr MessageInfo info{.name = "ShareGroupDescribeRequest",
                                    .type = MessageType::request,
                                    .api_key = number(ApiKey::share_group_describe),
                                    .versions = {1, 1},
                                    .flexible_since = 0};
  static const Schema schema;

  std::vector<Text> group_ids{};
  bool include_authorized_operations{false};

  static constexpr void fields(auto&& field) {
    field(&ShareGroupDescribeRequest::group_ids, "GroupIds");
    field(&ShareGroupDescribeRequest::include_authorized_operations, "IncludeAuthorizedOperations");
  }
};

/// States and members, with their assignments.
struct ShareGroupDescribeResponse {
  static constexpr MessageInfo info{.name = "ShareGroupDescribeResponse",
                                    .type = MessageType::response,
                                    .api_key = number(ApiKey::share_group_describe),
                                    .versions = {1, 1},
                                    .flexible_since = 0};
  static const Schema schema;

  struct TopicPartitions {
    Uuid topic_id{};
    Text topic_name{};
    std::vector<PartitionId> partitions{};

    static constexpr void fields(auto&& field) {
      field(&TopicPartitions::topic_id, "TopicId");
      field(&TopicPartitions::topic_name, "TopicName");
      field(&TopicPartitions::partitions, "Partitions");
    }
  };

  struct Assignment {
    std::vector<TopicPartitions> topic_partitions{};

    static constexpr void fields(auto&& field) {
      field(&Assignment::topic_partitions, "TopicPartitions");
    }
  };

  struct Member {
    Text member_id{};
    std::optional<Text> rack_id{};
    std::int32_t member_epoch{0};
    Text client_id{};
    Text client_host{};
    std::vector<Text> subscribed_topic_names{};
    Assignment assignment{};

    static constexpr void fields(auto&& field) {
      field(&Member::member_id, "MemberId");
      field(&Member::rack_id, "RackId");
      field(&Member::member_epoch, "MemberEpoch");
      field(&Member::client_id, "ClientId");
      field(&Member::client_host, "ClientHost");
      field(&Member::subscribed_topic_names, "SubscribedTopicNames");
      field(&Member::assignment, "Assignment");
    }
  };

  struct DescribedGroup {
    ErrorCode error_code{};
    std::optional<Text> error_message{};
    Text group_id{};
    Text group_state{};
    std::int32_t group_epoch{0};
    std::int32_t assignment_epoch{0};
    Text assignor_name{};
    std::vector<Member> members{};
    std::int32_t authorized_operations{-2147483648};

    static constexpr void fields(auto&& field) {
      field(&DescribedGroup::error_code, "ErrorCode");
      field(&DescribedGroup::error_message, "ErrorMessage");
      field(&DescribedGroup::group_id, "GroupId");
      field(&DescribedGroup::group_state, "GroupState");
      field(&DescribedGroup::group_epoch, "GroupEpoch");
      field(&DescribedGroup::assignment_epoch, "AssignmentEpoch");
      field(&DescribedGroup::assignor_name, "AssignorName");
      field(&DescribedGroup::members, "Members");
      field(&DescribedGroup::authorized_operations, "AuthorizedOperations");
    }
  };

  std::int32_t throttle_time_ms{0};
  std::vector<DescribedGroup> groups{};

  static constexpr void fields(auto&& field) {
    field(&ShareGroupDescribeResponse::throttle_time_ms, "ThrottleTimeMs");
    field(&ShareGroupDescribeResponse::groups, "Groups");
  }
};

}  // namespace moldau::protocol
