#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "env/env.h"

namespace moldau::stress {

struct RoundResult {
  std::vector<std::string> wrong;
  std::uint64_t acknowledged{0};
};

/// Half a second of produce, faults, truncation and deletion in a fresh directory; then a restart
/// on what is left, and the comparison with the model.
RoundResult run_round(env::Env& env, const std::string& directory, std::uint64_t seed);

/// A write that hangs on one of two directories does not hold the other's appends up.
RoundResult run_slow_directory(env::Env& env, const std::string& directory, std::uint64_t seed);

}  // namespace moldau::stress
