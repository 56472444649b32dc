#include "sim/catalog.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

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

int Catalog::find(std::string_view name) const {
  for (int topic = size() - 1; topic >= 0; --topic) {
    if (at(topic).name == name) return at(topic).deletion_begun ? -1 : topic;
  }
  return -1;
}

void Catalog::hurt(PartitionRef where, std::optional<Offset> intact_below) {
  hurt_.insert(where);
  was_hurt_.insert(where);
  if (!intact_below) return;
  Offset& least = intact_below_.try_emplace(where, *intact_below).first->second;
  least = std::min(least, *intact_below);
}

Offset Catalog::intact_below(PartitionRef where) const {
  const auto found = intact_below_.find(where);
  return found == intact_below_.end() ? Offset(std::numeric_limits<std::int64_t>::max())
                                      : found->second;
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
