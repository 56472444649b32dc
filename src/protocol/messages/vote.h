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

/// A candidate asks for a vote (KIP-595), from version 2 on also for a pre-vote (KIP-996).
struct VoteRequest {
  static constexpr MessageInfo info{.name = "VoteRequest",
                                    .type = MessageType::request,
                                    .api_key = number(ApiKey::vote),
                                    .versions = {0, 2},
                                    .flexible_since = 0};
  static const Schema schema;

  struct PartitionData {
    PartitionId partition_index{};
    LeaderEpoch replica_epoch{};
    NodeId replica_id{};
    Uuid replica_directory_id{};
    Uuid voter_directory_id{};
    LeaderEpoch last_offset_epoch{};
    Offset last_offset{};
    bool pre_vote{false};

    static constexpr void fields(auto&& field) {
      field(&PartitionData::partition_index, "PartitionIndex");
      field(&PartitionData::replica_epoch, "ReplicaEpoch");
      field(&PartitionData::replica_id, "ReplicaId");
      field(&PartitionData::replica_directory_id, "ReplicaDirectoryId", since(1).ignorable());
      field(&PartitionData::voter_directory_id, "VoterDirectoryId", since(1).ignorable());
      field(&PartitionData::last_offset_epoch, "LastOffsetEpoch");
      field(&PartitionData::last_offset, "LastOffset");
      field(&PartitionData::pre_vote, "PreVote", since(2));
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

  std::optional<Text> cluster_id{};
  NodeId voter_id{-1};
  std::vector<TopicData> topics{};

  static constexpr void fields(auto&& field) {
    field(&VoteRequest::cluster_id, "ClusterId");
    field(&VoteRequest::voter_id, "VoterId", since(1).ignorable());
    field(&VoteRequest::topics, "Topics");
  }
};

/// The vote, and the leader if one is known.
struct VoteResponse {
  static constexpr MessageInfo info{.name = "VoteResponse",
                                    .type = MessageType::response,
                                    .api_key = number(ApiKey::vote),
                                    .versions = {0, 2},
                                    .flexible_since = 0};
  static const Schema schema;

  struct PartitionData {
    PartitionId partition_index{};
    ErrorCode error_code{};
    NodeId leader_id{};
    LeaderEpoch leader_epoch{};
    bool vote_granted{false};

    static constexpr void fields(auto&& field) {
      field(&PartitionData::partition_index, "PartitionIndex");
      field(&PartitionData::error_code, "ErrorCode");
      field(&PartitionData::leader_id, "LeaderId");
      field(&PartitionData::leader_epoch, "LeaderEpoch");
      field(&PartitionData::vote_granted, "VoteGranted");
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
    field(&VoteResponse::error_code, "ErrorCode");
    field(&VoteResponse::topics, "Topics");
    field(&VoteResponse::node_endpoints, "NodeEndpoints", since(1).tag(0));
  }
};

}  // namespace moldau::protocol
