#pragma once

#include <set>

#include "base/uuid.h"
#include "coordinator/group/cluster_topics.h"
#include "coordinator/group/consumer/consumer_group.h"
#include "coordinator/group/consumer/group_writer.h"

namespace moldau::coordinator {

/// The topics that the member is subscribed to, by name or by a regular expression that has been
/// resolved, of those that exist.
std::set<Uuid> subscribed_topics(const ConsumerGroup& group, const ConsumerMember& member,
                                 const ClusterTopics* topics);

/// The name of the one that the group's targets come from: what most members prefer, if it is
/// offered, else the first that is. Valid as long as the configuration.
std::string_view choose_assignor(const ConsumerGroup& group, const GroupsConfig& config);

/// Computes who is to have what, by the assignor that most members prefer, and writes what has
/// changed. The target comes to the group's epoch.
void update_target(ConsumerGroup& group, ConsumerGroupWriter& writer, const GroupsConfig& config,
                   const ClusterTopics* topics);

}  // namespace moldau::coordinator
