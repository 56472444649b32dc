#pragma once

#include <cstdint>
#include <vector>

#include "base/text.h"
#include "protocol/fields.h"

namespace moldau::protocol {

/// The topology of a streams group (KIP-1071), in __consumer_offsets.
struct StreamsGroupTopologyKey {
  static constexpr MessageInfo info{.name = "StreamsGroupTopologyKey",
                                    .type = MessageType::coordinator_key,
                                    .api_key = 23,
                                    .versions = {0, 0}};
  static const Schema schema;

  Text group_id{};

  static constexpr void fields(auto&& field) {
    field(&StreamsGroupTopologyKey::group_id, "GroupId");
  }
};

/// The topology that the group's members agreed on: subtopologies with the topics that they read,
/// repartition through and keep their changes in.
struct StreamsGroupTopologyValue {
  static constexpr MessageInfo info{.name = "StreamsGroupTopologyValue",
                                    .type = MessageType::coordinator_value,
                                    .api_key = 23,
                                    .versions = {0, 0},
                                    .flexible_since = 0};
  static const Schema schema;

  struct TopicConfig {
    Text key{};
    Text value{};

    static constexpr void fields(auto&& field) {
      field(&TopicConfig::key, "key");
      field(&TopicConfig::value, "value");
    }
  };

  struct TopicInfo {
    Text name{};
    std::int32_t partitions{0};
    std::int16_t replication_factor{0};
    std::vector<TopicConfig> topic_configs{};

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

  std::int32_t epoch{0};
  std::vector<Subtopology> subtopologies{};

  static constexpr void fields(auto&& field) {
    field(&StreamsGroupTopologyValue::epoch, "Epoch");
    field(&StreamsGroupTopologyValue::subtopologies, "Subtopologies");
  }
};

}  // namespace moldau::protocol
