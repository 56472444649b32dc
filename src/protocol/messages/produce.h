#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/ids.h"
#include "base/text.h"
#include "base/uuid.h"
#include "protocol/api_key.h"
#include "protocol/error_code.h"
#include "protocol/fields.h"

namespace moldau::protocol {

/// Record batches to append. Topics have names until version 12 and ids from 13 on (KIP-516).
struct ProduceRequest {
  static constexpr MessageInfo info{.name = "ProduceRequest",
                                    .type = MessageType::request,
                                    .api_key = number(ApiKey::produce),
                                    .versions = {3, 13},
                                    .flexible_since = 9};
  static const Schema schema;

  struct PartitionProduceData {
    PartitionId index{};
    std::optional<SharedBytes> records{std::in_place};

    static constexpr void fields(auto&& field) {
      field(&PartitionProduceData::index, "Index");
      field(&PartitionProduceData::records, "Records", as_records());
    }
  };

  struct TopicProduceData {
    Text name{};
    Uuid topic_id{};
    std::vector<PartitionProduceData> partition_data{};

    static constexpr void fields(auto&& field) {
      field(&TopicProduceData::name, "Name", until(12).ignorable());
      field(&TopicProduceData::topic_id, "TopicId", since(13).ignorable());
      field(&TopicProduceData::partition_data, "PartitionData");
    }
  };

  std::optional<Text> transactional_id{};
  std::int16_t acks{0};
  std::int32_t timeout_ms{0};
  std::vector<TopicProduceData> topic_data{};

  static constexpr void fields(auto&& field) {
    field(&ProduceRequest::transactional_id, "TransactionalId");
    field(&ProduceRequest::acks, "Acks");
    field(&ProduceRequest::timeout_ms, "TimeoutMs");
    field(&ProduceRequest::topic_data, "TopicData");
  }
};

/// Where the batches were put. From version 10 on, a partition that has moved names its leader
/// (KIP-951).
struct ProduceResponse {
  static constexpr MessageInfo info{.name = "ProduceResponse",
                                    .type = MessageType::response,
                                    .api_key = number(ApiKey::produce),
                                    .versions = {3, 13},
                                    .flexible_since = 9};
  static const Schema schema;

  struct BatchIndexAndErrorMessage {
    std::int32_t batch_index{0};
    std::optional<Text> batch_index_error_message{};

    static constexpr void fields(auto&& field) {
      field(&BatchIndexAndErrorMessage::batch_index, "BatchIndex");
      field(&BatchIndexAndErrorMessage::batch_index_error_message, "BatchIndexErrorMessage");
    }
  };

  struct LeaderIdAndEpoch {
    NodeId leader_id{-1};
    LeaderEpoch leader_epoch{-1};

    static constexpr void fields(auto&& field) {
      field(&LeaderIdAndEpoch::leader_id, "LeaderId");
      field(&LeaderIdAndEpoch::leader_epoch, "LeaderEpoch");
    }
  };

  struct PartitionProduceResponse {
    PartitionId index{};
    ErrorCode error_code{};
    Offset base_offset{};
    std::int64_t log_append_time_ms{-1};
    Offset log_start_offset{-1};
    std::vector<BatchIndexAndErrorMessage> record_errors{};
    std::optional<Text> error_message{};
    LeaderIdAndEpoch current_leader{};

    static constexpr void fields(auto&& field) {
      field(&PartitionProduceResponse::index, "Index");
      field(&PartitionProduceResponse::error_code, "ErrorCode");
      field(&PartitionProduceResponse::base_offset, "BaseOffset");
      field(&PartitionProduceResponse::log_append_time_ms, "LogAppendTimeMs", ignorable());
      field(&PartitionProduceResponse::log_start_offset, "LogStartOffset", since(5).ignorable());
      field(&PartitionProduceResponse::record_errors, "RecordErrors", since(8).ignorable());
      field(&PartitionProduceResponse::error_message, "ErrorMessage", since(8).ignorable());
      field(&PartitionProduceResponse::current_leader, "CurrentLeader", since(10).tag(0));
    }
  };

  struct TopicProduceResponse {
    Text name{};
    Uuid topic_id{};
    std::vector<PartitionProduceResponse> partition_responses{};

    static constexpr void fields(auto&& field) {
      field(&TopicProduceResponse::name, "Name", until(12).ignorable());
      field(&TopicProduceResponse::topic_id, "TopicId", since(13).ignorable());
      field(&TopicProduceResponse::partition_responses, "PartitionResponses");
    }
  };

  struct NodeEndpoint {
    NodeId node_id{};
    Text host{};
    std::int32_t port{0};
    std::optional<Text> rack{};

    static constexpr void fields(auto&& field) {
      field(&NodeEndpoint::node_id, "NodeId");
      field(&NodeEndpoint::host, "Host");
      field(&NodeEndpoint::port, "Port");
      field(&NodeEndpoint::rack, "Rack");
    }
  };

  std::vector<TopicProduceResponse> responses{};
  std::int32_t throttle_time_ms{0};
  std::vector<NodeEndpoint> node_endpoints{};

  static constexpr void fields(auto&& field) {
    field(&ProduceResponse::responses, "Responses");
    field(&ProduceResponse::throttle_time_ms, "ThrottleTimeMs", ignorable());
    field(&ProduceResponse::node_endpoints, "NodeEndpoints", since(10).tag(0));
  }
};

}  // namespace moldau::protocol
