#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/ids.h"
#include "base/text.h"
#include "protocol/api_key.h"
#include "protocol/error_code.h"
#include "protocol/fields.h"

namespace moldau::protocol {

/// Asks leaders for the producers that they remember (KIP-664).
struct DescribeProducersRequest {
  static constexpr MessageInfo info{.name = "DescribeProducersRequest",
                                    .type = MessageType::request,
                                    .api_key = number(ApiKey::describe_producers),
                                    .versions = {0, 0},
                                    .flexible_since = 0};
  static const Schema schema;

  struct TopicRequest {
    Text name{};
    std::vector<PartitionId> partition_indexes{};

    static constexpr void fields(auto&& field) {
      field(&TopicRequest::name, "Name");
      field(&TopicRequest::partition_indexes, "PartitionIndexes");
    }
  };

  std::vector<TopicRequest> topics{};

  static constexpr void fields(auto&& field) { field(&DescribeProducersRequest::topics, "Topics"); }
};

/// Producers of each partition; an open transaction has a start offset.
struct DescribeProducersResponse {
  static constexpr MessageInfo info{.name = "DescribeProducersResponse",
                                    .type = MessageType::response,
                                    .api_key = number(ApiKey::describe_producers),
                                    .versions = {0, 0},
                                    .flexible_since = 0};
  static const Schema schema;

  struct ProducerState {
    ProducerId producer_id{};
    std::int32_t producer_epoch{0};
    std::int32_t last_sequence{-1};
    std::int64_t last_timestamp{-1};
    std::int32_t coordinator_epoch{0};
    Offset current_txn_start_offset{-1};

    static constexpr void fields(auto&& field) {
      field(&ProducerState::producer_id, "ProducerId");
      field(&ProducerState::producer_epoch, "ProducerEpoch");
      field(&ProducerState::last_sequence, "LastSequence");
      field(&ProducerState::last_timestamp, "LastTimestamp");
      field(&ProducerState::coordinator_epoch, "CoordinatorEpoch");
      field(&ProducerState::current_txn_start_offset, "CurrentTxnStartOffset");
    }
  };

  struct PartitionResponse {
    PartitionId partition_index{};
    ErrorCode error_code{};
    std::optional<Text> error_message{};
    std::vector<ProducerState> active_producers{};

    static constexpr void fields(auto&& field) {
      field(&PartitionResponse::partition_index, "PartitionIndex");
      field(&PartitionResponse::error_code, "ErrorCode");
      field(&PartitionResponse::error_message, "ErrorMessage");
      field(&PartitionResponse::active_producers, "ActiveProducers");
    }
  };

  struct TopicResponse {
    Text name{};
    std::vector<PartitionResponse> partitions{};

    static constexpr void fields(auto&& field) {
      field(&TopicResponse::name, "Name");
      field(&TopicResponse::partitions, "Partitions");
    }
  };

  std::int32_t throttle_time_ms{0};
  std::vector<TopicResponse> topics{};

  static constexpr void fields(auto&& field) {
    field(&DescribeProducersResponse::throttle_time_ms, "ThrottleTimeMs");
    field(&DescribeProducersResponse::topics, "Topics");
  }
};

}  // namespace moldau::protocol
