#pragma once

#include <cstdint>

#include "coordinator/group/cluster_topics.h"
#include "coordinator/group/consumer/consumer_group.h"
#include "protocol/error_code.h"
#include "protocol/messages/offset_commit.h"
#include "protocol/messages/offset_fetch.h"

namespace moldau::coordinator {

/// Whether the sender may commit to a group of the consumer protocol. A member that has yet to
/// learn of its new epoch may, for partitions that it had at the epoch that it says (KIP-1251).
protocol::ErrorCode check_commit(const ConsumerGroup& group,
                                 const protocol::OffsetCommitRequest& request, std::int16_t version,
                                 const ClusterTopics* topics);
/// Whether the sender may read offsets: anybody who does not say that it is a member.
protocol::ErrorCode check_fetch(
    const ConsumerGroup& group,
    const protocol::OffsetFetchRequest::OffsetFetchRequestGroup& request);

}  // namespace moldau::coordinator
