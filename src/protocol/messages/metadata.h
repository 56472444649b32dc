#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "base/text.h"
#include "base/uuid.h"
#include "protocol/api_key.h"
#include "protocol/error_code.h"
#include "protocol/fields.h"

namespace moldau::protocol {

/// Asks for brokers and topics. No topics means all in version 0 and none later; null means all
/// from version 1 on.
struct MetadataRequest {
  static constexpr MessageInfo info{.name = "MetadataRequest",
                                    .type = MessageType::request,
                                    .api_key = number(ApiKey::metadata),
                                    .versions = {0, 13},
                                    .flexible_since = 9};
  static const Schema schema;

  struct MetadataRequestTopic {
    Uuid topic_id{};
    std::optional<Text> name{""};

    static constexpr void fields(auto&& field) {
      field(&MetadataRequestTopic::topic_id, "TopicId", since(10).ignorable());
      field(&MetadataRequestTopic::name, "Name", nullable_since(10));
    }
  };

  std::optional<std::vector<MetadataRequestTopic>> topics{std::in_place};
  bool allow_auto_topic_creation{true};
  bool include_cluster_authorized_operations{false};
  bool include_topic_authorized_operations{false};

  static constexpr void fields(auto&& field) {
    field(&MetadataRequest::topics, "Topics", nullable_since(1));
    field(&MetadataRequest::allow_auto_topic_creation, "AllowAutoTopicCreation", since(4));
    field(&MetadataRequest::include_cluster_authorized_operations,
          "IncludeClusterAuthorizedOperations", between(8, 10));
    field(&MetadataRequest::include_topic_authorized_operations, "IncludeTopicAuthorizedOperations",
          since(8));
  }
};

/// Brokers, topics and partitions as this broker's metadata image knows them.
struct MetadataResponse {
  static constexpr MessageInfo info{.name = "MetadataResponse",
                                    .type = MessageType::response,
                                    .api_key = number(ApiKey::metadata),
                                    .versions = {0, 13},
                                    .flexible_since = 9};
  static const Schema schema;

  struct MetadataResponseBroker {
    NodeId node_id{};
    Text host{};
    std::int32_t port{0};
    std::optional<Text> rack{};

    static constexpr void fields(auto&& field) {
      field(&MetadataResponseBroker::node_id, "NodeId");
      field(&MetadataResponseBroker::host, "Host");
      field(&MetadataResponseBroker::port, "Port");
      field(&MetadataResponseBroker::rack, "Rack", since(1).ignorable());
    }
  };

  struct MetadataResponsePartition {
    ErrorCode error_code{};
    PartitionId partition_index{};
    NodeId leader_id{};
    LeaderEpoch leader_epoch{-1};
    std::vector<NodeId> replica_nodes{};
    std::vector<NodeId> isr_nodes{};
    std::vector<NodeId> offline_replicas{};

    static constexpr void fields(auto&& field) {
      field(&MetadataResponsePartition::error_code, "ErrorCode");
      field(&MetadataResponsePartition::partition_index, "PartitionIndex");
      field(&MetadataResponsePartition::leader_id, "LeaderId");
      field(&MetadataResponsePartition::leader_epoch, "LeaderEpoch", since(7).ignorable());
      field(&MetadataResponsePartition::replica_nodes, "ReplicaNodes");
      field(&MetadataResponsePartition::isr_nodes, "IsrNodes");
      field(&MetadataResponsePartition::offline_replicas, "OfflineReplicas", since(5).ignorable());
    }
  };

  struct MetadataResponseTopic {
    ErrorCode error_code{};
    std::optional<Text> name{""};
    Uuid topic_id{};
    bool is_internal{false};
    std::vector<MetadataResponsePartition> partitions{};
    std::int32_t topic_authorized_operations{-2147483648};

    static constexpr void fields(auto&& field) {
      field(&MetadataResponseTopic::error_code, "ErrorCode");
      field(&MetadataResponseTopic::name, "Name", nullable_since(12));
      field(&MetadataResponseTopic::topic_id, "TopicId", since(10).ignorable());
      field(&MetadataResponseTopic::is_internal, "IsInternal", since(1).ignorable());
      field(&MetadataResponseTopic::partitions, "Partitions");
      field(&MetadataResponseTopic::topic_authorized_operations, "TopicAuthorizedOperations",
            since(8));
    }
  };

  std::int32_t throttle_time_ms{0};
  std::vector<MetadataResponseBroker> brokers{};
  std::optional<Text> cluster_id{};
  NodeId controller_id{-1};
  std::vector<MetadataResponseTopic> topics{};
  std::int32_t cluster_authorized_operations{-2147483648};
  ErrorCode error_code{};

  static constexpr void fields(auto&& field) {
    field(&MetadataResponse::throttle_time_ms, "ThrottleTimeMs", since(3).ignorable());
    field(&MetadataResponse::brokers, "Brokers");
    field(&MetadataResponse::cluster_id, "ClusterId", since(2).ignorable());
    field(&MetadataResponse::controller_id, "ControllerId", since(1).ignorable());
    field(&MetadataResponse::topics, "Topics");
    field(&MetadataResponse::cluster_authorized_operations, "ClusterAuthorizedOperations",
          between(8, 10));
    field(&MetadataResponse::error_code, "ErrorCode", since(13).ignorable());
  }
};

}  // namespace moldau::protocol
