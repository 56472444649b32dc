#pragma once

#include <array>
#include <string>

#include "records/builder.h"

namespace moldau::bench {

/// The record batches that paths are walked with.
struct BatchSize {
  const char* name;
  int records;
  std::size_t value_bytes;
};
inline constexpr BatchSize small_batch{"100B", 1, 100};
inline constexpr BatchSize medium_batch{"1KiB", 1, 1'024};
inline constexpr BatchSize large_batch{"16KiB", 16, 1'024};
inline constexpr std::array batch_sizes{small_batch, medium_batch, large_batch};

/// Uncompressed, timestamps from `timestamp` on ascending by one.
inline SharedBytes make_batch(const BatchSize& size, std::int64_t timestamp,
                              const records::BatchOptions& options = {}) {
  records::BatchBuilder builder(options);
  const std::string value(size.value_bytes, 'v');
  for (int i = 0; i < size.records; ++i) {
    builder.append({.timestamp = timestamp + i, .value = as_bytes(value)});
  }
  return std::move(builder).build();
}

/// Makes the batches of an idempotent producer, one behind the other.
class IdempotentProducer {
 public:
  explicit IdempotentProducer(ProducerId id) : id_(id) {}
  SharedBytes next(const BatchSize& size, std::int64_t timestamp) {
    const auto base_sequence = sequence_;
    sequence_ = records::increment_sequence(sequence_, size.records);
    return make_batch(
        size, timestamp,
        {.producer_id = id_, .producer_epoch = ProducerEpoch(0), .base_sequence = base_sequence});
  }

 private:
  const ProducerId id_;
  std::int32_t sequence_{0};
};

}  // namespace moldau::bench
