#include "coordinator/group/consumer/uniform_mixed.h"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <tuple>
#include <utility>

#include "coordinator/group/consumer/member_balancer.h"

namespace moldau::coordinator {
namespace {

/// Rounds of balancing over all topics. Where subscriptions overlap in part a round may undo what
/// another did; each makes the difference smaller, and this is enough of them.
constexpr int rounds_max = 16;
constexpr std::size_t nobody = static_cast<std::size_t>(-1);

struct Topic {
  Uuid id;
  std::vector<std::size_t> owners;       ///< of each partition: a member, or nobody
  std::vector<std::size_t> subscribers;  ///< members, in order
};

/// The partitions of a topic, those of one member together: the last of a member's is the one that
/// it gives up next.
class Stacks {
 public:
  explicit Stacks(const std::vector<std::size_t>& owners) : partitions_(owners.size()) {
    std::iota(partitions_.begin(), partitions_.end(), std::size_t{0});
    std::ranges::sort(partitions_, {}, [&](std::size_t p) { return std::pair(owners[p], p); });
    for (std::size_t i = 0; i < partitions_.size(); ++i) {
      auto& range = ranges_.try_emplace(owners[partitions_[i]], i, i).first->second;
      range.second = i + 1;
    }
  }

  bool is_empty(std::size_t member) const {
    const auto found = ranges_.find(member);
    return found == ranges_.end() || found->second.first == found->second.second;
  }
  std::size_t pop(std::size_t member) { return partitions_[--ranges_.at(member).second]; }

 private:
  std::vector<std::size_t> partitions_;
  std::map<std::size_t, std::pair<std::size_t, std::size_t>> ranges_;
};

class MixedSubscriptions {
 public:
  explicit MixedSubscriptions(const AssignorGroup& group)
      : group_(group), sizes_(group.members.size()), balancer_(sizes_) {}

  GroupAssignment assign() {
    read_topics();
    keep_previous();
    assign_the_rest();
    balance();
    return collect();
  }

 private:
  void read_topics() {
    for (const auto& [id, count] : group_.partition_counts) {
      topics_.push_back({.id = id,
                         .owners = std::vector(static_cast<std::size_t>(count), nobody),
                         .subscribers{}});
    }
    for (std::size_t i = 0; i < group_.members.size(); ++i) {
      for (const Uuid& id : group_.members[i].topics) find(id)->subscribers.push_back(i);
    }
    std::erase_if(topics_, [](const Topic& topic) { return topic.subscribers.empty(); });
  }

  Topic* find(const Uuid& id) {
    const auto found = std::ranges::lower_bound(topics_, id, {}, &Topic::id);
    return found == topics_.end() || found->id != id ? nullptr : &*found;
  }

  void keep_previous() {
    for (std::size_t i = 0; i < group_.members.size(); ++i) {
      const AssignorMember& member = group_.members[i];
      for (const auto& [id, partitions] : *member.previous) {
        if (!std::ranges::binary_search(member.topics, id)) continue;
        Topic& topic = *find(id);
        for (const PartitionId partition : partitions) {
          topic.owners[static_cast<std::size_t>(partition.value())] = i;
        }
        sizes_[i] += partitions.size();
      }
    }
  }

  /// Those with many partitions for few subscribers first: there is the least choice. The last word
  /// is Kafka's: ids as pairs of signed numbers.
  void sort_topics() {
    const auto rank = [](const Topic& topic) {
      const auto subscribers = topic.subscribers.size();
      const double ratio =
          static_cast<double>(topic.owners.size()) / static_cast<double>(subscribers);
      return std::tuple(-ratio, subscribers, static_cast<std::int64_t>(topic.id.most()),
                        static_cast<std::int64_t>(topic.id.least()));
    };
    std::ranges::sort(topics_, {}, rank);
  }

  void assign_the_rest() {
    sort_topics();
    for (Topic& topic : topics_) {
      if (std::ranges::find(topic.owners, nobody) == topic.owners.end()) continue;
      balancer_.start(topic.subscribers);
      for (std::size_t& owner : topic.owners) {
        if (owner != nobody) continue;
        owner = balancer_.next_least_loaded();
        ++sizes_[owner];
      }
    }
  }

  /// Round after round, until one goes by in which nothing moves.
  void balance() {
    std::vector<Topic*> movable;
    for (Topic& topic : topics_) {
      if (topic.subscribers.size() >= 2) movable.push_back(&topic);
    }
    const Topic* last_moved = nullptr;
    for (int round = 0; round < rounds_max; ++round) {
      for (Topic* const topic : movable) {
        if (topic == last_moved) return;
        const bool moved = balance(*topic);
        if (moved || last_moved == nullptr) last_moved = topic;
      }
    }
  }

  /// Whether a partition has moved.
  bool balance(Topic& topic) {
    if (balancer_.start(topic.subscribers) <= 1) return false;
    Stacks stacks(topic.owners);
    bool moved = false;
    while (!balancer_.is_balanced()) {
      auto from = balancer_.next_most_loaded();
      while (from && stacks.is_empty(*from)) {
        balancer_.exclude_most_loaded();
        from = balancer_.next_most_loaded();
      }
      if (!from) break;
      const std::size_t partition = stacks.pop(*from);
      const std::size_t to = balancer_.next_least_loaded();
      if (balancer_.is_balanced()) break;
      topic.owners[partition] = to;
      --sizes_[*from];
      ++sizes_[to];
      moved = true;
    }
    return moved;
  }

  GroupAssignment collect() const {
    GroupAssignment result(group_.members.size());
    for (const Topic& topic : topics_) {
      for (std::size_t p = 0; p < topic.owners.size(); ++p) {
        result[topic.owners[p]][topic.id].emplace_back(static_cast<std::int32_t>(p));
      }
    }
    return result;
  }

  const AssignorGroup& group_;
  std::vector<Topic> topics_;       ///< by id until sort_topics()
  std::vector<std::size_t> sizes_;  ///< partitions of each member
  MemberBalancer balancer_;
};

}  // namespace

GroupAssignment assign_uniformly_mixed(const AssignorGroup& group) {
  return MixedSubscriptions(group).assign();
}

}  // namespace moldau::coordinator
