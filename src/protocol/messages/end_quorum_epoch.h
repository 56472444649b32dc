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

/// A leader resigns and names who should follow it.
struct EndQuorumEpochRequest {
  static constexpr MessageInfo info{.name = "EndQuorumEpochRequest",
                                    .type = MessageType::request,
                                    .api_key = number(ApiKey::end_quorum_epoch),
                                    .versions = {0, 1},
                                    .flexible_since = 1};
  static const Schema schema;

  struct ReplicaInfo {
    NodeId candidate_id{};
    Uuid candidate_directory_id{};

    static constexpr void fields(auto&& field) {
      field(&ReplicaInfo::candidate_id, "CandidateId");
      field(&ReplicaInfo::candidate_directory_id, "CandidateDirectoryId");
    }
  };

  struct PartitionData {
    PartitionId partition_index{};
    NodeId leader_id{};
    LeaderEpoch leader_epoch{};
    std::vector<std::int32_t> preferred_successors{};
    std::vector<ReplicaInfo> preferred_candidates{};

    static constexpr void fields(auto&& field) {
      field(&PartitionData::partition_index, "PartitionIndex");
      field(&PartitionData::leader_id, "LeaderId");
      field(&PartitionData::leader_epoch, "LeaderEpoch");
      field(&PartitionData::preferred_successors, "PreferredSuccessors", until(0).ignorable());
      field(&PartitionData::preferred_candidates, "PreferredCandidates", since(1).ignorable());
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
  std::vector<TopicData> topics{};
  std::vector<LeaderEndpoint> leader_endpoints{};

  static constexpr void fields(auto&& field) {
    field(&EndQuorumEpochRequest::cluster_id, "ClusterId");
    field(&EndQuorumEpochRequest::topics, "Topics");
    field(&EndQuorumEpochRequest::leader_endpoints, "LeaderEndpoints", since(1).ignorable());
  }
};

/// Whether the voter accepts, and the leader it knows.
struct EndQuorumEpochResponse {
  static constexpr MessageInfo info{.name = "EndQuorumEpochResponse",
                                    .type = MessageType::response,
                                    .api_key = number(ApiKey::end_quorum_epoch),
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
    field(&EndQuorumEpochResponse::error_code, "ErrorCode");
    field(&EndQuorumEpochResponse::topics, "Topics");
    field(&EndQuorumEpochResponse::node_endpoints, "NodeEndpoints", since(1).tag(0));
  }
};

}  // namespace moldau::protocol
