#include <algorithm>
#include <numeric>
#include <string_view>
#include <tuple>
#include <utility>

#include "coordinator/group/consumer/assignor.h"

namespace moldau::coordinator {
namespace {

/// How far a topic has been handed out.
struct Topic {
  std::int32_t partitions{0};
  std::int32_t subscribers{0};
  std::int32_t next{0};      ///< the first partition that is still to be had
  std::int32_t received{0};  ///< subscribers that had their share
};

/// Static members, by instance id; then the others, by id.
std::vector<std::size_t> in_order(const AssignorGroup& group) {
  std::vector<std::size_t> order(group.members.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, {}, [&](std::size_t i) {
    const AssignorMember& member = group.members[i];
    return std::tuple(!member.instance_id.has_value(), member.instance_id.value_or(member.id), i);
  });
  return order;
}

std::vector<PartitionId> take_share(Topic& topic) {
  const bool has_extra = topic.received < topic.partitions % topic.subscribers;
  const std::int32_t share = topic.partitions / topic.subscribers + (has_extra ? 1 : 0);
  ++topic.received;
  std::vector<PartitionId> result;
  result.reserve(static_cast<std::size_t>(share));
  for (std::int32_t i = 0; i < share; ++i) result.emplace_back(topic.next++);
  return result;
}

}  // namespace

GroupAssignment assign_ranges(const AssignorGroup& group) {
  std::map<Uuid, Topic> topics;
  for (const AssignorMember& member : group.members) {
    for (const Uuid& id : member.topics) {
      Topic& topic = topics[id];
      topic.partitions = group.partition_counts.at(id);
      ++topic.subscribers;
    }
  }
  GroupAssignment result(group.members.size());
  for (const std::size_t i : in_order(group)) {
    for (const Uuid& id : group.members[i].topics) {
      auto share = take_share(topics[id]);
      if (!share.empty()) result[i].emplace(id, std::move(share));
    }
  }
  return result;
}

Assignor find_assignor(std::string_view name) {
  if (name == "uniform") return assign_uniformly;
  if (name == "range") return assign_ranges;
  return nullptr;
}

}  // namespace moldau::coordinator
