#pragma once

#include <cstdint>
#include <optional>

#include "base/error.h"
#include "base/ids.h"
#include "records/batch.h"
#include "records/record.h"

namespace moldau::records {

struct TimestampOffset {
  std::int64_t timestamp;
  Offset offset;
  bool operator==(const TimestampOffset&) const = default;
};

/// The first record of the batch with timestamp >= `target` and offset >= `from`: what ListOffsets
/// asks of the batch that the time index leads to. Null if there is none; then nothing was
/// decompressed if the header could tell. Errors: those of read_records and RecordReader.
Result<std::optional<TimestampOffset>> first_at_or_after(
    const BatchView& batch, std::int64_t target, Offset from, Decompressor& decompressor,
    std::size_t size_max = uncompressed_bytes_max);

/// The first record that has the batch's maximum timestamp (KIP-734). Null for a batch without
/// records or timestamps. Errors as above.
Result<std::optional<TimestampOffset>> max_timestamp_record(
    const BatchView& batch, Decompressor& decompressor,
    std::size_t size_max = uncompressed_bytes_max);

}  // namespace moldau::records
