// ListOffsets (API 2).
//   1  one offset with its timestamp      7  max timestamp (KIP-734)
//   2  isolation level                    8  earliest local (KIP-405)
//   4  leader epochs (KIP-320)            9  latest tiered (KIP-1005)
//   5  OFFSET_NOT_AVAILABLE (KIP-207)    10  timeout (KIP-1075)
//   6  flexible                          11  earliest pending upload (KIP-1023)
#include <set>

#include "broker/broker.h"
#include "broker/handlers/handlers.h"
#include "broker/moved_log.h"
#include "env/pool.h"
#include "protocol/messages/list_offsets.h"
#include "protocol/version_rules.h"

namespace moldau::broker {
namespace {

using protocol::ErrorCode;
using protocol::ListOffsetsRequest;
using protocol::ListOffsetsResponse;
using PartitionAnswer = ListOffsetsResponse::ListOffsetsPartitionResponse;
using PartitionQuestion = ListOffsetsRequest::ListOffsetsPartition;

/// Timestamps with a meaning of their own.
constexpr std::int64_t latest = -1;
constexpr std::int64_t earliest = -2;
constexpr std::int64_t max_timestamp = -3;
constexpr std::int64_t earliest_local = -4;
constexpr std::int64_t latest_tiered = -5;
constexpr std::int64_t earliest_pending_upload = -6;

/// The lowest version that knows the special timestamp.
constexpr std::int16_t lowest_version_of(std::int64_t timestamp) {
  switch (timestamp) {
    case max_timestamp:
      return 7;
    case earliest_local:
      return 8;
    case latest_tiered:
      return 9;
    case earliest_pending_upload:
      return 11;
    default:
      return 1;
  }
}

struct Question {
  const ListOffsetsRequest& request;
  const PartitionQuestion& partition;
  std::int16_t version;
};

void set_offset(PartitionAnswer& out, std::int16_t version, Offset offset,
                const storage::Log& log) {
  out.offset = offset;
  out.timestamp = -1;
  if (version < 4) return;
  const auto epoch = log.epoch_of(offset);
  out.leader_epoch = epoch.value_or(no_leader_epoch);
}

/// The latest offset that this client may know of; null while a new leader does not know it yet.
std::optional<Offset> visible_end(const Partition& partition, const storage::Positions& positions,
                                  std::int8_t isolation_level) {
  if (positions.high_watermark < partition.epoch_start()) return std::nullopt;
  return isolation_level == 1 ? positions.last_stable_offset : positions.high_watermark;
}

env::Task<> look_up(RequestContext& context, Partition& partition, Question question,
                    Offset visible, PartitionAnswer& out) {
  const std::int64_t timestamp = question.partition.timestamp;
  auto work = [&](storage::Log& log) {
    return timestamp == max_timestamp ? log.find_max_timestamp() : log.find_timestamp(timestamp);
  };
  const auto found = co_await run_on_log(partition, env::IoClass::fetch, context.worker, work);
  if (!found) {
    out.error_code = ErrorCode::kafka_storage_error;
  } else if (*found && (*found)->offset < visible) {
    out.offset = (*found)->offset;
    out.timestamp = (*found)->timestamp;
    if (question.version >= 4) out.leader_epoch = (*found)->leader_epoch;
  }
}

env::Task<> answer(Broker& broker, RequestContext& context, std::string_view topic,
                   Question question, PartitionAnswer& out) {
  out.partition_index = question.partition.partition_index;
  const std::int64_t timestamp = question.partition.timestamp;
  if (question.version < lowest_version_of(timestamp) || timestamp < earliest_pending_upload) {
    out.error_code = ErrorCode::unsupported_version;
    co_return;
  }
  const auto partition = broker.partitions().find(topic, out.partition_index);
  if (partition == nullptr) {
    out.error_code = broker.partitions().why_missing(*context.image, topic, out.partition_index);
    co_return;
  }
  out.error_code = partition->check_leader(question.partition.current_leader_epoch);
  if (out.error_code != ErrorCode::none) co_return;
  const auto kept = partition->log_ptr();
  const storage::Log& log = *kept;
  const auto positions = log.positions();
  if (timestamp == earliest || timestamp == earliest_local) {
    set_offset(out, question.version, positions.log_start, log);
    co_return;
  }
  // Nothing is tiered here; Apache answers so too where remote storage is off.
  if (timestamp == latest_tiered || timestamp == earliest_pending_upload) co_return;
  const auto visible = visible_end(*partition, positions, question.request.isolation_level);
  if (!visible) {
    out.error_code = protocol::error_for(protocol::ApiKey::list_offsets, question.version,
                                         ErrorCode::offset_not_available);
  } else if (timestamp == latest) {
    set_offset(out, question.version, *visible, log);
    if (question.version >= 4) out.leader_epoch = partition->leader_epoch();
  } else {
    co_await look_up(context, *partition, question, *visible, out);
  }
}

using Name = std::pair<std::string_view, PartitionId>;

/// The partitions that are named more than once: each gets one answer, INVALID_REQUEST.
std::set<Name> named_twice(const ListOffsetsRequest& request) {
  std::set<Name> once;
  std::set<Name> twice;
  for (const auto& topic : request.topics) {
    for (const auto& partition : topic.partitions) {
      const Name name{topic.name, partition.partition_index};
      if (!once.insert(name).second) twice.insert(name);
    }
  }
  return twice;
}

}  // namespace

env::Task<ListOffsetsResponse> handle_list_offsets(Broker& broker, RequestContext& context,
                                                   ListOffsetsRequest request) {
  ListOffsetsResponse response;
  response.topics.reserve(request.topics.size());
  const std::set<Name> twice = named_twice(request);
  std::set<Name> refused;
  for (const auto& topic : request.topics) {
    auto& out = response.topics.emplace_back();
    out.name = Text::view(topic.name);
    out.partitions.reserve(topic.partitions.size());
    for (const auto& partition : topic.partitions) {
      const Name name{topic.name, partition.partition_index};
      if (refused.contains(name)) continue;
      auto& entry = out.partitions.emplace_back();
      if (twice.contains(name)) {
        entry.partition_index = partition.partition_index;
        entry.error_code = ErrorCode::invalid_request;
        refused.insert(name);
        continue;
      }
      const Question question{request, partition, context.version};
      co_await answer(broker, context, topic.name, question, entry);
    }
    if (out.partitions.empty()) response.topics.pop_back();
  }
  co_return response;
}

}  // namespace moldau::broker
