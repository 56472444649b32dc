// append_stress --seconds N --seed S [--directory D]: the append protocol on eight threads.

#include <charconv>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <string>

#include <unistd.h>

#include "env/real/real_env.h"
#include "round.h"

namespace {

std::uint64_t number(std::string_view text) {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

}  // namespace

int main(int argc, char** argv) {
  std::uint64_t seconds = 10;
  std::uint64_t seed = 1;
  std::filesystem::path base = std::filesystem::temp_directory_path();
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view key = argv[i];
    if (key == "--seconds") seconds = number(argv[i + 1]);
    if (key == "--seed") seed = number(argv[i + 1]);
    if (key == "--directory") base = argv[i + 1];
  }
  std::string directory = base / "moldau-append-stress-XXXXXX";
  if (::mkdtemp(directory.data()) == nullptr) {
    std::perror(directory.c_str());
    return 2;
  }
  std::size_t wrong = 0;
  std::uint64_t rounds = 0;
  std::uint64_t acknowledged = 0;
  {
    moldau::env::RealEnv env({.workers = 8,
                              .log_level = moldau::env::Level::error,
                              .log_sink = [](moldau::env::Level, std::string_view line) {
                                // Planned failures are no news.
                                if (line.find("planned") != std::string_view::npos) return;
                                fmt::print(stderr, "{}\n", line);
                              }});
    env.start();
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
    for (; wrong == 0 && (rounds == 0 || std::chrono::steady_clock::now() < end); ++rounds) {
      const auto here = fmt::format("{}/{}", directory, rounds);
      const auto round_seed = seed * 1'000'003 + rounds;
      auto result = rounds % 8 == 1 ? moldau::stress::run_slow_directory(env, here, round_seed)
                                    : moldau::stress::run_round(env, here, round_seed);
      wrong += result.wrong.size();
      acknowledged += result.acknowledged;
      for (const auto& what : result.wrong) {
        fmt::print(stderr, "seed {} round {}: {}\n", seed, rounds, what);
      }
      std::filesystem::remove_all(here);
    }
  }
  std::filesystem::remove_all(directory);
  fmt::print("append_stress seed={} rounds={} acknowledged={} wrong={}\n", seed, rounds,
             acknowledged, wrong);
  return wrong == 0 ? 0 : 1;
}
