#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/ids.h"
#include "base/text.h"
#include "base/uuid.h"
#include "protocol/fields.h"

/// Records of __remote_log_metadata: what tiered storage knows of its segments (KIP-405). Their
/// numbers are their own, not those of __cluster_metadata, though the kind of message is the same.
namespace moldau::protocol {

/// A segment that is or shall be in remote storage.
struct RemoteLogSegmentMetadataRecord {
  static constexpr MessageInfo info{.name = "RemoteLogSegmentMetadataRecord",
                                    .type = MessageType::metadata,
                                    .api_key = 0,
                                    .versions = {0, 0},
                                    .flexible_since = 0};
  static const Schema schema;

  struct TopicIdPartitionEntry {
    Text name{};
    Uuid id{};
    PartitionId partition{};

    static constexpr void fields(auto&& field) {
      field(&TopicIdPartitionEntry::name, "Name");
      field(&TopicIdPartitionEntry::id, "Id");
      field(&TopicIdPartitionEntry::partition, "Partition");
    }
  };

  struct RemoteLogSegmentIdEntry {
    TopicIdPartitionEntry topic_id_partition{};
    Uuid id{};

    static constexpr void fields(auto&& field) {
      field(&RemoteLogSegmentIdEntry::topic_id_partition, "TopicIdPartition");
      field(&RemoteLogSegmentIdEntry::id, "Id");
    }
  };

  struct SegmentLeaderEpochEntry {
    LeaderEpoch leader_epoch{};
    Offset offset{};

    static constexpr void fields(auto&& field) {
      field(&SegmentLeaderEpochEntry::leader_epoch, "LeaderEpoch");
      field(&SegmentLeaderEpochEntry::offset, "Offset");
    }
  };

  RemoteLogSegmentIdEntry remote_log_segment_id{};
  Offset start_offset{};
  Offset end_offset{};
  NodeId broker_id{};
  std::int64_t max_timestamp_ms{0};
  std::int64_t event_timestamp_ms{0};
  std::vector<SegmentLeaderEpochEntry> segment_leader_epochs{};
  std::int32_t segment_size_in_bytes{0};
  std::optional<SharedBytes> custom_metadata{};
  std::int8_t remote_log_segment_state{0};
  bool txn_index_empty{false};

  static constexpr void fields(auto&& field) {
    field(&RemoteLogSegmentMetadataRecord::remote_log_segment_id, "RemoteLogSegmentId");
    field(&RemoteLogSegmentMetadataRecord::start_offset, "StartOffset");
    field(&RemoteLogSegmentMetadataRecord::end_offset, "EndOffset");
    field(&RemoteLogSegmentMetadataRecord::broker_id, "BrokerId");
    field(&RemoteLogSegmentMetadataRecord::max_timestamp_ms, "MaxTimestampMs");
    field(&RemoteLogSegmentMetadataRecord::event_timestamp_ms, "EventTimestampMs");
    field(&RemoteLogSegmentMetadataRecord::segment_leader_epochs, "SegmentLeaderEpochs");
    field(&RemoteLogSegmentMetadataRecord::segment_size_in_bytes, "SegmentSizeInBytes");
    field(&RemoteLogSegmentMetadataRecord::custom_metadata, "CustomMetadata");
    field(&RemoteLogSegmentMetadataRecord::remote_log_segment_state, "RemoteLogSegmentState");
    field(&RemoteLogSegmentMetadataRecord::txn_index_empty, "TxnIndexEmpty", tag(0));
  }
};

/// A segment's copy or deletion has got further.
struct RemoteLogSegmentMetadataUpdateRecord {
  static constexpr MessageInfo info{.name = "RemoteLogSegmentMetadataUpdateRecord",
                                    .type = MessageType::metadata,
                                    .api_key = 1,
                                    .versions = {0, 0},
                                    .flexible_since = 0};
  static const Schema schema;

  struct TopicIdPartitionEntry {
    Text name{};
    Uuid id{};
    PartitionId partition{};

    static constexpr void fields(auto&& field) {
      field(&TopicIdPartitionEntry::name, "Name");
      field(&TopicIdPartitionEntry::id, "Id");
      field(&TopicIdPartitionEntry::partition, "Partition");
    }
  };

  struct RemoteLogSegmentIdEntry {
    TopicIdPartitionEntry topic_id_partition{};
    Uuid id{};

    static constexpr void fields(auto&& field) {
      field(&RemoteLogSegmentIdEntry::topic_id_partition, "TopicIdPartition");
      field(&RemoteLogSegmentIdEntry::id, "Id");
    }
  };

  RemoteLogSegmentIdEntry remote_log_segment_id{};
  NodeId broker_id{};
  std::int64_t event_timestamp_ms{0};
  std::optional<SharedBytes> custom_metadata{};
  std::int8_t remote_log_segment_state{0};

