#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "coordinator/group/cluster_topics.h"

namespace moldau::coordinator {

/// Topics of a test: the one that is called "t7" has the id 7. And what is set for groups.
class TestTopics : public ClusterTopics {
 public:
  struct Topic {
    Uuid id;
    std::int32_t partitions{0};
    std::vector<std::vector<std::string>> racks;  ///< of each partition; missing: none
  };

  void put(const std::string& name, Topic topic) {
    topics_.insert_or_assign(name, std::move(topic));
    ++version_;
  }
  void erase(const std::string& name) {
    topics_.erase(name);
    ++version_;
  }

  void set(const std::string& group, GroupOverrides overrides) {
    overrides_.insert_or_assign(group, overrides);
  }

  std::optional<TopicInfo> find(std::string_view name) const override {
    const auto found = topics_.find(name);
    if (found == topics_.end()) return std::nullopt;
    return TopicInfo{found->second.id, found->first, found->second.partitions};
  }
  std::optional<TopicInfo> find(const Uuid& id) const override {
    for (const auto& [name, topic] : topics_) {
      if (topic.id == id) return TopicInfo{id, name, topic.partitions};
    }
    return std::nullopt;
  }
  std::vector<std::string> racks(const Uuid& id, PartitionId partition) const override {
    const auto& all = topics_.find(find(id)->name)->second.racks;
    const auto i = static_cast<std::size_t>(partition.value());
    return i < all.size() ? all[i] : std::vector<std::string>{};
  }
  void for_each(const std::function<void(std::string_view)>& visit) const override {
    for (const auto& [name, topic] : topics_) visit(name);
  }
  GroupOverrides group_overrides(std::string_view group) const override {
    const auto found = overrides_.find(group);
    return found == overrides_.end() ? GroupOverrides{} : found->second;
  }
  std::int64_t version() const override { return version_; }

 private:
  std::map<std::string, Topic, std::less<>> topics_;
  std::map<std::string, GroupOverrides, std::less<>> overrides_;
  std::int64_t version_{0};
};

}  // namespace moldau::coordinator
