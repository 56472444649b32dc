#include "sim/command/arguments.h"

#include <charconv>
#include <string_view>

namespace moldau::sim {

const char* const usage =
    "usage: moldau-sim [--seeds N] [--start S] [--seconds T] [--jobs J] [--once]\n"
    "                  [--until-failure] [--trace [N]] [--verbose]\n"
    "\n"
    "Runs a whole broker in a simulated world under work and faults, one world per seed, each\n"
    "twice with the same trace hash.\n"
    "\n"
    "  --seeds N    how many seeds (100)\n"
    "  --start S    the first seed (1); a failure is replayed with --seeds 1 --start S\n"
    "  --seconds T  starts no seed after T seconds; without --seeds there is no other end\n"
    "  --jobs J     processes (one per processor); with 1 seed none but this one\n"
    "  --once       runs every seed only once\n"
    "  --until-failure  ends when a seed has failed\n"
    "  --trace [N]  prints the trace hash every N events (10000): the first difference between\n"
    "               two runs shows where they part\n"
    "  --verbose    every event of the clients and the broker's log, to standard error\n";

namespace {

Result<std::uint64_t> number(std::string_view name, std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    return fail(Errc::invalid, fmt::format("{} needs a number, not \"{}\"", name, text));
  }
  return value;
}

}  // namespace

Result<Arguments> parse_arguments(std::span<char* const> arguments) {
  Arguments parsed;
  bool has_seeds = false;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view name = arguments[i];
    const std::string_view next = i + 1 < arguments.size() ? arguments[i + 1] : "";
    if (name == "--help") {
      parsed.help = true;
    } else if (name == "--once") {
      parsed.once = true;
    } else if (name == "--until-failure") {
      parsed.until_failure = true;
    } else if (name == "--verbose") {
      parsed.verbose = true;
    } else if (name == "--trace") {
      parsed.trace_every = 10'000;
      if (next.empty() || next.starts_with("--")) continue;
      parsed.trace_every = TRY(number(name, next));
      ++i;
    } else if (name == "--seeds" || name == "--start" || name == "--seconds" || name == "--jobs") {
      const std::uint64_t value = TRY(number(name, next));
      ++i;
      has_seeds = has_seeds || name == "--seeds";
      if (name == "--seeds") parsed.seeds = value;
      if (name == "--start") parsed.start = value;
      if (name == "--seconds") parsed.seconds = static_cast<int>(value);
      if (name == "--jobs") parsed.jobs = static_cast<int>(value);
    } else {
      return fail(Errc::invalid, fmt::format("there is no argument \"{}\"", name));
    }
  }
  if (parsed.seconds && !has_seeds) parsed.seeds = std::uint64_t{1} << 40;
  return parsed;
}

}  // namespace moldau::sim
