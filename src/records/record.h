#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "base/error.h"
#include "base/ids.h"
#include "records/batch.h"
#include "records/compression.h"

namespace moldau::records {

struct Header {
  std::string_view key;
  std::optional<Bytes> value;
};

/// The headers of one record, decoded on demand; they have been checked when the record was read.
class Headers {
 public:
  Headers() = default;
  Headers(std::int32_t count, Bytes encoded) : count_(count), encoded_(encoded) {}

  std::int32_t count() const { return count_; }
  /// As they stand in the record, without the count.
  Bytes encoded() const { return encoded_; }

  /// Calls `visit(Header)` for each, in order.
  template <class Visit>
  void each(Visit&& visit) const {
    Bytes rest = encoded_;
    for (std::int32_t i = 0; i < count_; ++i) visit(next(rest));
  }

 private:
  static Header next(Bytes& rest);
  std::int32_t count_{0};
  Bytes encoded_;
};

/// One record of a decompressed records area, which it points into.
struct RecordView {
  std::int8_t attributes{0};  ///< unused in format 2
  std::int64_t timestamp_delta{0};
  std::int32_t offset_delta{0};
  std::optional<Bytes> key;
  std::optional<Bytes> value;  ///< null is a tombstone
  Headers headers;
  std::size_t size_in_bytes{0};  ///< with its length prefix
};

inline Offset offset_of(const BatchView& batch, const RecordView& record) {
  return batch.base_offset() + record.offset_delta;
}

/// Wraps where a hostile delta overflows.
constexpr std::int64_t plus_delta(std::int64_t base_timestamp, std::int64_t delta) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(base_timestamp) +
                                   static_cast<std::uint64_t>(delta));
}

/// Under LogAppendTime all records have the batch's timestamp.
inline std::int64_t timestamp_of(const BatchView& batch, const RecordView& record) {
  if (batch.timestamp_type() == TimestampType::log_append_time) return batch.max_timestamp();
  return plus_delta(batch.base_timestamp(), record.timestamp_delta);
}

/// Reads the records of a decompressed area in order, without allocation. Bytes are not trusted:
/// every length is checked against what is left, headers included. The area must hold exactly the
/// records that were announced.
///
///     RecordView record;
///     while (reader.next(record)) { ... }
///     TRY(reader.status());
class RecordReader {
 public:
  RecordReader(Bytes area, std::int32_t record_count) : rest_(area), left_(record_count) {}

  /// False at the end and at the first error.
  bool next(RecordView& record);
  /// Why the reading stopped, if not at the end: corrupt.
  Result<> status() const;

 private:
  Bytes rest_;
  std::int32_t left_;
  const char* error_{nullptr};
};

/// A reader of the batch's records. It points into the batch or into the decompressor's buffer, so
/// it is valid until that is used again. Errors: those of Decompressor::decompress; unsupported for
/// an undefined codec.
Result<RecordReader> read_records(const BatchView& batch, Decompressor& decompressor,
                                  std::size_t size_max = uncompressed_bytes_max);

}  // namespace moldau::records
