#include "coordinator/group/consumer/target.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "coordinator/group/consumer/assignor.h"

namespace moldau::coordinator {
namespace {

void add_existing(std::set<Uuid>& to, const TopicNames& names, const ClusterTopics& topics) {
  for (const std::string& name : names) {
    if (const auto topic = topics.find(name)) to.insert(topic->id);
  }
}

/// The targets so far, without partitions that another member's have or that do not exist: the log
/// may say so if it ends within a change.
class PreviousTargets {
 public:
  explicit PreviousTargets(const std::map<Uuid, std::int32_t>& partition_counts) {
    for (const auto& [topic, count] : partition_counts) {
      taken_[topic].resize(static_cast<std::size_t>(count));
    }
  }

  TopicPartitions take(const TopicPartitions& target) {
    TopicPartitions result;
    for (const auto& [topic, partitions] : target) {
      const auto taken = taken_.find(topic);
      if (taken == taken_.end()) continue;
      for (const PartitionId partition : partitions) {
        const auto i = static_cast<std::size_t>(partition.value());
        if (i >= taken->second.size() || taken->second[i]) continue;
        taken->second[i] = true;
        result[topic].push_back(partition);
      }
    }
    return result;
  }

 private:
  std::map<Uuid, std::vector<bool>> taken_;
};

}  // namespace

std::set<Uuid> subscribed_topics(const ConsumerGroup& group, const ConsumerMember& member,
                                 const ClusterTopics* topics) {
  std::set<Uuid> result;
  if (topics == nullptr) return result;
  add_existing(result, member.topic_names, *topics);
  if (const std::string* const regex = member.regex()) {
    const auto resolved = group.resolved_regexes().find(*regex);
    if (resolved != group.resolved_regexes().end()) {
      add_existing(result, resolved->second.topics, *topics);
    }
  }
  return result;
}

std::string_view choose_assignor(const ConsumerGroup& group, const GroupsConfig& config) {
  const std::string* const preferred = group.preferred_assignor();
  const auto& offered = config.consumer_assignors;
  const auto found = preferred == nullptr ? offered.end() : std::ranges::find(offered, *preferred);
  return found == offered.end() ? offered.front() : *found;
}

void update_target(ConsumerGroup& group, ConsumerGroupWriter& writer, const GroupsConfig& config,
                   const ClusterTopics* topics) {
  AssignorGroup input;
  input.is_homogeneous = group.is_homogeneous();
  for (const auto& [id, member] : group.members()) {
    const auto subscribed = subscribed_topics(group, member, topics);
    for (const Uuid& topic : subscribed) {
      input.partition_counts.try_emplace(topic, topics->find(topic)->partitions);
    }
    input.members.push_back({.id = id,
                             .instance_id = member.instance_id,
                             .topics = std::vector(subscribed.begin(), subscribed.end()),
                             .previous = nullptr});
  }
  PreviousTargets previous(input.partition_counts);
  std::vector<TopicPartitions> kept;
  kept.reserve(input.members.size());
  for (AssignorMember& member : input.members) {
    member.previous = &kept.emplace_back(previous.take(group.target_of(member.id)));
  }
  const GroupAssignment assignment = find_assignor(choose_assignor(group, config))(input);
  for (std::size_t i = 0; i < assignment.size(); ++i) {
    const TopicPartitions* const before = group.find_target(input.members[i].id);
    if (before != nullptr && *before == assignment[i]) continue;
    writer.put_target(input.members[i].id, assignment[i]);
  }
  writer.set_target_epoch(group.epoch());
}

}  // namespace moldau::coordinator
