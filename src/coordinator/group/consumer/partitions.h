#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/uuid.h"

namespace moldau::coordinator {

/// Partitions of topics. No topic is without partitions; each list is in order, without
/// repetitions.
using TopicPartitions = std::map<Uuid, std::vector<PartitionId>>;
void add_partitions(TopicPartitions& to, const Uuid& topic,
                    std::span<const PartitionId> partitions);

/// Partitions of topics, each with the group epoch at which its owner was given it (KIP-1251). No
/// topic is without partitions.
using EpochPartitions = std::map<Uuid, std::map<PartitionId, std::int32_t>>;
bool contains(const EpochPartitions& partitions, const Uuid& topic, PartitionId partition);
/// Same partitions, whatever their epochs.
bool equal_partitions(const EpochPartitions& a, const EpochPartitions& b);

/// Names of topics, in order.
using TopicNames = std::set<std::string, std::less<>>;

}  // namespace moldau::coordinator
