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

/// A process of a Kafka Streams application joins its group, shows that it lives, or leaves; the
/// coordinator assigns its tasks (KIP-1071). Null is what has not changed since the last heartbeat.
/// Version 1 is the same: it asks for an answer of version 1.
struct StreamsGroupHeartbeatRequest {
  static constexpr MessageInfo info{.name = "StreamsGroupHeartbeatRequest",
                                    .type = MessageType::request,
                                    .api_key = number(ApiKey::streams_group_heartbeat),
                                    .versions = {0, 1},
                                    .flexible_since = 0};
  static const Schema schema;

  struct KeyValue {
    Text key{};
    Text value{};

    static constexpr void fields(auto&& field) {
      field(&KeyValue::key, "Key");
      field(&KeyValue::value, "Value");
    }
  };

  struct TopicInfo {
    Text name{};
    std::int32_t partitions{0};
    std::int16_t replication_factor{0};
    std::vector<KeyValue> topic_configs{};

    static constexpr void fields(auto&& field) {
      field(&TopicInfo::name, "Name");
      field(&TopicInfo::partitions, "Partitions");
      field(&TopicInfo::replication_factor, "ReplicationFactor");
      field(&TopicInfo::topic_configs, "TopicConfigs");
    }
  };

  /// Topics with equally many partitions, by their index in the subtopology's lists.
  struct CopartitionGroup {
    std::vector<std::int16_t> source_topics{};
    std::vector<std::int16_t> source_topic_regex{};
    std::vector<std::int16_t> repartition_source_topics{};

    static constexpr void fields(auto&& field) {
      field(&CopartitionGroup::source_topics, "SourceTopics");
      field(&CopartitionGroup::source_topic_regex, "SourceTopicRegex");
      field(&CopartitionGroup::repartition_source_topics, "RepartitionSourceTopics");
    }
  };

  struct Subtopology {
    Text subtopology_id{};
    std::vector<Text> source_topics{};
    std::vector<Text> source_topic_regex{};
    std::vector<TopicInfo> state_changelog_topics{};
    std::vector<Text> repartition_sink_topics{};
    std::vector<TopicInfo> repartition_source_topics{};
    std::vector<CopartitionGroup> copartition_groups{};

    static constexpr void fields(auto&& field) {
      field(&Subtopology::subtopology_id, "SubtopologyId");
      field(&Subtopology::source_topics, "SourceTopics");
      field(&Subtopology::source_topic_regex, "SourceTopicRegex");
      field(&Subtopology::state_changelog_topics, "StateChangelogTopics");
      field(&Subtopology::repartition_sink_topics, "RepartitionSinkTopics");
      field(&Subtopology::repartition_source_topics, "RepartitionSourceTopics");
      field(&Subtopology::copartition_groups, "CopartitionGroups");
    }
  };

  struct Topology {
    std::int32_t epoch{0};
    std::vector<Subtopology> subtopologies{};

    static constexpr void fields(auto&& field) {
      field(&Topology::epoch, "Epoch");
      field(&Topology::subtopologies, "Subtopologies");
    }
  };

  struct TaskIds {
    Text subtopology_id{};
    std::vector<PartitionId> partitions{};

    static constexpr void fields(auto&& field) {
      field(&TaskIds::subtopology_id, "SubtopologyId");
      field(&TaskIds::partitions, "Partitions");
    }
  };

  struct Endpoint {
    Text host{};
    std::uint16_t port{0};

    static constexpr void fields(auto&& field) {
      field(&Endpoint::host, "Host");
      field(&Endpoint::port, "Port");
    }
  };

  struct TaskOffset {
    Text subtopology_id{};
    PartitionId partition{};
    Offset offset{};

    static constexpr void fields(auto&& field) {
      field(&TaskOffset::subtopology_id, "SubtopologyId");
      field(&TaskOffset::partition, "Partition");
      field(&TaskOffset::offset, "Offset");
    }
  };

  Text group_id{};
  Text member_id{};
  std::int32_t member_epoch{0};  ///< 0 joins, -1 leaves, -2 leaves for a moment (static member)
  std::int32_t endpoint_information_epoch{0};
  std::optional<Text> instance_id{};
  std::optional<Text> rack_id{};
  std::int32_t rebalance_timeout_ms{-1};
  std::optional<Topology> topology{};
  std::optional<std::vector<TaskIds>> active_tasks{};
  std::optional<std::vector<TaskIds>> standby_tasks{};
  std::optional<std::vector<TaskIds>> warmup_tasks{};
  std::optional<Text> process_id{};
  std::optional<Endpoint> user_endpoint{};
  std::optional<std::vector<KeyValue>> client_tags{};
  std::optional<std::vector<TaskOffset>> task_offsets{};
  std::optional<std::vector<TaskOffset>> task_end_offsets{};
  bool shutdown_application{false};

  static constexpr void fields(auto&& field) {
    field(&StreamsGroupHeartbeatRequest::group_id, "GroupId");
    field(&StreamsGroupHeartbeatRequest::member_id, "MemberId");
    field(&StreamsGroupHeartbeatRequest::member_epoch, "MemberEpoch");
    field(&StreamsGroupHeartbeatRequest::endpoint_information_epoch, "EndpointInformationEpoch");
    field(&StreamsGroupHeartbeatRequest::instance_id, "InstanceId");
    field(&StreamsGroupHeartbeatRequest::rack_id, "RackId");
    field(&StreamsGroupHeartbeatRequest::rebalance_timeout_ms, "RebalanceTimeoutMs");
    field(&StreamsGroupHeartbeatRequest::topology, "Topology");
    field(&StreamsGroupHeartbeatRequest::active_tasks, "ActiveTasks");
    field(&StreamsGroupHeartbeatRequest::standby_tasks, "StandbyTasks");
    field(&StreamsGroupHeartbeatRequest::warmup_tasks, "WarmupTasks");
    field(&StreamsGroupHeartbeatRequest::process_id, "ProcessId");
    field(&StreamsGroupHeartbeatRequest::user_endpoint, "UserEndpoint");
    field(&StreamsGroupHeartbeatRequest::client_tags, "ClientTags");
    field(&StreamsGroupHeartbeatRequest::task_offsets, "TaskOffsets");
    field(&StreamsGroupHeartbeatRequest::task_end_offsets, "TaskEndOffsets");
    field(&StreamsGroupHeartbeatRequest::shutdown_application, "ShutdownApplication");
  }
};

