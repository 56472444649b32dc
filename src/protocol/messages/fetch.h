#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/ids.h"
#include "base/text.h"
#include "base/uuid.h"
#include "protocol/api_key.h"
#include "protocol/error_code.h"
#include "protocol/fields.h"

namespace moldau::protocol {

/// Asks for record batches: by a consumer, a follower (replica id of a broker, or replica state
/// from version 15 on, KIP-903) or a raft replica. Within a session only what has changed is named
/// (KIP-227).
struct FetchRequest {
  static constexpr MessageInfo info{.name = "FetchRequest",
                                    .type = MessageType::request,
                                    .api_key = number(ApiKey::fetch),
                                    .versions = {4, 18},
                                    .flexible_since = 12};
  static const Schema schema;

  struct ReplicaState {
    NodeId replica_id{-1};
    BrokerEpoch replica_epoch{-1};

    static constexpr void fields(auto&& field) {
      field(&ReplicaState::replica_id, "ReplicaId");
      field(&ReplicaState::replica_epoch, "ReplicaEpoch");
    }
  };

  struct FetchPartition {
    PartitionId partition{};
    LeaderEpoch current_leader_epoch{-1};
    Offset fetch_offset{};
    LeaderEpoch last_fetched_epoch{-1};
    Offset log_start_offset{-1};
    std::int32_t partition_max_bytes{0};
    Uuid replica_directory_id{};
    Offset high_watermark{9223372036854775807};

    static constexpr void fields(auto&& field) {
      field(&FetchPartition::partition, "Partition");
      field(&FetchPartition::current_leader_epoch, "CurrentLeaderEpoch", since(9).ignorable());
      field(&FetchPartition::fetch_offset, "FetchOffset");
      field(&FetchPartition::last_fetched_epoch, "LastFetchedEpoch", since(12));
      field(&FetchPartition::log_start_offset, "LogStartOffset", since(5).ignorable());
      field(&FetchPartition::partition_max_bytes, "PartitionMaxBytes");
      field(&FetchPartition::replica_directory_id, "ReplicaDirectoryId",
            since(17).tag(0).ignorable());
      field(&FetchPartition::high_watermark, "HighWatermark", since(18).tag(1).ignorable());
    }
  };

  struct FetchTopic {
    Text topic{};
    Uuid topic_id{};
    std::vector<FetchPartition> partitions{};

    static constexpr void fields(auto&& field) {
      field(&FetchTopic::topic, "Topic", until(12).ignorable());
      field(&FetchTopic::topic_id, "TopicId", since(13).ignorable());
      field(&FetchTopic::partitions, "Partitions");
    }
  };

  struct ForgottenTopic {
    Text topic{};
    Uuid topic_id{};
    std::vector<PartitionId> partitions{};

    static constexpr void fields(auto&& field) {
      field(&ForgottenTopic::topic, "Topic", until(12).ignorable());
      field(&ForgottenTopic::topic_id, "TopicId", since(13).ignorable());
      field(&ForgottenTopic::partitions, "Partitions");
    }
  };

  std::optional<Text> cluster_id{};
  NodeId replica_id{-1};
  ReplicaState replica_state{};
  std::int32_t max_wait_ms{0};
  std::int32_t min_bytes{0};
  std::int32_t max_bytes{0x7fffffff};
  std::int8_t isolation_level{0};
  std::int32_t session_id{0};
  std::int32_t session_epoch{-1};
  std::vector<FetchTopic> topics{};
  std::vector<ForgottenTopic> forgotten_topics_data{};
  Text rack_id{};

  static constexpr void fields(auto&& field) {
    field(&FetchRequest::cluster_id, "ClusterId", since(12).tag(0).ignorable());
    field(&FetchRequest::replica_id, "ReplicaId", until(14));
    field(&FetchRequest::replica_state, "ReplicaState", since(15).tag(1));
    field(&FetchRequest::max_wait_ms, "MaxWaitMs");
    field(&FetchRequest::min_bytes, "MinBytes");
    field(&FetchRequest::max_bytes, "MaxBytes", ignorable());
    field(&FetchRequest::isolation_level, "IsolationLevel", ignorable());
    field(&FetchRequest::session_id, "SessionId", since(7).ignorable());
    field(&FetchRequest::session_epoch, "SessionEpoch", since(7).ignorable());
    field(&FetchRequest::topics, "Topics");
    field(&FetchRequest::forgotten_topics_data, "ForgottenTopicsData", since(7));
    field(&FetchRequest::rack_id, "RackId", since(11).ignorable());
  }
};

/// Record batches, and what a follower needs to know: offsets, divergence, the leader, a snapshot.
struct FetchResponse {
  static constexpr MessageInfo info{.name = "FetchResponse",
                                    .type = MessageType::response,
                                    .api_key = number(ApiKey::fetch),
                                    .versions = {4, 18},
                                    .flexible_since = 12};
  static const Schema schema;

