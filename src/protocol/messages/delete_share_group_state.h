#pragma once

#include <optional>
#include <vector>

#include "base/ids.h"
#include "base/text.h"
#include "base/uuid.h"
#include "protocol/api_key.h"
#include "protocol/error_code.h"
#include "protocol/fields.h"

namespace moldau::protocol {

/// The group coordinator has the share coordinator forget share partitions (KIP-932).
struct DeleteShareGroupStateRequest {
  static constexpr MessageInfo info{.name = "DeleteShareGroupStateRequest",
                                    .type = MessageType::request,
                                    .api_key = number(ApiKey::delete_share_group_state),
                                    .versions = {0, 0},
                                    .flexible_since = 0};
  static const Schema schema;

  struct PartitionData {
    PartitionId partition{};

    static constexpr void fields(auto&& field) { field(&PartitionData::partition, "Partition"); }
  };

  struct DeleteStateData {
    Uuid topic_id{};
    std::vector<PartitionData> partitions{};

    static constexpr void fields(auto&& field) {
      field(&DeleteStateData::topic_id, "TopicId");
      field(&DeleteStateData::partitions, "Partitions");
    }
  };

  Text group_id{};
  std::vector<DeleteStateData> topics{};

  static constexpr void fields(auto&& field) {
    field(&DeleteShareGroupStateRequest::group_id, "GroupId");
    field(&DeleteShareGroupStateRequest::topics, "Topics");
  }
};

/// Per partition, whether its state is gone.
struct DeleteShareGroupStateResponse {
  static constexpr MessageInfo info{.name = "DeleteShareGroupStateResponse",
                                    .type = MessageType::response,
                                    .api_key = number(ApiKey::delete_share_group_state),
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

  struct DeleteStateResult {
    Uuid topic_id{};
    std::vector<PartitionResult> partitions{};

    static constexpr void fields(auto&& field) {
      field(&DeleteStateResult::topic_id, "TopicId");
      field(&DeleteStateResult::partitions, "Partitions");
    }
  };

  std::vector<DeleteStateResult> results{};

  static constexpr void fields(auto&& field) {
    field(&DeleteShareGroupStateResponse::results, "Results");
  }
};

}  // namespace moldau::protocol
