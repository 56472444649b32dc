#include "sim/consumer.h"

#include <algorithm>

namespace moldau::sim {

using protocol::ErrorCode;

namespace {
constexpr std::size_t partitions_max = 4;
constexpr std::uint64_t choices_per_million = 50'000;
constexpr std::uint64_t lists_per_million = 150'000;
constexpr Duration rest = milliseconds(20);
constexpr Duration slow_rest = milliseconds(200);
constexpr int busy_fetches = 60;  // then it slows down
/// Longer than any long poll and any answer of a broker that works.
constexpr Duration timeout = std::chrono::seconds(9);

Prng chance_of(const Bench& bench, int actor) {
  return Prng(bench.scenario.seed).split(fmt::format("actor-{}", actor));
}
}  // namespace

Consumer::Consumer(Bench& bench, int actor, const ConsumerPlan& plan)
    : bench_(bench),
      plan_(plan),
      prng_(chance_of(bench, actor)),
      connection_(bench, actor, timeout),
      fetcher_(bench, connection_, plan),
      lister_(bench, connection_) {}

env::Task<> Consumer::run() {
  while (true) {
    resting_ = !bench_.consuming;
    const auto done = resting_ ? co_await bench_.pause(rest) : co_await turn();
    if (!done && done.error().code == Errc::cancelled) co_return;
  }
}

env::Task<Result<>> Consumer::turn() {
  if (positions_.empty() || prng_.chance(choices_per_million)) choose();
  if (positions_.empty()) co_return co_await bench_.pause(rest);
  if (reset_) co_return co_await reset(*reset_);
  if (prng_.chance(lists_per_million)) co_return co_await list_offsets();
  co_return co_await fetch();
}

/// Takes up a partition, or leaves one.
void Consumer::choose() {
  const auto all = bench_.history.catalog().safe_partitions();
  if (!positions_.empty() && prng_.chance(300'000)) positions_.erase(positions_.begin());
  if (all.empty() || positions_.size() >= partitions_max) return;
  positions_.emplace(all[prng_.below(all.size())], Offset(0));
}

env::Task<Result<>> Consumer::fetch() {
  std::vector<FetchTarget> targets;
  for (auto& [where, position] : positions_) {
    if (position > Offset(0) && prng_.chance(plan_.seeks_per_million)) {
      position = Offset(
          static_cast<std::int64_t>(prng_.below(static_cast<std::uint64_t>(position.value()))));
    }
    targets.push_back({where, position});
  }
  const Duration wait = Duration(prng_.between(0, plan_.wait_max.count()));
  const auto summaries = co_await fetcher_.fetch(std::move(targets), milliseconds(to_ms(wait)));
  if (!summaries && summaries.error().code == Errc::cancelled) {
    co_return std::unexpected(summaries.error());
  }
  if (!summaries) co_return co_await bench_.pause(rest);
  go_on(*summaries);
  const bool failed = std::ranges::any_of(
      *summaries, [](const auto& entry) { return entry.second.error != ErrorCode::none; });
  // A client that was given nothing at once would ask for ever in one moment of virtual time.
  ++fetches_;
  co_return co_await bench_.pause(failed                    ? rest
                                  : fetches_ < busy_fetches ? milliseconds(1)
                                                            : slow_rest);
}

void Consumer::go_on(const Fetcher::Summaries& summaries) {
  for (const auto& [where, summary] : summaries) {
    if (summary.error == ErrorCode::none) {
      positions_[where] = summary.next;
    } else if (summary.error == ErrorCode::offset_out_of_range) {
      positions_[where] = Offset(0);
      if (bench_.history.catalog().is_trimmed(where.topic)) reset_ = where;
    } else if (!bench_.history.catalog().is_safe(where.topic)) {
      positions_.erase(where);
    }
  }
}

env::Task<Result<>> Consumer::list_offsets() {
  const PartitionRef where = positions_.begin()->first;
  const auto which = prng_.chance(800'000) ? ListedOffset::latest : ListedOffset::earliest;
  const auto version = static_cast<std::int16_t>(prng_.between(1, 10));
  const auto listed = co_await lister_.list(where, which, version);
  if (!listed && listed.error().code == Errc::cancelled) {
    co_return std::unexpected(listed.error());
  }
  if (!listed) positions_.erase(where);
  co_return co_await bench_.pause(milliseconds(1));
}

/// To the start of the log, as auto.offset.reset=earliest. If that fails it is asked for again when
/// the next fetch does.
env::Task<Result<>> Consumer::reset(PartitionRef where) {
  reset_.reset();
  const auto start = co_await lister_.list(where, ListedOffset::earliest);
  if (start) {
    positions_[where] = *start;
    co_return Result<>();
  }
  if (start.error().code == Errc::cancelled) co_return std::unexpected(start.error());
  co_return co_await bench_.pause(rest);
}

}  // namespace moldau::sim
