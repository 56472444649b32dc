#include "metadata/controller.h"

#include <fmt/format.h>

#include <limits>
#include <utility>

#include "base/check.h"
#include "metadata/image_records.h"

namespace moldau::metadata {

using protocol::ErrorCode;

Controller::Controller(ControllerConfig config, const ConfigPolicy& policy)
    : config_(std::move(config)),
      policy_(policy),
      image_(std::make_shared<const Image>()),
      heartbeats_(config_.session_timeout) {}

// --- Replayed state ----------------------------------------------------------------------------

Result<> Controller::replay_batch(const records::BatchView& batch) {
  CHECK(!active_, "the active controller replays its own records");
  TRY(builder_.replay_batch(batch));
  auto built = builder_.build();
  image_ = std::move(built.image);
  index(built.delta);
  return {};
}

Result<> Controller::apply(std::span<const Record> records, Offset base_offset, LeaderEpoch epoch,
                           std::int64_t timestamp) {
  RecordPosition position{.offset = base_offset, .epoch = epoch, .timestamp = timestamp};
  for (const Record& record : records) {
    TRY(builder_.replay(record.message, position));
    ++position.offset;
  }
  auto built = builder_.build();
  image_ = std::move(built.image);
  index(built.delta);
  return {};
}

void Controller::reset(ImagePtr committed) {
  builder_ = ImageBuilder(committed);
  image_ = std::move(committed);
  colliding_names_.clear();
  for (const auto& [name, topic] : image_->topics_by_name) {
    if (auto key = collision_key(name)) colliding_names_[*key].insert(name);
  }
}

void Controller::index(const Delta& delta) {
  for (const auto& [id, change] : delta.topics) {
    const auto key = collision_key((change.after ? change.after : change.before)->name);
    if (!key) continue;
    if (change.before == nullptr) {
      colliding_names_[*key].insert(change.after->name);
    } else if (change.after == nullptr) {
      const auto names = colliding_names_.find(*key);
      names->second.erase(change.before->name);
      if (names->second.empty()) colliding_names_.erase(names);
    }
  }
  if (!active_) return;
  for (const NodeId id : delta.brokers) {
    if (const auto* broker = image_->broker(id)) {
      heartbeats_.registered(id, broker->epoch, broker->fenced);
    } else {
      heartbeats_.remove(id);
    }
  }
}

// --- Leadership --------------------------------------------------------------------------------

Step<Nothing> Controller::activate(const Context& context, LeaderEpoch epoch) {
  CHECK(!active_, "activated twice, in epoch {} and {}", epoch_, epoch);
  active_ = true;
  epoch_ = epoch;
  heartbeats_.clear();
  for (const auto& [id, broker] : image_->brokers) {
    heartbeats_.registered(id, broker->epoch, broker->fenced);
    // All are given a whole session to find the new controller.
    if (!broker->fenced) contact(id, context.now);
  }

  Step<Nothing> step;
  step.atomicity = Atomicity::may_split;
  const auto transaction = builder_.transaction_offset();
  if (transaction) {
    protocol::AbortTransactionRecord abort;
    abort.reason = "Controller failover";
    step.records.push_back({std::move(abort), 0});
    step.notes.push_back(
        fmt::format("aborts the transaction that began at offset {}", *transaction));
  }
  if (image_->metadata_version()) return step;

  CHECK(!config_.bootstrap.empty(), "no bootstrap records");
  protocol::BeginTransactionRecord begin;
  begin.name = "Bootstrap records";
  step.records.push_back({std::move(begin), 0});
  for (const Record& record : config_.bootstrap) {
    step.records.push_back(record);
    const auto* feature = std::get_if<protocol::FeatureLevelRecord>(&record.message);
    if (feature == nullptr || feature->name != elr_version_feature) continue;
    // With ELR the cluster decides about min.insync.replicas, not each broker (KIP-966).
    protocol::ConfigRecord config;
    config.resource_type = static_cast<std::int8_t>(ResourceType::broker);
    config.name = "min.insync.replicas";
    config.value = Text::copy(policy_.effective_topic_config(*image_, "", "min.insync.replicas"));
    step.records.push_back({std::move(config), 0});
  }
  step.records.push_back({protocol::EndTransactionRecord{}, 0});
  step.notes.push_back(
      fmt::format("bootstraps an empty metadata log with {} records", config_.bootstrap.size()));
  return step;
}

void Controller::deactivate(ImagePtr committed) {
  active_ = false;
  heartbeats_.clear();
  reset(std::move(committed));
}

ErrorCode Controller::check_broker_epoch(NodeId id, BrokerEpoch epoch) const {
  const auto* broker = image_->broker(id);
  return broker == nullptr || broker->epoch != epoch ? ErrorCode::stale_broker_epoch
                                                     : ErrorCode::none;
}

void Controller::contact(NodeId broker, MonoTime now) {
  heartbeats_.contact(broker, broker == config_.local_broker ? std::nullopt : std::optional(now));
}

// --- Producer ids ------------------------------------------------------------------------------

Step<protocol::AllocateProducerIdsResponse> Controller::allocate_producer_ids(
    const Context&, const protocol::AllocateProducerIdsRequest& request) {
  Step<protocol::AllocateProducerIdsResponse> step;
  if (!active_) {
    step.reply.error_code = ErrorCode::not_controller;
    return step;
  }
  step.reply.error_code = check_broker_epoch(request.broker_id, request.broker_epoch);
  if (step.reply.error_code != ErrorCode::none) return step;
  const std::int64_t first = std::max<std::int64_t>(image_->next_producer_id.value(), 0);
  if (first > std::numeric_limits<std::int64_t>::max() - producer_id_block_size) {
    step.reply.error_code = ErrorCode::unknown_server_error;
    return step;
  }
  step.reply.producer_id_start = ProducerId(first);
  step.reply.producer_id_len = producer_id_block_size;
  protocol::ProducerIdsRecord record;
  record.broker_id = request.broker_id;
  record.broker_epoch = request.broker_epoch;
  record.next_producer_id = ProducerId(first + producer_id_block_size);
  step.records.push_back({std::move(record), 0});
  return step;
}

// --- Time --------------------------------------------------------------------------------------

std::optional<MonoTime> Controller::next_deadline() const {
  return active_ ? heartbeats_.next_deadline() : std::nullopt;
}

Step<Nothing> Controller::tick(const Context& context) {
  Step<Nothing> step;
  step.atomicity = Atomicity::may_split;
  if (!active_) return step;
  // One at a time, so that the next one's decision sees the effect of the first.
  const auto expired = heartbeats_.find_expired(context.now);
  if (!expired) return step;
  const auto* broker = image_->broker(*expired);
  CHECK(broker != nullptr, "a session of broker {}, which is not registered", *expired);
  fence_broker(cluster(), *broker, step.records);
  step.notes.push_back(fmt::format("fences broker {} with epoch {}: its session has expired",
                                   *expired, broker->epoch));
  return step;
}

}  // namespace moldau::metadata
