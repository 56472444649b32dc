#include "sim/groups/observer.h"

namespace moldau::sim {

namespace {
constexpr Duration timeout = std::chrono::seconds(3);
constexpr Duration pace = milliseconds(20);
constexpr std::int64_t think_ms_max = 60;
constexpr std::int64_t slow_think_ms_max = 300;
constexpr int busy_turns = 50;
constexpr Duration peek_every = std::chrono::microseconds(300);
constexpr int peeks_max = 100;
}  // namespace

GroupObserver::GroupObserver(Bench& bench, int actor)
    : bench_(bench),
      prng_(Prng(bench.scenario.seed).split(fmt::format("actor-{}", actor))),
      client_(bench, actor, timeout) {}

env::Task<> GroupObserver::run() {
  while (true) {
    resting_ = !bench_.consuming;
    const auto done = resting_ ? co_await bench_.pause(pace) : co_await turn();
    if (!done && done.error().code == Errc::cancelled) co_return;
    if (!done && !co_await bench_.pause(pace)) co_return;
  }
}

env::Task<Result<>> GroupObserver::turn() {
  const int life = bench_.history.broker_starts();
  if (life != seen_life_) {
    CO_TRY(co_await read_all());
    seen_life_ = life;
  }
  const auto think = ++turns_ < busy_turns ? think_ms_max : slow_think_ms_max;
  CO_TRY(co_await bench_.pause(milliseconds(prng_.between(1, think))));
  const auto all = bench_.history.catalog().safe_partitions();
  if (all.empty() || !bench_.consuming) co_return Result<>();
  if (prng_.chance(400'000)) co_return co_await commit();
  if (prng_.chance(600'000)) co_return co_await peek();
  const int group = static_cast<int>(prng_.below(bench_.scenario.groups.size() + 1));
  CO_TRY(co_await client_.find(group, prng_));
  CO_TRY(co_await client_.fetch(group, all, prng_));
  co_return Result<>();
}

env::Task<Result<>> GroupObserver::peek() {
  const int seen = bench_.commits_sent;
  for (int i = 0; i < peeks_max && bench_.commits_sent == seen; ++i) {
    CO_TRY(co_await bench_.pause(peek_every));
  }
  if (bench_.commits_sent == seen) co_return Result<>();
  const int group = bench_.last_commit_of;
  CO_TRY(co_await client_.find(group, prng_));
  const auto all = bench_.history.catalog().safe_partitions();
  if (!all.empty()) CO_TRY(co_await client_.fetch(group, all, prng_));
  co_return Result<>();
}

env::Task<Result<>> GroupObserver::commit() {
  CO_TRY(co_await client_.find(own_group(), prng_));
  const auto all = bench_.history.catalog().safe_partitions();
  if (all.empty()) co_return Result<>();
  const PartitionRef where = all[prng_.below(all.size())];
  // Deletion goes by name: nobody knows of which topic, if there were several.
  if (!bench_.scenario.names_are_reused && prng_.chance(200'000)) {
    co_return co_await client_.remove(own_group(), where);
  }
  CO_TRY(
      co_await client_.commit(own_group(), {}, {{where, Offset(prng_.between(0, 1'000))}}, prng_));
  co_return Result<>();
}

env::Task<Result<>> GroupObserver::read_all() {
  for (int group = 0; group <= own_group(); ++group) {
    const auto all = bench_.history.catalog().safe_partitions();
    if (all.empty()) continue;
    CO_TRY(co_await client_.find(group, prng_));
    CO_TRY(co_await client_.fetch(group, all, prng_));
  }
  co_return Result<>();
}

env::Task<> GroupObserver::audit() {
  while (true) {
    const auto done = co_await read_all();
    if (done) break;
    if (done.error().code == Errc::cancelled || !co_await bench_.pause(pace)) co_return;
  }
  idle_ = true;
}

}  // namespace moldau::sim
