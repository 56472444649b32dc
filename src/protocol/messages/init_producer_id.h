#pragma once

#include <cstdint>
#include <optional>

#include "base/ids.h"
#include "base/text.h"
#include "protocol/api_key.h"
#include "protocol/error_code.h"
#include "protocol/fields.h"

namespace moldau::protocol {

/// Asks for a producer id and epoch; with a transactional id from its coordinator.
struct InitProducerIdRequest {
  static constexpr MessageInfo info{.name = "InitProducerIdRequest",
                                    .type = MessageType::request,
                                    .api_key = number(ApiKey::init_producer_id),
                                    .versions = {0, 6},
                                    .flexible_since = 2,
                                    .latest_unstable = true};
  static const Schema schema;

  std::optional<Text> transactional_id{""};
  std::int32_t transaction_timeout_ms{0};
  ProducerId producer_id{-1};
  ProducerEpoch producer_epoch{-1};
  bool enable_2pc{false};
  bool keep_prepared_txn{false};

  static constexpr void fields(auto&& field) {
    field(&InitProducerIdRequest::transactional_id, "TransactionalId");
    field(&InitProducerIdRequest::transaction_timeout_ms, "TransactionTimeoutMs");
    field(&InitProducerIdRequest::producer_id, "ProducerId", since(3));
    field(&InitProducerIdRequest::producer_epoch, "ProducerEpoch", since(3));
    field(&InitProducerIdRequest::enable_2pc, "Enable2Pc", since(6));
    field(&InitProducerIdRequest::keep_prepared_txn, "KeepPreparedTxn", since(6));
  }
};

/// The producer id and epoch.
struct InitProducerIdResponse {
  static constexpr MessageInfo info{.name = "InitProducerIdResponse",
                                    .type = MessageType::response,
                                    .api_key = number(ApiKey::init_producer_id),
                                    .versions = {0, 6},
                                    .flexible_since = 2,
                                    .latest_unstable = true};
  static const Schema schema;

  std::int32_t throttle_time_ms{0};
  ErrorCode error_code{};
  ProducerId producer_id{-1};
  ProducerEpoch producer_epoch{};
  ProducerId ongoing_txn_producer_id{-1};
  ProducerEpoch ongoing_txn_producer_epoch{-1};

  static constexpr void fields(auto&& field) {
    field(&InitProducerIdResponse::throttle_time_ms, "ThrottleTimeMs", ignorable());
    field(&InitProducerIdResponse::error_code, "ErrorCode");
    field(&InitProducerIdResponse::producer_id, "ProducerId");
    field(&InitProducerIdResponse::producer_epoch, "ProducerEpoch");
    field(&InitProducerIdResponse::ongoing_txn_producer_id, "OngoingTxnProducerId", since(6));
    field(&InitProducerIdResponse::ongoing_txn_producer_epoch, "OngoingTxnProducerEpoch", since(6));
  }
};

}  // namespace moldau::protocol
