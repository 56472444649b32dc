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

/// The leader of a partition loads the state of share partitions from the share coordinator, which
/// from then on refuses leaders of older epochs (KIP-932).
struct ReadShareGroupStateRequest {
  static constexpr MessageInfo info{.name = "ReadShareGroupStateRequest",
                                    .type = MessageType::request,
                                    .api_key = number(ApiKey::read_share_group_state),
                                    .versions = {0, 0},
                                    .flexible_since = 0};
  static const Schema schema;

  struct PartitionData {
    PartitionId partition{};
    LeaderEpoch leader_epoch{};

    static constexpr void fields(auto&& field) {
      field(&PartitionData::partition, "Partition");
      field(&PartitionData::leader_epoch, "LeaderEpoch");
    }
  };

  struct ReadStateData {
    Uuid topic_id{};
    std::vector<PartitionData> partitions{};

    static constexpr void fields(auto&& field) {
      field(&ReadStateData::topic_id, "TopicId");
      field(&ReadStateData::partitions, "Partitions");
    }
  };

  Text group_id{};
  std::vector<ReadStateData> topics{};

  static constexpr void fields(auto&& field) {
    field(&ReadShareGroupStateRequest::group_id, "GroupId");
    field(&ReadShareGroupStateRequest::topics, "Topics");
  }
};

/// Per partition, where it starts and how far the delivery of the records behind is.
struct ReadShareGroupStateResponse {
  static constexpr MessageInfo info{.name = "ReadShareGroupStateResponse",
                                    .type = MessageType::response,
                                    .api_key = number(ApiKey::read_share_group_state),
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

  struct PartitionResult {
    PartitionId partition{};
    ErrorCode error_code{};
    std::optional<Text> error_message{};
    std::int32_t state_epoch{0};
    Offset start_offset{};
    std::vector<StateBatch> state_batches{};

    static constexpr void fields(auto&& field) {
      field(&PartitionResult::partition, "Partition");
      field(&PartitionResult::error_code, "ErrorCode");
      field(&PartitionResult::error_message, "ErrorMessage");
      field(&PartitionResult::state_epoch, "StateEpoch");
      field(&PartitionResult::start_offset, "StartOffset");
      field(&PartitionResult::state_batches, "StateBatches");
    }
  };

  struct ReadStateResult {
    Uuid topic_id{};
    std::vector<PartitionResult> partitions{};

    static constexpr void fields(auto&& field) {
      field(&ReadStateResult::topic_id, "TopicId");
      field(&ReadStateResult::partitions, "Partitions");
    }
  };

  std::vector<ReadStateResult> results{};

  static constexpr void fields(auto&& field) {
    field(&ReadShareGroupStateResponse::results, "Results");
  }
};

}  // namespace moldau::protocol
