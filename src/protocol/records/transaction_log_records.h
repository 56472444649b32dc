#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "base/text.h"
#include "protocol/fields.h"

/// Records of __transaction_state, a transaction coordinator's log (KIP-98).
namespace moldau::protocol {

/// A transactional id.
struct TransactionLogKey {
  static constexpr MessageInfo info{.name = "TransactionLogKey",
                                    .type = MessageType::coordinator_key,
                                    .api_key = 0,
                                    .versions = {0, 0}};
  static const Schema schema;

  Text transactional_id{};

  static constexpr void fields(auto&& field) {
    field(&TransactionLogKey::transactional_id, "TransactionalId");
  }
};

/// A transactional id's producer and its transaction. Since version 1 it is flexible, and what came
/// later is tagged: older brokers skip it (KIP-915, KIP-890).
struct TransactionLogValue {
  static constexpr MessageInfo info{.name = "TransactionLogValue",
                                    .type = MessageType::coordinator_value,
                                    .api_key = 0,
                                    .versions = {0, 1},
                                    .flexible_since = 1};
  static const Schema schema;

  struct PartitionsSchema {
    Text topic{};
    std::vector<PartitionId> partition_ids{};

    static constexpr void fields(auto&& field) {
      field(&PartitionsSchema::topic, "Topic");
      field(&PartitionsSchema::partition_ids, "PartitionIds");
    }
  };

  ProducerId producer_id{};
  ProducerId previous_producer_id{-1};
  ProducerId next_producer_id{-1};
  ProducerEpoch producer_epoch{};
  ProducerEpoch next_producer_epoch{-1};
  std::int32_t transaction_timeout_ms{0};
  std::int8_t transaction_status{0};
  /// Null in states that have no partitions.
  std::optional<std::vector<PartitionsSchema>> transaction_partitions{std::in_place};
  std::int64_t transaction_last_update_timestamp_ms{0};
  std::int64_t transaction_start_timestamp_ms{0};
  std::int16_t client_transaction_version{0};

  static constexpr void fields(auto&& field) {
    field(&TransactionLogValue::producer_id, "ProducerId");
    field(&TransactionLogValue::previous_producer_id, "PreviousProducerId", since(1).tag(0));
    field(&TransactionLogValue::next_producer_id, "NextProducerId", since(1).tag(1));
    field(&TransactionLogValue::producer_epoch, "ProducerEpoch");
    field(&TransactionLogValue::next_producer_epoch, "NextProducerEpoch", since(1).tag(3));
    field(&TransactionLogValue::transaction_timeout_ms, "TransactionTimeoutMs");
    field(&TransactionLogValue::transaction_status, "TransactionStatus");
    field(&TransactionLogValue::transaction_partitions, "TransactionPartitions");
    field(&TransactionLogValue::transaction_last_update_timestamp_ms,
          "TransactionLastUpdateTimestampMs");
    field(&TransactionLogValue::transaction_start_timestamp_ms, "TransactionStartTimestampMs");
    field(&TransactionLogValue::client_transaction_version, "ClientTransactionVersion",
          since(1).tag(2));
  }
};

}  // namespace moldau::protocol
