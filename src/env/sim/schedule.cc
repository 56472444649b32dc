#include "env/sim/schedule.h"

#include <fmt/format.h>

#include <cstdio>

#include "base/check.h"

namespace moldau::env {

namespace {
// Some hours after boot, so that nobody takes the monotonic clock for the time since the start.
constexpr MonoTime start{std::chrono::hours(5)};
// A loop that waits for nothing would stop time for ever.
constexpr std::uint64_t events_at_one_time_max = 20'000'000;
}  // namespace

Schedule::Schedule(std::uint64_t seed, const SimOptions& options)
    : root_(seed), order_(root_.split("order")), options_(options), time_(start), hash_(seed) {}

Duration Schedule::since_start() const {
  return now() - start;
}

void Schedule::at(MonoTime when, std::uint64_t actor, std::string_view kind, Job job) {
  const std::uint64_t chance = options_.order == SimOrder::shuffled ? order_.next() : 0;
  events_.emplace(std::tuple(std::max(when, now()), chance, sequence_++),
                  Event{actor, trace_id(kind), std::move(job)});
}

bool Schedule::step() {
  if (events_.empty()) return false;
  CHECK(!in_thread_, "a simulated thread runs the simulation");
  auto first = events_.extract(events_.begin());
  const MonoTime when = std::get<0>(first.key());
  at_this_time_ = when == time_ ? at_this_time_ + 1 : 0;
  CHECK(at_this_time_ < events_at_one_time_max, "time stands still");
  time_ = when;
  trace(first.mapped().actor, first.mapped().kind, 0);
  first.mapped().job();
  return true;
}

void Schedule::block(Duration duration) {
  if (in_thread_) blocked_ += duration;
}

Duration Schedule::run_thread(Worker* worker, Job job) {
  CHECK(!in_thread_, "a simulated thread runs another");
  in_thread_ = true;
  running_ = worker;
  job();
  running_ = nullptr;
  in_thread_ = false;
  return std::exchange(blocked_, Duration(0));
}

void Schedule::trace(std::uint64_t actor, std::uint64_t kind, std::uint64_t detail) {
  for (const std::uint64_t word :
       {static_cast<std::uint64_t>(now().time_since_epoch().count()), actor, kind, detail}) {
    hash_ = (hash_ ^ word) * 0x9e3779b97f4a7c15ULL;
    hash_ ^= hash_ >> 29;
  }
  ++count_;
  if (options_.print_every != 0 && count_ % options_.print_every == 0) {
    fmt::print(stderr, "trace events={} time_ns={} hash={:016x}\n", count_,
               now().time_since_epoch().count(), hash_);
  }
}

}  // namespace moldau::env
