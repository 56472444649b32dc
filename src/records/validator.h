#pragma once

#include <cstdint>
#include <expected>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/time.h"
#include "records/batch.h"
#include "records/compression.h"
#include "records/record.h"

namespace moldau::records {

/// Why a produced batch is refused; the broker has one error code for each.
enum class BatchRejection : std::uint8_t {
  corrupt_message,               ///< the bytes are no batch, or the CRC is wrong
  invalid_record,                ///< header, record or count that no client may send
  invalid_timestamp,             ///< out of the topic's range, or LogAppendTime set by the client
  message_too_large,             ///< over max.message.bytes, or expands beyond the limit
  unsupported_compression_type,  ///< zstd in an old request, or an undefined codec
  record_list_too_large,         ///< no segment of the topic can hold it
};

struct RecordError {
  std::int32_t batch_index;  ///< of the record in its batch
  std::string message;
};

/// At most so many record errors are reported for one batch.
inline constexpr std::size_t record_errors_max = 1000;

struct Rejection {
  BatchRejection kind;
  std::string message;
  std::vector<RecordError> record_errors{};
};

enum class KeyRule : std::uint8_t { optional, required };
enum class ZstdRule : std::uint8_t { allowed, refused };

/// What topic and request demand of a batch. The defaults are Kafka's.
struct ValidationRules {
  /// `compression.type`; null is `producer`: as the client compressed it.
  std::optional<Codec> codec{};
  int gzip_level{gzip_level_default};
  int lz4_level{lz4_level_default};
  int zstd_level{zstd_level_default};
  TimestampType timestamp_type{TimestampType::create_time};
  std::int64_t timestamp_before_max_ms{std::numeric_limits<std::int64_t>::max()};
  std::int64_t timestamp_after_max_ms{3'600'000};
  KeyRule keys{KeyRule::optional};   ///< required where cleanup.policy has `compact`
  ZstdRule zstd{ZstdRule::allowed};  ///< refused in Produce requests below version 7 (KIP-110)
  std::size_t max_message_bytes{1'048'588};
  std::size_t segment_bytes{std::numeric_limits<std::size_t>::max()};
  std::size_t uncompressed_size_max{uncompressed_bytes_max};
};

enum class Rewrite : std::uint8_t { none, header, whole };

/// A batch that may be appended once it has its offset and leader epoch.
struct ValidatedBatch {
  SharedBytes bytes;  ///< exactly the batch; a slice of the request unless it was rewritten
  BatchView batch;    ///< the same
  std::int64_t max_timestamp;
  std::int32_t max_timestamp_offset_delta;  ///< of the first record that has it
  std::size_t uncompressed_size;            ///< of the records area
  Rewrite rewrite;
};

using Validation = std::expected<ValidatedBatch, Rejection>;

/// Everything about one partition's `records` of a Produce request (version 3 and later) that needs
/// no lock: docs/append.md, step Prepare. They must hold one whole format 2 batch; a torn rest
/// behind it is dropped, as Apache does. Rules and their order are those of Apache's LogValidator,
/// with these differences, all towards strictness: inner offsets other than 0..n-1 are renumbered
/// also if uncompressed; LogAppendTime set by a client is always refused; the decompressed size is
/// limited. Nothing is copied or allocated when the batch is right, uncompressed and stays as it
/// is; the decompressor is trimmed. For over 64 KiB of compressed records run it off the workers.
[[nodiscard]] Validation validate_batch(const SharedBytes& records, const ValidationRules& rules,
                                        WallMs now, Decompressor& decompressor);

}  // namespace moldau::records
