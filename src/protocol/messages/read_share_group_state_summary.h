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

/// The group coordinator asks the share coordinator for the state of share partitions without the
/// deliveries (KIP-932).
struct ReadShareGroupStateSummaryRequest {
  static constexpr MessageInfo info{.name = "ReadShareGroupStateSummaryRequest",
                                    .type = MessageType::request,
                                    .api_key = number(ApiKey::read_share_group_state_summary),
                                    .versions = {0, 1},
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

  struct ReadStateSummaryData {
    Uuid topic_id{};
    std::vector<PartitionData> partitions{};

    static constexpr void fields(auto&& field) {
      field(&ReadStateSummaryData::topic_id, "TopicId");
      field(&ReadStateSummaryData::partitions, "Partitions");
    }
  };

  Text group_id{};
  std::vector<ReadStateSummaryData> topics{};

  static constexpr void fields(auto&& field) {
    field(&ReadShareGroupStateSummaryRequest::group_id, "GroupId");
    field(&ReadShareGroupStateSummaryRequest::topics, "Topics");
  }
};

/// Per partition, its epochs and where it starts; since version 1 also how many deliveries are
/// complete (KIP-1226).
struct ReadShareGroupStateSummaryResponse {
  static constexpr MessageInfo info{.name = "ReadShareGroupStateSummaryResponse",
                                    .type = MessageType::response,
                                    .api_key = number(ApiKey::read_share_group_state_summary),
                                    .versions = {0, 1},
                                    .flexible_since = 0};
  static const Schema schema;

  struct PartitionResult {
    PartitionId partition{};
    ErrorCode error_code{};
    std::optional<Text> error_message{};
    std::int32_t state_epoch{0};
    LeaderEpoch leader_epoch{};
    Offset start_offset{};
    std::int32_t delivery_complete_count{-1};

    static constexpr void fields(auto&& field) {
      field(&PartitionResult::partition, "Partition");
      field(&PartitionResult::error_code, "ErrorCode");
      field(&PartitionResult::error_message, "ErrorMessage");
      field(&PartitionResult::state_epoch, "StateEpoch");
      field(&PartitionResult::leader_epoch, "LeaderEpoch");
      field(&PartitionResult::start_offset, "StartOffset");
      field(&PartitionResult::delivery_complete_count, "DeliveryCompleteCount",
            since(1).ignorable());
    }
  };

  struct ReadStateSummaryResult {
    Uuid topic_id{};
    std::vector<PartitionResult> partitions{};

    static constexpr void fields(auto&& field) {
      field(&ReadStateSummaryResult::topic_id, "TopicId");
      field(&ReadStateSummaryResult::partitions, "Partitions");
    }
  };

  std::vector<ReadStateSummaryResult> results{};

  static constexpr void fields(auto&& field) {
    field(&ReadShareGroupStateSummaryResponse::results, "Results");
  }
};

}  // namespace moldau::protocol
