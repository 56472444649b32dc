#pragma once

#include <cstdint>
#include <map>
#include <string_view>
#include <tuple>

#include "base/prng.h"
#include "base/time.h"
#include "env/sim/options.h"
#include "env/worker.h"

namespace moldau::env {

/// Names an actor (a worker, a disk, a link) or a kind of event in the trace: a hash of its name.
constexpr std::uint64_t trace_id(std::string_view name) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char c : name) hash = (hash ^ static_cast<std::uint8_t>(c)) * 0x100000001b3ULL;
  return hash;
}

/// The virtual clock and everything that is yet to happen, in order of (time, chance, sequence).
/// Time moves from event to event and only when all that is due now has happened.
class Schedule {
 public:
  Schedule(std::uint64_t seed, const SimOptions& options);

  /// Within an event: its moment and what the running thread has been blocked for since.
  MonoTime now() const { return time_ + blocked_; }
  Duration since_start() const;
  void at(MonoTime when, std::uint64_t actor, std::string_view kind, Job job);
  /// Makes the next event happen. False if there is none.
  bool step();
  bool idle() const { return events_.empty(); }
  MonoTime next() const { return std::get<0>(events_.begin()->first); }

  /// The running thread (a worker or a pool thread) is blocked in a system call for so long.
  /// Without a running thread, nothing: the test itself looks at a disk.
  void block(Duration duration);
  /// Runs the job as a thread that may block; returns how long it was. `worker` is null on pools.
  Duration run_thread(Worker* worker, Job job);
  Worker* running() const { return running_; }

  /// Adds to the trace hash.
  void trace(std::uint64_t actor, std::uint64_t kind, std::uint64_t detail);
  std::uint64_t trace_hash() const { return hash_; }
  std::uint64_t events() const { return count_; }

  /// An actor's own stream of chance.
  Prng chance_of(std::string_view actor) const { return root_.split(actor); }

 private:
  struct Event {
    std::uint64_t actor;
    std::uint64_t kind;
    Job job;
  };

  Prng root_;
  Prng order_;
  const SimOptions& options_;
  std::map<std::tuple<MonoTime, std::uint64_t, std::uint64_t>, Event> events_;
  MonoTime time_;
  Duration blocked_{0};
  bool in_thread_{false};
  Worker* running_{nullptr};
  std::uint64_t sequence_{0};
  std::uint64_t count_{0};
  std::uint64_t at_this_time_{0};
  std::uint64_t hash_{0};
};

}  // namespace moldau::env
