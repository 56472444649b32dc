// DescribeProducers (API 61, KIP-664).
#include "broker/broker.h"
#include "broker/handlers/handlers.h"
#include "metadata/topic_name.h"
#include "protocol/messages/describe_producers.h"

namespace moldau::broker {
namespace {

using protocol::DescribeProducersResponse;
using protocol::ErrorCode;
using PartitionResponse = DescribeProducersResponse::PartitionResponse;

void describe(Broker& broker, const RequestContext& context, std::string_view topic,
              PartitionResponse& out) {
  const auto partition = broker.partitions().find(topic, out.partition_index);
  if (partition == nullptr) {
    out.error_code = broker.partitions().why_missing(*context.image, topic, out.partition_index);
    return;
  }
  out.error_code = partition->check_leader(no_leader_epoch);
  if (out.error_code != ErrorCode::none) return;
  for (const auto& producer : partition->log_ptr()->active_producers()) {
    out.active_producers.push_back({.producer_id = producer.producer_id,
                                    .producer_epoch = producer.epoch.value(),
                                    .last_sequence = producer.last_sequence,
                                    .last_timestamp = producer.last_timestamp,
                                    .coordinator_epoch = producer.coordinator_epoch,
                                    .current_txn_start_offset = producer.txn_first_offset});
  }
}

}  // namespace

env::Task<DescribeProducersResponse> handle_describe_producers(
    Broker& broker, RequestContext& context, protocol::DescribeProducersRequest request) {
  DescribeProducersResponse response;
  for (const auto& topic : request.topics) {
    auto& to = response.topics.emplace_back();
    to.name = Text::view(topic.name);
    const auto problem = metadata::reject_topic_name(topic.name.view());
    const bool exists = context.image->topic(topic.name.view()) != nullptr;
    for (const PartitionId id : topic.partition_indexes) {
      auto& out = to.partitions.emplace_back();
      out.partition_index = id;
      out.error_message.reset();
      if (problem) {
        out.error_code = ErrorCode::invalid_topic_exception;
        out.error_message = Text(*problem);
      } else if (!exists) {
        out.error_code = ErrorCode::unknown_topic_or_partition;
        out.error_message = Text::view(protocol::message(out.error_code));
      } else {
        describe(broker, context, topic.name.view(), out);
      }
    }
  }
  co_return response;
}

}  // namespace moldau::broker
