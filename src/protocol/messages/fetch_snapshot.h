#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/ids.h"
#include "base/text.h"
#include "base/uuid.h"
#include "protocol/api_key.h"
#include "protocol/error_code.h"
#include "protocol/fields.h"

namespace moldau::protocol {

/// Asks for a piece of a snapshot (KIP-630).
struct FetchSnapshotRequest {
  static constexpr MessageInfo info{.name = "FetchSnapshotRequest",
                                    .type = MessageType::request,
                                    .api_key = number(ApiKey::fetch_snapshot),
                                    .versions = {0, 1},
                                    .flexible_since = 0};
  static const Schema schema;

  struct SnapshotId {
    Offset end_offset{};
    LeaderEpoch epoch{};

    static constexpr void fields(auto&& field) {
      field(&SnapshotId::end_offset, "EndOffset");
      field(&SnapshotId::epoch, "Epoch");
    }
  };

  struct PartitionSnapshot {
    PartitionId partition{};
    LeaderEpoch current_leader_epoch{};
    SnapshotId snapshot_id{};
    std::int64_t position{0};
    Uuid replica_directory_id{};

    static constexpr void fields(auto&& field) {
      field(&PartitionSnapshot::partition, "Partition");
      field(&PartitionSnapshot::current_leader_epoch, "CurrentLeaderEpoch");
      field(&PartitionSnapshot::snapshot_id, "SnapshotId");
      field(&PartitionSnapshot::position, "Position");
      field(&PartitionSnapshot::replica_directory_id, "ReplicaDirectoryId",
            since(1).tag(0).ignorable());
    }
  };

  struct TopicSnapshot {
    Text name{};
    std::vector<PartitionSnapshot> partitions{};

    static constexpr void fields(auto&& field) {
      field(&TopicSnapshot::name, "Name");
      field(&TopicSnapshot::partitions, "Partitions");
    }
  };

  std::optional<Text> cluster_id{};
  NodeId replica_id{-1};
  std::int32_t max_bytes{0x7fffffff};
  std::vector<TopicSnapshot> topics{};

  static constexpr void fields(auto&& field) {
    field(&FetchSnapshotRequest::cluster_id, "ClusterId", tag(0));
    field(&FetchSnapshotRequest::replica_id, "ReplicaId");
    field(&FetchSnapshotRequest::max_bytes, "MaxBytes");
    field(&FetchSnapshotRequest::topics, "Topics");
  }
};

/// The piece: records cut anywhere.
struct FetchSnapshotResponse {
  static constexpr MessageInfo info{.name = "FetchSnapshotResponse",
                                    .type = MessageType::response,
                                    .api_key = number(ApiKey::fetch_snapshot),
                                    .versions = {0, 1},
                                    .flexible_since = 0};
  static const Schema schema;

  struct SnapshotId {
    Offset end_offset{};
    LeaderEpoch epoch{};

    static constexpr void fields(auto&& field) {
      field(&SnapshotId::end_offset, "EndOffset");
      field(&SnapshotId::epoch, "Epoch");
    }
  };

  struct LeaderIdAndEpoch {
    NodeId leader_id{};
    LeaderEpoch leader_epoch{};

    static constexpr void fields(auto&& field) {
      field(&LeaderIdAndEpoch::leader_id, "LeaderId");
      field(&LeaderIdAndEpoch::leader_epoch, "LeaderEpoch");
    }
  };

  struct PartitionSnapshot {
    PartitionId index{};
    ErrorCode error_code{};
    SnapshotId snapshot_id{};
    LeaderIdAndEpoch current_leader{};
    std::int64_t size{0};
    std::int64_t position{0};
    SharedBytes unaligned_records{};

    static constexpr void fields(auto&& field) {
      field(&PartitionSnapshot::index, "Index");
      field(&PartitionSnapshot::error_code, "ErrorCode");
      field(&PartitionSnapshot::snapshot_id, "SnapshotId");
      field(&PartitionSnapshot::current_leader, "CurrentLeader", tag(0));
      field(&PartitionSnapshot::size, "Size");
      field(&PartitionSnapshot::position, "Position");
      field(&PartitionSnapshot::unaligned_records, "UnalignedRecords", as_records());
    }
  };

  struct TopicSnapshot {
    Text name{};
    std::vector<PartitionSnapshot> partitions{};

    static constexpr void fields(auto&& field) {
      field(&TopicSnapshot::name, "Name");
      field(&TopicSnapshot::partitions, "Partitions");
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

  std::int32_t throttle_time_ms{0};
  ErrorCode error_code{};
  std::vector<TopicSnapshot> topics{};
  std::vector<NodeEndpoint> node_endpoints{};

  static constexpr void fields(auto&& field) {
    field(&FetchSnapshotResponse::throttle_time_ms, "ThrottleTimeMs", ignorable());
    field(&FetchSnapshotResponse::error_code, "ErrorCode");
    field(&FetchSnapshotResponse::topics, "Topics");
    field(&FetchSnapshotResponse::node_endpoints, "NodeEndpoints", since(1).tag(0));
  }
};

}  // namespace moldau::protocol
