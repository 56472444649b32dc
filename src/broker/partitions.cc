#include "broker/partitions.h"

#include <algorithm>

namespace moldau::broker {

using protocol::ErrorCode;

namespace {
/// Of one replica that is still to be created: beyond these a producer begins an epoch (KIP-360).
constexpr std::size_t refused_producers_max = 1'000;
}  // namespace

std::shared_ptr<Partition> Partitions::find(std::string_view topic, PartitionId id) const {
  const Shard& in = shard(topic, id);
  const env::Lock lock(in.mutex);
  return at(in, topic, id);
}

std::shared_ptr<Partition> Partitions::at(const Shard& in, std::string_view topic, PartitionId id) {
  const auto found = in.topics.find(topic);
  if (found == in.topics.end() || id.value() < 0 || slot_of(id) >= found->second.size()) {
    return nullptr;
  }
  return found->second[slot_of(id)];
}

std::shared_ptr<Partition> Partitions::find_or_note(const storage::TopicPartition& name,
                                                    const Uuid& topic_id,
                                                    const storage::BatchHeader& refused) {
  Shard& in = shard(name.topic, name.partition);
  const env::Lock lock(in.mutex);
  if (auto partition = at(in, name.topic, name.partition)) return partition;
  if (in.out_of_reach.contains(name)) return nullptr;
  auto& noted = in.refused[name];
  if (noted.topic_id != topic_id) noted = {.topic_id = topic_id, .batches = {}};
  const bool is_known =
      std::ranges::find(noted.batches, refused.producer_id, &storage::BatchHeader::producer_id) !=
      noted.batches.end();
  if (!is_known && noted.batches.size() < refused_producers_max) noted.batches.push_back(refused);
  return nullptr;
}

void Partitions::add(std::shared_ptr<Partition> partition) {
  const auto& name = partition->name();
  Shard& in = shard(name.topic, name.partition);
  for (;;) {
    Refused refused;
    {
      const env::Lock lock(in.mutex);
      const auto found = in.refused.find(name);
      if (found == in.refused.end()) {
        auto& slots = in.topics[name.topic];
        const auto index = slot_of(name.partition);
        if (slots.size() <= index) slots.resize(index + 1);
        slots[index] = std::move(partition);
        return;
      }
      refused = std::move(found->second);
      in.refused.erase(found);
    }
    if (refused.topic_id != partition->topic_id()) continue;
    for (const auto& batch : refused.batches) partition->log_ptr()->note_refused(batch);
  }
}

void Partitions::forget_refused(const storage::TopicPartition& name, const Uuid& topic_id) {
  Shard& in = shard(name.topic, name.partition);
  const env::Lock lock(in.mutex);
  const auto found = in.refused.find(name);
  if (found != in.refused.end() && found->second.topic_id == topic_id) in.refused.erase(found);
}

std::shared_ptr<Partition> Partitions::remove(std::string_view topic, PartitionId id) {
  Shard& in = shard(topic, id);
  const env::Lock lock(in.mutex);
  const auto found = in.topics.find(topic);
  if (found == in.topics.end() || slot_of(id) >= found->second.size()) return nullptr;
  auto removed = std::move(found->second[slot_of(id)]);
  while (!found->second.empty() && found->second.back() == nullptr) found->second.pop_back();
  if (found->second.empty()) in.topics.erase(found);
  return removed;
}

std::vector<std::shared_ptr<Partition>> Partitions::all() const {
  std::vector<std::shared_ptr<Partition>> result;
  for (const Shard& in : shards_) {
    const env::Lock lock(in.mutex);
    for (const auto& [topic, slots] : in.topics) {
      for (const auto& partition : slots) {
        if (partition != nullptr) result.push_back(partition);
      }
    }
  }
  return result;
}

std::size_t Partitions::size() const {
  std::size_t count = 0;
  for (const Shard& in : shards_) {
    const env::Lock lock(in.mutex);
    for (const auto& [topic, slots] : in.topics) {
      count += static_cast<std::size_t>(
          std::count_if(slots.begin(), slots.end(), [](const auto& p) { return p != nullptr; }));
    }
  }
  return count;
}

void Partitions::set_out_of_reach(const storage::TopicPartition& name) {
  Shard& in = shard(name.topic, name.partition);
  const env::Lock lock(in.mutex);
  in.out_of_reach.insert(name);
}

void Partitions::clear_out_of_reach(const storage::TopicPartition& name) {
  Shard& in = shard(name.topic, name.partition);
  const env::Lock lock(in.mutex);
  in.out_of_reach.erase(name);
}

protocol::ErrorCode Partitions::why_missing(const metadata::Image& image, std::string_view topic,
                                            PartitionId id) const {
  if (image.partition(topic, id) == nullptr) return ErrorCode::unknown_topic_or_partition;
  const Shard& in = shard(topic, id);
  const env::Lock lock(in.mutex);
  return in.out_of_reach.contains({std::string(topic), id}) ? ErrorCode::kafka_storage_error
                                                            : ErrorCode::not_leader_or_follower;
}

}  // namespace moldau::broker
