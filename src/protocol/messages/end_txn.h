#pragma once

#include <cstdint>

#include "base/ids.h"
#include "base/text.h"
#include "protocol/api_key.h"
#include "protocol/error_code.h"
#include "protocol/fields.h"

namespace moldau::protocol {

/// A producer commits or aborts its transaction (KIP-98). Version 2 may be answered by
/// PRODUCER_FENCED, version 4 by TRANSACTION_ABORTABLE; since version 5 every transaction has an
/// epoch of its own (KIP-890).
struct EndTxnRequest {
  static constexpr MessageInfo info{.name = "EndTxnRequest",
                                    .type = MessageType::request,
                                    .api_key = number(ApiKey::end_txn),
                                    .versions = {0, 5},
                                    .flexible_since = 3};
  static const Schema schema;

  Text transactional_id{};
  ProducerId producer_id{};
  ProducerEpoch producer_epoch{};
  bool committed{false};  ///< false: abort

  static constexpr void fields(auto&& field) {
    field(&EndTxnRequest::transactional_id, "TransactionalId");
    field(&EndTxnRequest::producer_id, "ProducerId");
    field(&EndTxnRequest::producer_epoch, "ProducerEpoch");
    field(&EndTxnRequest::committed, "Committed");
  }
};

/// The outcome is decided, the markers follow. Since version 5 it names the producer id and epoch
/// of the next transaction.
struct EndTxnResponse {
  static constexpr MessageInfo info{.name = "EndTxnResponse",
                                    .type = MessageType::response,
                                    .api_key = number(ApiKey::end_txn),
                                    .versions = {0, 5},
                                    .flexible_since = 3};
  static const Schema schema;

  std::int32_t throttle_time_ms{0};
  ErrorCode error_code{};
  ProducerId producer_id{-1};
  ProducerEpoch producer_epoch{-1};

  static constexpr void fields(auto&& field) {
    field(&EndTxnResponse::throttle_time_ms, "ThrottleTimeMs");
    field(&EndTxnResponse::error_code, "ErrorCode");
    field(&EndTxnResponse::producer_id, "ProducerId", since(5).ignorable());
    field(&EndTxnResponse::producer_epoch, "ProducerEpoch", since(5).ignorable());
  }
};

}  // namespace moldau::protocol
