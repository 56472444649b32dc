#include "sim/checkers/topics.h"

#include <fmt/format.h>

#include <algorithm>

namespace moldau::sim {

void TopicsStay::see(const Event& event) {
  if (std::holds_alternative<BrokerStarted>(event) || std::holds_alternative<CalmBegun>(event)) {
    settled_.clear();
    for (int topic = 0; topic < catalog().size(); ++topic) {
      if (catalog().is_safe(topic)) settled_[topic] = catalog().at(topic).partitions;
      if (catalog().at(topic).deletion_acked) settled_deleted_.insert(topic);
    }
    settled_at_ = time_of(event);
  }
  if (const auto* metadata = std::get_if<MetadataSeen>(&event)) on_metadata(*metadata);
}

void TopicsStay::on_metadata(const MetadataSeen& metadata) {
  if (metadata.asked_at < settled_at_) return;
  for (const auto& [topic, partitions] : settled_) {
    if (!catalog().is_safe(topic)) continue;
    const auto found = std::ranges::find(metadata.topics, topic, &std::pair<int, int>::first);
    if (found == metadata.topics.end()) {
      violated(metadata.at, std::nullopt,
               fmt::format("topic {} was created and is gone", catalog().at(topic).name));
    } else if (found->second < partitions) {
      violated(metadata.at, std::nullopt,
               fmt::format("topic {} had {} partitions and has {}", catalog().at(topic).name,
                           partitions, found->second));
    }
  }
  for (const auto& [topic, partitions] : metadata.topics) {
    if (!settled_deleted_.contains(topic)) continue;
    violated(metadata.at, std::nullopt,
             fmt::format("topic {} was deleted and is back", catalog().at(topic).name));
  }
}

void BrokerStarts::see(const Event& event) {
  if (const auto* started = std::get_if<BrokerStarted>(&event)) {
    if (started->quarantined <= damaged_) return;
    violated(started->at, std::nullopt,
             fmt::format("{} partitions are quarantined", started->quarantined));
  } else if (std::holds_alternative<BytesDamaged>(event)) {
    ++damaged_;
  } else if (std::holds_alternative<DamageMended>(event)) {
    damaged_ = 0;
  } else if (const auto* failed = std::get_if<BrokerStartFailed>(&event)) {
    if (!failed->excused) violated(failed->at, std::nullopt, failed->error);
  }
}

}  // namespace moldau::sim
