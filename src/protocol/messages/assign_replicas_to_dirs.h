#pragma once

#include <cstdint>
#include <vector>

#include "base/ids.h"
#include "base/uuid.h"
#include "protocol/api_key.h"
#include "protocol/error_code.h"
#include "protocol/fields.h"

namespace moldau::protocol {

/// A broker tells the controller in which directories its replicas are (KIP-858).
struct AssignReplicasToDirsRequest {
  static constexpr MessageInfo info{.name = "AssignReplicasToDirsRequest",
                                    .type = MessageType::request,
                                    .api_key = number(ApiKey::assign_replicas_to_dirs),
                                    .versions = {0, 0},
                                    .flexible_since = 0};
  static const Schema schema;

  struct PartitionData {
    PartitionId partition_index{};

    static constexpr void fields(auto&& field) {
      field(&PartitionData::partition_index, "PartitionIndex");
    }
  };

  struct TopicData {
    Uuid topic_id{};
    std::vector<PartitionData> partitions{};

    static constexpr void fields(auto&& field) {
      field(&TopicData::topic_id, "TopicId");
      field(&TopicData::partitions, "Partitions");
    }
  };

  struct DirectoryData {
    Uuid id{};
    std::vector<TopicData> topics{};

    static constexpr void fields(auto&& field) {
      field(&DirectoryData::id, "Id");
      field(&DirectoryData::topics, "Topics");
    }
  };

  NodeId broker_id{};
  BrokerEpoch broker_epoch{-1};
  std::vector<DirectoryData> directories{};

  static constexpr void fields(auto&& field) {
    field(&AssignReplicasToDirsRequest::broker_id, "BrokerId");
    field(&AssignReplicasToDirsRequest::broker_epoch, "BrokerEpoch");
    field(&AssignReplicasToDirsRequest::directories, "Directories");
  }
};

/// What was recorded.
struct AssignReplicasToDirsResponse {
  static constexpr MessageInfo info{.name = "AssignReplicasToDirsResponse",
                                    .type = MessageType::response,
                                    .api_key = number(ApiKey::assign_replicas_to_dirs),
                                    .versions = {0, 0},
                                    .flexible_since = 0};
  static const Schema schema;

  struct PartitionData {
    PartitionId partition_index{};
    ErrorCode error_code{};

    static constexpr void fields(auto&& field) {
      field(&PartitionData::partition_index, "PartitionIndex");
      field(&PartitionData::error_code, "ErrorCode");
    }
  };

  struct TopicData {
    Uuid topic_id{};
    std::vector<PartitionData> partitions{};

    static constexpr void fields(auto&& field) {
      field(&TopicData::topic_id, "TopicId");
      field(&TopicData::partitions, "Partitions");
    }
  };

  struct DirectoryData {
    Uuid id{};
    std::vector<TopicData> topics{};

    static constexpr void fields(auto&& field) {
      field(&DirectoryData::id, "Id");
      field(&DirectoryData::topics, "Topics");
    }
  };

  std::int32_t throttle_time_ms{0};
  ErrorCode error_code{};
  std::vector<DirectoryData> directories{};

  static constexpr void fields(auto&& field) {
    field(&AssignReplicasToDirsResponse::throttle_time_ms, "ThrottleTimeMs");
    field(&AssignReplicasToDirsResponse::error_code, "ErrorCode");
    field(&AssignReplicasToDirsResponse::directories, "Directories");
  }
};

}  // namespace moldau::protocol
