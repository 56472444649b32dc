#pragma once

#include <cstdint>
#include <vector>

#include "base/ids.h"
#include "base/text.h"
#include "base/uuid.h"
#include "protocol/fields.h"

/// Records of __share_group_state, a share coordinator's log (KIP-932).
namespace moldau::protocol {

/// The whole state of a share partition.
struct ShareSnapshotKey {
  static constexpr MessageInfo info{.name = "ShareSnapshotKey",
                                    .type = MessageType::coordinator_key,
                                    .api_key = 0,
                                    .versions = {0, 0}};
  static const Schema schema;

  Text group_id{};
  Uuid topic_id{};
  PartitionId partition{};

  static constexpr void fields(auto&& field) {
    field(&ShareSnapshotKey::group_id, "GroupId");
    field(&ShareSnapshotKey::topic_id, "TopicId");
    field(&ShareSnapshotKey::partition, "Partition");
  }
};

/// Where the share partition starts, and how far the delivery of the records behind is. Since 4.2
/// it counts the complete ones (KIP-1226).
struct ShareSnapshotValue {
  static constexpr MessageInfo info{.name = "ShareSnapshotValue",
                                    .type = MessageType::coordinator_value,
                                    .api_key = 0,
                                    .versions = {0, 0},
                                    .flexible_since = 0};
  static const Schema schema;

  struct StateBatch {
    Offset first_offset{};
    Offset last_offset{};
    std::int8_t delivery_state{0};  ///< 0 available, 2 acknowledged, 4 archived
    std::int16_t delivery_count{0};

    static constexpr void fields(auto&& field) {
      field(&StateBatch::first_offset, "FirstOffset");
      field(&StateBatch::last_offset, "LastOffset");
      field(&StateBatch::delivery_state, "DeliveryState");
      field(&StateBatch::delivery_count, "DeliveryCount");
    }
  };

  std::int32_t snapshot_epoch{0};
  std::int32_t state_epoch{0};
  LeaderEpoch leader_epoch{};
  Offset start_offset{};
  std::int32_t delivery_complete_count{-1};
  std::int64_t create_timestamp{0};
  std::int64_t write_timestamp{0};
  std::vector<StateBatch> state_batches{};

  static constexpr void fields(auto&& field) {
    field(&ShareSnapshotValue::snapshot_epoch, "SnapshotEpoch");
    field(&ShareSnapshotValue::state_epoch, "StateEpoch");
    field(&ShareSnapshotValue::leader_epoch, "LeaderEpoch");
    field(&ShareSnapshotValue::start_offset, "StartOffset");
    field(&ShareSnapshotValue::delivery_complete_count, "DeliveryCompleteCount", tag(0));
    field(&ShareSnapshotValue::create_timestamp, "CreateTimestamp");
    field(&ShareSnapshotValue::write_timestamp, "WriteTimestamp");
    field(&ShareSnapshotValue::state_batches, "StateBatches");
  }
};

/// What has changed in a share partition since its snapshot.
struct ShareUpdateKey {
  static constexpr MessageInfo info{.name = "ShareUpdateKey",
                                    .type = MessageType::coordinator_key,
                                    .api_key = 1,
                                    .versions = {0, 0}};
  static const Schema schema;

  Text group_id{};
  Uuid topic_id{};
  PartitionId partition{};

  static constexpr void fields(auto&& field) {
    field(&ShareUpdateKey::group_id, "GroupId");
    field(&ShareUpdateKey::topic_id, "TopicId");
    field(&ShareUpdateKey::partition, "Partition");
  }
};

/// Changes to the snapshot whose epoch it names. Since 4.2 it counts the complete deliveries
/// (KIP-1226).
struct ShareUpdateValue {
  static constexpr MessageInfo info{.name = "ShareUpdateValue",
                                    .type = MessageType::coordinator_value,
                                    .api_key = 1,
                                    .versions = {0, 0},
                                    .flexible_since = 0};
  static const Schema schema;

  struct StateBatch {
    Offset first_offset{};
    Offset last_offset{};
    std::int8_t delivery_state{0};  ///< 0 available, 2 acknowledged, 4 archived
    std::int16_t delivery_count{0};

    static constexpr void fields(auto&& field) {
      field(&StateBatch::first_offset, "FirstOffset");
      field(&StateBatch::last_offset, "LastOffset");
      field(&StateBatch::delivery_state, "DeliveryState");
      field(&StateBatch::delivery_count, "DeliveryCount");
    }
  };

  std::int32_t snapshot_epoch{0};
  LeaderEpoch leader_epoch{};
  Offset start_offset{};
  std::int32_t delivery_complete_count{-1};
  std::vector<StateBatch> state_batches{};

  static constexpr void fields(auto&& field) {
    field(&ShareUpdateValue::snapshot_epoch, "SnapshotEpoch");
    field(&ShareUpdateValue::leader_epoch, "LeaderEpoch");
    field(&ShareUpdateValue::start_offset, "StartOffset");
    field(&ShareUpdateValue::delivery_complete_count, "DeliveryCompleteCount", tag(0));
    field(&ShareUpdateValue::state_batches, "StateBatches");
  }
};

}  // namespace moldau::protocol
