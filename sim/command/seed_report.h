#pragma once

#include <cstdint>
#include <string>

#include "sim/command/arguments.h"
#include "sim/run.h"

namespace moldau::sim {

struct SeedReport {
  std::uint64_t seed{0};
  RunResult result;
};

/// Runs the seed, and once more unless the arguments say otherwise: a trace that differs is a
/// failure, too.
SeedReport run_and_compare(std::uint64_t seed, const Arguments& arguments);

/// The failure with its seed and the command that replays it.
std::string text_of_failure(const SeedReport& report);

/// Sums up.
struct Totals {
  std::uint64_t passed{0};
  std::uint64_t failed{0};
  std::uint64_t batches_acked{0};
  std::uint64_t records_read{0};
  std::uint64_t starts{0};
  Duration virtual_time{0};
  /// Of all trace hashes, in whatever order they come: equal in two builds or processes.
  std::uint64_t hash{0};

  void add(const SeedReport& report);
  std::string to_string() const;
};

}  // namespace moldau::sim
