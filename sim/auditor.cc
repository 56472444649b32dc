#include "sim/auditor.h"

#include "base/check.h"
#include "protocol/messages/produce.h"

namespace moldau::sim {

using protocol::ErrorCode;

namespace {
constexpr Duration pace = milliseconds(20);
constexpr Duration timeout = std::chrono::seconds(2);
// By topic id: the name may be another topic's by now.
constexpr std::int16_t produce_version = 13;

ConsumerPlan plan_of_reader() {
  ConsumerPlan plan;
  plan.sessions = false;
  return plan;
}
}  // namespace

Auditor::Auditor(Bench& bench, int actor)
    : bench_(bench),
      actor_(actor),
      connection_(bench, actor, timeout),
      fetcher_(bench, connection_, plan_of_reader()),
      lister_(bench, connection_),
      admin_(bench, actor + 1) {}

env::Task<> Auditor::run() {
  int seen = 0;
  while (true) {
    const int life = bench_.history.broker_starts();
    const bool is_due = life != seen;
    const auto done = is_due ? co_await read_all() : co_await bench_.pause(pace);
    if (!done && done.error().code == Errc::cancelled) co_return;
    if (is_due && done) seen = life;
    if (!done && !co_await bench_.pause(pace)) co_return;
  }
}

env::Task<Result<>> Auditor::read_all() {
  CO_TRY(co_await admin_.look());
  for (const PartitionRef where : bench_.history.catalog().safe_partitions()) {
    if (!bench_.history.catalog().is_safe(where.topic)) continue;
    const auto read_whole = co_await read(where);
    // What is damaged may be refused for as long as it is.
    if (!read_whole && !(read_whole.error().code == Errc::unavailable &&
                         bench_.history.catalog().is_hurt(where))) {
      co_return std::unexpected(read_whole.error());
    }
  }
  co_return Result<>();
}

/// From its start to the high watermark.
env::Task<Result<Auditor::Ends>> Auditor::read(PartitionRef where) {
  Offset from{0};
  Ends ends{.log_start = from, .end = from};
  const bool wants_all = bench_.history.catalog().at(where.topic).is_compacted();
  while (true) {
    const auto summaries = CO_TRY(co_await fetcher_.fetch({{where, from}}, Duration(0)));
    const FetchedSummary summary = summaries.at(where);
    if (summary.error == ErrorCode::offset_out_of_range &&
        bench_.history.catalog().is_trimmed(where.topic)) {
      from = CO_TRY(co_await lister_.list(where, ListedOffset::earliest));
      ends = {.log_start = from, .end = from};
      continue;
    }
    if (summary.error != ErrorCode::none) co_return fail(Errc::unavailable, "fetch");
    if (wants_all) {
      const auto* const read = std::get_if<Fetched>(&bench_.history.events().back());
      CHECK(read != nullptr && read->where == where, "another event than our own answer");
      ends.left.insert(ends.left.end(), read->records.begin(), read->records.end());
    }
    ends.bytes += summary.bytes;
    ends.end = summary.next;
    if (summary.next >= summary.high_watermark) co_return ends;
    // Nothing, below the high watermark: asked again, until whoever waits for us finds it too long.
    if (summary.next == from) {
      if (bench_.history.catalog().is_hurt(where)) co_return fail(Errc::unavailable, "damaged");
      CO_TRY(co_await bench_.pause(pace));
    }
    from = summary.next;
  }
}

env::Task<> Auditor::audit() {
  const auto all = bench_.history.catalog().safe_partitions();
  for (std::size_t i = 0; i < all.size();) {
    auto ends = co_await read(all[i]);
    if (ends) {
      bench_.history.add(AuditEnded{bench_.now(), all[i], ends->log_start, ends->end,
                                    std::move(ends->left), ends->bytes});
      ++i;
    } else if (ends.error().code == Errc::cancelled || !co_await bench_.pause(pace)) {
      co_return;
    }
  }
  while (true) {
    const auto looked = co_await admin_.look();
    if (looked) break;
    if (looked.error().code == Errc::cancelled || !co_await bench_.pause(pace)) co_return;
  }
  idle_ = true;
}

env::Task<> Auditor::probe() {
  const TopicPlan plan{.name = fmt::format("probe-{}", ++probes_), .partitions = 1, .configs = {}};
  for (bool done = false; !done;) {
    const auto created = co_await admin_.create(plan);
    if (!created && created.error().code == Errc::cancelled) co_return;
    done = created && *created;
    if (!done && !co_await bench_.pause(pace)) co_return;
  }
  const auto all = bench_.history.catalog().safe_partitions();
  for (std::size_t i = 0; i < all.size();) {
    const auto done = co_await probe_partition(all[i]);
    if (!done && done.error().code == Errc::cancelled) co_return;
    if ((done && *done) || !bench_.history.catalog().is_safe(all[i].topic)) {
      ++i;
    } else if (!co_await bench_.pause(pace)) {
      co_return;
    }
  }
  idle_ = true;
}

env::Task<Result<bool>> Auditor::probe_partition(PartitionRef where) {
  CO_TRY(co_await connection_.ensure());
  const RecordId id{actor_, next_number_++};
  const TopicKnowledge& known = bench_.history.catalog().at(where.topic);
  protocol::ProduceRequest request;
  request.acks = -1;
  request.timeout_ms = 1'000;
  auto& topic = request.topic_data.emplace_back();
  topic.topic_id = known.id;
  auto& partition = topic.partition_data.emplace_back();
  partition.index = PartitionId(where.partition);
  const WallMs timestamp = bench_.env.clock().wall();
  partition.records = make_batch(
      {.first = id, .timestamp = timestamp.value, .options = {}, .keyed = known.is_compacted()});
  const MonoTime sent_at = bench_.now();
  bench_.history.add(BatchSent{.at = sent_at,
                               .where = where,
                               .first = id,
                               .connection = connection_.number(),
                               .timestamp = timestamp,
                               .bytes = partition.records->size()});
  const auto answer = CO_TRY(
      co_await connection_.call<protocol::ProduceResponse>(std::move(request), produce_version));
  if (answer->responses.size() != 1 || answer->responses[0].partition_responses.size() != 1) {
    bench_.history.add(AnswerImpossible{bench_.now(), "Produce does not name the partition"});
    co_return false;
  }
  const auto& data = answer->responses[0].partition_responses[0];
  if (data.error_code != ErrorCode::none) {
    bench_.history.add(BatchRefused{.at = bench_.now(),
                                    .where = where,
                                    .first = id,
                                    .error = data.error_code,
                                    .sent_at = sent_at});
    co_return false;
  }
  bench_.history.add(BatchAcked{.at = bench_.now(),
                                .where = where,
                                .first = id,
                                .base_offset = data.base_offset,
                                .sent_at = sent_at});
  co_return true;
}

}  // namespace moldau::sim
