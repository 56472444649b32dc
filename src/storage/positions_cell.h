#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "storage/log.h"

namespace moldau::storage {

/// All that a reader needs of a log's ends.
struct Ends {
  Offset log_start;
  Offset last_stable_offset;
  Offset high_watermark;
  Offset limit;
  FilePosition durable;
  FilePosition written;

  Positions positions() const {
    return {log_start, last_stable_offset, high_watermark, limit, durable.offset, written.offset};
  }
};

/// A sequence lock: one writer at a time (under the log's mutex) stores all ends, readers load a
/// consistent set without a lock.
class PositionsCell {
 public:
  void store(const Ends& ends) {
    const auto version = version_.load(std::memory_order_relaxed);
    version_.store(version + 1, std::memory_order_relaxed);
    const std::array<std::int64_t, words> values = {
        ends.log_start.value(),
        ends.last_stable_offset.value(),
        ends.high_watermark.value(),
        ends.limit.value(),
        ends.durable.offset.value(),
        ends.durable.segment_base.value(),
        static_cast<std::int64_t>(ends.durable.position),
        ends.written.offset.value(),
        ends.written.segment_base.value(),
        static_cast<std::int64_t>(ends.written.position),
    };
    // Release: who sees one of these also sees the odd version.
    for (std::size_t i = 0; i < words; ++i) {
      values_[i].store(values[i], std::memory_order_release);
    }
    version_.store(version + 2, std::memory_order_release);
  }

  Ends load() const {
    std::array<std::int64_t, words> v;
    for (;;) {
      const auto version = version_.load(std::memory_order_acquire);
      if (version % 2 != 0) continue;
      for (std::size_t i = 0; i < words; ++i) v[i] = values_[i].load(std::memory_order_acquire);
      if (version_.load(std::memory_order_relaxed) == version) break;
    }
    return {.log_start = Offset(v[0]),
            .last_stable_offset = Offset(v[1]),
            .high_watermark = Offset(v[2]),
            .limit = Offset(v[3]),
            .durable = {Offset(v[4]), Offset(v[5]), static_cast<std::uint64_t>(v[6])},
            .written = {Offset(v[7]), Offset(v[8]), static_cast<std::uint64_t>(v[9])}};
  }

 private:
  static constexpr std::size_t words = 10;
  std::atomic<std::uint64_t> version_{0};
  std::array<std::atomic<std::int64_t>, words> values_{};
};

}  // namespace moldau::storage
