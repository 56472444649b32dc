// Members that are all subscribed to the same topics. The other case is in uniform_mixed.cc.

#include <algorithm>
#include <cstddef>
#include <utility>

#include "coordinator/group/consumer/assignor.h"
#include "coordinator/group/consumer/uniform_mixed.h"

namespace moldau::coordinator {
namespace {

struct Unassigned {
  Uuid topic;
  PartitionId partition;
};

class EqualSubscriptions {
 public:
  explicit EqualSubscriptions(const AssignorGroup& group) : group_(group) {}

  GroupAssignment assign() {
    find_unassigned();
    const auto members = group_.members.size();
    quota_ = total_ / members;
    extras_left_ = total_ % members;
    result_.resize(members);
    lacking_.resize(members);
    for (std::size_t i = 0; i < members; ++i) keep(i);
    for (std::size_t i = 0; i < members; ++i) fill(i);
    for (TopicPartitions& topics : result_) {
      for (auto& [topic, partitions] : topics) std::ranges::sort(partitions);
    }
    return std::move(result_);
  }

 private:
  bool is_subscribed(const Uuid& topic) const {
    return std::ranges::binary_search(group_.members.front().topics, topic);
  }

  void find_unassigned() {
    std::map<Uuid, std::vector<bool>> has_owner;
    for (const Uuid& topic : group_.members.front().topics) {
      const auto count = static_cast<std::size_t>(group_.partition_counts.at(topic));
      has_owner[topic].resize(count);
      total_ += count;
    }
    for (const AssignorMember& member : group_.members) {
      for (const auto& [topic, partitions] : *member.previous) {
        const auto found = has_owner.find(topic);
        if (found == has_owner.end()) continue;
        for (const PartitionId partition : partitions) {
          found->second[static_cast<std::size_t>(partition.value())] = true;
        }
      }
    }
    for (const auto& [topic, owned] : has_owner) {
      for (std::size_t i = 0; i < owned.size(); ++i) {
        if (!owned[i]) {
          unassigned_.push_back({topic, PartitionId(static_cast<std::int32_t>(i))});
        }
      }
    }
  }

  /// What the member had stays with it up to its quota. The partitions that do not divide go to
  /// those who already have one more; the last members take what nobody has claimed by then.
  void keep(std::size_t i) {
    std::size_t quota = quota_;
    bool takes_extra = extras_left_ > 0;
    if (takes_extra) ++quota;
    for (const auto& [topic, partitions] : *group_.members[i].previous) {
      if (!is_subscribed(topic)) continue;
      const std::size_t kept = std::min(quota, partitions.size());
      quota -= kept;
      const auto end = partitions.begin() + static_cast<std::ptrdiff_t>(kept);
      if (kept > 0) result_[i].emplace(topic, std::vector(partitions.begin(), end));
      for (auto at = end; at != partitions.end(); ++at) unassigned_.push_back({topic, *at});
    }
    const std::size_t members_left = group_.members.size() - i;
    if (quota > 0 && takes_extra && members_left > extras_left_) {
      --quota;
      takes_extra = false;
    }
    if (takes_extra) --extras_left_;
    lacking_[i] = quota;
  }

  void fill(std::size_t i) {
    for (; lacking_[i] > 0 && next_ < unassigned_.size(); --lacking_[i], ++next_) {
      result_[i][unassigned_[next_].topic].push_back(unassigned_[next_].partition);
    }
  }

  const AssignorGroup& group_;
  std::size_t total_{0};
  std::size_t quota_{0};
  std::size_t extras_left_{0};
  std::vector<Unassigned> unassigned_;
  std::size_t next_{0};
  GroupAssignment result_;
  std::vector<std::size_t> lacking_;
};

}  // namespace

GroupAssignment assign_uniformly(const AssignorGroup& group) {
  return group.is_homogeneous ? EqualSubscriptions(group).assign() : assign_uniformly_mixed(group);
}

}  // namespace moldau::coordinator
