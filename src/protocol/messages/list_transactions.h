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

/// Asks a coordinator for transactions by state, producer (KIP-664), duration (KIP-994) and
/// pattern of their ids (KIP-1152). Empty means any.
struct ListTransactionsRequest {
  static constexpr MessageInfo info{.name = "ListTransactionsRequest",
                                    .type = MessageType::request,
                                    .api_key = number(ApiKey::list_transactions),
                                    .versions = {0, 2},
                                    .flexible_since = 0};
  static const Schema schema;

  std::vector<Text> state_filters{};
  std::vector<ProducerId> producer_id_filters{};
  std::int64_t duration_filter{-1};
  std::optional<Text> transactional_id_pattern{};

  static constexpr void fields(auto&& field) {
    field(&ListTransactionsRequest::state_filters, "StateFilters");
    field(&ListTransactionsRequest::producer_id_filters, "ProducerIdFilters");
    field(&ListTransactionsRequest::duration_filter, "DurationFilter", since(1));
    field(&ListTransactionsRequest::transactional_id_pattern, "TransactionalIdPattern", since(2));
  }
};

/// The transactions of this coordinator.
struct ListTransactionsResponse {
  static constexpr MessageInfo info{.name = "ListTransactionsResponse",
                                    .type = MessageType::response,
                                    .api_key = number(ApiKey::list_transactions),
                                    .versions = {0, 2},
                                    .flexible_since = 0};
  static const Schema schema;

  struct TransactionState {
    Text transactional_id{};
    ProducerId producer_id{};
    Text transaction_state{};

    static constexpr void fields(auto&& field) {
      field(&TransactionState::transactional_id, "TransactionalId");
      field(&TransactionState::producer_id, "ProducerId");
      field(&TransactionState::transaction_state, "TransactionState");
    }
  };

  std::int32_t throttle_time_ms{0};
  ErrorCode error_code{};
  std::vector<Text> unknown_state_filters{};
  std::vector<TransactionState> transaction_states{};

  static constexpr void fields(auto&& field) {
    field(&ListTransactionsResponse::throttle_time_ms, "ThrottleTimeMs");
    field(&ListTransactionsResponse::error_code, "ErrorCode");
    field(&ListTransactionsResponse::unknown_state_filters, "UnknownStateFilters");
    field(&ListTransactionsResponse::transaction_states, "TransactionStates");
  }
};

}  // namespace moldau::protocol
