#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "base/text.h"
#include "base/uuid.h"
#include "protocol/api_key.h"
#include "protocol/error_code.h"
#include "protocol/fields.h"

namespace moldau::protocol {

/// Creates topics.
struct CreateTopicsRequest {
  static constexpr MessageInfo info{.name = "CreateTopicsRequest",
                                    .type = MessageType::request,
                                    .api_key = number(ApiKey::create_topics),
                                    .versions = {2, 7},
                                    .flexible_since = 5};
  static const Schema schema;

  struct CreatableReplicaAssignment {
    PartitionId partition_index{};
    std::vector<NodeId> broker_ids{};

    static constexpr void fields(auto&& field) {
      field(&CreatableReplicaAssignment::partition_index, "PartitionIndex");
      field(&CreatableReplicaAssignment::broker_ids, "BrokerIds");
    }
  };

  struct CreatableTopicConfig {
    Text name{};
    std::optional<Text> value{""};

    static constexpr void fields(auto&& field) {
      field(&CreatableTopicConfig::name, "Name");
      field(&CreatableTopicConfig::value, "Value");
    }
  };

  struct CreatableTopic {
    Text name{};
    std::int32_t num_partitions{0};
    std::int16_t replication_factor{0};
    std::vector<CreatableReplicaAssignment> assignments{};
    std::vector<CreatableTopicConfig> configs{};

    static constexpr void fields(auto&& field) {
      field(&CreatableTopic::name, "Name");
      field(&CreatableTopic::num_partitions, "NumPartitions");
      field(&CreatableTopic::replication_factor, "ReplicationFactor");
      field(&CreatableTopic::assignments, "Assignments");
      field(&CreatableTopic::configs, "Configs");
    }
  };

  std::vector<CreatableTopic> topics{};
  std::int32_t timeout_ms{60000};
  bool validate_only{false};

  static constexpr void fields(auto&& field) {
    field(&CreateTopicsRequest::topics, "Topics");
    field(&CreateTopicsRequest::timeout_ms, "timeoutMs");
    field(&CreateTopicsRequest::validate_only, "validateOnly");
  }
};

/// What was created. `topic_config_error_code` says why configs could not be described (KIP-525).
struct CreateTopicsResponse {
  static constexpr MessageInfo info{.name = "CreateTopicsResponse",
                                    .type = MessageType::response,
                                    .api_key = number(ApiKey::create_topics),
                                    .versions = {2, 7},
                                    .flexible_since = 5};
  static const Schema schema;

  struct CreatableTopicConfigs {
    Text name{};
    std::optional<Text> value{""};
    bool read_only{false};
    std::int8_t config_source{-1};
    bool is_sensitive{false};

    static constexpr void fields(auto&& field) {
      field(&CreatableTopicConfigs::name, "Name");
      field(&CreatableTopicConfigs::value, "Value");
      field(&CreatableTopicConfigs::read_only, "ReadOnly");
      field(&CreatableTopicConfigs::config_source, "ConfigSource", ignorable());
      field(&CreatableTopicConfigs::is_sensitive, "IsSensitive");
    }
  };

  struct CreatableTopicResult {
    Text name{};
    Uuid topic_id{};
    ErrorCode error_code{};
    std::optional<Text> error_message{""};
    ErrorCode topic_config_error_code{};
    std::int32_t num_partitions{-1};
    std::int16_t replication_factor{-1};
    std::optional<std::vector<CreatableTopicConfigs>> configs{std::in_place};

    static constexpr void fields(auto&& field) {
      field(&CreatableTopicResult::name, "Name");
      field(&CreatableTopicResult::topic_id, "TopicId", since(7).ignorable());
      field(&CreatableTopicResult::error_code, "ErrorCode");
      field(&CreatableTopicResult::error_message, "ErrorMessage", ignorable());
      field(&CreatableTopicResult::topic_config_error_code, "TopicConfigErrorCode",
            since(5).tag(0).ignorable());
      field(&CreatableTopicResult::num_partitions, "NumPartitions", since(5).ignorable());
      field(&CreatableTopicResult::replication_factor, "ReplicationFactor", since(5).ignorable());
      field(&CreatableTopicResult::configs, "Configs", since(5).ignorable());
    }
  };

  std::int32_t throttle_time_ms{0};
  std::vector<CreatableTopicResult> topics{};

  static constexpr void fields(auto&& field) {
    field(&CreateTopicsResponse::throttle_time_ms, "ThrottleTimeMs", ignorable());
    field(&CreateTopicsResponse::topics, "Topics");
  }
};

}  // namespace moldau::protocol
