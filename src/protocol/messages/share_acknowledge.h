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

/// Acknowledges records without fetching others (KIP-932). Version 0 was the early access of 4.0;
/// version 2 has acknowledgements that renew the time (KIP-1222).
struct ShareAcknowledgeRequest {
  static constexpr MessageInfo info{.name = "ShareAcknowledgeRequest",
                                    .type = MessageType::request,
                                    .api_key = number(ApiKey::share_acknowledge),
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

  struct AcknowledgePartition {
    PartitionId partition_index{};
    std::vector<AcknowledgementBatch> acknowledgement_batches{};

    static constexpr void fields(auto&& field) {
      field(&AcknowledgePartition::partition_index, "PartitionIndex");
      field(&AcknowledgePartition::acknowledgement_batches, "AcknowledgementBatches");
    }
  };

  struct AcknowledgeTopic {
    Uuid topic_id{};
    std::vector<AcknowledgePartition> partitions{};

    static constexpr void fields(auto&& field) {
      field(&AcknowledgeTopic::topic_id, "TopicId");
      field(&AcknowledgeTopic::partitions, "Partitions");
    }
  };

  std::optional<Text> group_id{};
  std::optional<Text> member_id{""};
  std::int32_t share_session_epoch{0};  ///< 0 opens a session, -1 closes it
  bool is_renew_ack{false};
  std::vector<AcknowledgeTopic> topics{};

  static constexpr void fields(auto&& field) {
    field(&ShareAcknowledgeRequest::group_id, "GroupId");
    field(&ShareAcknowledgeRequest::member_id, "MemberId");
    field(&ShareAcknowledgeRequest::share_session_epoch, "ShareSessionEpoch");
    field(&ShareAcknowledgeRequest::is_renew_ack, "IsRenewAck", since(2));
    field(&ShareAcknowledgeRequest::topics, "Topics");
  }
};

/// Per partition, whether the acknowledgements were taken. Since version 2 it tells for how long
/// records are acquired.
struct ShareAcknowledgeResponse {
  static constexpr MessageInfo info{.name = "ShareAcknowledgeResponse",
                                    .type = MessageType::response,
                                    .api_key = number(ApiKey::share_acknowledge),
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

  struct PartitionData {
    PartitionId partition_index{};
    ErrorCode error_code{};
    std::optional<Text> error_message{};
    LeaderIdAndEpoch current_leader{};

    static constexpr void fields(auto&& field) {
      field(&PartitionData::partition_index, "PartitionIndex");
      field(&PartitionData::error_code, "ErrorCode");
      field(&PartitionData::error_message, "ErrorMessage");
      field(&PartitionData::current_leader, "CurrentLeader");
    }
  };

  struct ShareAcknowledgeTopicResponse {
    Uuid topic_id{};
    std::vector<PartitionData> partitions{};

    static constexpr void fields(auto&& field) {
      field(&ShareAcknowledgeTopicResponse::topic_id, "TopicId");
      field(&ShareAcknowledgeTopicResponse::partitions, "Partitions");
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
  std::vector<ShareAcknowledgeTopicResponse> responses{};
  std::vector<NodeEndpoint> node_endpoints{};

  static constexpr void fields(auto&& field) {
    field(&ShareAcknowledgeResponse::throttle_time_ms, "ThrottleTimeMs");
    field(&ShareAcknowledgeResponse::error_code, "ErrorCode");
    field(&ShareAcknowledgeResponse::error_message, "ErrorMessage");
    field(&ShareAcknowledgeResponse::acquisition_lock_timeout_ms, "AcquisitionLockTimeoutMs",
          since(2).ignorable());
    field(&ShareAcknowledgeResponse::responses, "Responses");
    field(&ShareAcknowledgeResponse::node_endpoints, "NodeEndpoints");
  }
};

}  // namespace moldau::protocol
