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

/// A new leader announces itself to the voters.
struct BeginQuorumEpochRequest {
  static constexpr MessageInfo info{.name = "BeginQuorumEpochRequest",
                                    .type = MessageType::request,
                                    .api_key = number(ApiKey::begin_quorum_epoch),
                                    .versions = {0, 1},
                                    .flexible_since = 1};
  static const Schema schema;

  struct PartitionData {
    PartitionId partition_index{};
    Uuid voter_directory_id{};
    NodeId leader_id{};
    LeaderEpoch leader_epoch{};

    static constexpr void fields(auto&& field) {
      field(&PartitionData::partition_index, "PartitionIndex");
      field(&PartitionData::voter_directory_id, "VoterDirectoryId", since(1).ignorable());
      field(&PartitionData::leader_id, "LeaderId");
      field(&PartitionData::leader_epoch, "LeaderEpoch");
    }
  };

  struct TopicData {
    Text topic_name{};
    std::vector<PartitionData> partitions{};

    static constexpr void fields(auto&& field) {
      field(&TopicData::topic_name, "TopicName");
      field(&TopicData::partitions, "Partitions");
    }
  };

  struct LeaderEndpoint {
    Text name{};
    Text host{};
    std::uint16_t port{0};

    static constexpr void fields(auto&& field) {
      field(&LeaderEndpoint::name, "Name");
      field(&LeaderEndpoint::host, "Host");
      field(&LeaderEndpoint::port, "Port");
    }
  };

  std::optional<Text> cluster_id{};
  NodeId voter_id{-1};
  std::vector<TopicData> topics{};
  std::vector<LeaderEndpoint> leader_endpoints{};

  static constexpr void fields(auto&& field) {
    field(&BeginQuorumEpochRequest::cluster_id, "ClusterId");
    field(&BeginQuorumEpochRequest::voter_id, "VoterId", since(1).ignorable());
    field(&BeginQuorumEpochRequest::topics, "Topics");
    field(&BeginQuorumEpochRequest::leader_endpoints, "LeaderEndpoints", since(1).ignorable());
  }
};

/// Whether the voter accepts, and the leader it knows.
struct BeginQuorumEpochResponse {
  static constexpr MessageInfo info{.name = "BeginQuorumEpochResponse",
                                    .type = MessageType::response,
                                    .api_key = number(ApiKey::begin_quorum_epoch),
                                    .versions = {0, 1},
                                    .flexible_since = 1};
  static const Schema schema;

  struct PartitionData {
    PartitionId partition_index{};
    ErrorCode error_code{};
    NodeId leader_id{};
    LeaderEpoch leader_epoch{};

    static constexpr void fields(auto&& field) {
      field(&PartitionData::partition_index, "PartitionIndex");
      field(&PartitionData::error_code, "ErrorCode");
      field(&PartitionData::leader_id, "LeaderId");
      field(&PartitionData::leader_epoch, "LeaderEpoch");
    }
  };

  struct TopicData {
    Text topic_name{};
    std::vector<PartitionData> partitions{};

    static constexpr void fields(auto&& field) {
      field(&TopicData::topic_name, "TopicName");
      field(&TopicData::partitions, "Partitions");
    }
  };

  struct NodeEndpoint {
    NodeId node_id{};
    Text host{};
    std::uint16_t port{0};

    static constexpr void fields(auto&& field) {
      field(&NodeEndpoint::node_id, "NodeId");
      field(&NodeEndpoint::host, "Host");
      field(&NodeEndpoint::port, "Port");
    }
  };

  ErrorCode error_code{};
  std::vector<TopicData> topics{};
  std::vector<NodeEndpoint> node_endpoints{};

  static constexpr void fields(auto&& field) {
    field(&BeginQuorumEpochResponse::error_code, "ErrorCode");
    field(&BeginQuorumEpochResponse::topics, "Topics");
    field(&BeginQuorumEpochResponse::node_endpoints, "NodeEndpoints", since(1).tag(0));
  }
};

}  // namespace moldau::protocol
