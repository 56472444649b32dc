// The paths that every record takes, one by one: their time, or their instructions.
//
//   micro_bench [--benchmark_filter=REGEX] ...    time of each, by Google Benchmark
//   micro_bench --count [PREFIX]                  under callgrind: a fixed number of runs of each,
//                                                 of which callgrind dumps one profile by its name
//
// tools/check/instructions.py runs the second and compares with baseline.json.
#include <benchmark/benchmark.h>

#include <chrono>
#include <cstring>
#include <thread>

#include "tests/bench/micro/counting.h"
#include "tests/bench/micro/work.h"

namespace moldau::bench {

namespace {

// Enough for queues and vectors to have their size, and for what happens only now and then (an
// index entry, a queue's next block) to be in the sum with its share.
constexpr int warm_up_runs = 4;
constexpr int counted_runs = 16;

Paths all_paths() {
  Paths paths;
  add_record_paths(paths);
  add_message_paths(paths);
  add_frame_paths(paths);
  add_log_paths(paths);
  add_request_paths(paths);
  return paths;
}

void run_once(Work& work) {
  work.prepare();
  {
    const Counted counted;
    work.run();
  }
  work.finish();
}

/// One line for each path: its name, and how many operations its profile is of.
void count(std::string_view prefix) {
  for (const auto& path : all_paths()) {
    if (!path.name.starts_with(prefix)) continue;
    const auto work = path.make();
    for (int i = 0; i < warm_up_runs; ++i) run_once(*work);
    CALLGRIND_ZERO_STATS;
    for (int i = 0; i < counted_runs; ++i) run_once(*work);
    CALLGRIND_DUMP_STATS_AT(path.name.c_str());
    fmt::print("{} {}\n", path.name, counted_runs * path.operations);
  }
}

void measure(benchmark::State& state, const Path& path) {
  using Clock = std::chrono::steady_clock;
  const auto work = path.make();
  for (auto _ : state) {
    work->prepare();
    const auto begun = Clock::now();
    work->run();
    state.SetIterationTime(std::chrono::duration<double>(Clock::now() - begun).count());
    work->finish();
  }
  // One operation's share of the time, printed as such.
  state.counters["per_operation"] = benchmark::Counter(
      path.operations, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

int main(int argc, char** argv) {
  // As in a broker: atomics are atomic from the first thread on.
  std::jthread([] {}).join();
  if (argc > 1 && std::strcmp(argv[1], "--count") == 0) {
    count(argc > 2 ? argv[2] : "");
    return 0;
  }
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  for (const auto& path : all_paths()) {
    benchmark::RegisterBenchmark(path.name.c_str(),
                                 [path](benchmark::State& state) { measure(state, path); })
        ->UseManualTime()
        ->Unit(benchmark::kMicrosecond);
  }
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}

}  // namespace

}  // namespace moldau::bench

int main(int argc, char** argv) {
  return moldau::bench::main(argc, argv);
}
