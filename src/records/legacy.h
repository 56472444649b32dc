#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "base/bytes.h"
#include "base/error.h"
#include "base/ids.h"
#include "records/batch.h"
#include "records/compression.h"

namespace moldau::records {

/// Reading of the formats before KIP-98 (magic 0 and 1), which old data directories still hold. We
/// never write them. An entry is int64 offset, int32 size, then the message: uint32 CRC-32 over
/// what follows it, int8 magic, int8 attributes, from magic 1 on int64 timestamp, and int32-length
/// key and value. A compressed message is a wrapper: its value holds entries again.
struct LegacyRecord {
  Offset offset{0};
  std::int64_t timestamp{no_timestamp};  ///< none in magic 0
  std::optional<Bytes> key;
  std::optional<Bytes> value;
};

/// One entry of a segment: a record, or a wrapper around many. Does not own its bytes.
class LegacyMessage {
 public:
  /// The entry at the front of `bytes`. Errors: truncated if they end before it; corrupt;
  /// unsupported for magic 2.
  static Result<LegacyMessage> parse(Bytes bytes);

  Bytes bytes() const { return bytes_; }
  std::size_t size_in_bytes() const { return bytes_.size(); }
  std::int8_t magic() const { return magic_; }
  Codec codec() const { return codec_; }
  TimestampType timestamp_type() const { return timestamp_type_; }
  /// As stored: of a wrapper, the offset of its last record and the greatest of the timestamps.
  const LegacyRecord& record() const { return record_; }

  /// Errors: corrupt.
  Result<> verify_crc() const;

  /// Calls `visit` with each record, in order, with absolute offsets. What it is given is valid
  /// during the call. Errors: those of Decompressor::decompress; corrupt for a wrapper whose
  /// content is malformed, empty, compressed again or numbered beyond it. Nothing is visited then.
  Result<> each(Decompressor& decompressor, std::size_t size_max,
                const std::function<void(const LegacyRecord&)>& visit) const;

 private:
  Bytes bytes_;
  std::int8_t magic_{0};
  Codec codec_{Codec::none};
  TimestampType timestamp_type_{TimestampType::create_time};
  LegacyRecord record_;
};

}  // namespace moldau::records
