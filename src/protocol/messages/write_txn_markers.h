#pragma once

#include <cstdint>
#include <vector>

#include "base/ids.h"
#include "base/text.h"
#include "protocol/api_key.h"
#include "protocol/error_code.h"
#include "protocol/fields.h"

namespace moldau::protocol {

/// A transaction coordinator has the leaders of a transaction's partitions append the marker that
/// ends it. Version 2 tells the transaction version, by which a leader knows how strictly to check
/// the producer's epoch (KIP-1228).
struct WriteTxnMarkersRequest {
  static constexpr MessageInfo info{.name = "WriteTxnMarkersRequest",
                                    .type = MessageType::request,
                                    .api_key = number(ApiKey::write_txn_markers),
                                    .versions = {1, 2},
                                    .flexible_since = 1};
  static const Schema schema;

  struct WritableTxnMarkerTopic {
    Text name{};
    std::vector<PartitionId> partition_indexes{};

    static constexpr void fields(auto&& field) {
      field(&WritableTxnMarkerTopic::name, "Name");
      field(&WritableTxnMarkerTopic::partition_indexes, "PartitionIndexes");
    }
  };

  struct WritableTxnMarker {
    ProducerId producer_id{};
    ProducerEpoch producer_epoch{};
    bool transaction_result{false};  ///< true: committed
    std::vector<WritableTxnMarkerTopic> topics{};
    std::int32_t coordinator_epoch{0};
    std::int8_t transaction_version{0};

    static constexpr void fields(auto&& field) {
      field(&WritableTxnMarker::producer_id, "ProducerId");
      field(&WritableTxnMarker::producer_epoch, "ProducerEpoch");
      field(&WritableTxnMarker::transaction_result, "TransactionResult");
      field(&WritableTxnMarker::topics, "Topics");
      field(&WritableTxnMarker::coordinator_epoch, "CoordinatorEpoch");
      field(&WritableTxnMarker::transaction_version, "TransactionVersion", since(2).ignorable());
    }
  };

  std::vector<WritableTxnMarker> markers{};

  static constexpr void fields(auto&& field) { field(&WriteTxnMarkersRequest::markers, "Markers"); }
};

/// Per transaction and partition, whether the marker is written.
struct WriteTxnMarkersResponse {
  static constexpr MessageInfo info{.name = "WriteTxnMarkersResponse",
                                    .type = MessageType::response,
                                    .api_key = number(ApiKey::write_txn_markers),
                                    .versions = {1, 2},
                                    .flexible_since = 1};
  static const Schema schema;

  struct WritableTxnMarkerPartitionResult {
    PartitionId partition_index{};
    ErrorCode error_code{};

    static constexpr void fields(auto&& field) {
      field(&WritableTxnMarkerPartitionResult::partition_index, "PartitionIndex");
      field(&WritableTxnMarkerPartitionResult::error_code, "ErrorCode");
    }
  };

  struct WritableTxnMarkerTopicResult {
    Text name{};
    std::vector<WritableTxnMarkerPartitionResult> partitions{};

    static constexpr void fields(auto&& field) {
      field(&WritableTxnMarkerTopicResult::name, "Name");
      field(&WritableTxnMarkerTopicResult::partitions, "Partitions");
    }
  };

  struct WritableTxnMarkerResult {
    ProducerId producer_id{};
    std::vector<WritableTxnMarkerTopicResult> topics{};

    static constexpr void fields(auto&& field) {
      field(&WritableTxnMarkerResult::producer_id, "ProducerId");
      field(&WritableTxnMarkerResult::topics, "Topics");
    }
  };

  std::vector<WritableTxnMarkerResult> markers{};

  static constexpr void fields(auto&& field) {
    field(&WriteTxnMarkersResponse::markers, "Markers");
  }
};

}  // namespace moldau::protocol
