#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "metadata/controller.h"
#include "metadata/image_records.h"

/// AlterPartition: a leader asks for another ISR (facts §6.2).
namespace moldau::metadata {

using protocol::ErrorCode;

namespace {

using PartitionRequest = protocol::AlterPartitionRequest::PartitionData;
using BrokerState = protocol::AlterPartitionRequest::BrokerState;

/// Below version 3 the ISR comes without epochs, which are then not checked.
std::vector<BrokerState> new_isr(const PartitionRequest& request, std::int16_t version) {
  if (version >= 3) return request.new_isr_with_epochs;
  std::vector<BrokerState> isr;
  for (const NodeId id : request.new_isr) isr.push_back({.broker_id = id});
  return isr;
}

bool is_eligible(const Image& image, const BrokerState& member) {
  const auto* broker = image.broker(member.broker_id);
  return broker != nullptr && broker->is_active() &&
         (member.broker_epoch == BrokerEpoch(-1) || member.broker_epoch == broker->epoch);
}

bool is_valid_isr(const std::vector<BrokerState>& isr, const PartitionRegistration& partition) {
  bool has_leader = false;
  for (auto member = isr.begin(); member != isr.end(); ++member) {
    if (!partition.has_replica(member->broker_id)) return false;
    const bool repeated = std::any_of(isr.begin(), member, [&](const BrokerState& other) {
      return other.broker_id == member->broker_id;
    });
    if (repeated) return false;
    has_leader |= member->broker_id == partition.leader;
  }
  return has_leader;
}

ErrorCode validate(const Image& image, NodeId broker, const PartitionRequest& request,
                   const std::vector<BrokerState>& isr, const PartitionRegistration& partition) {
  // Who knows more than this controller has heard of a newer one.
  if (request.leader_epoch > partition.leader_epoch ||
      request.partition_epoch > partition.partition_epoch) {
    return ErrorCode::not_controller;
  }
  if (request.leader_epoch < partition.leader_epoch) return ErrorCode::fenced_leader_epoch;
  if (broker != partition.leader) return ErrorCode::invalid_request;
  if (request.partition_epoch < partition.partition_epoch) return ErrorCode::invalid_update_version;
  if (!is_valid_isr(isr, partition)) return ErrorCode::invalid_request;
  if (request.leader_recovery_state != 0 && request.leader_recovery_state != 1) {
    return ErrorCode::invalid_request;
  }
  const bool recovering = request.leader_recovery_state == 1;
  if (recovering && isr.size() > 1) return ErrorCode::invalid_request;
  if (recovering && partition.leader_recovery_state == LeaderRecoveryState::recovered) {
    return ErrorCode::invalid_request;
  }
  for (const BrokerState& member : isr) {
    if (!is_eligible(image, member)) return ErrorCode::ineligible_replica;
  }
  return ErrorCode::none;
}

/// Applies the record to a copy: the answer says what will be.
PartitionRegistration after(const Uuid& topic_id, PartitionId id, const Image& image,
                            const Record& record) {
  ImageBuilder builder(std::make_shared<const Image>(image));
  const auto replayed = builder.replay(
      record.message, {.offset = image.last_offset + 1, .epoch = image.last_epoch, .timestamp = 0});
  CHECK(replayed.has_value(), "own record: {}", replayed.error().to_string());
  return *builder.build().image->partition(topic_id, id);
}

}  // namespace

Step<protocol::AlterPartitionResponse> Controller::alter_partition(
    const Context&, const protocol::AlterPartitionRequest& request, std::int16_t version) {
  Step<protocol::AlterPartitionResponse> step;
  step.atomicity = Atomicity::may_split;
  step.reply.error_code = active_ ? check_broker_epoch(request.broker_id, request.broker_epoch)
                                  : ErrorCode::not_controller;
  if (step.reply.error_code != ErrorCode::none) return step;
  for (const auto& asked : request.topics) {
    auto& topic_reply = step.reply.topics.emplace_back();
    topic_reply.topic_id = asked.topic_id;
    const Topic* topic = image_->topic(asked.topic_id);
    for (const PartitionRequest& wanted : asked.partitions) {
      auto& reply = topic_reply.partitions.emplace_back();
      reply.partition_index = wanted.partition_index;
      const auto* partition = topic == nullptr ? nullptr : topic->partition(wanted.partition_index);
      if (partition == nullptr) {
        reply.error_code =
            topic == nullptr ? ErrorCode::unknown_topic_id : ErrorCode::unknown_topic_or_partition;
        continue;
      }
      const auto isr = new_isr(wanted, version);
      reply.error_code = validate(*image_, request.broker_id, wanted, isr, *partition);
      if (reply.error_code != ErrorCode::none) continue;

      PartitionTarget target;
      target.isr.emplace();
      for (const BrokerState& member : isr) target.isr->push_back(member.broker_id);
      target.leader_recovery_state = static_cast<LeaderRecoveryState>(wanted.leader_recovery_state);
      auto record =
          change_partition(asked.topic_id, wanted.partition_index, *partition, std::move(target),
                           partition_policy(cluster(), *topic, *partition));
      PartitionRegistration result = *partition;
      if (record) {
        result = after(asked.topic_id, wanted.partition_index, *image_, *record);
        const NodeId leader = std::get<protocol::PartitionChangeRecord>(record->message).leader;
        step.records.push_back(std::move(*record));
        // The change has completed a reassignment that drops its leader. It is made all the same.
        if (leader != NodeId(-2) && leader != request.broker_id) {
          reply.error_code = ErrorCode::new_leader_elected;
          continue;
        }
      }
      reply.leader_id = result.leader;
      reply.leader_epoch = result.leader_epoch;
      reply.isr = result.isr;
      reply.leader_recovery_state = static_cast<std::int8_t>(result.leader_recovery_state);
      reply.partition_epoch = result.partition_epoch;
    }
  }
  return step;
}

}  // namespace moldau::metadata
