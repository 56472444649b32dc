#include "sim/offset_lister.h"

#include "protocol/messages/list_offsets.h"

namespace moldau::sim {

using protocol::ErrorCode;
using protocol::ListOffsetsRequest;
using protocol::ListOffsetsResponse;

namespace {
constexpr std::int64_t latest_timestamp = -1;
constexpr std::int64_t earliest_timestamp = -2;
}  // namespace

env::Task<Result<Offset>> OffsetLister::list(PartitionRef where, ListedOffset which,
                                             std::int16_t version) {
  CO_TRY(co_await connection_.ensure());
  ListOffsetsRequest request;
  request.replica_id = no_node;
  auto& topic = request.topics.emplace_back();
  topic.name = Text::copy(bench_.history.catalog().at(where.topic).name);
  auto& partition = topic.partitions.emplace_back();
  partition.partition_index = PartitionId(where.partition);
  partition.timestamp = which == ListedOffset::latest ? latest_timestamp : earliest_timestamp;
  const int read = bench_.history.next_read();
  bench_.history.add(ReadBegun{bench_.now(), read, where});
  const auto answer = co_await connection_.call<ListOffsetsResponse>(std::move(request), version);
  if (!answer) {
    bench_.history.add(ReadLost{bench_.now(), read, where});
    co_return std::unexpected(answer.error());
  }
  const auto& topics = (*answer)->topics;
  if (topics.size() != 1 || topics[0].partitions.size() != 1) {
    bench_.history.add(AnswerImpossible{bench_.now(), "ListOffsets does not name the partition"});
    co_return fail(Errc::unavailable, "ListOffsets");
  }
  const auto& found = topics[0].partitions[0];
  bench_.history.add(
      OffsetListed{bench_.now(), read, where, found.error_code, which, found.offset});
  if (found.error_code != ErrorCode::none) co_return fail(Errc::unavailable, "ListOffsets");
  co_return found.offset;
}

}  // namespace moldau::sim