/// The member's epoch, its tasks, what is wrong with the group, and where the partitions of
/// interactive queries are. Version 1 can ask for the description of the topology (KIP-1331) and
/// has a lag of 64 bits.
struct StreamsGroupHeartbeatResponse {
  static constexpr MessageInfo info{.name = "StreamsGroupHeartbeatResponse",
                                    .type = MessageType::response,
                                    .api_key = number(ApiKey::streams_group_heartbeat),
                                    .versions = {0, 1},
                                    .flexible_since = 0};
  static const Schema schema;

  struct Status {
    /// 0 stale topology, 1 missing source topics, 2 wrong number of partitions, 3 missing
    /// internal topics, 4 shutdown asked for, 5 assignment delayed, 6 missing client tags
    /// (version 1).
    std::int8_t status_code{0};
    Text status_detail{};

    static constexpr void fields(auto&& field) {
      field(&Status::status_code, "StatusCode");
      field(&Status::status_detail, "StatusDetail");
    }
  };

  struct TaskIds {
    Text subtopology_id{};
    std::vector<PartitionId> partitions{};

    static constexpr void fields(auto&& field) {
      field(&TaskIds::subtopology_id, "SubtopologyId");
      field(&TaskIds::partitions, "Partitions");
    }
  };

  struct Endpoint {
    Text host{};
    std::uint16_t port{0};

    static constexpr void fields(auto&& field) {
      field(&Endpoint::host, "Host");
      field(&Endpoint::port, "Port");
    }
  };

  struct TopicPartition {
    Text topic{};
    std::vector<PartitionId> partitions{};

    static constexpr void fields(auto&& field) {
      field(&TopicPartition::topic, "Topic");
      field(&TopicPartition::partitions, "Partitions");
    }
  };

  struct EndpointToPartitions {
    Endpoint user_endpoint{};
    std::vector<TopicPartition> active_partitions{};
    std::vector<TopicPartition> standby_partitions{};

    static constexpr void fields(auto&& field) {
      field(&EndpointToPartitions::user_endpoint, "UserEndpoint");
      field(&EndpointToPartitions::active_partitions, "ActivePartitions");
      field(&EndpointToPartitions::standby_partitions, "StandbyPartitions");
    }
  };

  std::int32_t throttle_time_ms{0};
  ErrorCode error_code{};
  std::optional<Text> error_message{};
  Text member_id{};
  std::int32_t member_epoch{0};
  std::int32_t heartbeat_interval_ms{0};
  std::int32_t acceptable_recovery_lag_legacy{0};
  std::int32_t task_offset_interval_ms{0};
  std::int64_t acceptable_recovery_lag{-1};
  std::optional<std::vector<Status>> status{std::in_place};
  std::optional<std::vector<TaskIds>> active_tasks{};
  std::optional<std::vector<TaskIds>> standby_tasks{};
  std::optional<std::vector<TaskIds>> warmup_tasks{};
  bool topology_description_required{false};
  std::int32_t endpoint_information_epoch{0};
  /// One entry per member: a client of several threads has several.
  std::optional<std::vector<EndpointToPartitions>> partitions_by_user_endpoint{};

  static constexpr void fields(auto&& field) {
    field(&StreamsGroupHeartbeatResponse::throttle_time_ms, "ThrottleTimeMs");
    field(&StreamsGroupHeartbeatResponse::error_code, "ErrorCode");
    field(&StreamsGroupHeartbeatResponse::error_message, "ErrorMessage");
    field(&StreamsGroupHeartbeatResponse::member_id, "MemberId");
    field(&StreamsGroupHeartbeatResponse::member_epoch, "MemberEpoch");
    field(&StreamsGroupHeartbeatResponse::heartbeat_interval_ms, "HeartbeatIntervalMs");
    field(&StreamsGroupHeartbeatResponse::acceptable_recovery_lag_legacy,
          "AcceptableRecoveryLagLegacy", until(0));
    field(&StreamsGroupHeartbeatResponse::task_offset_interval_ms, "TaskOffsetIntervalMs");
    field(&StreamsGroupHeartbeatResponse::acceptable_recovery_lag, "AcceptableRecoveryLag",
          since(1).ignorable());
    field(&StreamsGroupHeartbeatResponse::status, "Status");
    field(&StreamsGroupHeartbeatResponse::active_tasks, "ActiveTasks");
    field(&StreamsGroupHeartbeatResponse::standby_tasks, "StandbyTasks");
    field(&StreamsGroupHeartbeatResponse::warmup_tasks, "WarmupTasks");
    field(&StreamsGroupHeartbeatResponse::topology_description_required,
          "TopologyDescriptionRequired", since(1));
    field(&StreamsGroupHeartbeatResponse::endpoint_information_epoch, "EndpointInformationEpoch");
    field(&StreamsGroupHeartbeatResponse::partitions_by_user_endpoint, "PartitionsByUserEndpoint");
  }
};

}  // namespace moldau::protocol
