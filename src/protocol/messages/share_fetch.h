#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/ids.h"
#include "base/text.h"
#include "base/uuid.h"
#include "protocol/api_key.h"
#include "protocol/error_code.h"
#include "protocol/fields.h"

namespace moldau::protocol {

/// A member of a share group acknowledges records and acquires others, for a limited time
/// (KIP-932). Within a share session only what has changed is named. Version 0 was the early access
/// of 4.0; version 2 has the acquire mode (KIP-1206) and acknowledgements that renew the time
/// (KIP-1222).
struct ShareFetchRequest {
  static constexpr MessageInfo info{.name = "ShareFetchRequest",
                                    .type = MessageType::request,
                                    .api_key = number(ApiKey::share_fetch),
                                    .versions = {1, 2},
                                    .flexible_since = 0};
  static const Schema schema;

  struct AcknowledgementBatch {
    Offset first_offset{};
    Offset last_offset{};
    /// One for all, or one per offset: 0 gap, 1 accept, 2 release, 3 reject, 4 renew.
    std::vector<std::int8_t> acknowledge_types{};

    static constexpr void fields(auto&& field) {
      field(&AcknowledgementBatch::first_offset, "FirstOffset");
      field(&AcknowledgementBatch::last_offset, "LastOffset");
      field(&AcknowledgementBatch::acknowledge_types, "AcknowledgeTypes");
    }
  };

  struct FetchPartition {
    PartitionId partition_index{};
    std::vector<AcknowledgementBatch> acknowledgement_batches{};

    static constexpr void fields(auto&& field) {
      field(&FetchPartition::partition_index, "PartitionIndex");
      field(&FetchPartition::acknowledgement_batches, "AcknowledgementBatches");
    }
  };

  struct FetchTopic {
    Uuid topic_id{};
    std::vector<FetchPartition> partitions{};

    static constexpr void fields(auto&& field) {
      field(&FetchTopic::topic_id, "TopicId");
      field(&FetchTopic::partitions, "Partitions");
    }
  };

  struct ForgottenTopic {
    Uuid topic_id{};
    std::vector<PartitionId> partitions{};

    static constexpr void fields(auto&& field) {
      field(&ForgottenTopic::topic_id, "TopicId");
      field(&ForgottenTopic::partitions, "Partitions");
    }
  };

  std::optional<Text> group_id{};
  std::optional<Text> member_id{""};
  std::int32_t share_session_epoch{0};  ///< 0 opens a session, -1 closes it
  std::int32_t max_wait_ms{0};
  std::int32_t min_bytes{0};
  std::int32_t max_bytes{0x7fffffff};
  std::int32_t max_records{0};
  std::int32_t batch_size{0};
  std::int8_t share_acquire_mode{0};  ///< 0 whole batches, 1 no more than max_records
  bool is_renew_ack{false};
  std::vector<FetchTopic> topics{};
  std::vector<ForgottenTopic> forgotten_topics_data{};

  static constexpr void fields(auto&& field) {
    field(&ShareFetchRequest::group_id, "GroupId");
    field(&ShareFetchRequest::member_id, "MemberId");
    field(&ShareFetchRequest::share_session_epoch, "ShareSessionEpoch");
    field(&ShareFetchRequest::max_wait_ms, "MaxWaitMs");
    field(&ShareFetchRequest::min_bytes, "MinBytes");
    field(&ShareFetchRequest::max_bytes, "MaxBytes");
    field(&ShareFetchRequest::max_records, "MaxRecords");
    field(&ShareFetchRequest::batch_size, "BatchSize");
    field(&ShareFetchRequest::share_acquire_mode, "ShareAcquireMode", since(2).ignorable());
    field(&ShareFetchRequest::is_renew_ack, "IsRenewAck", since(2));
    field(&ShareFetchRequest::topics, "Topics");
    field(&ShareFetchRequest::forgotten_topics_data, "ForgottenTopicsData");
  }
};

/// Batches, and which of their records are acquired: the rest is to be ignored. Leaders that have
/// moved are named, with their endpoints.
struct ShareFetchResponse {
  static constexpr MessageInfo info{.name = "ShareFetchResponse",
                                    .type = MessageType::response,
                                    .api_key = number(ApiKey::share_fetch),
                                    .versions = {1, 2},
                                    .flexible_since = 0};
  static const Schema schema;

  struct LeaderIdAndEpoch {
    NodeId leader_id{};
    LeaderEpoch leader_epoch{};

    static constexpr void fields(auto&& field) {
      field(&LeaderIdAndEpoch::leader_id, "LeaderId");
      field(&LeaderIdAndEpoch::leader_epoch, "LeaderEpoch");
    }
  };

  struct AcquiredRecords {
    Offset first_offset{};
    Offset last_offset{};
    std::int16_t delivery_count{0};

    static constexpr void fields(auto&& field) {
      field(&AcquiredRecords::first_offset, "FirstOffset");
      field(&AcquiredRecords::last_offset, "LastOffset");
      field(&AcquiredRecords::delivery_count, "DeliveryCount");
    }
  };

  struct PartitionData {
    PartitionId partition_index{};
    ErrorCode error_code{};
    std::optional<Text> error_message{};
    ErrorCode acknowledge_error_code{};
    std::optional<Text> acknowledge_error_message{};
    LeaderIdAndEpoch current_leader{};
    SharedBytes records{};
    std::vector<AcquiredRecords> acquired_records{};

    static constexpr void fields(auto&& field) {
      field(&PartitionData::partition_index, "PartitionIndex");
      field(&PartitionData::error_code, "ErrorCode");
      field(&PartitionData::error_message, "ErrorMessage");
      field(&PartitionData::acknowledge_error_code, "AcknowledgeErrorCode");
      field(&PartitionData::acknowledge_error_message, "AcknowledgeErrorMessage");
      field(&PartitionData::current_leader, "CurrentLeader");
      field(&PartitionData::records, "Records", as_records());
      field(&PartitionData::acquired_records, "AcquiredRecords");
    }
  };

  struct ShareFetchableTopicResponse {
    Uuid topic_id{};
    std::vector<PartitionData> partitions{};

    static constexpr void fields(auto&& field) {
      field(&ShareFetchableTopicResponse::topic_id, "TopicId");
      field(&ShareFetchableTopicResponse::partitions, "Partitions");
    }
  };

  struct NodeEndpoint {
    NodeId node_id{};
    Text host{};
    std::int32_t port{0};
    std::optional<Text> rack{};

    static constexpr void fields(auto&& field) {
      field(&NodeEndpoint::node_id, "NodeId");
      field(&NodeEndpoint::host, "Host");
      field(&NodeEndpoint::port, "Port");
      field(&NodeEndpoint::rack, "Rack");
    }
  };

  std::int32_t throttle_time_ms{0};
  ErrorCode error_code{};
  std::optional<Text> error_message{};
  std::int32_t acquisition_lock_timeout_ms{0};
  std::vector<ShareFetchableTopicResponse> responses{};
  std::vector<NodeEndpoint> node_endpoints{};

  static constexpr void fields(auto&& field) {
    field(&ShareFetchResponse::throttle_time_ms, "ThrottleTimeMs");
    field(&ShareFetchResponse::error_code, "ErrorCode");
    field(&ShareFetchResponse::error_message, "ErrorMessage");
    field(&ShareFetchResponse::acquisition_lock_timeout_ms, "AcquisitionLockTimeoutMs");
    field(&ShareFetchResponse::responses, "Responses");
    field(&ShareFetchResponse::node_endpoints, "NodeEndpoints");
  }
};

}  // namespace moldau::protocol
