#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/text.h"
#include "protocol/api_key.h"
#include "protocol/error_code.h"
#include "protocol/fields.h"

namespace moldau::protocol {

/// A member describes its topology, because the answer to its heartbeat asked for it (KIP-1331).
struct StreamsGroupTopologyDescriptionUpdateRequest {
  static constexpr MessageInfo info{
      .name = "StreamsGroupTopologyDescriptionUpdateRequest",
      .type = MessageType::request,
      .api_key = number(ApiKey::streams_group_topology_description_update),
      .versions = {0, 0},
      .flexible_since = 0};
  static const Schema schema;

  struct TopologyDescriptionNode {
    Text name{};
    std::int8_t node_type{0};  ///< 1 source, 2 processor, 3 sink
    std::vector<Text> source_topics{};
    std::optional<Text> sink_topic{};
    std::vector<Text> stores{};
    std::vector<Text> successors{};

    static constexpr void fields(auto&& field) {
      field(&TopologyDescriptionNode::name, "Name");
      field(&TopologyDescriptionNode::node_type, "NodeType");
      field(&TopologyDescriptionNode::source_topics, "SourceTopics");
      field(&TopologyDescriptionNode::sink_topic, "SinkTopic");
      field(&TopologyDescriptionNode::stores, "Stores");
      field(&TopologyDescriptionNode::successors, "Successors");
    }
  };

  struct TopologyDescriptionSubtopology {
    Text subtopology_id{};
    std::vector<TopologyDescriptionNode> nodes{};

    static constexpr void fields(auto&& field) {
      field(&TopologyDescriptionSubtopology::subtopology_id, "SubtopologyId");
      field(&TopologyDescriptionSubtopology::nodes, "Nodes");
    }
  };

  struct TopologyDescriptionGlobalStore {
    TopologyDescriptionNode source{};
    TopologyDescriptionNode processor{};

    static constexpr void fields(auto&& field) {
      field(&TopologyDescriptionGlobalStore::source, "Source");
      field(&TopologyDescriptionGlobalStore::processor, "Processor");
    }
  };

  struct TopologyDescription {
    std::vector<TopologyDescriptionSubtopology> subtopologies{};
    std::vector<TopologyDescriptionGlobalStore> global_stores{};

    static constexpr void fields(auto&& field) {
      field(&TopologyDescription::subtopologies, "Subtopologies");
      field(&TopologyDescription::global_stores, "GlobalStores");
    }
  };

  Text group_id{};
  Text member_id{};
  std::int32_t topology_epoch{0};
  TopologyDescription topology_description{};

  static constexpr void fields(auto&& field) {
    field(&StreamsGroupTopologyDescriptionUpdateRequest::group_id, "GroupId");
    field(&StreamsGroupTopologyDescriptionUpdateRequest::member_id, "MemberId");
    field(&StreamsGroupTopologyDescriptionUpdateRequest::topology_epoch, "TopologyEpoch");
    field(&StreamsGroupTopologyDescriptionUpdateRequest::topology_description,
          "TopologyDescription");
  }
};

/// Whether the description was stored.
struct StreamsGroupTopologyDescriptionUpdateResponse {
  static constexpr MessageInfo info{
      .name = "StreamsGroupTopologyDescriptionUpdateResponse",
      .type = MessageType::response,
      .api_key = number(ApiKey::streams_group_topology_description_update),
      .versions = {0, 0},
      .flexible_since = 0};
  static const Schema schema;

  std::int32_t throttle_time_ms{0};
  ErrorCode error_code{};
  std::optional<Text> error_message{};

  static constexpr void fields(auto&& field) {
    field(&StreamsGroupTopologyDescriptionUpdateResponse::throttle_time_ms, "ThrottleTimeMs");
    field(&StreamsGroupTopologyDescriptionUpdateResponse::error_code, "ErrorCode");
    field(&StreamsGroupTopologyDescriptionUpdateResponse::error_message, "ErrorMessage");
  }
};

}  // namespace moldau::protocol
