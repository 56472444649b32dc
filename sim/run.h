#pragma once

#include <cstdint>
#include <string>

#include "sim/scenario.h"

namespace moldau::sim {

struct RunOptions {
  std::uint64_t print_hash_every{0};  ///< events; to standard error; 0: never
  bool verbose{false};                ///< every event and the broker's log to standard error
};

/// What came of one seed.
struct RunResult {
  std::uint64_t trace_hash{0};
  std::uint64_t events{0};  ///< of the simulated world
  std::uint64_t batches_acked{0};
  std::uint64_t records_read{0};
  std::uint64_t starts{0};  ///< of the broker
  Duration virtual_time{0};
  std::string failure;  ///< empty: all promises were kept. Else the checker, then the story

  bool is_good() const { return failure.empty(); }
};

/// A whole broker and its clients in a world of their own, from the first start to the final
/// reckoning. The same seed gives the same result, whatever ran before.
RunResult run_seed(std::uint64_t seed, const RunOptions& options);

}  // namespace moldau::sim
