#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>

#include "base/bytes.h"
#include "base/endian.h"
#include "base/error.h"
#include "base/ids.h"
#include "base/time.h"
#include "records/compression.h"

namespace moldau::records {

/// Record batch, format 2 (KIP-98; docs/formats/record_batch.md). Big-endian, 61 bytes of header.
namespace layout {
inline constexpr std::size_t base_offset = 0;
inline constexpr std::size_t batch_length = 8;
inline constexpr std::size_t partition_leader_epoch = 12;
inline constexpr std::size_t magic = 16;
inline constexpr std::size_t crc = 17;
inline constexpr std::size_t attributes = 21;
inline constexpr std::size_t last_offset_delta = 23;
inline constexpr std::size_t base_timestamp = 27;
inline constexpr std::size_t max_timestamp = 35;
inline constexpr std::size_t producer_id = 43;
inline constexpr std::size_t producer_epoch = 51;
inline constexpr std::size_t base_sequence = 53;
inline constexpr std::size_t record_count = 57;
inline constexpr std::size_t records = 61;
}  // namespace layout

inline constexpr std::size_t batch_header_size = layout::records;
/// What `batch_length` does not count: base offset and the length itself.
inline constexpr std::size_t log_overhead = layout::partition_leader_epoch;
/// With so many bytes the size and the format of any batch or old message are known.
inline constexpr std::size_t size_and_magic_size = layout::magic + 1;
inline constexpr std::int8_t magic_v2 = 2;
/// The smallest thing after an offset and a length: a magic 0 message without key and value.
inline constexpr std::int32_t message_length_min = 14;

inline constexpr std::int64_t no_timestamp = -1;
inline constexpr std::int32_t no_sequence = -1;

/// Bits of the attributes; 7 to 15 are unused and zero.
inline constexpr std::uint16_t codec_mask = 0x07;
inline constexpr std::uint16_t log_append_time_bit = 0x08;
inline constexpr std::uint16_t transactional_bit = 0x10;
inline constexpr std::uint16_t control_bit = 0x20;
inline constexpr std::uint16_t delete_horizon_bit = 0x40;

/// `message.timestamp.type`.
enum class TimestampType : std::uint8_t { create_time, log_append_time };

/// What the first bytes at a batch boundary say. `size` includes the 12 bytes of log_overhead.
struct BatchFrame {
  std::size_t size;
  std::int8_t magic;
};

/// Reads size and magic at a batch boundary, for all formats; does not ask for the whole batch.
/// Errors: truncated with fewer than size_and_magic_size bytes; corrupt for an impossible length or
/// a magic outside 0 to 2.
Result<BatchFrame> peek_frame(Bytes bytes);

/// `sequence + increment` in a producer's sequence space, which goes from 2^31-1 to 0.
constexpr std::int32_t increment_sequence(std::int32_t sequence, std::int32_t increment) {
  constexpr std::int32_t max = std::numeric_limits<std::int32_t>::max();
  return sequence > max - increment ? increment - (max - sequence) - 1 : sequence + increment;
}

/// One format 2 batch in memory that somebody else keeps alive. Reading a field costs a load. A
/// view exists only over whole batches whose header can be right; that the CRC and the records are,
/// `verify_crc` and `RecordReader` say.
class BatchView {
 public:
  /// The batch that starts at the front of `bytes`; more may follow it. Errors: truncated if the
  /// bytes end before the batch; unsupported for the old formats (records/legacy.h); corrupt for an
  /// impossible length, magic, offset range or count.
  static Result<BatchView> parse(Bytes bytes);

  Bytes bytes() const { return bytes_; }
  std::size_t size_in_bytes() const { return bytes_.size(); }
  /// The records area, compressed as codec() says.
  Bytes records_area() const { return bytes_.subspan(layout::records); }

