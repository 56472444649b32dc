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

/// The leader of a partition stores what has changed in the state of share partitions (KIP-932).
/// Version 1 counts the records whose delivery is complete (KIP-1226).
struct WriteShareGroupStateRequest {
  static constexpr MessageInfo info{.name = "WriteShareGroupStateRequest",
                                    .type = MessageType::request,
                                    .api_key = number(ApiKey::write_share_group_state),
                                    .versions = {0, 1},
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

  struct PartitionData {
    PartitionId partition{};
    std::int32_t state_epoch{0};
    LeaderEpoch leader_epoch{};
    Offset start_offset{};
    std::int32_t delivery_complete_count{-1};
    std::vector<StateBatch> state_batches{};

    static constexpr void fields(auto&& field) {
      field(&PartitionData::partition, "Partition");
      field(&PartitionData::state_epoch, "StateEpoch");
      field(&PartitionData::leader_epoch, "LeaderEpoch");
      field(&PartitionData::start_offset, "StartOffset");
      field(&PartitionData::delivery_complete_count, "DeliveryCompleteCount", since(1).ignorable());
      field(&PartitionData::state_batches, "StateBatches");
    }
  };

  struct WriteStateData {
    Uuid topic_id{};
    std::vector<PartitionData> partitions{};

    static constexpr void fields(auto&& field) {
      field(&WriteStateData::topic_id, "TopicId");
      field(&WriteStateData::partitions, "Partitions");
    }
  };

  Text group_id{};
  std::vector<WriteStateData> topics{};

  static constexpr void fields(auto&& field) {
    field(&WriteShareGroupStateRequest::group_id, "GroupId");
    field(&WriteShareGroupStateRequest::topics, "Topics");
  }
};

/// Per partition, whether its state was stored.
struct WriteShareGroupStateResponse {
  static constexpr MessageInfo info{.name = "WriteShareGroupStateResponse",
                                    .type = MessageType::response,
                                    .api_key = number(ApiKey::write_share_group_state),
                                    .versions = {0, 1},
                                    .flexible_since = 0};
  static const Schema schema;

  struct PartitionResult {
    PartitionId partition{};
    ErrorCode error_code{};
    std::optional<Text> error_message{};

    static constexpr void fields(auto&& field) {
      field(&PartitionResult::partition, "Partition");
      field(&PartitionResult::error_code, "ErrorCode");
      field(&PartitionResult::error_message, "ErrorMessage");
    }
  };

  struct WriteStateResult {
    Uuid topic_id{};
    std::vector<PartitionResult> partitions{};

    static constexpr void fields(auto&& field) {
      field(&WriteStateResult::topic_id, "TopicId");
      field(&WriteStateResult::partitions, "Partitions");
    }
  };

  std::vector<WriteStateResult> results{};

  static constexpr void fields(auto&& field) {
    field(&WriteShareGroupStateResponse::results, "Results");
  }
};

}  // namespace moldau::protocol
