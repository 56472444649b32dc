// DeleteRecords (API 21, KIP-107).
//   2  flexible
#include <map>

#include "broker/broker.h"
#include "broker/handlers/handlers.h"
#include "broker/internal_topics.h"
#include "broker/moved_log.h"
#include "env/pool.h"
#include "protocol/messages/delete_records.h"

namespace moldau::broker {
namespace {

using protocol::DeleteRecordsResponse;
using protocol::ErrorCode;
using PartitionResult = DeleteRecordsResponse::DeleteRecordsPartitionResult;

constexpr Offset up_to_high_watermark{-1};
constexpr Offset no_low_watermark{-1};

/// A partition whose log start must be on the disk before the answer.
struct Begun {
  std::shared_ptr<Partition> partition;
  Offset start;
  PartitionResult* out;
};

ErrorCode check(Broker& broker, const RequestContext& context, std::string_view topic,
                Partition* partition, PartitionId id) {
  if (context.image->partition(topic, id) == nullptr) {
    return ErrorCode::unknown_topic_or_partition;
  }
  if (is_internal_topic(topic)) return ErrorCode::invalid_topic_exception;
  if (partition == nullptr) return broker.partitions().why_missing(*context.image, topic, id);
  if (const auto error = partition->check_leader(no_leader_epoch); error != ErrorCode::none) {
    return error;
  }
  const auto settings = partition->settings();
  if (settings->log->cleanup_compact && !settings->log->cleanup_delete) {
    return ErrorCode::policy_violation;
  }
  return ErrorCode::none;
}

ErrorCode find_start(const Partition& partition, Offset wanted, Offset& start) {
  const Offset high_watermark = partition.log_ptr()->positions().high_watermark;
  start = wanted == up_to_high_watermark ? high_watermark : wanted;
  const bool in_range = start >= Offset(0) && start <= high_watermark;
  return in_range ? ErrorCode::none : ErrorCode::offset_out_of_range;
}

/// Moves the starts and writes them down: until then a power cut would bring the records back.
/// Returns those whose log was on its way to another directory, and may have left without the news.
env::Task<std::vector<Begun>> delete_and_write_down(RequestContext& context,
                                                    std::vector<Begun> all) {
  struct Moved {
    Begun* begun;
    std::shared_ptr<storage::Log> log;
  };
  std::map<storage::LogDir*, std::vector<Moved>> by_directory;
  for (auto& begun : all) {
    auto place = begun.partition->place();
    place.log->advance_log_start(begun.start);
    begun.out->low_watermark = place.log->positions().log_start;
    by_directory[place.directory].push_back({&begun, std::move(place.log)});
  }
  std::vector<Begun> again;
  for (const auto& entry : by_directory) {
    storage::LogDir& dir = *entry.first;
    auto work = [&dir] { return dir.checkpoint_log_starts(); };
    const auto written =
        co_await env::run_on(dir.pool(), env::IoClass::flush, context.worker, work);
    for (const auto& [begun, log] : entry.second) {
      if (co_await has_moved(*begun->partition, log, context.worker)) {
        again.push_back(*begun);
      } else if (!written) {
        begun->out->error_code = ErrorCode::kafka_storage_error;
        begun->out->low_watermark = no_low_watermark;
      }
    }
  }
  co_return again;
}

}  // namespace

env::Task<DeleteRecordsResponse> handle_delete_records(Broker& broker, RequestContext& context,
                                                       protocol::DeleteRecordsRequest request) {
  DeleteRecordsResponse response;
  std::vector<Begun> begun;
  // Nothing is added behind this: `begun` points into it.
  for (const auto& topic : request.topics) {
    if (topic.partitions.empty()) continue;
    auto& to = response.topics.emplace_back();
    to.name = Text::view(topic.name);
    to.partitions.resize(topic.partitions.size());
  }
  auto to = response.topics.begin();
  for (const auto& topic : request.topics) {
    if (topic.partitions.empty()) continue;
    auto out = (to++)->partitions.begin();
    for (const auto& wanted : topic.partitions) {
      auto& result = *out++;
      result.partition_index = wanted.partition_index;
      result.low_watermark = no_low_watermark;
      auto partition = broker.partitions().find(topic.name, wanted.partition_index);
      result.error_code =
          check(broker, context, topic.name, partition.get(), wanted.partition_index);
      Offset start;
      if (result.error_code == ErrorCode::none) {
        result.error_code = find_start(*partition, wanted.offset, start);
      }
      if (result.error_code != ErrorCode::none) continue;
      begun.push_back({std::move(partition), start, &result});
    }
  }
  while (!begun.empty()) {
    begun = co_await delete_and_write_down(context, std::move(begun));
  }
  co_return response;
}

}  // namespace moldau::broker
