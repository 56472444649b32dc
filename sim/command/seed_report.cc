#include "sim/command/seed_report.h"

#include <fmt/format.h>

namespace moldau::sim {

SeedReport run_and_compare(std::uint64_t seed, const Arguments& arguments) {
  const RunOptions options{.print_hash_every = arguments.trace_every, .verbose = arguments.verbose};
  SeedReport report{seed, run_seed(seed, options)};
  if (arguments.once || !report.result.is_good()) return report;
  const RunResult again = run_seed(seed, {});
  if (again.trace_hash == report.result.trace_hash && again.events == report.result.events) {
    return report;
  }
  report.result.failure = fmt::format(
      "same-seed-same-trace\ntrace hash {:016x} after {} events, then {:016x} after {}; compare "
      "two runs with --once --trace\n",
      report.result.trace_hash, report.result.events, again.trace_hash, again.events);
  return report;
}

std::string text_of_failure(const SeedReport& report) {
  return fmt::format("seed {} FAILED: {}replay: moldau-sim --seeds 1 --start {} --verbose\n",
                     report.seed, report.result.failure, report.seed);
}

void Totals::add(const SeedReport& report) {
  const RunResult& result = report.result;
  ++(result.is_good() ? passed : failed);
  batches_acked += result.batches_acked;
  records_read += result.records_read;
  starts += result.starts;
  virtual_time += result.virtual_time;
  hash ^= (result.trace_hash ^ report.seed) * 0x9e3779b97f4a7c15ULL;
}

std::string Totals::to_string() const {
  return fmt::format(
      "{} batches acknowledged, {} records read, {} starts of the broker, {} s of virtual time, "
      "hash {:016x}",
      batches_acked, records_read, starts, to_ms(virtual_time) / 1000, hash);
}

}  // namespace moldau::sim
