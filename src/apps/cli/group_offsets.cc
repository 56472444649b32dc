#include <fmt/format.h>

#include "apps/cli/explain.h"
#include "apps/cli/groups.h"
#include "protocol/messages/offset_commit.h"
#include "protocol/messages/offset_delete.h"
#include "protocol/messages/offset_fetch.h"

namespace moldau::apps {
namespace {

using protocol::ErrorCode;
using protocol::OffsetCommitRequest;
using protocol::OffsetCommitResponse;
using protocol::OffsetDeleteRequest;
using protocol::OffsetDeleteResponse;
using protocol::OffsetFetchRequest;
using protocol::OffsetFetchResponse;

Result<TopicIds> topic_ids(Wire& wire) {
  TopicIds result;
  const auto metadata = TRY(wire.metadata_of_all());
  for (const auto& topic : metadata->topics) {
    const auto name = topic.name.value_or("").str();
    if (topic.topic_id.is_zero()) continue;
    result.names.emplace(topic.topic_id, name);
    result.ids.emplace(name, topic.topic_id);
  }
  return result;
}

/// Until version 7 one group without a list, later a list of groups; null topics are all.
OffsetFetchRequest fetch_request(const std::string& group, std::int16_t version) {
  OffsetFetchRequest request;
  constexpr std::int16_t first_with_groups = 8;
  if (version < first_with_groups) {
    request.group_id = Text::view(group);
    request.topics.reset();
  } else {
    auto& one = request.groups.emplace_back();
    one.group_id = Text::view(group);
    one.topics.reset();
  }
  return request;
}

/// Of one topic, in either form of the answer.
Result<> add_committed(OffsetMap& offsets, const std::string& topic, const auto& partitions) {
  for (const auto& one : partitions) {
    const TopicPartition partition{topic, one.partition_index.value()};
    if (one.error_code != ErrorCode::none) {
      return std::unexpected(explain(one.error_code, partition.to_string()));
    }
    if (one.committed_offset.value() >= 0) offsets[partition] = one.committed_offset.value();
  }
  return {};
}

Result<OffsetMap> fetch_committed(Wire& wire, const std::string& group, NodeId coordinator) {
  const auto version = TRY(wire.version_at(coordinator, OffsetFetchRequest::info));
  const auto response =
      TRY(wire.ask<OffsetFetchResponse>(coordinator, fetch_request(group, version)));
  OffsetMap offsets;
  auto code = response->error_code;
  if (!response->groups.empty()) code = response->groups[0].error_code;
  if (code == ErrorCode::group_id_not_found) return offsets;
  if (code != ErrorCode::none) return std::unexpected(explain(code, "group " + group));
  for (const auto& topic : response->topics) {
    TRY(add_committed(offsets, topic.name.str(), topic.partitions));
  }
  constexpr std::int16_t first_with_ids = 10;
  const auto ids = version >= first_with_ids ? TRY(topic_ids(wire)) : TopicIds();
  for (const auto& one : response->groups) {
    for (const auto& topic : one.topics) {
      TRY(add_committed(offsets, ids.name(topic.name, topic.topic_id), topic.partitions));
    }
  }
  return offsets;
}

OffsetCommitRequest commit_request(const std::string& group, const OffsetMap& offsets,
                                   const TopicIds& ids) {
  OffsetCommitRequest request;
  request.group_id = Text::view(group);
  for (const auto& [partition, offset] : offsets) {
    if (request.topics.empty() || request.topics.back().name != partition.topic) {
      const auto id = ids.ids.find(partition.topic);
      request.topics.push_back({.name = Text::view(partition.topic),
                                .topic_id = id == ids.ids.end() ? Uuid{} : id->second,
                                .partitions = {}});
    }
    request.topics.back().partitions.push_back(
        {.partition_index = PartitionId(partition.partition), .committed_offset = Offset(offset)});
  }
  return request;
}

}  // namespace

Result<OffsetMap> committed_offsets(Wire& wire, const std::string& group) {
  return wire.patiently([&]() -> Result<OffsetMap> {
    return fetch_committed(wire, group, TRY(coordinator_of(wire, group)));
  });
}

Result<> commit_offsets(Wire& wire, const std::string& group, const OffsetMap& offsets) {
  const auto ids = TRY(topic_ids(wire));
  const auto request = commit_request(group, offsets, ids);
  return wire.patiently([&]() -> Result<> {
    const auto coordinator = TRY(coordinator_of(wire, group));
    const auto response = TRY(wire.ask<OffsetCommitResponse>(coordinator, request));
    for (const auto& topic : response->topics) {
      for (const auto& one : topic.partitions) {
        if (one.error_code == ErrorCode::none) continue;
        const TopicPartition partition{ids.name(topic.name, topic.topic_id),
                                       one.partition_index.value()};
        return std::unexpected(
            explain(one.error_code, fmt::format("group {}, {}", group, partition.to_string())));
      }
    }
    return {};
  });
}

Result<> delete_offsets(Wire& wire, const std::string& group,
                        const std::vector<TopicPartition>& partitions) {
  OffsetDeleteRequest request;
  request.group_id = Text::view(group);
  for (const auto& [topic, partition] : partitions) {
    if (request.topics.empty() || request.topics.back().name != topic) {
      request.topics.push_back({.name = Text::view(topic), .partitions = {}});
    }
    request.topics.back().partitions.push_back({.partition_index = PartitionId(partition)});
  }
  return wire.patiently([&]() -> Result<> {
    const auto coordinator = TRY(coordinator_of(wire, group));
    const auto response = TRY(wire.ask<OffsetDeleteResponse>(coordinator, request));
    if (response->error_code != ErrorCode::none) {
      return std::unexpected(explain(response->error_code, "group " + group));
    }
    for (const auto& topic : response->topics) {
      for (const auto& one : topic.partitions) {
        if (one.error_code == ErrorCode::none) continue;
        const TopicPartition partition{topic.name.str(), one.partition_index.value()};
        return std::unexpected(
            explain(one.error_code, fmt::format("group {}, {}", group, partition.to_string())));
      }
    }
    return {};
  });
}

}  // namespace moldau::apps
