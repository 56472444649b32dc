#include "coordinator/group/consumer/offset_checks.h"

#include <algorithm>

namespace moldau::coordinator {

using protocol::ErrorCode;
using protocol::OffsetCommitRequest;

namespace {

constexpr std::int16_t carries_member_epoch_since = 9;

ErrorCode wrong_epoch(const ConsumerMember& member) {
  return member.classic ? ErrorCode::illegal_generation : ErrorCode::stale_member_epoch;
}

/// Whether the member had the partition at the epoch.
bool had_at(const ConsumerMember& member, const Uuid& topic, PartitionId partition,
            std::int32_t epoch) {
  for (const EpochPartitions* const held : {&member.assigned, &member.pending_revocation}) {
    const auto of_topic = held->find(topic);
    if (of_topic == held->end()) continue;
    const auto found = of_topic->second.find(partition);
    if (found != of_topic->second.end()) return found->second <= epoch;
  }
  return false;
}

/// Requests before version 10 name topics alone.
Uuid id_of(const OffsetCommitRequest::OffsetCommitRequestTopic& topic,
           const ClusterTopics* topics) {
  if (!topic.topic_id.is_zero() || topics == nullptr) return topic.topic_id;
  const auto found = topics->find(topic.name.view());
  return found ? found->id : Uuid{};
}

}  // namespace

ErrorCode check_commit(const ConsumerGroup& group, const OffsetCommitRequest& request,
                       std::int16_t version, const ClusterTopics* topics) {
  const std::int32_t epoch = request.generation_id_or_member_epoch;
  if (epoch < 0 && group.members().empty()) return ErrorCode::none;
  const ConsumerMember* const member = group.find(request.member_id);
  if (member == nullptr) return ErrorCode::unknown_member_id;
  if (!member->classic && version < carries_member_epoch_since) {
    return ErrorCode::unsupported_version;
  }
  if (epoch == member->epoch) return ErrorCode::none;
  if (epoch > member->epoch) return wrong_epoch(*member);
  const bool had_all = std::ranges::all_of(request.topics, [&](const auto& topic) {
    const Uuid id = id_of(topic, topics);
    return std::ranges::all_of(topic.partitions, [&](const auto& partition) {
      return had_at(*member, id, partition.partition_index, epoch);
    });
  });
  return had_all ? ErrorCode::none : wrong_epoch(*member);
}

ErrorCode check_fetch(const ConsumerGroup& group,
                      const protocol::OffsetFetchRequest::OffsetFetchRequestGroup& request) {
  if (!request.member_id && request.member_epoch < 0) return ErrorCode::none;
  const ConsumerMember* const member = request.member_id ? group.find(*request.member_id) : nullptr;
  if (member == nullptr) return ErrorCode::unknown_member_id;
  return request.member_epoch == member->epoch ? ErrorCode::none : wrong_epoch(*member);
}

}  // namespace moldau::coordinator
