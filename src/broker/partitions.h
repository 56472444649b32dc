#pragma once

#include <array>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "broker/partition.h"
#include "env/mutex.h"
#include "storage/batch_header.h"

namespace moldau::broker {

/// The partitions with a replica on this broker, by topic name. Thread-safe: a look-up takes one
/// shard's lock for a hash look-up; neighbours of one topic are in different shards.
class Partitions {
 public:
  /// Null if this broker has no such replica.
  std::shared_ptr<Partition> find(std::string_view topic, PartitionId id) const;
  /// A batch of an idempotent producer for a replica that is still to be created here. What is
  /// refused is remembered until then: the producer's next batches may be on their way, and must
  /// not begin in its place. Not null if the replica has come meanwhile: then it takes the batch.
  std::shared_ptr<Partition> find_or_note(const storage::TopicPartition& name, const Uuid& topic_id,
                                          const storage::BatchHeader& refused);
  void add(std::shared_ptr<Partition> partition);
  /// Null if it was not there.
  std::shared_ptr<Partition> remove(std::string_view topic, PartitionId id);
  /// The topic has been deleted before the replica was created.
  void forget_refused(const storage::TopicPartition& name, const Uuid& topic_id);
  /// A copy, in no particular order.
  std::vector<std::shared_ptr<Partition>> all() const;
  std::size_t size() const;

  /// The replica is this broker's and cannot be served: its files are damaged, or its directory has
  /// failed. Clients get KAFKA_STORAGE_ERROR.
  void set_out_of_reach(const storage::TopicPartition& name);
  void clear_out_of_reach(const storage::TopicPartition& name);
  /// What a client gets if find() says null: unknown_topic_or_partition, kafka_storage_error or
  /// not_leader_or_follower.
  protocol::ErrorCode why_missing(const metadata::Image& image, std::string_view topic,
                                  PartitionId id) const;

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };
  /// The first batch of each producer.
  struct Refused {
    Uuid topic_id;
    std::vector<storage::BatchHeader> batches;
  };
  struct Shard {
    mutable env::Mutex mutex;
    /// By partition id divided by shard_count, null where the replica is elsewhere.
    std::unordered_map<std::string, std::vector<std::shared_ptr<Partition>>, Hash, std::equal_to<>>
        topics GUARDED_BY(mutex);
    std::set<storage::TopicPartition> out_of_reach GUARDED_BY(mutex);
    /// Of replicas that are not here yet, in the order of their refusal.
    std::map<storage::TopicPartition, Refused> refused GUARDED_BY(mutex);
  };
  static constexpr std::size_t shard_count = 32;

  static std::shared_ptr<Partition> at(const Shard& in, std::string_view topic, PartitionId id)
      REQUIRES(in.mutex);
  static std::size_t shard_of(std::string_view topic, PartitionId id) {
    return (Hash{}(topic) + static_cast<std::size_t>(id.value())) % shard_count;
  }
  static std::size_t slot_of(PartitionId id) {
    return static_cast<std::size_t>(id.value()) / shard_count;
  }
  Shard& shard(std::string_view topic, PartitionId id) { return shards_[shard_of(topic, id)]; }
  const Shard& shard(std::string_view topic, PartitionId id) const {
    return shards_[shard_of(topic, id)];
  }

  std::array<Shard, shard_count> shards_;
};

}  // namespace moldau::broker
