#pragma once

#include <cstdint>
#include <vector>

#include "base/ids.h"
#include "base/text.h"
#include "protocol/api_key.h"
#include "protocol/error_code.h"
#include "protocol/fields.h"

namespace moldau::protocol {

/// Forgets committed offsets of a group (KIP-496).
struct OffsetDeleteRequest {
  static constexpr MessageInfo info{.name = "OffsetDeleteRequest",
                                    .type = MessageType::request,
                                    .api_key = number(ApiKey::offset_delete),
                                    .versions = {0, 0}};
  static const Schema schema;

  struct OffsetDeleteRequestPartition {
    PartitionId partition_index{};

    static constexpr void fields(auto&& field) {
      field(&OffsetDeleteRequestPartition::partition_index, "PartitionIndex");
    }
  };

  struct OffsetDeleteRequestTopic {
    Text name{};
    std::vector<OffsetDeleteRequestPartition> partitions{};

    static constexpr void fields(auto&& field) {
      field(&OffsetDeleteRequestTopic::name, "Name");
      field(&OffsetDeleteRequestTopic::partitions, "Partitions");
    }
  };

  Text group_id{};
  std::vector<OffsetDeleteRequestTopic> topics{};

  static constexpr void fields(auto&& field) {
    field(&OffsetDeleteRequest::group_id, "GroupId");
    field(&OffsetDeleteRequest::topics, "Topics");
  }
};

/// Per partition, whether the offset was deleted.
struct OffsetDeleteResponse {
  static constexpr MessageInfo info{.name = "OffsetDeleteResponse",
                                    .type = MessageType::response,
                                    .api_key = number(ApiKey::offset_delete),
                                    .versions = {0, 0}};
  static const Schema schema;

  struct OffsetDeleteResponsePartition {
    PartitionId partition_index{};
    ErrorCode error_code{};

    static constexpr void fields(auto&& field) {
      field(&OffsetDeleteResponsePartition::partition_index, "PartitionIndex");
      field(&OffsetDeleteResponsePartition::error_code, "ErrorCode");
    }
  };

  struct OffsetDeleteResponseTopic {
    Text name{};
    std::vector<OffsetDeleteResponsePartition> partitions{};

    static constexpr void fields(auto&& field) {
      field(&OffsetDeleteResponseTopic::name, "Name");
      field(&OffsetDeleteResponseTopic::partitions, "Partitions");
    }
  };

  ErrorCode error_code{};
  std::int32_t throttle_time_ms{0};
  std::vector<OffsetDeleteResponseTopic> topics{};

  static constexpr void fields(auto&& field) {
    field(&OffsetDeleteResponse::error_code, "ErrorCode");
    field(&OffsetDeleteResponse::throttle_time_ms, "ThrottleTimeMs", ignorable());
    field(&OffsetDeleteResponse::topics, "Topics");
  }
};

}  // namespace moldau::protocol
