#include "metadata/builder.h"

namespace moldau::metadata {
namespace {

/// Calls `visit(key)` for each key whose values differ between two maps of shared values. Equal
/// pointers are equal values; other values are compared as `same` says.
template <class Map, class Same, class Visit>
void each_difference(const Map& before, const Map& after, const Same& same, const Visit& visit) {
  if (before.shares_all_with(after)) return;
  auto left = before.begin();
  auto right = after.begin();
  while (left != before.end() || right != after.end()) {
    if (right == after.end() || (left != before.end() && left->first < right->first)) {
      visit(left->first);
      ++left;
    } else if (left == before.end() || right->first < left->first) {
      visit(right->first);
      ++right;
    } else {
      if (!same(left->second, right->second)) visit(left->first);
      ++left;
      ++right;
    }
  }
}

constexpr auto same_content = [](const auto& a, const auto& b) { return a == b || *a == *b; };
constexpr auto same_pointer = [](const auto& a, const auto& b) { return a == b; };

TopicChange topic_difference(const TopicPtr* before, const TopicPtr* after) {
  TopicChange change{.before = before == nullptr ? nullptr : *before,
                     .after = after == nullptr ? nullptr : *after,
                     .partitions = {}};
  if (after == nullptr) return change;
  for (std::int32_t i = 0; i < (*after)->partition_count(); ++i) {
    const PartitionId id(i);
    const auto* old = before == nullptr ? nullptr : (*before)->partition(id);
    if (old == nullptr || !(*old == *(*after)->partition(id))) change.partitions.insert(id);
  }
  return change;
}

}  // namespace

Delta difference(const Image& before, const Image& after) {
  Delta delta;
  each_difference(before.topics_by_id, after.topics_by_id, same_pointer, [&](const Uuid& id) {
    TopicChange change =
        topic_difference(before.topics_by_id.find(id), after.topics_by_id.find(id));
    const bool is_change =
        change.before == nullptr || change.after == nullptr || !change.partitions.empty();
    if (is_change) delta.topics.emplace(id, std::move(change));
  });
  each_difference(before.brokers, after.brokers, same_content,
                  [&](NodeId id) { delta.brokers.insert(id); });
  each_difference(before.controllers, after.controllers, same_content,
                  [&](NodeId id) { delta.controllers.insert(id); });
  each_difference(before.configs, after.configs, same_content,
                  [&](const ConfigResource& resource) { delta.configs.insert(resource); });
  each_difference(before.features, after.features, std::equal_to<>(),
                  [&](const std::string& name) { delta.features.insert(name); });
  each_difference(before.quotas, after.quotas, same_content,
                  [&](const QuotaEntity&) { delta.quotas = true; });
  each_difference(before.acls, after.acls, same_content, [&](const Uuid&) { delta.acls = true; });
  each_difference(before.scram, after.scram, same_pointer,
                  [&](const ScramKey&) { delta.scram = true; });
  each_difference(before.tokens, after.tokens, same_pointer,
                  [&](const std::string&) { delta.tokens = true; });
  delta.producer_ids = before.next_producer_id != after.next_producer_id;
  return delta;
}

}  // namespace moldau::metadata
