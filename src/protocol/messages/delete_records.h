#pragma once

#include <cstdint>
#include <vector>

#include "base/ids.h"
#include "base/text.h"
#include "protocol/api_key.h"
#include "protocol/error_code.h"
#include "protocol/fields.h"

namespace moldau::protocol {

/// Asks leaders to delete records below an offset; -1 is the high watermark (KIP-107).
struct DeleteRecordsRequest {
  static constexpr MessageInfo info{.name = "DeleteRecordsRequest",
                                    .type = MessageType::request,
                                    .api_key = number(ApiKey::delete_records),
                                    .versions = {0, 2},
                                    .flexible_since = 2};
  static const Schema schema;

  struct DeleteRecordsPartition {
    PartitionId partition_index{};
    Offset offset{};

    static constexpr void fields(auto&& field) {
      field(&DeleteRecordsPartition::partition_index, "PartitionIndex");
      field(&DeleteRecordsPartition::offset, "Offset");
    }
  };

  struct DeleteRecordsTopic {
    Text name{};
    std::vector<DeleteRecordsPartition> partitions{};

    static constexpr void fields(auto&& field) {
      field(&DeleteRecordsTopic::name, "Name");
      field(&DeleteRecordsTopic::partitions, "Partitions");
    }
  };

  std::vector<DeleteRecordsTopic> topics{};
  std::int32_t timeout_ms{0};

  static constexpr void fields(auto&& field) {
    field(&DeleteRecordsRequest::topics, "Topics");
    field(&DeleteRecordsRequest::timeout_ms, "TimeoutMs");
  }
};

/// The partitions' new log start offsets; -1 with an error.
struct DeleteRecordsResponse {
  static constexpr MessageInfo info{.name = "DeleteRecordsResponse",
                                    .type = MessageType::response,
                                    .api_key = number(ApiKey::delete_records),
                                    .versions = {0, 2},
                                    .flexible_since = 2};
  static const Schema schema;

  struct DeleteRecordsPartitionResult {
    PartitionId partition_index{};
    Offset low_watermark{};
    ErrorCode error_code{};

    static constexpr void fields(auto&& field) {
      field(&DeleteRecordsPartitionResult::partition_index, "PartitionIndex");
      field(&DeleteRecordsPartitionResult::low_watermark, "LowWatermark");
      field(&DeleteRecordsPartitionResult::error_code, "ErrorCode");
    }
  };

  struct DeleteRecordsTopicResult {
    Text name{};
    std::vector<DeleteRecordsPartitionResult> partitions{};

    static constexpr void fields(auto&& field) {
      field(&DeleteRecordsTopicResult::name, "Name");
      field(&DeleteRecordsTopicResult::partitions, "Partitions");
    }
  };

  std::int32_t throttle_time_ms{0};
  std::vector<DeleteRecordsTopicResult> topics{};

  static constexpr void fields(auto&& field) {
    field(&DeleteRecordsResponse::throttle_time_ms, "ThrottleTimeMs");
    field(&DeleteRecordsResponse::topics, "Topics");
  }
};

}  // namespace moldau::protocol