  static constexpr void fields(auto&& field) {
    field(&RemoteLogSegmentMetadataUpdateRecord::remote_log_segment_id, "RemoteLogSegmentId");
    field(&RemoteLogSegmentMetadataUpdateRecord::broker_id, "BrokerId");
    field(&RemoteLogSegmentMetadataUpdateRecord::event_timestamp_ms, "EventTimestampMs");
    field(&RemoteLogSegmentMetadataUpdateRecord::custom_metadata, "CustomMetadata");
    field(&RemoteLogSegmentMetadataUpdateRecord::remote_log_segment_state, "RemoteLogSegmentState");
  }
};

/// The remote segments of a deleted partition are to go, or are gone.
struct RemotePartitionDeleteMetadataRecord {
  static constexpr MessageInfo info{.name = "RemotePartitionDeleteMetadataRecord",
                                    .type = MessageType::metadata,
                                    .api_key = 2,
                                    .versions = {0, 0},
                                    .flexible_since = 0};
  static const Schema schema;

  struct TopicIdPartitionEntry {
    Text name{};
    Uuid id{};
    PartitionId partition{};

    static constexpr void fields(auto&& field) {
      field(&TopicIdPartitionEntry::name, "Name");
      field(&TopicIdPartitionEntry::id, "Id");
      field(&TopicIdPartitionEntry::partition, "Partition");
    }
  };

  TopicIdPartitionEntry topic_id_partition{};
  NodeId broker_id{};
  std::int64_t event_timestamp_ms{0};
  std::int8_t remote_partition_delete_state{0};

  static constexpr void fields(auto&& field) {
    field(&RemotePartitionDeleteMetadataRecord::topic_id_partition, "TopicIdPartition");
    field(&RemotePartitionDeleteMetadataRecord::broker_id, "BrokerId");
    field(&RemotePartitionDeleteMetadataRecord::event_timestamp_ms, "EventTimestampMs");
    field(&RemotePartitionDeleteMetadataRecord::remote_partition_delete_state,
          "RemotePartitionDeleteState");
  }
};

/// A segment in a broker's file of what it has read from the log: without the partition, which the
/// file is of.
struct RemoteLogSegmentMetadataSnapshotRecord {
  static constexpr MessageInfo info{.name = "RemoteLogSegmentMetadataSnapshotRecord",
                                    .type = MessageType::metadata,
                                    .api_key = 3,
                                    .versions = {0, 0},
                                    .flexible_since = 0};
  static const Schema schema;

  struct SegmentLeaderEpochEntry {
    LeaderEpoch leader_epoch{};
    Offset offset{};

    static constexpr void fields(auto&& field) {
      field(&SegmentLeaderEpochEntry::leader_epoch, "LeaderEpoch");
      field(&SegmentLeaderEpochEntry::offset, "Offset");
    }
  };

  Uuid segment_id{};
  Offset start_offset{};
  Offset end_offset{};
  NodeId broker_id{};
  std::int64_t max_timestamp_ms{0};
  std::int64_t event_timestamp_ms{0};
  std::vector<SegmentLeaderEpochEntry> segment_leader_epochs{};
  std::int32_t segment_size_in_bytes{0};
  std::optional<SharedBytes> custom_metadata{};
  std::int8_t remote_log_segment_state{0};
  bool txn_index_empty{false};

  static constexpr void fields(auto&& field) {
    field(&RemoteLogSegmentMetadataSnapshotRecord::segment_id, "SegmentId");
    field(&RemoteLogSegmentMetadataSnapshotRecord::start_offset, "StartOffset");
    field(&RemoteLogSegmentMetadataSnapshotRecord::end_offset, "EndOffset");
    field(&RemoteLogSegmentMetadataSnapshotRecord::broker_id, "BrokerId");
    field(&RemoteLogSegmentMetadataSnapshotRecord::max_timestamp_ms, "MaxTimestampMs");
    field(&RemoteLogSegmentMetadataSnapshotRecord::event_timestamp_ms, "EventTimestampMs");
    field(&RemoteLogSegmentMetadataSnapshotRecord::segment_leader_epochs, "SegmentLeaderEpochs");
    field(&RemoteLogSegmentMetadataSnapshotRecord::segment_size_in_bytes, "SegmentSizeInBytes");
    field(&RemoteLogSegmentMetadataSnapshotRecord::custom_metadata, "CustomMetadata");
    field(&RemoteLogSegmentMetadataSnapshotRecord::remote_log_segment_state,
          "RemoteLogSegmentState");
    field(&RemoteLogSegmentMetadataSnapshotRecord::txn_index_empty, "TxnIndexEmpty", tag(0));
  }
};

}  // namespace moldau::protocol
