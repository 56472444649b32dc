#pragma once

#include <cstdint>
#include <vector>

#include "base/ids.h"
#include "base/text.h"
#include "protocol/api_key.h"
#include "protocol/error_code.h"
#include "protocol/fields.h"

namespace moldau::protocol {

/// Moves replicas of the asked broker to other log directories (KIP-113).
struct AlterReplicaLogDirsRequest {
  static constexpr MessageInfo info{.name = "AlterReplicaLogDirsRequest",
                                    .type = MessageType::request,
                                    .api_key = number(ApiKey::alter_replica_log_dirs),
                                    .versions = {1, 2},
                                    .flexible_since = 2};
  static const Schema schema;

  struct AlterReplicaLogDirTopic {
    Text name{};
    std::vector<PartitionId> partitions{};

    static constexpr void fields(auto&& field) {
      field(&AlterReplicaLogDirTopic::name, "Name");
      field(&AlterReplicaLogDirTopic::partitions, "Partitions");
    }
  };

  struct AlterReplicaLogDir {
    Text path{};
    std::vector<AlterReplicaLogDirTopic> topics{};

    static constexpr void fields(auto&& field) {
      field(&AlterReplicaLogDir::path, "Path");
      field(&AlterReplicaLogDir::topics, "Topics");
    }
  };

  std::vector<AlterReplicaLogDir> dirs{};

  static constexpr void fields(auto&& field) { field(&AlterReplicaLogDirsRequest::dirs, "Dirs"); }
};

/// Per partition, whether the move began.
struct AlterReplicaLogDirsResponse {
  static constexpr MessageInfo info{.name = "AlterReplicaLogDirsResponse",
                                    .type = MessageType::response,
                                    .api_key = number(ApiKey::alter_replica_log_dirs),
                                    .versions = {1, 2},
                                    .flexible_since = 2};
  static const Schema schema;

  struct AlterReplicaLogDirPartitionResult {
    PartitionId partition_index{};
    ErrorCode error_code{};

    static constexpr void fields(auto&& field) {
      field(&AlterReplicaLogDirPartitionResult::partition_index, "PartitionIndex");
      field(&AlterReplicaLogDirPartitionResult::error_code, "ErrorCode");
    }
  };

  struct AlterReplicaLogDirTopicResult {
    Text topic_name{};
    std::vector<AlterReplicaLogDirPartitionResult> partitions{};

    static constexpr void fields(auto&& field) {
      field(&AlterReplicaLogDirTopicResult::topic_name, "TopicName");
      field(&AlterReplicaLogDirTopicResult::partitions, "Partitions");
    }
  };

  std::int32_t throttle_time_ms{0};
  std::vector<AlterReplicaLogDirTopicResult> results{};

  static constexpr void fields(auto&& field) {
    field(&AlterReplicaLogDirsResponse::throttle_time_ms, "ThrottleTimeMs");
    field(&AlterReplicaLogDirsResponse::results, "Results");
  }
};

}  // namespace moldau::protocol
