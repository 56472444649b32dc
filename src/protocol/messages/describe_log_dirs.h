#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "base/text.h"
#include "protocol/api_key.h"
#include "protocol/error_code.h"
#include "protocol/fields.h"

namespace moldau::protocol {

/// Asks for log directories and the size of partitions in them; null topics mean all.
struct DescribeLogDirsRequest {
  static constexpr MessageInfo info{.name = "DescribeLogDirsRequest",
                                    .type = MessageType::request,
                                    .api_key = number(ApiKey::describe_log_dirs),
                                    .versions = {1, 5},
                                    .flexible_since = 2};
  static const Schema schema;

  struct DescribableLogDirTopic {
    Text topic{};
    std::vector<PartitionId> partitions{};

    static constexpr void fields(auto&& field) {
      field(&DescribableLogDirTopic::topic, "Topic");
      field(&DescribableLogDirTopic::partitions, "Partitions");
    }
  };

  std::optional<std::vector<DescribableLogDirTopic>> topics{std::in_place};

  static constexpr void fields(auto&& field) { field(&DescribeLogDirsRequest::topics, "Topics"); }
};

/// Directories, their space (KIP-827) and whether they are cordoned (KIP-1066).
struct DescribeLogDirsResponse {
  static constexpr MessageInfo info{.name = "DescribeLogDirsResponse",
                                    .type = MessageType::response,
                                    .api_key = number(ApiKey::describe_log_dirs),
                                    .versions = {1, 5},
                                    .flexible_since = 2};
  static const Schema schema;

  struct DescribeLogDirsPartition {
    PartitionId partition_index{};
    std::int64_t partition_size{0};
    std::int64_t offset_lag{0};
    bool is_future_key{false};

    static constexpr void fields(auto&& field) {
      field(&DescribeLogDirsPartition::partition_index, "PartitionIndex");
      field(&DescribeLogDirsPartition::partition_size, "PartitionSize");
      field(&DescribeLogDirsPartition::offset_lag, "OffsetLag");
      field(&DescribeLogDirsPartition::is_future_key, "IsFutureKey");
    }
  };

  struct DescribeLogDirsTopic {
    Text name{};
    std::vector<DescribeLogDirsPartition> partitions{};

    static constexpr void fields(auto&& field) {
      field(&DescribeLogDirsTopic::name, "Name");
      field(&DescribeLogDirsTopic::partitions, "Partitions");
    }
  };

  struct DescribeLogDirsResult {
    ErrorCode error_code{};
    Text log_dir{};
    std::vector<DescribeLogDirsTopic> topics{};
    std::int64_t total_bytes{-1};
    std::int64_t usable_bytes{-1};
    bool is_cordoned{false};

    static constexpr void fields(auto&& field) {
      field(&DescribeLogDirsResult::error_code, "ErrorCode");
      field(&DescribeLogDirsResult::log_dir, "LogDir");
      field(&DescribeLogDirsResult::topics, "Topics");
      field(&DescribeLogDirsResult::total_bytes, "TotalBytes", since(4).ignorable());
      field(&DescribeLogDirsResult::usable_bytes, "UsableBytes", since(4).ignorable());
      field(&DescribeLogDirsResult::is_cordoned, "IsCordoned", since(5).ignorable());
    }
  };

  std::int32_t throttle_time_ms{0};
  ErrorCode error_code{};
  std::vector<DescribeLogDirsResult> results{};

  static constexpr void fields(auto&& field) {
    field(&DescribeLogDirsResponse::throttle_time_ms, "ThrottleTimeMs");
    field(&DescribeLogDirsResponse::error_code, "ErrorCode", since(3).ignorable());
    field(&DescribeLogDirsResponse::results, "Results");
  }
};

}  // namespace moldau::protocol