  Offset base_offset() const { return Offset(load<std::int64_t>(layout::base_offset)); }
  std::int32_t batch_length() const { return load<std::int32_t>(layout::batch_length); }
  LeaderEpoch partition_leader_epoch() const {
    return LeaderEpoch(load<std::int32_t>(layout::partition_leader_epoch));
  }
  std::uint32_t crc() const { return load<std::uint32_t>(layout::crc); }
  std::uint16_t attributes() const { return load<std::uint16_t>(layout::attributes); }
  std::int32_t last_offset_delta() const { return load<std::int32_t>(layout::last_offset_delta); }
  /// Authoritative, whatever the count says: compaction removes records and keeps the range.
  Offset last_offset() const { return base_offset() + last_offset_delta(); }
  Offset next_offset() const { return last_offset() + 1; }
  /// What the records' deltas count from; with a delete horizon it is that horizon.
  std::int64_t base_timestamp() const { return load<std::int64_t>(layout::base_timestamp); }
  std::int64_t max_timestamp() const { return load<std::int64_t>(layout::max_timestamp); }
  ProducerId producer_id() const { return ProducerId(load<std::int64_t>(layout::producer_id)); }
  ProducerEpoch producer_epoch() const {
    return ProducerEpoch(load<std::int16_t>(layout::producer_epoch));
  }
  std::int32_t base_sequence() const { return load<std::int32_t>(layout::base_sequence); }
  std::int32_t last_sequence() const;
  /// How many records the area holds: 0 where compaction left only the header.
  std::int32_t record_count() const { return load<std::int32_t>(layout::record_count); }

  /// Null for the ids 5 to 7.
  std::optional<Codec> codec() const { return codec_from_id(attributes() & codec_mask); }
  TimestampType timestamp_type() const {
    return (attributes() & log_append_time_bit) != 0 ? TimestampType::log_append_time
                                                     : TimestampType::create_time;
  }
  bool is_transactional() const { return (attributes() & transactional_bit) != 0; }
  bool is_control() const { return (attributes() & control_bit) != 0; }
  bool has_producer_id() const { return producer_id() > no_producer_id; }
  /// When the batch's tombstones or marker may go, as compaction has noted (KIP-534).
  std::optional<std::int64_t> delete_horizon_ms() const;

  /// Reads the batch from its attributes to its end. Errors: corrupt, with both checksums.
  Result<> verify_crc() const;

 private:
  friend class BatchIterator;
  explicit BatchView(Bytes bytes) : bytes_(bytes) {}
  template <class T>
  T load(std::size_t at) const {
    return load_be<T>(bytes_.data() + at);
  }
  Bytes bytes_;
};

/// Writes what a leader gives an appended batch. Both fields are outside the CRC. `batch` needs
/// only its first 16 bytes.
void assign_offset(MutBytes batch, Offset base_offset, LeaderEpoch leader_epoch);

/// Sets the type and the maximum timestamp in a header, without the CRC.
void put_timestamp(MutBytes header, TimestampType type, std::int64_t max_timestamp);

/// Sets the type and the maximum timestamp in a whole batch, and its CRC.
void set_timestamp(MutBytes batch, TimestampType type, std::int64_t max_timestamp);

/// Puts the CRC of its bytes into a whole batch.
void update_crc(MutBytes batch);

/// Walks consecutive format 2 batches, as in a fetch answer or a segment. A batch that is cut off
/// at the end of the bytes ends the walk without an error: Fetch answers and torn tails have them.
///
///     BatchIterator batches(bytes);
///     while (auto batch = batches.next()) { ... }
///     TRY(batches.status());
class BatchIterator {
 public:
  explicit BatchIterator(Bytes bytes) : bytes_(bytes) {}

  /// Null at the end, at a partial batch and at the first error.
  std::optional<BatchView> next();
  /// Why the walk stopped, if not at the end or a partial batch: corrupt or unsupported.
  const Result<>& status() const { return status_; }
  /// Bytes of whole batches so far: the position of what next() would read.
  std::size_t position() const { return position_; }
  /// What is left behind position(): after the walk, the size of a partial batch.
  std::size_t bytes_left() const { return bytes_.size() - position_; }

 private:
  Bytes bytes_;
  std::size_t position_{0};
  Result<> status_;
};

}  // namespace moldau::records
