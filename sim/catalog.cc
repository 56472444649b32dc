#include "sim/catalog.h"

#include <fmt/format.h>

#include <algorithm>

namespace moldau::sim {

int Catalog::find_or_add(const Uuid& id, const std::string& name) {
  for (int topic = 0; topic < size(); ++topic) {
    if (at(topic).id == id) return topic;
  }
  const auto declared = declared_.find(name);
  topics_.push_back(
      {.name = name,
       .id = id,
       .retention = declared == declared_.end() ? std::nullopt : std::optional(declared->second)});
  return size() - 1;
}

std::vector<PartitionRef> Catalog::safe_partitions() const {
  std::vector<PartitionRef> all;
  for (int topic = 0; topic < size(); ++topic) {
    if (!is_safe(topic)) continue;
    for (int i = 0; i < at(topic).partitions; ++i) all.push_back({topic, i});
  }
  return all;
}

std::string Catalog::name(PartitionRef where) const {
  if (where.topic < 0 || where.topic >= size()) return "?";
  const std::string& topic = at(where.topic).name;
  const auto same = std::ranges::count(topics_, topic, &TopicKnowledge::name);
  return same > 1 ? fmt::format("{}-{}(topic {})", topic, where.partition, where.topic)
                  : fmt::format("{}-{}", topic, where.partition);
}

}  // namespace moldau::sim
