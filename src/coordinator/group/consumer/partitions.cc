#include "coordinator/group/consumer/partitions.h"

#include <algorithm>

namespace moldau::coordinator {

void add_partitions(TopicPartitions& to, const Uuid& topic,
                    std::span<const PartitionId> partitions) {
  if (partitions.empty()) return;
  auto& all = to[topic];
  all.insert(all.end(), partitions.begin(), partitions.end());
  std::ranges::sort(all);
  const auto repeated = std::ranges::unique(all);
  all.erase(repeated.begin(), repeated.end());
}

bool contains(const EpochPartitions& partitions, const Uuid& topic, PartitionId partition) {
  const auto found = partitions.find(topic);
  return found != partitions.end() && found->second.contains(partition);
}

bool equal_partitions(const EpochPartitions& a, const EpochPartitions& b) {
  return std::ranges::equal(a, b, [](const auto& left, const auto& right) {
    return left.first == right.first &&
           std::ranges::equal(left.second, right.second,
                              [](const auto& l, const auto& r) { return l.first == r.first; });
  });
}

}  // namespace moldau::coordinator
