#pragma once

#include <cstdint>
#include <vector>

#include "base/ids.h"
#include "base/text.h"
#include "protocol/api_key.h"
#include "protocol/error_code.h"
#include "protocol/fields.h"

namespace moldau::protocol {

/// Asks their coordinator for transactions (KIP-664).
struct DescribeTransactionsRequest {
  static constexpr MessageInfo info{.name = "DescribeTransactionsRequest",
                                    .type = MessageType::request,
                                    .api_key = number(ApiKey::describe_transactions),
                                    .versions = {0, 0},
                                    .flexible_since = 0};
  static const Schema schema;

  std::vector<Text> transactional_ids{};

  static constexpr void fields(auto&& field) {
    field(&DescribeTransactionsRequest::transactional_ids, "TransactionalIds");
  }
};

/// States of the transactions, and the partitions in those that are open.
struct DescribeTransactionsResponse {
  static constexpr MessageInfo info{.name = "DescribeTransactionsResponse",
                                    .type = MessageType::response,
                                    .api_key = number(ApiKey::describe_transactions),
                                    .versions = {0, 0},
                                    .flexible_since = 0};
  static const Schema schema;

  struct TopicData {
    Text topic{};
    std::vector<PartitionId> partitions{};

    static constexpr void fields(auto&& field) {
      field(&TopicData::topic, "Topic");
      field(&TopicData::partitions, "Partitions");
    }
  };

  struct TransactionState {
    ErrorCode error_code{};
    Text transactional_id{};
    Text transaction_state{};
    std::int32_t transaction_timeout_ms{0};
    std::int64_t transaction_start_time_ms{0};
    ProducerId producer_id{};
    ProducerEpoch producer_epoch{};
    std::vector<TopicData> topics{};

    static constexpr void fields(auto&& field) {
      field(&TransactionState::error_code, "ErrorCode");
      field(&TransactionState::transactional_id, "TransactionalId");
      field(&TransactionState::transaction_state, "TransactionState");
      field(&TransactionState::transaction_timeout_ms, "TransactionTimeoutMs");
      field(&TransactionState::transaction_start_time_ms, "TransactionStartTimeMs");
      field(&TransactionState::producer_id, "ProducerId");
      field(&TransactionState::producer_epoch, "ProducerEpoch");
      field(&TransactionState::topics, "Topics");
    }
  };

  std::int32_t throttle_time_ms{0};
  std::vector<TransactionState> transaction_states{};

  static constexpr void fields(auto&& field) {
    field(&DescribeTransactionsResponse::throttle_time_ms, "ThrottleTimeMs");
    field(&DescribeTransactionsResponse::transaction_states, "TransactionStates");
  }
};

}  // namespace moldau::protocol
