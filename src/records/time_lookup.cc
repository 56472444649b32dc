#include "records/time_lookup.h"

namespace moldau::records {

Result<std::optional<TimestampOffset>> first_at_or_after(const BatchView& batch,
                                                         std::int64_t target, Offset from,
                                                         Decompressor& decompressor,
                                                         std::size_t size_max) {
  if (batch.max_timestamp() < target || batch.last_offset() < from) return std::nullopt;
  RecordReader reader = TRY(read_records(batch, decompressor, size_max));
  RecordView record;
  while (reader.next(record)) {
    const TimestampOffset found{timestamp_of(batch, record), offset_of(batch, record)};
    if (found.timestamp >= target && found.offset >= from) return found;
  }
  TRY(reader.status());
  return std::nullopt;
}

Result<std::optional<TimestampOffset>> max_timestamp_record(const BatchView& batch,
                                                            Decompressor& decompressor,
                                                            std::size_t size_max) {
  if (batch.max_timestamp() == no_timestamp) return std::nullopt;
  return first_at_or_after(batch, batch.max_timestamp(), batch.base_offset(), decompressor,
                           size_max);
}

}  // namespace moldau::records
