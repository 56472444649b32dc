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

/// Like Metadata for topics, page by page (KIP-966).
struct DescribeTopicPartitionsRequest {
  static constexpr MessageInfo info{.name = "DescribeTopicPartitionsRequest",
                                    .type = MessageType::request,
                                    .api_key = number(ApiKey::describe_topic_partitions),
                                    .versions = {0, 0},
                                    .flexible_since = 0};
  static const Schema schema;

  struct TopicRequest {
    Text name{};

    static constexpr void fields(auto&& field) { field(&TopicRequest::name, "Name"); }
  };

  struct Cursor {
    Text topic_name{};
    PartitionId partition_index{};

    static constexpr void fields(auto&& field) {
      field(&Cursor::topic_name, "TopicName");
      field(&Cursor::partition_index, "PartitionIndex");
    }
  };

  std::vector<TopicRequest> topics{};
  std::int32_t response_partition_limit{2000};
  std::optional<Cursor> cursor{};

  static constexpr void fields(auto&& field) {
    field(&DescribeTopicPartitionsRequest::topics, "Topics");
    field(&DescribeTopicPartitionsRequest::response_partition_limit, "ResponsePartitionLimit");
    field(&DescribeTopicPartitionsRequest::cursor, "Cursor");
  }
};

/// A page of topics; `next_cursor` is null on the last one.
struct DescribeTopicPartitionsResponse {
  static constexpr MessageInfo info{.name = "DescribeTopicPartitionsResponse",
                                    .type = MessageType::response,
                                    .api_key = number(ApiKey::describe_topic_partitions),
                                    .versions = {0, 0},
                                    .flexible_since = 0};
  static const Schema schema;

  struct DescribeTopicPartitionsResponsePartition {
    ErrorCode error_code{};
    PartitionId partition_index{};
    NodeId leader_id{};
    LeaderEpoch leader_epoch{-1};
    std::vector<NodeId> replica_nodes{};
    std::vector<NodeId> isr_nodes{};
    std::optional<std::vector<NodeId>> eligible_leader_replicas{};
    std::optional<std::vector<NodeId>> last_known_elr{};
    std::vector<NodeId> offline_replicas{};

    static constexpr void fields(auto&& field) {
      field(&DescribeTopicPartitionsResponsePartition::error_code, "ErrorCode");
      field(&DescribeTopicPartitionsResponsePartition::partition_index, "PartitionIndex");
      field(&DescribeTopicPartitionsResponsePartition::leader_id, "LeaderId");
      field(&DescribeTopicPartitionsResponsePartition::leader_epoch, "LeaderEpoch", ignorable());
      field(&DescribeTopicPartitionsResponsePartition::replica_nodes, "ReplicaNodes");
      field(&DescribeTopicPartitionsResponsePartition::isr_nodes, "IsrNodes");
      field(&DescribeTopicPartitionsResponsePartition::eligible_leader_replicas,
            "EligibleLeaderReplicas");
      field(&DescribeTopicPartitionsResponsePartition::last_known_elr, "LastKnownElr");
      field(&DescribeTopicPartitionsResponsePartition::offline_replicas, "OfflineReplicas",
            ignorable());
    }
  };

  struct DescribeTopicPartitionsResponseTopic {
    ErrorCode error_code{};
    std::optional<Text> name{""};
    Uuid topic_id{};
    bool is_internal{false};
    std::vector<DescribeTopicPartitionsResponsePartition> partitions{};
    std::int32_t topic_authorized_operations{-2147483648};

    static constexpr void fields(auto&& field) {
      field(&DescribeTopicPartitionsResponseTopic::error_code, "ErrorCode");
      field(&DescribeTopicPartitionsResponseTopic::name, "Name");
      field(&DescribeTopicPartitionsResponseTopic::topic_id, "TopicId", ignorable());
      field(&DescribeTopicPartitionsResponseTopic::is_internal, "IsInternal", ignorable());
      field(&DescribeTopicPartitionsResponseTopic::partitions, "Partitions");
      field(&DescribeTopicPartitionsResponseTopic::topic_authorized_operations,
            "TopicAuthorizedOperations");
    }
  };

  struct Cursor {
    Text topic_name{};
    PartitionId partition_index{};

    static constexpr void fields(auto&& field) {
      field(&Cursor::topic_name, "TopicName");
      field(&Cursor::partition_index, "PartitionIndex");
    }
  };

  std::int32_t throttle_time_ms{0};
  std::vector<DescribeTopicPartitionsResponseTopic> topics{};
  std::optional<Cursor> next_cursor{};

  static constexpr void fields(auto&& field) {
    field(&DescribeTopicPartitionsResponse::throttle_time_ms, "ThrottleTimeMs", ignorable());
    field(&DescribeTopicPartitionsResponse::topics, "Topics");
    field(&DescribeTopicPartitionsResponse::next_cursor, "NextCursor");
  }
};

}  // namespace moldau::protocol
