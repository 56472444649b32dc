// DescribeLogDirs (API 35, KIP-113).
//   2  flexible                       4  total and usable bytes (KIP-827)
//   3  one error for all              5  cordoned directories (KIP-1066)
#include <algorithm>
#include <limits>
#include <set>

#include "broker/broker.h"
#include "broker/handlers/handlers.h"
#include "broker/replica_moves.h"
#include "env/pool.h"
#include "metadata/topic_name.h"
#include "protocol/messages/describe_log_dirs.h"

namespace moldau::broker {
namespace {

using protocol::DescribeLogDirsRequest;
using protocol::DescribeLogDirsResponse;
using protocol::ErrorCode;

/// Null: all of them.
using Wish = std::optional<std::set<storage::TopicPartition>>;

Wish wish_of(const DescribeLogDirsRequest& request) {
  if (!request.topics) return std::nullopt;
  Wish wish(std::in_place);
  for (const auto& topic : *request.topics) {
    for (const PartitionId id : topic.partitions) wish->insert({topic.topic.str(), id});
  }
  return wish;
}

/// Kafka says -1 of a log that is here and no replica of a partition.
std::int64_t offset_lag(Broker& broker, const storage::TopicPartition& name,
                        const storage::Positions& positions) {
  if (broker.partitions().find(name.topic, name.partition) == nullptr) return -1;
  return std::max<std::int64_t>(positions.high_watermark - positions.written_end, 0);
}

DescribeLogDirsResponse::DescribeLogDirsPartition& add_partition(
    const storage::TopicPartition& name, DescribeLogDirsResponse::DescribeLogDirsResult& out) {
  auto topic = std::ranges::find(out.topics, std::string_view(name.topic),
                                 [](const auto& known) { return known.name.view(); });
  if (topic == out.topics.end()) {
    out.topics.emplace_back().name = Text::copy(name.topic);
    topic = out.topics.end() - 1;
  }
  auto& partition = topic->partitions.emplace_back();
  partition.partition_index = name.partition;
  return partition;
}

/// What moves have copied so far; the lag is what there is still to copy.
void add_copies(Broker& broker, const storage::LogDir& dir, const Wish& wish,
                DescribeLogDirsResponse::DescribeLogDirsResult& out) {
  for (const auto& copy : broker.moves().copies(dir)) {
    if (wish && !wish->contains(copy.name)) continue;
    const auto current = broker.partitions().find(copy.name.topic, copy.name.partition);
    auto& partition = add_partition(copy.name, out);
    partition.partition_size = static_cast<std::int64_t>(copy.bytes);
    partition.offset_lag =
        current == nullptr ? -1 : current->log_ptr()->positions().written_end - copy.end;
    partition.is_future_key = true;
  }
}

void add_logs(Broker& broker, const storage::LogDir& dir, const Wish& wish,
              DescribeLogDirsResponse::DescribeLogDirsResult& out) {
  for (const auto& log : dir.logs()) {  // sorted by name
    const auto& name = log->name();
    if (name.topic == metadata::cluster_metadata_topic) continue;
    if (wish && !wish->contains(name)) continue;
    if (out.topics.empty() || out.topics.back().name != name.topic) {
      out.topics.emplace_back().name = Text::copy(name.topic);
    }
    auto& partition = out.topics.back().partitions.emplace_back();
    partition.partition_index = name.partition;
    partition.partition_size = static_cast<std::int64_t>(log->size_bytes());
    partition.offset_lag = offset_lag(broker, name, log->positions());
  }
}

std::int64_t bytes(std::uint64_t value) {
  constexpr std::uint64_t max = std::numeric_limits<std::int64_t>::max();
  return static_cast<std::int64_t>(std::min(value, max));
}

env::Task<> describe(Broker& broker, RequestContext& context, storage::LogDir& dir,
                     const Wish& wish, DescribeLogDirsResponse::DescribeLogDirsResult& out) {
  out.log_dir = Text::view(dir.path());
  if (dir.is_offline()) {
    out.error_code = ErrorCode::kafka_storage_error;
    co_return;
  }
  auto ask = [&] { return broker.env().disk().space(dir.path()); };
  const auto space =
      co_await env::run_on(dir.pool(), env::IoClass::background, context.worker, ask);
  if (!space) {
    out.error_code = ErrorCode::kafka_storage_error;
    co_return;
  }
  out.total_bytes = bytes(space->total_bytes);
  out.usable_bytes = bytes(space->free_bytes);
  add_logs(broker, dir, wish, out);
  add_copies(broker, dir, wish, out);
}

}  // namespace

env::Task<DescribeLogDirsResponse> handle_describe_log_dirs(Broker& broker, RequestContext& context,
                                                            DescribeLogDirsRequest request) {
  DescribeLogDirsResponse response;
  const Wish wish = wish_of(request);
  for (const auto& [id, dir] : broker.directories().opened()) {
    co_await describe(broker, context, *dir, wish, response.results.emplace_back());
  }
  for (const auto& path : broker.directories().lost()) {
    auto& out = response.results.emplace_back();
    out.log_dir = Text::view(path);
    out.error_code = ErrorCode::kafka_storage_error;
  }
  co_return response;
}

}  // namespace moldau::broker
