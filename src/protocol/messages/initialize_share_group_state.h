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

/// The group coordinator has the share coordinator begin the state of share partitions (KIP-932).
struct InitializeShareGroupStateRequest {
  static constexpr MessageInfo info{.name = "InitializeShareGroupStateRequest",
                                    .type = MessageType::request,
                                    .api_key = number(ApiKey::initialize_share_group_state),
                                    .versions = {0, 0},
                                    .flexible_since = 0};
  static const Schema schema;

  struct PartitionData {
    PartitionId partition{};
    std::int32_t state_epoch{0};
    Offset start_offset{};

    static constexpr void fields(auto&& field) {
      field(&PartitionData::partition, "Partition");
      field(&PartitionData::state_epoch, "StateEpoch");
      field(&PartitionData::start_offset, "StartOffset");
    }
  };

  struct InitializeStateData {
    Uuid topic_id{};
    std::vector<PartitionData> partitions{};

    static constexpr void fields(auto&& field) {
      field(&InitializeStateData::topic_id, "TopicId");
      field(&InitializeStateData::partitions, "Partitions");
    }
  };

  Text group_id{};
  std::vector<InitializeStateData> topics{};

  static constexpr void fields(auto&& field) {
    field(&InitializeShareGroupStateRequest::group_id, "GroupId");
    field(&InitializeShareGroupStateRequest::topics, "Topics");
  }
};

/// Per partition, whether it has a state now.
struct InitializeShareGroupStateResponse {
  static constexpr MessageInfo info{.name = "InitializeShareGroupStateResponse",
                                    .type = MessageType::response,
                                    .api_key = number(ApiKey::initialize_share_group_state),
                                    .versions = {0, 0},
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

  struct InitializeStateResult {
    Uuid topic_id{};
    std::vector<PartitionResult> partitions{};

    static constexpr void fields(auto&& field) {
      field(&InitializeStateResult::topic_id, "TopicId");
      field(&InitializeStateResult::partitions, "Partitions");
    }
  };

  std::vector<InitializeStateResult> results{};

  static constexpr void fields(auto&& field) {
    field(&InitializeShareGroupStateResponse::results, "Results");
  }
};

}  // namespace moldau::protocol
