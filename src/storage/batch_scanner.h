#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "base/error.h"
#include "env/disk.h"
#include "storage/batch_header.h"
#include "storage/read_plan.h"

namespace moldau::storage {

struct BatchPosition {
  std::uint64_t position{0};
  BatchHeader header;
};

class Segment;

/// Walks the batches of a segment file from a batch boundary on. Errors: corrupt (an impossible
/// header), truncated (the file or `end` comes in the middle of a batch), unavailable (ReadMode
/// cached), io. After an error position() is where the bad batch begins. Not thread-safe.
class BatchScanner {
 public:
  /// Small where few batches are looked at, large for whole segments.
  static constexpr std::size_t lookup_buffer = std::size_t{4} << 10;
  static constexpr std::size_t scan_buffer = std::size_t{256} << 10;

  /// `end`: bytes of the file that count.
  BatchScanner(env::File& file, std::uint64_t position, std::uint64_t end, ReadMode mode,
               std::size_t buffer_size);

  /// The next batch; null at the end.
  Result<std::optional<BatchPosition>> next();
  /// The next one that reaches `offset`: whose last offset is not below it; null if none does.
  Result<std::optional<BatchPosition>> next_reaching(Offset offset);
  /// As next(), of a batch which next() will return once more.
  Result<std::optional<BatchPosition>> peek();
  /// All bytes of the batch that next() has just returned; valid until the next call.
  Result<Bytes> whole();
  std::uint64_t position() const { return next_; }

 private:
  Result<bool> advance();
  Result<Bytes> load(std::uint64_t position, std::uint64_t size);
  Result<std::size_t> read(MutBytes into, std::uint64_t position);

  env::File& file_;
  const std::uint64_t end_;
  const ReadMode mode_;
  const std::size_t buffer_size_;
  std::uint64_t next_;
  BatchPosition current_;
  std::unique_ptr<std::uint8_t[]> buffer_;
  std::size_t capacity_{0};
  std::size_t filled_{0};
  std::uint64_t buffer_at_{0};
};

/// A scanner at a batch that begins at or below `offset`, by the index. That is not taken on trust,
/// for it has no checksum: where it points to no batch, or to one that begins behind `offset`, the
/// segment is scanned from its start.
Result<BatchScanner> scanner_for(const Segment& segment, env::File& file, Offset offset,
                                 std::uint64_t end, ReadMode mode,
                                 std::size_t buffer_size = BatchScanner::lookup_buffer);

}  // namespace moldau::storage
