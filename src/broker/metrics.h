#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstdint>

#include "base/time.h"

namespace moldau::broker {

/// Counts in powers of two of microseconds: bucket i holds values below 2^i us. Any thread may
/// record; a reader sees each counter at some moment, not all at one.
class LatencyHistogram {
 public:
  static constexpr std::size_t buckets = 26;  // the last one holds 33 s and more

  void record(Duration latency) {
    const auto us = static_cast<std::uint64_t>(latency.count() < 0 ? 0 : latency.count() / 1000);
    const auto bucket = std::min<std::size_t>(std::bit_width(us), buckets - 1);
    counts_[bucket].fetch_add(1, std::memory_order_relaxed);
    sum_us_.fetch_add(us, std::memory_order_relaxed);
  }
  std::uint64_t count(std::size_t bucket) const {
    return counts_[bucket].load(std::memory_order_relaxed);
  }
  std::uint64_t sum_us() const { return sum_us_.load(std::memory_order_relaxed); }
  /// Upper bound of the bucket in microseconds.
  static constexpr std::uint64_t bound_us(std::size_t bucket) { return std::uint64_t{1} << bucket; }

 private:
  std::array<std::atomic<std::uint64_t>, buckets> counts_{};
  std::atomic<std::uint64_t> sum_us_{0};
};

/// A counter that any thread may bump.
class Counter {
 public:
  void add(std::uint64_t count = 1) { value_.fetch_add(count, std::memory_order_relaxed); }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

struct ApiMetrics {
  Counter requests;
  Counter request_bytes;
  Counter response_bytes;
  LatencyHistogram latency;  ///< from the whole frame read to the answer handed to the writer
};

/// What the request path counts; read by the metrics page.
struct RequestMetrics {
  static constexpr std::size_t api_keys = 128;
  std::array<ApiMetrics, api_keys> by_api;
  Counter unsupported_versions;  ///< unknown API or version: the connection was closed
  Counter malformed;             ///< the frame did not decode: the connection was closed
  Counter bytes_in;              ///< record bytes produced
  Counter bytes_out;             ///< record bytes fetched
  Counter records_in;
};

}  // namespace moldau::broker
