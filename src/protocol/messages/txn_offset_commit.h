#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/ids.h"
#include "base/text.h"
#include "base/uuid.h"
#include "protocol/api_key.h"
#include "protocol/error_code.h"
#include "protocol/fields.h"

namespace moldau::protocol {

/// Offsets that become the group's when the transaction commits (KIP-98). Version 2 has the leader
/// epoch; since version 3 the member says who it is, so that a zombie is refused (KIP-447); version
/// 4 may be answered by TRANSACTION_ABORTABLE; one of version 5 does what AddOffsetsToTxn did
/// before (KIP-890); version 6 names topics by id (KIP-1319).
struct TxnOffsetCommitRequest {
  static constexpr MessageInfo info{.name = "TxnOffsetCommitRequest",
                                    .type = MessageType::request,
                                    .api_key = number(ApiKey::txn_offset_commit),
                                    .versions = {0, 6},
                                    .flexible_since = 3};
  static const Schema schema;

  struct TxnOffsetCommitRequestPartition {
    PartitionId partition_index{};
    Offset committed_offset{};
    LeaderEpoch committed_leader_epoch{-1};
    std::optional<Text> committed_metadata{""};

    static constexpr void fields(auto&& field) {
      field(&TxnOffsetCommitRequestPartition::partition_index, "PartitionIndex");
      field(&TxnOffsetCommitRequestPartition::committed_offset, "CommittedOffset");
      field(&TxnOffsetCommitRequestPartition::committed_leader_epoch, "CommittedLeaderEpoch",
            since(2).ignorable());
      field(&TxnOffsetCommitRequestPartition::committed_metadata, "CommittedMetadata");
    }
  };

  struct TxnOffsetCommitRequestTopic {
    Text name{};
    Uuid topic_id{};
    std::vector<TxnOffsetCommitRequestPartition> partitions{};

    static constexpr void fields(auto&& field) {
      field(&TxnOffsetCommitRequestTopic::name, "Name", until(5).ignorable());
      field(&TxnOffsetCommitRequestTopic::topic_id, "TopicId", since(6).ignorable());
      field(&TxnOffsetCommitRequestTopic::partitions, "Partitions");
    }
  };

  Text transactional_id{};
  Text group_id{};
  ProducerId producer_id{};
  ProducerEpoch producer_epoch{};
  std::int32_t generation_id_or_member_epoch{-1};
  Text member_id{};
  std::optional<Text> group_instance_id{};
  std::vector<TxnOffsetCommitRequestTopic> topics{};

  static constexpr void fields(auto&& field) {
    field(&TxnOffsetCommitRequest::transactional_id, "TransactionalId");
    field(&TxnOffsetCommitRequest::group_id, "GroupId");
    field(&TxnOffsetCommitRequest::producer_id, "ProducerId");
    field(&TxnOffsetCommitRequest::producer_epoch, "ProducerEpoch");
    field(&TxnOffsetCommitRequest::generation_id_or_member_epoch, "GenerationIdOrMemberEpoch",
          since(3));
    field(&TxnOffsetCommitRequest::member_id, "MemberId", since(3));
    field(&TxnOffsetCommitRequest::group_instance_id, "GroupInstanceId", since(3));
    field(&TxnOffsetCommitRequest::topics, "Topics");
  }
};

/// Per partition, whether its offset waits for the transaction's end.
struct TxnOffsetCommitResponse {
  static constexpr MessageInfo info{.name = "TxnOffsetCommitResponse",
                                    .type = MessageType::response,
                                    .api_key = number(ApiKey::txn_offset_commit),
                                    .versions = {0, 6},
                                    .flexible_since = 3};
  static const Schema schema;

  struct TxnOffsetCommitResponsePartition {
    PartitionId partition_index{};
    ErrorCode error_code{};

    static constexpr void fields(auto&& field) {
      field(&TxnOffsetCommitResponsePartition::partition_index, "PartitionIndex");
      field(&TxnOffsetCommitResponsePartition::error_code, "ErrorCode");
    }
  };

  struct TxnOffsetCommitResponseTopic {
    Text name{};
    Uuid topic_id{};
    std::vector<TxnOffsetCommitResponsePartition> partitions{};

    static constexpr void fields(auto&& field) {
      field(&TxnOffsetCommitResponseTopic::name, "Name", until(5).ignorable());
      field(&TxnOffsetCommitResponseTopic::topic_id, "TopicId", since(6).ignorable());
      field(&TxnOffsetCommitResponseTopic::partitions, "Partitions");
    }
  };

  std::int32_t throttle_time_ms{0};
  std::vector<TxnOffsetCommitResponseTopic> topics{};

  static constexpr void fields(auto&& field) {
    field(&TxnOffsetCommitResponse::throttle_time_ms, "ThrottleTimeMs");
    field(&TxnOffsetCommitResponse::topics, "Topics");
  }
};

}  // namespace moldau::protocol
