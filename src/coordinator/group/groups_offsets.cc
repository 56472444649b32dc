// OffsetCommit, OffsetFetch, OffsetDelete, and topics that are gone.

#include <fmt/format.h>

#include <limits>
#include <utility>

#include "coordinator/group/consumer/offset_checks.h"
#include "coordinator/group/group_records.h"
#include "coordinator/group/groups_state.h"
#include "protocol/version_rules.h"

namespace moldau::coordinator {
namespace {

using protocol::ErrorCode;
using protocol::OffsetCommitRequest;
using protocol::OffsetCommitResponse;
using protocol::OffsetDeleteRequest;
using protocol::OffsetDeleteResponse;
using protocol::OffsetFetchRequest;
using FetchedGroup = protocol::OffsetFetchResponse::OffsetFetchResponseGroup;
using FetchedPartition = protocol::OffsetFetchResponse::OffsetFetchResponsePartitions;

/// As Java counts the length of a text.
std::size_t utf16_length(std::string_view text) {
  std::size_t units = 0;
  for (const char c : text) {
    const auto byte = static_cast<std::uint8_t>(c);
    if ((byte & 0xc0) != 0x80) ++units;
    if (byte >= 0xf0) ++units;  // outside of the basic plane: a pair
  }
  return units;
}

OffsetCommitResponse refuse_all(const OffsetCommitRequest& request, ErrorCode error) {
  OffsetCommitResponse response;
  for (const OffsetCommitRequest::OffsetCommitRequestTopic& topic : request.topics) {
    auto& to = response.topics.emplace_back();
    to.name = Text::view(topic.name);
    to.topic_id = topic.topic_id;
    for (const auto& partition : topic.partitions) {
      to.partitions.push_back({partition.partition_index, error});
    }
  }
  return response;
}

/// -1: the broker's retention holds (requests since version 5 do not say).
std::int64_t expire_timestamp(std::int64_t retention_ms, WallMs now) {
  if (retention_ms == -1) return -1;
  if (retention_ms > std::numeric_limits<std::int64_t>::max() - now.value) {
    return std::numeric_limits<std::int64_t>::max();
  }
  return now.value + retention_ms;
}

FetchedPartition fetched(PartitionId partition, const CommittedOffset* committed) {
  FetchedPartition result;
  result.partition_index = partition;
  result.committed_offset = no_offset;
  if (committed == nullptr) return result;
  result.committed_offset = committed->offset;
  result.committed_leader_epoch = committed->leader_epoch;
  result.metadata = Text::copy(committed->metadata);
  return result;
}

/// The topic that the offset was committed for may have been another one of that name.
bool is_of_topic(const CommittedOffset& committed, const Uuid& topic_id) {
  return committed.topic_id.is_zero() || topic_id.is_zero() || committed.topic_id == topic_id;
}

}  // namespace

GroupStep<OffsetCommitResponse> Groups::commit(const Context& context, const Caller& caller,
                                               const OffsetCommitRequest& request) {
  ErrorCode error = ErrorCode::none;
  if (ClassicGroup* const group = state_->find(request.group_id)) {
    error = group->accept_commit(context, request);
  } else if (const ConsumerGroup* const of_consumers = state_->find_consumer(request.group_id)) {
    error = check_commit(*of_consumers, request, caller.version, context.topics);
  } else if (request.generation_id_or_member_epoch >= 0) {
    error = protocol::error_for(protocol::ApiKey::offset_commit, caller.version,
                                ErrorCode::group_id_not_found);
  }
  if (error != ErrorCode::none) return answer(refuse_all(request, error));

  OffsetCommitResponse response = refuse_all(request, ErrorCode::none);
  const GroupsConfig& config = state_->shared.config;
  Effects effects;
  std::size_t size = 0;
  for (std::size_t i = 0; i < request.topics.size(); ++i) {
    const auto& topic = request.topics[i];
    for (std::size_t j = 0; j < topic.partitions.size(); ++j) {
      const auto& partition = topic.partitions[j];
      const Text& metadata = partition.committed_metadata.value_or("");
      if (utf16_length(metadata) > static_cast<std::size_t>(config.offset_metadata_max_bytes)) {
        response.topics[i].partitions[j].error_code = ErrorCode::offset_metadata_too_large;
        continue;
      }
      effects.records.push_back(offset_record(
          request.group_id, topic.name, partition.partition_index,
          {.offset = partition.committed_offset,
           .leader_epoch = partition.committed_leader_epoch,
           .metadata = metadata.str(),
           .commit_timestamp_ms = context.wall.value,
           .expire_timestamp_ms = expire_timestamp(request.retention_time_ms, context.wall),
           .topic_id = topic.topic_id}));
      size += effects.records.back().size();
    }
  }
  if (size > config.step_bytes_max) {
    return answer(refuse_all(request, ErrorCode::unknown_server_error));
  }
  return answer(std::move(response), std::move(effects));
}

GroupStep<FetchedGroup> Groups::fetch(const Context&, const Caller&,
                                      const OffsetFetchRequest::OffsetFetchRequestGroup& request,
                                      bool) {
  FetchedGroup response;
  response.group_id = Text::view(request.group_id);
  if (const ConsumerGroup* const of_consumers = state_->find_consumer(request.group_id)) {
    response.error_code = check_fetch(*of_consumers, request);
    if (response.error_code != ErrorCode::none) return answer(std::move(response));
  }
  const bool exists = state_->has(request.group_id);
  if (!request.topics) {
    const Offsets::Topics* const topics =
        exists ? state_->offsets.of_group(request.group_id) : nullptr;
    if (topics == nullptr) return answer(std::move(response));
    for (const auto& [topic, partitions] : *topics) {
      auto& to = response.topics.emplace_back();
      to.name = Text::copy(topic);
      for (const auto& [partition, committed] : partitions) {
        to.partitions.push_back(fetched(partition, &committed));
      }
    }
    return answer(std::move(response));
  }
  for (const auto& topic : *request.topics) {
    auto& to = response.topics.emplace_back();
    to.name = Text::view(topic.name);
    to.topic_id = topic.topic_id;
    const Offsets::Partitions* const partitions =
        exists ? state_->offsets.of_topic(request.group_id, topic.name) : nullptr;
    for (const PartitionId partition : topic.partition_indexes) {
      const CommittedOffset* committed = nullptr;
      if (partitions != nullptr) {
        const auto found = partitions->find(partition);
        if (found != partitions->end() && is_of_topic(found->second, topic.topic_id)) {
          committed = &found->second;
        }
      }
      to.partitions.push_back(fetched(partition, committed));
    }
  }
  return answer(std::move(response));
}

GroupStep<OffsetDeleteResponse> Groups::delete_offsets(const Context&,
                                                       const OffsetDeleteRequest& request) {
  OffsetDeleteResponse response;
  const ClassicGroup* const group = state_->find(request.group_id);
  const ConsumerGroup* const of_consumers = state_->find_consumer(request.group_id);
  if (request.group_id.empty()) {
    response.error_code = ErrorCode::invalid_group_id;
  } else if (group == nullptr && of_consumers == nullptr) {
    response.error_code = ErrorCode::group_id_not_found;
  } else if (group != nullptr && group->state() != GroupState::empty &&
             !group->is_consumer_group()) {
    response.error_code = ErrorCode::non_empty_group;
  }
  if (response.error_code != ErrorCode::none) return answer(std::move(response));

  Effects effects;
  for (const OffsetDeleteRequest::OffsetDeleteRequestTopic& topic : request.topics) {
    auto& to = response.topics.emplace_back();
    to.name = Text::view(topic.name);
    const bool is_subscribed = group != nullptr ? group->is_subscribed_to(topic.name)
                                                : of_consumers->is_subscribed_to(topic.name);
    for (const auto& partition : topic.partitions) {
      to.partitions.push_back({partition.partition_index, is_subscribed
                                                              ? ErrorCode::group_subscribed_to_topic
                                                              : ErrorCode::none});
      if (is_subscribed) continue;
      if (state_->offsets.find(request.group_id, topic.name, partition.partition_index) ==
          nullptr) {
        continue;
      }
      effects.records.push_back(
          offset_tombstone(request.group_id, topic.name, partition.partition_index));
    }
  }
  return answer(std::move(response), std::move(effects), Atomicity::may_split);
}

GroupStep<Nothing> Groups::on_topic_deleted(const Context&, std::string_view topic,
                                            const Uuid& topic_id) {
  Effects effects;
  if (const Offsets::Groups* const groups = state_->offsets.groups_of(topic)) {
    for (const std::string& group : *groups) {
      for (const auto& [partition, committed] : *state_->offsets.of_topic(group, topic)) {
        if (!is_of_topic(committed, topic_id)) continue;
        effects.records.push_back(offset_tombstone(group, topic, partition));
      }
    }
  }
  if (!effects.records.empty()) {
    effects.notes.push_back(fmt::format("{} tombstones for offsets of the deleted topic {:?}",
                                        effects.records.size(), topic));
  }
  return answer(Nothing{}, std::move(effects), Atomicity::may_split);
}

}  // namespace moldau::coordinator
