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

/// Asks for the state and members of groups of the new protocol (KIP-848).
struct ConsumerGroupDescribeRequest {
  static constexpr MessageInfo info{.name = "ConsumerGroupDescribeRequest",
                                    .type = MessageType::request,
                                    .api_key = number(ApiKey::consumer_group_describe),
                                    .versions = {0, 1},
                                    .flexible_since = 0};
  static const Schema schema;

  std::vector<Text> group_ids{};
  bool include_authorized_operations{false};

  static constexpr void fields(auto&& field) {
    field(&ConsumerGroupDescribeRequest::group_ids, "GroupIds");
    field(&ConsumerGroupDescribeRequest::include_authorized_operations,
          "IncludeAuthorizedOperations");
  }
};

/// States and members, with the assignments that they have and that they are to have.
struct ConsumerGroupDescribeResponse {
  static constexpr MessageInfo info{.name = "ConsumerGroupDescribeResponse",
                                    .type = MessageType::response,
                                    .api_key = number(ApiKey::consumer_group_describe),
                                    .versions = {0, 1},
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
    std::optional<Text> instance_id{};
    std::optional<Text> rack_id{};
    std::int32_t member_epoch{0};
    Text client_id{};
    Text client_host{};
    std::vector<Text> subscribed_topic_names{};
    std::optional<Text> subscribed_topic_regex{};
    Assignment assignment{};
    Assignment target_assignment{};
    std::int8_t member_type{-1};

    static constexpr void fields(auto&& field) {
      field(&Member::member_id, "MemberId");
      field(&Member::instance_id, "InstanceId");
      field(&Member::rack_id, "RackId");
      field(&Member::member_epoch, "MemberEpoch");
      field(&Member::client_id, "ClientId");
      field(&Member::client_host, "ClientHost");
      field(&Member::subscribed_topic_names, "SubscribedTopicNames");
      field(&Member::subscribed_topic_regex, "SubscribedTopicRegex");
      field(&Member::assignment, "Assignment");
      field(&Member::target_assignment, "TargetAssignment");
      field(&Member::member_type, "MemberType", since(1).ignorable());
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
    field(&ConsumerGroupDescribeResponse::throttle_time_ms, "ThrottleTimeMs");
    field(&ConsumerGroupDescribeResponse::groups, "Groups");
  }
};

}  // namespace moldau::protocol