  struct EpochEndOffset {
    LeaderEpoch epoch{-1};
    Offset end_offset{-1};

    static constexpr void fields(auto&& field) {
      field(&EpochEndOffset::epoch, "Epoch");
      field(&EpochEndOffset::end_offset, "EndOffset");
    }
  };

  struct LeaderIdAndEpoch {
    NodeId leader_id{-1};
    LeaderEpoch leader_epoch{-1};

    static constexpr void fields(auto&& field) {
      field(&LeaderIdAndEpoch::leader_id, "LeaderId");
      field(&LeaderIdAndEpoch::leader_epoch, "LeaderEpoch");
    }
  };

  struct SnapshotId {
    Offset end_offset{-1};
    LeaderEpoch epoch{-1};

    static constexpr void fields(auto&& field) {
      field(&SnapshotId::end_offset, "EndOffset");
      field(&SnapshotId::epoch, "Epoch");
    }
  };

  struct AbortedTransaction {
    ProducerId producer_id{};
    Offset first_offset{};

    static constexpr void fields(auto&& field) {
      field(&AbortedTransaction::producer_id, "ProducerId");
      field(&AbortedTransaction::first_offset, "FirstOffset");
    }
  };

  struct PartitionData {
    PartitionId partition_index{};
    ErrorCode error_code{};
    Offset high_watermark{};
    Offset last_stable_offset{-1};
    Offset log_start_offset{-1};
    EpochEndOffset diverging_epoch{};
    LeaderIdAndEpoch current_leader{};
    SnapshotId snapshot_id{};
    std::optional<std::vector<AbortedTransaction>> aborted_transactions{std::in_place};
    NodeId preferred_read_replica{-1};
    std::optional<SharedBytes> records{std::in_place};

    static constexpr void fields(auto&& field) {
      field(&PartitionData::partition_index, "PartitionIndex");
      field(&PartitionData::error_code, "ErrorCode");
      field(&PartitionData::high_watermark, "HighWatermark");
      field(&PartitionData::last_stable_offset, "LastStableOffset", ignorable());
      field(&PartitionData::log_start_offset, "LogStartOffset", since(5).ignorable());
      field(&PartitionData::diverging_epoch, "DivergingEpoch", since(12).tag(0));
      field(&PartitionData::current_leader, "CurrentLeader", since(12).tag(1));
      field(&PartitionData::snapshot_id, "SnapshotId", since(12).tag(2));
      field(&PartitionData::aborted_transactions, "AbortedTransactions", ignorable());
      field(&PartitionData::preferred_read_replica, "PreferredReadReplica", since(11));
      field(&PartitionData::records, "Records", as_records());
    }
  };

  struct FetchableTopicResponse {
    Text topic{};
    Uuid topic_id{};
    std::vector<PartitionData> partitions{};

    static constexpr void fields(auto&& field) {
      field(&FetchableTopicResponse::topic, "Topic", until(12).ignorable());
      field(&FetchableTopicResponse::topic_id, "TopicId", since(13).ignorable());
      field(&FetchableTopicResponse::partitions, "Partitions");
    }
  };

  struct NodeEndpoint {
    NodeId node_id{};
    Text host{};
    std::int32_t port{0};
    std::optional<Text> rack{};

    static constexpr void fields(auto&& field) {
      field(&NodeEndpoint::node_id, "NodeId");
      field(&NodeEndpoint::host, "Host");
      field(&NodeEndpoint::port, "Port");
      field(&NodeEndpoint::rack, "Rack");
    }
  };

  std::int32_t throttle_time_ms{0};
  ErrorCode error_code{};
  std::int32_t session_id{0};
  std::vector<FetchableTopicResponse> responses{};
  std::vector<NodeEndpoint> node_endpoints{};

  static constexpr void fields(auto&& field) {
    field(&FetchResponse::throttle_time_ms, "ThrottleTimeMs", ignorable());
    field(&FetchResponse::error_code, "ErrorCode", since(7).ignorable());
    field(&FetchResponse::session_id, "SessionId", since(7));
    field(&FetchResponse::responses, "Responses");
    field(&FetchResponse::node_endpoints, "NodeEndpoints", since(16).tag(0));
  }
};

}  // namespace moldau::protocol
