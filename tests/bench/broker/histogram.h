#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <string>
#include <vector>

#include <fmt/format.h>

namespace moldau::bench {

/// A histogram of nanoseconds in log-linear buckets, as HdrHistogram's: 512 to each power of two,
/// so that a value is known to 0.2 %. One thread writes; histograms are added when all have ended.
class Histogram {
 public:
  void add(int64_t value) {
    const auto slot = slot_of(static_cast<uint64_t>(std::max<int64_t>(value, 0)));
    if (slot >= counts_.size()) counts_.resize(slot + 1);
    ++counts_[slot];
    ++count_;
    sum_ += value;
    most_ = std::max(most_, value);
  }

  void add(const Histogram& other) {
    if (other.counts_.size() > counts_.size()) counts_.resize(other.counts_.size());
    for (size_t slot = 0; slot < other.counts_.size(); ++slot) counts_[slot] += other.counts_[slot];
    count_ += other.count_;
    sum_ += other.sum_;
    most_ = std::max(most_, other.most_);
  }

  uint64_t count() const { return count_; }

  /// The least value that so large a fraction does not exceed; 0 when there are none.
  int64_t at(double fraction) const {
    const auto wanted = static_cast<uint64_t>(fraction * static_cast<double>(count_));
    uint64_t seen = 0;
    for (size_t slot = 0; slot < counts_.size(); ++slot) {
      seen += counts_[slot];
      if (seen > wanted) return std::min(most_, upper_end(slot));
    }
    return most_;
  }

  /// {"count", "mean", "p50", ..., "curve": [[fraction, microseconds]]}, all but count in µs.
  std::string json() const {
    static constexpr std::array fractions = {0.0,  0.1,   0.25,  0.5,    0.75,   0.9,    0.95,
                                             0.99, 0.995, 0.999, 0.9995, 0.9999, 0.99999};
    std::string curve;
    for (const auto fraction : fractions) {
      if (fraction > 0.5 && (1 - fraction) * static_cast<double>(count_) < 1) break;
      curve += fmt::format("{}[{}, {:.1f}]", curve.empty() ? "" : ", ", fraction, us(at(fraction)));
    }
    const auto mean = count_ == 0 ? 0 : static_cast<double>(sum_) / static_cast<double>(count_);
    return fmt::format(
        R"({{"count": {}, "mean": {:.1f}, "p50": {:.1f}, "p99": {:.1f}, "p99.9": {:.1f}, )"
        R"("max": {:.1f}, "curve": [{}]}})",
        count_, mean / 1e3, us(at(0.5)), us(at(0.99)), us(at(0.999)), us(most_), curve);
  }

 private:
  static constexpr int bits = 9;  // of a value that are kept, behind its first

  static double us(int64_t ns) { return static_cast<double>(ns) / 1e3; }

  static size_t slot_of(uint64_t value) {
    const int width = std::bit_width(value);
    if (width <= bits + 1) return value;
    const int shift = width - bits - 1;
    return (static_cast<size_t>(shift) << bits) + (value >> shift);
  }

  static int64_t upper_end(size_t slot) {
    if (slot < (2U << bits)) return static_cast<int64_t>(slot);
    const auto shift = (slot >> bits) - 1;
    const auto base = slot - (shift << bits);
    return static_cast<int64_t>(((base + 1) << shift) - 1);
  }

  std::vector<uint64_t> counts_;
  uint64_t count_ = 0;
  int64_t sum_ = 0;
  int64_t most_ = 0;
};

}  // namespace moldau::bench
