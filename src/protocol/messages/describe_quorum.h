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

/// Asks for the state of the metadata quorum.
struct DescribeQuorumRequest {
  static constexpr MessageInfo info{.name = "DescribeQuorumRequest",
                                    .type = MessageType::request,
                                    .api_key = number(ApiKey::describe_quorum),
                                    .versions = {0, 2},
                                    .flexible_since = 0};
  static const Schema schema;

  struct PartitionData {
    PartitionId partition_index{};

    static constexpr void fields(auto&& field) {
      field(&PartitionData::partition_index, "PartitionIndex");
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

  std::vector<TopicData> topics{};

  static constexpr void fields(auto&& field) { field(&DescribeQuorumRequest::topics, "Topics"); }
};

/// Leader, voters and observers as the leader sees them.
struct DescribeQuorumResponse {
  static constexpr MessageInfo info{.name = "DescribeQuorumResponse",
                                    .type = MessageType::response,
                                    .api_key = number(ApiKey::describe_quorum),
                                    .versions = {0, 2},
                                    .flexible_since = 0};
  static const Schema schema;

  struct ReplicaState {
    NodeId replica_id{};
    Uuid replica_directory_id{};
    Offset log_end_offset{};
    std::int64_t last_fetch_timestamp{-1};
    std::int64_t last_caught_up_timestamp{-1};

    static constexpr void fields(auto&& field) {
      field(&ReplicaState::replica_id, "ReplicaId");
      field(&ReplicaState::replica_directory_id, "ReplicaDirectoryId", since(2));
      field(&ReplicaState::log_end_offset, "LogEndOffset");
      field(&ReplicaState::last_fetch_timestamp, "LastFetchTimestamp", since(1).ignorable());
      field(&ReplicaState::last_caught_up_timestamp, "LastCaughtUpTimestamp", since(1).ignorable());
    }
  };

  struct PartitionData {
    PartitionId partition_index{};
    ErrorCode error_code{};
    std::optional<Text> error_message{""};
    NodeId leader_id{};
    LeaderEpoch leader_epoch{};
    Offset high_watermark{};
    std::vector<ReplicaState> current_voters{};
    std::vector<ReplicaState> observers{};

    static constexpr void fields(auto&& field) {
      field(&PartitionData::partition_index, "PartitionIndex");
      field(&PartitionData::error_code, "ErrorCode");
      field(&PartitionData::error_message, "ErrorMessage", since(2).ignorable());
      field(&PartitionData::leader_id, "LeaderId");
      field(&PartitionData::leader_epoch, "LeaderEpoch");
      field(&PartitionData::high_watermark, "HighWatermark");
      field(&PartitionData::current_voters, "CurrentVoters");
      field(&PartitionData::observers, "Observers");
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

  struct Listener {
    Text name{};
    Text host{};
    std::uint16_t port{0};

    static constexpr void fields(auto&& field) {
      field(&Listener::name, "Name");
      field(&Listener::host, "Host");
      field(&Listener::port, "Port");
    }
  };

  struct Node {
    NodeId node_id{};
    std::vector<Listener> listeners{};

    static constexpr void fields(auto&& field) {
      field(&Node::node_id, "NodeId");
      field(&Node::listeners, "Listeners");
    }
  };

  ErrorCode error_code{};
  std::optional<Text> error_message{""};
  std::vector<TopicData> topics{};
  std::vector<Node> nodes{};

  static constexpr void fields(auto&& field) {
    field(&DescribeQuorumResponse::error_code, "ErrorCode");
    field(&DescribeQuorumResponse::error_message, "ErrorMessage", since(2).ignorable());
    field(&DescribeQuorumResponse::topics, "Topics");
    field(&DescribeQuorumResponse::nodes, "Nodes", since(2));
  }
};

}  // namespace moldau::protocol
