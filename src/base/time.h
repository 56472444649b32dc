#pragma once

#include <chrono>
#include <cstdint>
#include <ratio>

namespace moldau {

using Duration = std::chrono::nanoseconds;

/// Tag of the monotonic time line: never steps back, meaningless across restarts.
struct MonoTimeLine {
  using duration = Duration;
  using rep = duration::rep;
  using period = duration::period;
  static constexpr bool is_steady = true;
};

/// A moment on the monotonic clock. Pure cores take it as an argument; shells ask `env::Clock`.
using MonoTime = std::chrono::time_point<MonoTimeLine, Duration>;

/// Milliseconds since the Unix epoch, as Kafka's timestamps; may step either way.
struct WallMs {
  std::int64_t value{0};
  constexpr auto operator<=>(const WallMs&) const = default;
};

constexpr Duration milliseconds(std::int64_t count) {
  return std::chrono::milliseconds(count);
}
constexpr std::int64_t to_ms(Duration duration) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
}

}  // namespace moldau
