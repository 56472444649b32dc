#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "coordinator/group/cluster_topics.h"

namespace moldau::coordinator {

/// Kafka's hash of what assignments depend on: a topic's id, name, partitions and racks (KIP-1101).
std::uint64_t topic_hash(const TopicInfo& topic, const ClusterTopics& topics);

/// The hashes of the topics that some group subscribes to, each computed once: a topic may have
/// many partitions. Who changes a topic calls forget().
class TopicHashes {
 public:
  std::uint64_t of(const TopicInfo& topic, const ClusterTopics& topics);
  void forget(std::string_view topic);

 private:
  std::map<std::string, std::uint64_t, std::less<>> hashes_;
};

/// Of the topics with these hashes, by name: what ConsumerGroupMetadataValue has. 0 if none.
std::int64_t group_hash(const std::map<std::string_view, std::uint64_t>& topics);

}  // namespace moldau::coordinator
