#include <fmt/format.h>

#include <cstdio>

#include "sim/command/arguments.h"
#include "sim/command/processes.h"
#include "sim/command/seed_report.h"

namespace moldau::sim {
namespace {

constexpr double progress_every_seconds = 10;

int run(const Arguments& arguments) {
  const double begun = real_seconds();
  double said = begun;
  Totals totals;
  const auto on_report = [&](const SeedReport& report) {
    totals.add(report);
    if (!report.result.is_good()) fmt::print("{}\n", text_of_failure(report));
    if (real_seconds() - said > progress_every_seconds) {
      said = real_seconds();
      fmt::print("{} seeds, {} failed, {:.0f} s\n", totals.passed + totals.failed, totals.failed,
                 said - begun);
    }
    std::fflush(stdout);
  };
  if (arguments.seeds == 1) {
    on_report(run_and_compare(arguments.start, arguments));
  } else if (!run_in_processes(arguments, on_report)) {
    fmt::print(stderr, "moldau-sim: cannot start processes\n");
    return 1;
  }
  const double took = real_seconds() - begun;
  fmt::print("{}\n{:.1f} s, {:.1f} seeds a second{}\n", totals.to_string(), took,
             static_cast<double>(totals.passed + totals.failed) / took,
             arguments.once ? "" : ", each run twice");
  fmt::print("{} passed, {} failed\n", totals.passed, totals.failed);
  return totals.failed == 0 ? 0 : 1;
}

}  // namespace
}  // namespace moldau::sim

int main(int argc, char** argv) {
  const auto arguments = moldau::sim::parse_arguments(std::span(argv + 1, argv + argc));
  if (!arguments) {
    fmt::print(stderr, "moldau-sim: {}\n{}", arguments.error().context, moldau::sim::usage);
    return 2;
  }
  if (arguments->help) {
    fmt::print("{}", moldau::sim::usage);
    return 0;
  }
  return moldau::sim::run(*arguments);
}
