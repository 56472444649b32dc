#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/ids.h"
#include "records/batch.h"
#include "records/compression.h"
#include "records/record.h"

namespace moldau::records {

enum class BatchKind : std::uint8_t { data, transactional, control, transactional_control };

/// A record to be written. Views need to live only during the call of append().
struct NewRecord {
  std::int64_t timestamp{no_timestamp};
  std::optional<Bytes> key{};
  std::optional<Bytes> value{};
  std::span<const Header> headers{};
};

struct BatchOptions {
  Offset base_offset{0};
  LeaderEpoch leader_epoch{no_leader_epoch};
  Codec codec{Codec::none};
  std::optional<int> level{};  ///< the codec's default
  BatchKind kind{BatchKind::data};
  ProducerId producer_id{no_producer_id};
  ProducerEpoch producer_epoch{no_producer_epoch};
  std::int32_t base_sequence{no_sequence};
  /// Set: the batch is LogAppendTime and this is the time of its records.
  std::optional<std::int64_t> log_append_time{};
  /// Set by compaction (KIP-534); becomes the base that timestamps count from.
  std::optional<std::int64_t> delete_horizon_ms{};
  /// For a batch that keeps the range of removed records; else the last record decides.
  std::optional<std::int32_t> last_offset_delta{};
  /// For a batch that keeps the timestamp of removed records; else the greatest one appended.
  std::optional<std::int64_t> max_timestamp{};
};

/// Builds one format 2 batch, byte for byte as Apache's client builds it if it is not compressed.
/// A batch without records is what compaction leaves of a producer's last batch; it needs
/// `last_offset_delta`.
class BatchBuilder {
 public:
  explicit BatchBuilder(const BatchOptions& options);

  /// Gives the record the offset delta after the last one's.
  void append(const NewRecord& record);
  /// With an offset delta, greater than the last one's: compaction leaves gaps.
  void append_at(std::int32_t offset_delta, const NewRecord& record);
  /// A record of another batch, headers and all, without decoding them.
  void append_copy(std::int32_t offset_delta, std::int64_t timestamp, const RecordView& record);

  std::int32_t record_count() const { return record_count_; }
  /// What the batch would be if it were not compressed.
  std::size_t uncompressed_size() const { return bytes_.size(); }

  /// The batch with its CRC. The builder is empty after it.
  SharedBytes build() &&;

 private:
  struct Fields {
    std::int32_t offset_delta;
    std::int64_t timestamp;
    std::optional<Bytes> key;
    std::optional<Bytes> value;
  };
  void append_fields(const Fields& fields, std::int32_t header_count, Bytes encoded_headers);
  void put_header(MutBytes batch) const;

  BatchOptions options_;
  std::vector<std::uint8_t> bytes_;    ///< room for the header, then the records
  std::vector<std::uint8_t> headers_;  ///< scratch
  std::int32_t record_count_{0};
  std::int32_t last_offset_delta_{-1};
  std::int64_t base_timestamp_{no_timestamp};
  std::int64_t max_timestamp_{no_timestamp};
};

/// Compresses a whole uncompressed or recompresses a decompressed batch: `header` is the header of
/// any format 2 batch, `area` its decompressed records. Length, codec bits and CRC are set.
/// Errors: those of compress().
Result<SharedBytes> with_codec(Bytes header, Bytes area, Codec codec, int level);

}  // namespace moldau::records
