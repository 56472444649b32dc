#pragma once

#include <cstdint>
#include <vector>

#include "base/ids.h"
#include "base/uuid.h"
#include "protocol/api_key.h"
#include "protocol/error_code.h"
#include "protocol/fields.h"

namespace moldau::protocol {

/// A leader asks the controller to change a partition's ISR (KIP-497).
struct AlterPartitionRequest {
  static constexpr MessageInfo info{.name = "AlterPartitionRequest",
                                    .type = MessageType::request,
                                    .api_key = number(ApiKey::alter_partition),
                                    .versions = {2, 3},
                                    .flexible_since = 0};
  static const Schema schema;

  struct BrokerState {
    NodeId broker_id{};
    BrokerEpoch broker_epoch{-1};

    static constexpr void fields(auto&& field) {
      field(&BrokerState::broker_id, "BrokerId");
      field(&BrokerState::broker_epoch, "BrokerEpoch");
    }
  };

  struct PartitionData {
    PartitionId partition_index{};
    LeaderEpoch leader_epoch{};
    std::vector<NodeId> new_isr{};
    std::vector<BrokerState> new_isr_with_epochs{};
    std::int8_t leader_recovery_state{0};
    PartitionEpoch partition_epoch{};

    static constexpr void fields(auto&& field) {
      field(&PartitionData::partition_index, "PartitionIndex");
      field(&PartitionData::leader_epoch, "LeaderEpoch");
      field(&PartitionData::new_isr, "NewIsr", until(2));
      field(&PartitionData::new_isr_with_epochs, "NewIsrWithEpochs", since(3));
      field(&PartitionData::leader_recovery_state, "LeaderRecoveryState");
      field(&PartitionData::partition_epoch, "PartitionEpoch");
    }
  };

  struct TopicData {
    Uuid topic_id{};
    std::vector<PartitionData> partitions{};

    static constexpr void fields(auto&& field) {
      field(&TopicData::topic_id, "TopicId", ignorable());
      field(&TopicData::partitions, "Partitions");
    }
  };

  NodeId broker_id{};
  BrokerEpoch broker_epoch{-1};
  std::vector<TopicData> topics{};

  static constexpr void fields(auto&& field) {
    field(&AlterPartitionRequest::broker_id, "BrokerId");
    field(&AlterPartitionRequest::broker_epoch, "BrokerEpoch");
    field(&AlterPartitionRequest::topics, "Topics");
  }
};

/// The partition's new state.
struct AlterPartitionResponse {
  static constexpr MessageInfo info{.name = "AlterPartitionResponse",
                                    .type = MessageType::response,
                                    .api_key = number(ApiKey::alter_partition),
                                    .versions = {2, 3},
                                    .flexible_since = 0};
  static const Schema schema;

  struct PartitionData {
    PartitionId partition_index{};
    ErrorCode error_code{};
    NodeId leader_id{};
    LeaderEpoch leader_epoch{};
    std::vector<NodeId> isr{};
    std::int8_t leader_recovery_state{0};
    PartitionEpoch partition_epoch{};

    static constexpr void fields(auto&& field) {
      field(&PartitionData::partition_index, "PartitionIndex");
      field(&PartitionData::error_code, "ErrorCode");
      field(&PartitionData::leader_id, "LeaderId");
      field(&PartitionData::leader_epoch, "LeaderEpoch");
      field(&PartitionData::isr, "Isr");
      field(&PartitionData::leader_recovery_state, "LeaderRecoveryState", ignorable());
      field(&PartitionData::partition_epoch, "PartitionEpoch");
    }
  };

  struct TopicData {
    Uuid topic_id{};
    std::vector<PartitionData> partitions{};

    static constexpr void fields(auto&& field) {
      field(&TopicData::topic_id, "TopicId", ignorable());
      field(&TopicData::partitions, "Partitions");
    }
  };

  std::int32_t throttle_time_ms{0};
  ErrorCode error_code{};
  std::vector<TopicData> topics{};

  static constexpr void fields(auto&& field) {
    field(&AlterPartitionResponse::throttle_time_ms, "ThrottleTimeMs");
    field(&AlterPartitionResponse::error_code, "ErrorCode");
    field(&AlterPartitionResponse::topics, "Topics");
  }
};

}  // namespace moldau::protocol
