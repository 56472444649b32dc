// OffsetForLeaderEpoch (API 23).
//   2  current leader epoch (KIP-320)      3  replica id      4  flexible
#include "broker/broker.h"
#include "broker/handlers/handlers.h"
#include "protocol/messages/offset_for_leader_epoch.h"

namespace moldau::broker {

using protocol::ErrorCode;

env::Task<protocol::OffsetForLeaderEpochResponse> handle_offset_for_leader_epoch(
    Broker& broker, RequestContext& context, protocol::OffsetForLeaderEpochRequest request) {
  protocol::OffsetForLeaderEpochResponse response;
  for (const auto& topic : request.topics) {
    auto& out_topic = response.topics.emplace_back();
    out_topic.topic = Text::view(topic.topic);
    for (const auto& question : topic.partitions) {
      auto& out = out_topic.partitions.emplace_back();
      out.partition = question.partition;
      const auto partition = broker.partitions().find(topic.topic, question.partition);
      if (partition == nullptr) {
        out.error_code =
            broker.partitions().why_missing(*context.image, topic.topic, question.partition);
        continue;
      }
      out.error_code = partition->check_leader(question.current_leader_epoch);
      if (out.error_code != ErrorCode::none) continue;
      const auto end = partition->log_ptr()->end_offset_for_epoch(question.leader_epoch);
      out.leader_epoch = end.epoch;
      out.end_offset = end.end_offset;
    }
  }
  co_return response;
}

}  // namespace moldau::broker
