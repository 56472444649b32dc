// DeleteRecords (API 21, KIP-107).
//   2  flexible
#include <map>

#include "broker/broker.h"
#include "broker/handlers/handlers.h"
#include "broker/internal_topics.h"
#include "env/pool.h"
#include "protocol/messages/delete_records.h"

namespace moldau::broker {
namespace {

using protocol::DeleteRecordsResponse;
using protocol::ErrorCode;
using PartitionResult = DeleteRecordsResponse::DeleteRecordsPartitionResult;

constexpr Offset up_to_high_watermark{-1};
constexpr Offset no_low_watermark{-1};

/// Directories whose log starts must be on the disk before the answer, and what hangs on them.
using Waiting = std::map<storage::LogDir*, std::vector<std::pair<std::size_t, std::size_t>>>;

ErrorCode delete_records(Broker& broker, const RequestContext& context, std::string_view topic,
                         Offset wanted, Partition* partition, PartitionResult& out) {
  if (context.image->partition(topic, out.partition_index) == nullptr) {
    return ErrorCode::unknown_topic_or_partition;
  }
  if (is_internal_topic(topic)) return ErrorCode::invalid_topic_exception;
  if (partition == nullptr) {
    return broker.partitions().why_missing(*context.image, topic, out.partition_index);
  }
  if (const auto error = partition->check_leader(no_leader_epoch); error != ErrorCode::none) {
    return error;
  }
  const auto settings = partition->settings();
  if (settings->log->cleanup_compact && !settings->log->cleanup_delete) {
    return ErrorCode::policy_violation;
  }
  storage::Log& log = partition->log();
  const Offset high_watermark = log.positions().high_watermark;
  const Offset start = wanted == up_to_high_watermark ? high_watermark : wanted;
  if (start < Offset(0) || start > high_watermark) return ErrorCode::offset_out_of_range;
  log.advance_log_start(start);
  out.low_watermark = log.positions().log_start;
  return ErrorCode::none;
}

/// Until this returns, a power cut would bring the records back.
env::Task<> write_down(RequestContext& context, const Waiting& waiting,
                       DeleteRecordsResponse& response) {
  for (const auto& entry : waiting) {
    storage::LogDir& dir = *entry.first;
    auto work = [&dir] { return dir.checkpoint_log_starts(); };
    const auto written =
        co_await env::run_on(dir.pool(), env::IoClass::flush, context.worker, work);
    if (written) continue;
    for (const auto& [topic, partition] : entry.second) {
      auto& out = response.topics[topic].partitions[partition];
      out.error_code = ErrorCode::kafka_storage_error;
      out.low_watermark = no_low_watermark;
    }
  }
}

}  // namespace

env::Task<DeleteRecordsResponse> handle_delete_records(Broker& broker, RequestContext& context,
                                                       protocol::DeleteRecordsRequest request) {
  DeleteRecordsResponse response;
  Waiting waiting;
  for (const auto& topic : request.topics) {
    if (topic.partitions.empty()) continue;
    auto& to = response.topics.emplace_back();
    to.name = Text::view(topic.name);
    for (const auto& wanted : topic.partitions) {
      auto& out = to.partitions.emplace_back();
      out.partition_index = wanted.partition_index;
      out.low_watermark = no_low_watermark;
      const auto partition = broker.partitions().find(topic.name, wanted.partition_index);
      out.error_code =
          delete_records(broker, context, topic.name, wanted.offset, partition.get(), out);
      if (out.error_code != ErrorCode::none) continue;
      waiting[&partition->directory()].emplace_back(response.topics.size() - 1,
                                                    to.partitions.size() - 1);
    }
  }
  co_await write_down(context, waiting, response);
  co_return response;
}

}  // namespace moldau::broker
