#pragma once

#include <cstdint>

#include "base/ids.h"
#include "protocol/api_key.h"
#include "protocol/error_code.h"
#include "protocol/fields.h"

namespace moldau::protocol {

/// A broker asks the controller for a block of producer ids.
struct AllocateProducerIdsRequest {
  static constexpr MessageInfo info{.name = "AllocateProducerIdsRequest",
                                    .type = MessageType::request,
                                    .api_key = number(ApiKey::allocate_producer_ids),
                                    .versions = {0, 0},
                                    .flexible_since = 0};
  static const Schema schema;

  NodeId broker_id{};
  BrokerEpoch broker_epoch{-1};

  static constexpr void fields(auto&& field) {
    field(&AllocateProducerIdsRequest::broker_id, "BrokerId");
    field(&AllocateProducerIdsRequest::broker_epoch, "BrokerEpoch");
  }
};

/// The block.
struct AllocateProducerIdsResponse {
  static constexpr MessageInfo info{.name = "AllocateProducerIdsResponse",
                                    .type = MessageType::response,
                                    .api_key = number(ApiKey::allocate_producer_ids),
                                    .versions = {0, 0},
                                    .flexible_since = 0};
  static const Schema schema;

  std::int32_t throttle_time_ms{0};
  ErrorCode error_code{};
  ProducerId producer_id_start{};
  std::int32_t producer_id_len{0};

  static constexpr void fields(auto&& field) {
    field(&AllocateProducerIdsResponse::throttle_time_ms, "ThrottleTimeMs");
    field(&AllocateProducerIdsResponse::error_code, "ErrorCode");
    field(&AllocateProducerIdsResponse::producer_id_start, "ProducerIdStart");
    field(&AllocateProducerIdsResponse::producer_id_len, "ProducerIdLen");
  }
};

}  // namespace moldau::protocol
