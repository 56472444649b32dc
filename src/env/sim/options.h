#pragma once

#include <cstdint>

#include "base/prng.h"
#include "base/time.h"

namespace moldau::env {

/// How long an operation takes: uniform in [least, most]; `tail_per_million` times in a million
/// uniform in [most, tail_most].
struct Latency {
  Duration least{0};
  Duration most{0};
  std::uint64_t tail_per_million{0};
  Duration tail_most{0};

  Duration draw(Prng& prng) const {
    const auto between = [&](Duration low, Duration high) {
      return Duration(prng.between(low.count(), std::max(low, high).count()));
    };
    return prng.chance(tail_per_million) ? between(most, tail_most) : between(least, most);
  }
};

/// Wall time of the first event: 2026-01-01T00:00:00Z.
inline constexpr WallMs sim_wall_start{1'767'225'600'000};

struct SimDiskOptions {
  std::uint64_t capacity_bytes{1ULL << 40};
  Latency write{std::chrono::microseconds(2), std::chrono::microseconds(40), 2'000,
                milliseconds(20)};
  Latency read{std::chrono::microseconds(50), milliseconds(2), 5'000, milliseconds(50)};
  Latency cached_read{std::chrono::microseconds(1), std::chrono::microseconds(5)};
  Latency sync{std::chrono::microseconds(150), milliseconds(3), 10'000, milliseconds(100)};
  Latency names{std::chrono::microseconds(5), std::chrono::microseconds(100)};
  /// How often pread_cached finds nothing in the cache.
  std::uint64_t cold_reads_per_million{100'000};
  /// EIO of one call; the next may succeed. Off, since each takes the directory offline.
  std::uint64_t write_errors_per_million{0};
  std::uint64_t read_errors_per_million{0};
  std::uint64_t sync_errors_per_million{0};
};

struct SimNetworkOptions {
  Latency latency{std::chrono::microseconds(20), std::chrono::microseconds(500), 5'000,
                  milliseconds(40)};
  /// Written and not yet read by the peer, per direction: a writer waits beyond it.
  std::size_t buffer_bytes{256 << 10};
  /// How often a read gets less than is there.
  std::uint64_t short_reads_per_million{200'000};
  Duration retransmit{milliseconds(200)};      ///< of what a cut link or a dead host swallowed
  Duration give_up{std::chrono::seconds(30)};  ///< after which the sender's side is reset
};

/// Which of several things that are due at the same moment goes first.
enum class SimOrder : std::uint8_t {
  shuffled,  ///< by the seed; a worker's jobs keep their order, and so do a stream's bytes
  fifo,
};

struct SimOptions {
  SimOrder order{SimOrder::shuffled};
  SimDiskOptions disk;
  SimNetworkOptions network;
  /// Prints the trace hash to standard error every so many events; 0: never.
  std::uint64_t print_every{0};
};

}  // namespace moldau::env
