#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/ids.h"
#include "base/text.h"
#include "protocol/api_key.h"
#include "protocol/error_code.h"
#include "protocol/fields.h"

namespace moldau::protocol {

/// Asks for the state, topology and members of streams groups (KIP-1071); since version 1 also for
/// the description that a member gave of the topology (KIP-1331).
struct StreamsGroupDescribeRequest {
  static constexpr MessageInfo info{.name = "StreamsGroupDescribeRequest",
                                    .type = MessageType::request,
                                    .api_key = number(ApiKey::streams_group_describe),
                                    .versions = {0, 1},
                                    .flexible_since = 0};
  static const Schema schema;

  std::vector<Text> group_ids{};
  bool include_authorized_operations{false};
  bool include_topology_description{false};

  static constexpr void fields(auto&& field) {
    field(&StreamsGroupDescribeRequest::group_ids, "GroupIds");
    field(&StreamsGroupDescribeRequest::include_authorized_operations,
          "IncludeAuthorizedOperations");
    field(&StreamsGroupDescribeRequest::include_topology_description, "IncludeTopologyDescription",
          since(1));
  }
};

/// States, topologies and members, with the tasks that they have and that they are to have. Version
/// 1 adds the description of the topology (KIP-1331) and the assignor (KIP-1357).
struct StreamsGroupDescribeResponse {
  static constexpr MessageInfo info{.name = "StreamsGroupDescribeResponse",
                                    .type = MessageType::response,
                                    .api_key = number(ApiKey::streams_group_describe),
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

  struct Subtopology {
    Text subtopology_id{};
    std::vector<Text> source_topics{};
    std::vector<Text> repartition_sink_topics{};
    std::vector<TopicInfo> state_changelog_topics{};
    std::vector<TopicInfo> repartition_source_topics{};

    static constexpr void fields(auto&& field) {
      field(&Subtopology::subtopology_id, "SubtopologyId");
      field(&Subtopology::source_topics, "SourceTopics");
      field(&Subtopology::repartition_sink_topics, "RepartitionSinkTopics");
      field(&Subtopology::state_changelog_topics, "StateChangelogTopics");
      field(&Subtopology::repartition_source_topics, "RepartitionSourceTopics");
    }
  };

  struct Topology {
    std::int32_t epoch{0};
    std::optional<std::vector<Subtopology>> subtopologies{};

    static constexpr void fields(auto&& field) {
      field(&Topology::epoch, "Epoch");
      field(&Topology::subtopologies, "Subtopologies");
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

  struct TaskIds {
    Text subtopology_id{};
    std::vector<PartitionId> partitions{};

    static constexpr void fields(auto&& field) {
      field(&TaskIds::subtopology_id, "SubtopologyId");
      field(&TaskIds::partitions, "Partitions");
    }
  };

  struct Assignment {
    std::vector<TaskIds> active_tasks{};
    std::vector<TaskIds> standby_tasks{};
    std::vector<TaskIds> warmup_tasks{};

    static constexpr void fields(auto&& field) {
      field(&Assignment::active_tasks, "ActiveTasks");
      field(&Assignment::standby_tasks, "StandbyTasks");
      field(&Assignment::warmup_tasks, "WarmupTasks");
    }
  };

  struct Member {
    Text member_id{};
    std::int32_t member_epoch{0};
    std::optional<Text> instance_id{};
    std::optional<Text> rack_id{};
    Text client_id{};
    Text client_host{};
    std::int32_t topology_epoch{0};
    Text process_id{};
    std::optional<Endpoint> user_endpoint{};
    std::vector<KeyValue> client_tags{};
    std::vector<TaskOffset> task_offsets{};
    std::vector<TaskOffset> task_end_offsets{};
    Assignment assignment{};
    Assignment target_assignment{};
    bool is_classic{false};

    static constexpr void fields(auto&& field) {
      field(&Member::member_id, "MemberId");
      field(&Member::member_epoch, "MemberEpoch");
      field(&Member::instance_id, "InstanceId");
      field(&Member::rack_id, "RackId");
      field(&Member::client_id, "ClientId");
      field(&Member::client_host, "ClientHost");
      field(&Member::topology_epoch, "TopologyEpoch");
      field(&Member::process_id, "ProcessId");
      field(&Member::user_endpoint, "UserEndpoint");
      field(&Member::client_tags, "ClientTags");
      field(&Member::task_offsets, "TaskOffsets");
      field(&Member::task_end_offsets, "TaskEndOffsets");
      field(&Member::assignment, "Assignment");
      field(&Member::target_assignment, "TargetAssignment");
      field(&Member::is_classic, "IsClassic");
    }
  };

  struct TopologyDescriptionNode {
    Text name{};
    std::int8_t node_type{0};  ///< 1 source, 2 processor, 3 sink
    std::vector<Text> source_topics{};
    std::optional<Text> sink_topic{};
    std::vector<Text> stores{};
    std::vector<Text> successors{};

    static constexpr void fields(auto&& field) {
      field(&TopologyDescriptionNode::name, "Name", since(1));
      field(&TopologyDescriptionNode::node_type, "NodeType", since(1));
      field(&TopologyDescriptionNode::source_topics, "SourceTopics", since(1));
      field(&TopologyDescriptionNode::sink_topic, "SinkTopic", since(1));
      field(&TopologyDescriptionNode::stores, "Stores", since(1));
      field(&TopologyDescriptionNode::successors, "Successors", since(1));
    }
  };

  struct TopologyDescriptionSubtopology {
    Text subtopology_id{};
    std::vector<TopologyDescriptionNode> nodes{};

    static constexpr void fields(auto&& field) {
      field(&TopologyDescriptionSubtopology::subtopology_id, "SubtopologyId", since(1));
      field(&TopologyDescriptionSubtopology::nodes, "Nodes", since(1));
    }
  };

  struct TopologyDescriptionGlobalStore {
    TopologyDescriptionNode source{};
    TopologyDescriptionNode processor{};

    static constexpr void fields(auto&& field) {
      field(&TopologyDescriptionGlobalStore::source, "Source", since(1));
      field(&TopologyDescriptionGlobalStore::processor, "Processor", since(1));
    }
  };

  struct TopologyDescription {
    std::vector<TopologyDescriptionSubtopology> subtopologies{};
    std::vector<TopologyDescriptionGlobalStore> global_stores{};

    static constexpr void fields(auto&& field) {
      field(&TopologyDescription::subtopologies, "Subtopologies", since(1));
      field(&TopologyDescription::global_stores, "GlobalStores", since(1));
    }
  };

  struct DescribedGroup {
    ErrorCode error_code{};
    std::optional<Text> error_message{};
    Text group_id{};
    Text group_state{};
    std::int32_t group_epoch{0};
    std::int32_t assignment_epoch{0};
    std::optional<Topology> topology{};
    std::vector<Member> members{};
    std::int32_t authorized_operations{-2147483648};
    std::optional<TopologyDescription> topology_description{};
    /// 0 not asked for, 1 not stored, 2 failed, 3 here.
    std::int8_t topology_description_status{0};
    std::optional<Text> assignor_name{};

    static constexpr void fields(auto&& field) {
      field(&DescribedGroup::error_code, "ErrorCode");
      field(&DescribedGroup::error_message, "ErrorMessage");
      field(&DescribedGroup::group_id, "GroupId");
      field(&DescribedGroup::group_state, "GroupState");
      field(&DescribedGroup::group_epoch, "GroupEpoch");
      field(&DescribedGroup::assignment_epoch, "AssignmentEpoch");
      field(&DescribedGroup::topology, "Topology");
      field(&DescribedGroup::members, "Members");
      field(&DescribedGroup::authorized_operations, "AuthorizedOperations");
      field(&DescribedGroup::topology_description, "TopologyDescription", since(1));
      field(&DescribedGroup::topology_description_status, "TopologyDescriptionStatus", since(1));
      field(&DescribedGroup::assignor_name, "AssignorName", since(1).ignorable());
    }
  };

  std::int32_t throttle_time_ms{0};
  std::vector<DescribedGroup> groups{};

  static constexpr void fields(auto&& field) {
    field(&StreamsGroupDescribeResponse::throttle_time_ms, "ThrottleTimeMs");
    field(&StreamsGroupDescribeResponse::groups, "Groups");
  }
};

}  // namespace moldau::protocol
