#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>

#include "base/time.h"
#include "coordinator/group/classic_group.h"
#include "coordinator/group/cluster_topics.h"
#include "coordinator/group/consumer/consumer_group.h"
#include "coordinator/group/consumer/heartbeat.h"
#include "protocol/records/group_records.h"

/// Groups with members that change to the other protocol, and members of both protocols in one
/// group (KIP-848).
namespace moldau::coordinator {

/// What the group would be as one of the consumer protocol: its members have what they were
/// assigned, at an epoch that is the generation. Refused where that would lose something.
OrRefusal<std::unique_ptr<ConsumerGroup>> as_consumer_group(const ClassicGroup& group,
                                                            const GroupsConfig& config,
                                                            const ClusterTopics* topics);

/// What the group would be as a classic one without some of its members, when all others speak the
/// classic protocol: stable, with their targets as assignments. Texts are copies.
protocol::GroupMetadataValue as_classic_group(const ConsumerGroup& group,
                                              const std::set<std::string>& without, WallMs now,
                                              const ClusterTopics* topics);

/// The partitions as a consumer of the classic protocol is told them, in the version of what it
/// sent as metadata.
SharedBytes classic_assignment(const TopicPartitions& partitions, const SharedBytes& metadata,
                               const ClusterTopics* topics);

}  // namespace moldau::coordinator
