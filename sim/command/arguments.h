#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "base/error.h"

namespace moldau::sim {

/// The command line of moldau-sim.
struct Arguments {
  std::uint64_t start{1};
  std::uint64_t seeds{100};
  std::optional<int> seconds;    ///< no new seed after so long
  int jobs{0};                   ///< processes; 0: as many as there are processors
  bool until_failure{false};     ///< ends at the first
  bool once{false};              ///< no second run to compare the trace hash with
  std::uint64_t trace_every{0};  ///< prints the hash every so many events, to standard error
  bool verbose{false};
  bool help{false};
};

extern const char* const usage;

/// Errors: invalid, naming the argument.
Result<Arguments> parse_arguments(std::span<char* const> arguments);

}  // namespace moldau::sim
