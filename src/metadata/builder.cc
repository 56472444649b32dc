#include "metadata/builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <type_traits>
#include <utility>
#include <variant>

#include "records/record.h"

namespace moldau::metadata {
namespace {

/// Partitions that a topic can have here; bounds what a broken record can allocate.
constexpr std::int32_t partition_id_max = 1'000'000;

std::unexpected<Error> corrupt(std::string context) {
  return fail(Errc::corrupt, "metadata log: " + std::move(context));
}

template <class Map>
void append_set(Map& to, Map& from) {
  to.merge(from);
}

LeaderRecoveryState recovery_state(std::int8_t value) {
  return value == 1 ? LeaderRecoveryState::recovering : LeaderRecoveryState::recovered;
}

PartitionRegistration merge(const PartitionRegistration& partition,
                            const protocol::PartitionChangeRecord& change) {
  PartitionRegistration merged = partition;
  if (change.isr) merged.isr = *change.isr;
  if (change.replicas) merged.replicas = *change.replicas;
  if (change.directories) merged.directories = *change.directories;
  merged.directories.resize(merged.replicas.size(), migrating_directory);
  if (change.removing_replicas) merged.removing_replicas = *change.removing_replicas;
  if (change.adding_replicas) merged.adding_replicas = *change.adding_replicas;
  if (change.eligible_leader_replicas) {
    merged.eligible_leader_replicas = *change.eligible_leader_replicas;
  }
  if (change.last_known_elr) merged.last_known_elr = *change.last_known_elr;
  if (change.leader_recovery_state >= 0) {
    merged.leader_recovery_state = recovery_state(change.leader_recovery_state);
  }
  // Even if the leader stays the same: that is how an epoch is bumped without an election.
  if (change.leader != NodeId(-2)) {
    merged.leader = change.leader;
    merged.leader_epoch = merged.leader_epoch.next();
  }
  merged.partition_epoch = merged.partition_epoch.next();
  return merged;
}

}  // namespace

bool Delta::empty() const {
  return topics.empty() && brokers.empty() && controllers.empty() && configs.empty() &&
         features.empty() && !producer_ids && !quotas && !acls && !scram && !tokens;
}

void Delta::append(Delta later) {
  for (auto& [id, change] : later.topics) {
    auto [here, added] = topics.try_emplace(id, change);
    if (added) continue;
    here->second.after = std::move(change.after);
    append_set(here->second.partitions, change.partitions);
  }
  append_set(brokers, later.brokers);
  append_set(controllers, later.controllers);
  append_set(configs, later.configs);
  append_set(features, later.features);
  producer_ids |= later.producer_ids;
  quotas |= later.quotas;
  acls |= later.acls;
  scram |= later.scram;
  tokens |= later.tokens;
}

ImageBuilder::ImageBuilder(ImagePtr base) : published_(std::move(base)), image_(*published_) {}

Result<> ImageBuilder::replay(const protocol::MetadataRecord& record, RecordPosition position) {
  const Result<> applied = std::visit(
      [&]<class Message>(const Message& message) -> Result<> {
        if constexpr (std::is_same_v<Message, protocol::BeginTransactionRecord>) {
          return begin_transaction(position);
        } else if constexpr (std::is_same_v<Message, protocol::EndTransactionRecord>) {
          return end_transaction();
        } else if constexpr (std::is_same_v<Message, protocol::AbortTransactionRecord>) {
          return abort_transaction();
        } else if constexpr (std::is_same_v<Message, protocol::RegisterBrokerRecord>) {
          return apply(message, position);
        } else {
          return apply(message);
        }
      },
      record);
  if (!applied) return applied;
  image_.last_offset = position.offset;
  image_.last_epoch = position.epoch;
  image_.last_timestamp = position.timestamp;
  image_.batch_aligned = false;
  return {};
}

Result<> ImageBuilder::replay_batch(const records::BatchView& batch) {
  RecordPosition position{.offset = batch.base_offset(),
                          .epoch = batch.partition_leader_epoch(),
                          .timestamp = batch.max_timestamp()};
  if (!batch.is_control()) {
    records::Decompressor decompressor;
    auto reader = TRY(records::read_records(batch, decompressor));
    records::RecordView record;
    while (reader.next(record)) {
      position.offset = records::offset_of(batch, record);
      if (!record.value) return corrupt(fmt::format("no value at offset {}", position.offset));
      // What the record's texts point to lives as long as the reader; replay copies what it keeps.
      const auto message =
          TRY(protocol::decode_metadata_record(SharedBytes::borrow(*record.value)));
      TRY(replay(message, position));
    }
    TRY(reader.status());
  }
  image_.last_offset = batch.last_offset();
  image_.last_epoch = position.epoch;
  image_.last_timestamp = position.timestamp;
  image_.batch_aligned = true;
  return {};
}

ImageBuilder::Built ImageBuilder::build() {
  Built built;
  if (transaction_) {
    built.image = std::make_shared<const Image>(transaction_->image);
    built.delta = std::exchange(transaction_->delta, {});
  } else {
    flush();
    built.image = std::make_shared<const Image>(image_);
    built.delta = std::exchange(delta_, {});
  }
  for (auto& [id, change] : built.delta.topics) {
    const auto* before = published_->topics_by_id.find(id);
    const auto* after = built.image->topics_by_id.find(id);
    change.before = before == nullptr ? nullptr : *before;
    change.after = after == nullptr ? nullptr : *after;
  }
  std::erase_if(built.delta.topics, [](const auto& entry) {
    return entry.second.before == nullptr && entry.second.after == nullptr;
  });
  published_ = built.image;
  return built;
}

std::optional<Offset> ImageBuilder::transaction_offset() const {
  return transaction_ ? std::optional(transaction_->begin_offset) : std::nullopt;
}

Result<> ImageBuilder::begin_transaction(RecordPosition position) {
  if (transaction_) return corrupt("BeginTransactionRecord within a transaction");
  flush();
  transaction_ = Transaction{
      .begin_offset = position.offset, .image = image_, .delta = std::exchange(delta_, {})};
  return {};
}

Result<> ImageBuilder::end_transaction() {
  if (!transaction_) return corrupt("EndTransactionRecord without a transaction");
  Delta delta = std::move(transaction_->delta);
  delta.append(std::move(delta_));
  delta_ = std::move(delta);
  transaction_.reset();
  return {};
}

Result<> ImageBuilder::abort_transaction() {
  if (!transaction_) return corrupt("AbortTransactionRecord without a transaction");
  edited_.clear();
  new_names_.clear();
  image_ = std::move(transaction_->image);
  delta_ = std::move(transaction_->delta);
  transaction_.reset();
  return {};
}

// --- Brokers and controllers -------------------------------------------------------------------

Result<> ImageBuilder::apply(const protocol::RegisterBrokerRecord& record,
                             RecordPosition position) {
  auto broker = std::make_shared<BrokerRegistration>();
  broker->id = record.broker_id;
  broker->epoch = record.broker_epoch;
  broker->incarnation_id = record.incarnation_id;
  for (const auto& endpoint : record.end_points) {
    broker->listeners.push_back({.name = endpoint.name.str(),
                                 .host = endpoint.host.str(),
                                 .port = endpoint.port,
                                 .security_protocol = endpoint.security_protocol});
  }
  for (const auto& feature : record.features) {
    broker->features[feature.name.str()] = {feature.min_supported_version,
                                            feature.max_supported_version};
  }
  if (record.rack) broker->rack = record.rack->str();
  broker->fenced = record.fenced;
  broker->in_controlled_shutdown = record.in_controlled_shutdown;
  broker->directories = record.log_dirs;
  std::ranges::sort(broker->directories);
  broker->record_offset = position.offset;
  delta_.brokers.insert(broker->id);
  image_.brokers.insert(record.broker_id, std::move(broker));
  return {};
}

Result<> ImageBuilder::apply(const protocol::UnregisterBrokerRecord& record) {
  const auto* broker = image_.broker(record.broker_id);
  if (broker == nullptr || broker->epoch != record.broker_epoch) {
    return corrupt(
        fmt::format("UnregisterBrokerRecord of broker {} with epoch {}, which is not "
                    "registered",
                    record.broker_id, record.broker_epoch));
  }
  image_.brokers.erase(record.broker_id);
  delta_.brokers.insert(record.broker_id);
  return {};
}

Result<> ImageBuilder::change_broker(BrokerChange change) {
  const auto* broker = image_.broker(change.id);
  if (broker == nullptr || broker->epoch != change.epoch) {
    return corrupt(fmt::format("a change of broker {} with epoch {}, which is not registered",
                               change.id, change.epoch));
  }
  auto changed = std::make_shared<BrokerRegistration>(*broker);
  if (change.fenced) changed->fenced = *change.fenced;
  if (change.enters_controlled_shutdown) changed->in_controlled_shutdown = true;
  if (!change.directories.empty()) {
    changed->directories = std::move(change.directories);
    std::ranges::sort(changed->directories);
  }
  delta_.brokers.insert(change.id);
  image_.brokers.insert(change.id, std::move(changed));
  return {};
}

Result<> ImageBuilder::apply(const protocol::FenceBrokerRecord& record) {
  return change_broker({.id = record.id, .epoch = record.epoch, .fenced = true, .directories = {}});
}

Result<> ImageBuilder::apply(const protocol::UnfenceBrokerRecord& record) {
  return change_broker(
      {.id = record.id, .epoch = record.epoch, .fenced = false, .directories = {}});
}

Result<> ImageBuilder::apply(const protocol::BrokerRegistrationChangeRecord& record) {
  if (record.fenced < -1 || record.fenced > 1 || record.in_controlled_shutdown < 0 ||
      record.in_controlled_shutdown > 1) {
    return corrupt(fmt::format("BrokerRegistrationChangeRecord with fenced {} and shutdown {}",
                               record.fenced, record.in_controlled_shutdown));
  }
  const auto fenced = record.fenced == 0 ? std::nullopt : std::optional(record.fenced == 1);
  return change_broker({.id = record.broker_id,
                        .epoch = record.broker_epoch,
                        .fenced = fenced,
                        .enters_controlled_shutdown = record.in_controlled_shutdown == 1,
                        .directories = record.log_dirs});
}

Result<> ImageBuilder::apply(const protocol::RegisterControllerRecord& record) {
  auto controller = std::make_shared<ControllerRegistration>();
  controller->id = record.controller_id;
  controller->incarnation_id = record.incarnation_id;
  controller->zk_migration_ready = record.zk_migration_ready;
  for (const auto& endpoint : record.end_points) {
    controller->listeners.push_back({.name = endpoint.name.str(),
                                     .host = endpoint.host.str(),
                                     .port = endpoint.port,
                                     .security_protocol = endpoint.security_protocol});
  }
  for (const auto& feature : record.features) {
    controller->features[feature.name.str()] = {feature.min_supported_version,
                                                feature.max_supported_version};
  }
  delta_.controllers.insert(record.controller_id);
  image_.controllers.insert(record.controller_id, std::move(controller));
  return {};
}

Result<> ImageBuilder::apply(const protocol::UnregisterControllerRecord& record) {
  if (!image_.controllers.erase(record.controller_id)) {
    return corrupt(fmt::format("controller {} is not registered", record.controller_id));
  }
  delta_.controllers.insert(record.controller_id);
  return {};
}

// --- Topics ------------------------------------------------------------------------------------

Topic* ImageBuilder::edit(const Uuid& topic_id) {
  auto found = edited_.find(topic_id);
  if (found == edited_.end()) {
    const auto* published = image_.topics_by_id.find(topic_id);
    if (published == nullptr) return nullptr;
    found = edited_.emplace(topic_id, std::make_shared<Topic>(**published)).first;
  }
  delta_.topics.try_emplace(topic_id);
  return found->second.get();
}

void ImageBuilder::flush() {
  std::vector<std::pair<Uuid, TopicPtr>> by_id;
  std::vector<std::pair<std::string, TopicPtr>> by_name;
  for (auto& [id, topic] : edited_) {
    for (auto& partition : topic->partitions) {
      // Not there yet: its record comes later.
      if (partition == nullptr) partition = std::make_shared<const PartitionRegistration>();
    }
    by_id.emplace_back(id, topic);
    by_name.emplace_back(topic->name, topic);
  }
  std::ranges::sort(by_name, {}, &std::pair<std::string, TopicPtr>::first);
  image_.topics_by_id.insert_sorted(std::move(by_id));
  image_.topics_by_name.insert_sorted(std::move(by_name));
  edited_.clear();
  new_names_.clear();
}

Result<> ImageBuilder::apply(const protocol::TopicRecord& record) {
  const std::string_view name = record.name.view();
  if (edited_.contains(record.topic_id) || image_.topics_by_id.contains(record.topic_id) ||
      new_names_.contains(name) || image_.topics_by_name.contains(name)) {
    return corrupt(fmt::format("topic {} with id {} exists already", name, record.topic_id));
  }
  auto topic = std::make_shared<Topic>();
  topic->name = record.name.str();
  topic->id = record.topic_id;
  new_names_.emplace(topic->name, topic->id);
  edited_.emplace(record.topic_id, std::move(topic));
  delta_.topics.try_emplace(record.topic_id);
  return {};
}

Result<> ImageBuilder::apply(const protocol::PartitionRecord& record) {
  Topic* topic = edit(record.topic_id);
  if (topic == nullptr) {
    return corrupt(fmt::format("a partition of the unknown topic {}", record.topic_id));
  }
  const std::int32_t id = record.partition_id.value();
  if (id < 0 || id > partition_id_max) return corrupt(fmt::format("partition {}", id));
  auto partition = std::make_shared<PartitionRegistration>();
  partition->replicas = record.replicas;
  partition->directories = record.directories;
  partition->directories.resize(partition->replicas.size(), migrating_directory);
  partition->isr = record.isr;
  partition->removing_replicas = record.removing_replicas;
  partition->adding_replicas = record.adding_replicas;
  partition->eligible_leader_replicas =
      record.eligible_leader_replicas.value_or(std::vector<NodeId>());
  partition->last_known_elr = record.last_known_elr.value_or(std::vector<NodeId>());
  partition->leader = record.leader;
  partition->leader_recovery_state = recovery_state(record.leader_recovery_state);
  partition->leader_epoch = record.leader_epoch;
  partition->partition_epoch = record.partition_epoch;
  const auto index = static_cast<std::size_t>(id);
  if (topic->partitions.size() <= index) topic->partitions.resize(index + 1);
  topic->partitions[index] = std::move(partition);
  delta_.topics[record.topic_id].partitions.insert(record.partition_id);
  return {};
}

Result<> ImageBuilder::apply(const protocol::PartitionChangeRecord& record) {
  Topic* topic = edit(record.topic_id);
  const auto* partition = topic == nullptr ? nullptr : topic->partition(record.partition_id);
  if (partition == nullptr) {
    return corrupt(fmt::format("a change of the unknown partition {} of topic {}",
                               record.partition_id, record.topic_id));
  }
  if (record.directories &&
      record.directories->size() !=
          (record.replicas ? record.replicas->size() : partition->replicas.size())) {
    return corrupt(fmt::format("partition {}-{}: {} directories", topic->name, record.partition_id,
                               record.directories->size()));
  }
  topic->partitions[static_cast<std::size_t>(record.partition_id.value())] =
      std::make_shared<const PartitionRegistration>(merge(*partition, record));
  delta_.topics[record.topic_id].partitions.insert(record.partition_id);
  return {};
}

Result<> ImageBuilder::apply(const protocol::RemoveTopicRecord& record) {
  const Topic* topic = edit(record.topic_id);
  if (topic == nullptr) {
    return corrupt(fmt::format("removal of the unknown topic {}", record.topic_id));
  }
  const ConfigResource resource{static_cast<std::int8_t>(ResourceType::topic), topic->name};
  if (image_.configs.erase(resource)) delta_.configs.insert(resource);
  new_names_.erase(topic->name);
  image_.topics_by_name.erase(topic->name);
  image_.topics_by_id.erase(record.topic_id);
  edited_.erase(record.topic_id);
  return {};
}

void ImageBuilder::clear_elr(const Uuid& topic_id) {
  Topic* topic = edit(topic_id);
  for (std::size_t i = 0; i < topic->partitions.size(); ++i) {
    const auto& partition = topic->partitions[i];
    if (partition == nullptr ||
        (partition->eligible_leader_replicas.empty() && partition->last_known_elr.empty())) {
      continue;
    }
    auto cleared = std::make_shared<PartitionRegistration>(*partition);
    cleared->eligible_leader_replicas.clear();
    cleared->last_known_elr.clear();
    topic->partitions[i] = std::move(cleared);
    delta_.topics[topic_id].partitions.insert(PartitionId(static_cast<std::int32_t>(i)));
  }
}

Result<> ImageBuilder::apply(const protocol::ClearElrRecord& record) {
  flush();
  if (!record.topic_name.empty()) {
    const Topic* topic = image_.topic(record.topic_name.view());
    if (topic == nullptr) {
      return corrupt(fmt::format("ClearElrRecord of the unknown topic {}", record.topic_name));
    }
    clear_elr(topic->id);
    return {};
  }
  const auto all = image_.topics_by_id;
  for (const auto& [id, topic] : all) clear_elr(id);
  return {};
}

}  // namespace moldau::metadata
