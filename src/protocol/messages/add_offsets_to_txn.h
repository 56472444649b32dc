#pragma once

#include <cstdint>

#include "base/ids.h"
#include "base/text.h"
#include "protocol/api_key.h"
#include "protocol/error_code.h"
#include "protocol/fields.h"

namespace moldau::protocol {

/// A group's partition of __consumer_offsets joins a transaction, before its offsets are committed
/// in it (KIP-98). Version 2 may be answered by PRODUCER_FENCED, version 4 by TRANSACTION_ABORTABLE
/// (KIP-890).
struct AddOffsetsToTxnRequest {
  static constexpr MessageInfo info{.name = "AddOffsetsToTxnRequest",
                                    .type = MessageType::request,
                                    .api_key = number(ApiKey::add_offsets_to_txn),
                                    .versions = {0, 4},
                                    .flexible_since = 3};
  static const Schema schema;

  Text transactional_id{};
  ProducerId producer_id{};
  ProducerEpoch producer_epoch{};
  Text group_id{};

  static constexpr void fields(auto&& field) {
    field(&AddOffsetsToTxnRequest::transactional_id, "TransactionalId");
    field(&AddOffsetsToTxnRequest::producer_id, "ProducerId");
    field(&AddOffsetsToTxnRequest::producer_epoch, "ProducerEpoch");
    field(&AddOffsetsToTxnRequest::group_id, "GroupId");
  }
};

/// Whether the group's partition is in the transaction.
struct AddOffsetsToTxnResponse {
  static constexpr MessageInfo info{.name = "AddOffsetsToTxnResponse",
                                    .type = MessageType::response,
                                    .api_key = number(ApiKey::add_offsets_to_txn),
                                    .versions = {0, 4},
                                    .flexible_since = 3};
  static const Schema schema;

  std::int32_t throttle_time_ms{0};
  ErrorCode error_code{};

  static constexpr void fields(auto&& field) {
    field(&AddOffsetsToTxnResponse::throttle_time_ms, "ThrottleTimeMs");
    field(&AddOffsetsToTxnResponse::error_code, "ErrorCode");
  }
};

}  // namespace moldau::protocol
