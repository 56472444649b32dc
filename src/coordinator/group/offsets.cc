#include "coordinator/group/offsets.h"

#include <utility>

namespace moldau::coordinator {
namespace {

/// The entry of `key`, made if it is missing; the key is copied only then.
template <class Map>
typename Map::iterator entry(Map& map, std::string_view key) {
  const auto found = map.lower_bound(key);
  if (found != map.end() && found->first == key) return found;
  return map.emplace_hint(found, std::string(key), typename Map::mapped_type());
}

}  // namespace

void Offsets::put(std::string_view group, std::string_view topic, PartitionId partition,
                  CommittedOffset committed) {
  auto& topics = entry(by_group_, group)->second;
  auto& partitions = entry(topics, topic)->second;
  if (partitions.empty()) entry(groups_by_topic_, topic)->second.emplace(group);
  if (partitions.insert_or_assign(partition, std::move(committed)).second) ++size_;
}

void Offsets::erase(std::string_view group, std::string_view topic, PartitionId partition) {
  const auto of_group = by_group_.find(group);
  if (of_group == by_group_.end()) return;
  const auto of_topic = of_group->second.find(topic);
  if (of_topic == of_group->second.end()) return;
  if (of_topic->second.erase(partition) == 0) return;
  --size_;
  if (!of_topic->second.empty()) return;

  const auto groups = groups_by_topic_.find(topic);
  groups->second.erase(groups->second.find(group));
  if (groups->second.empty()) groups_by_topic_.erase(groups);
  of_group->second.erase(of_topic);
  if (of_group->second.empty()) by_group_.erase(of_group);
}

const Offsets::Topics* Offsets::of_group(std::string_view group) const {
  const auto found = by_group_.find(group);
  return found == by_group_.end() ? nullptr : &found->second;
}

const Offsets::Partitions* Offsets::of_topic(std::string_view group, std::string_view topic) const {
  const Topics* topics = of_group(group);
  if (topics == nullptr) return nullptr;
  const auto found = topics->find(topic);
  return found == topics->end() ? nullptr : &found->second;
}

const CommittedOffset* Offsets::find(std::string_view group, std::string_view topic,
                                     PartitionId partition) const {
  const Partitions* partitions = of_topic(group, topic);
  if (partitions == nullptr) return nullptr;
  const auto found = partitions->find(partition);
  return found == partitions->end() ? nullptr : &found->second;
}

const Offsets::Groups* Offsets::groups_of(std::string_view topic) const {
  const auto found = groups_by_topic_.find(topic);
  return found == groups_by_topic_.end() ? nullptr : &found->second;
}

}  // namespace moldau::coordinator
