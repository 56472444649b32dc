#pragma once

#include <functional>
#include <vector>

#include "base/ids.h"
#include "base/uuid.h"
#include "metadata/config_policy.h"
#include "metadata/image.h"
#include "metadata/partition_change.h"
#include "metadata/record.h"

namespace moldau::metadata {

/// What decisions about partitions read. Both outlive it.
struct Cluster {
  const Image& image;
  const ConfigPolicy& policy;

  /// There is one: the controller bootstraps before it decides anything else.
  std::int16_t metadata_version() const;
  bool elr_enabled() const { return image.feature_level(elr_version_feature) > 0; }
  /// Where a new replica goes: the broker's only directory; unassigned if it has several.
  Uuid default_directory(NodeId broker) const;
  bool has_leaderships(NodeId broker) const;
};

/// What has happened to a broker; nodes may be none.
struct LeadershipChange {
  NodeId remove{no_node};            ///< leaves ISRs and leads nothing
  NodeId add{no_node};               ///< may lead, although the image still has it fenced
  NodeId unclean_shutdown{no_node};  ///< leaves ISRs and ELRs
  NodeId placed{no_node};            ///< its replica is in `directory`, whatever the image says
  Uuid directory;
};

/// The policy for partitions of this topic, with who may lead filled in.
PartitionPolicy partition_policy(const Cluster& cluster, const Topic& topic,
                                 const PartitionRegistration& partition,
                                 const LeadershipChange& change = {});

/// Adds the changes of all partitions that `concerns` picks. Looks at every partition: what happens
/// to a broker is rare.
void update_leaders_and_isrs(const Cluster& cluster, const LeadershipChange& change,
                             const std::function<bool(const PartitionRegistration&)>& concerns,
                             std::vector<Record>& records);

/// The broker is not active any more: its leaderships move, it leaves the ISRs, it is fenced.
void fence_broker(const Cluster& cluster, const BrokerRegistration& broker,
                  std::vector<Record>& records);
/// It is active again, and leads what has no leader and waits for it.
void unfence_broker(const Cluster& cluster, const BrokerRegistration& broker,
                    std::vector<Record>& records);
/// It wants to go: its leaderships move first.
void begin_controlled_shutdown(const Cluster& cluster, const BrokerRegistration& broker,
                               std::vector<Record>& records);
/// An incarnation has ended and another one registers.
void end_incarnation(const Cluster& cluster, NodeId broker, bool clean,
                     std::vector<Record>& records);
/// Some of its directories have failed (KIP-858).
void take_directories_offline(const Cluster& cluster, const BrokerRegistration& broker,
                              const std::vector<Uuid>& offline, std::vector<Record>& records);

}  // namespace moldau::metadata
