#include "records/validator.h"

#include <array>

#include "base/crc32c.h"
#include "records/builder.h"
#include "records/record_cursor.h"

namespace moldau::records {
namespace {

template <class... Args>
std::unexpected<Rejection> reject(BatchRejection kind, fmt::format_string<Args...> format,
                                  Args&&... args) {
  return std::unexpected(
      Rejection{.kind = kind, .message = fmt::format(format, std::forward<Args>(args)...)});
}

/// The one batch in front, or why there is not exactly one.
std::expected<SharedBytes, Rejection> only_batch(const SharedBytes& records) {
  const Result<BatchFrame> frame = peek_frame(records.bytes());
  if (!frame && frame.error().code != Errc::truncated) {
    return reject(BatchRejection::corrupt_message, "{}", frame.error().context);
  }
  if (frame && frame->magic != magic_v2) {
    return reject(BatchRejection::invalid_record,
                  "produce requests take batches of magic 2 only, not {}", frame->magic);
  }
  if (!frame || frame->size > records.size()) {
    return reject(BatchRejection::invalid_record, "no whole record batch in {} bytes",
                  records.size());
  }
  if (frame->size < batch_header_size) {
    return reject(BatchRejection::corrupt_message, "batch of {} bytes", frame->size);
  }
  const Bytes rest = records.bytes().subspan(frame->size);
  const Result<BatchFrame> second = peek_frame(rest);
  if (second ? second->size <= rest.size() : second.error().code != Errc::truncated) {
    return reject(BatchRejection::invalid_record, "more than one record batch for a partition");
  }
  return records.slice(0, frame->size);
}

struct Candidate {
  SharedBytes bytes;
  BatchView batch;
  Codec codec;
};

/// Checks all that the header says.
std::expected<Candidate, Rejection> check_header(SharedBytes bytes, const ValidationRules& rules) {
  const std::uint8_t* const at = bytes.data();
  const int codec_id = load_be<std::uint16_t>(at + layout::attributes) & codec_mask;
  const std::optional<Codec> codec = codec_from_id(codec_id);
  if (codec == Codec::zstd && rules.zstd == ZstdRule::refused) {
    return reject(BatchRejection::unsupported_compression_type,
                  "zstd needs version 7 of the produce request");
  }
  const auto base_offset = load_be<std::int64_t>(at + layout::base_offset);
  if (base_offset != 0) {
    return reject(BatchRejection::invalid_record, "base offset is {}, not 0", base_offset);
  }
  if (bytes.size() > rules.max_message_bytes) {
    return reject(BatchRejection::message_too_large,
                  "batch of {} bytes, but at most {} are allowed", bytes.size(),
                  rules.max_message_bytes);
  }
  const auto stored_crc = load_be<std::uint32_t>(at + layout::crc);
  const std::uint32_t crc = crc32c(bytes.bytes().subspan(layout::attributes));
  if (crc != stored_crc) {
    return reject(BatchRejection::corrupt_message, "batch has crc {:08x}, computed {:08x}",
                  stored_crc, crc);
  }
  if (!codec) {
    return reject(BatchRejection::unsupported_compression_type, "compression type {}", codec_id);
  }
  const std::int64_t last_delta = load_be<std::int32_t>(at + layout::last_offset_delta);
  const std::int64_t count = load_be<std::int32_t>(at + layout::record_count);
  if (count <= 0 || last_delta != count - 1) {
    return reject(BatchRejection::invalid_record,
                  "last offset delta {} does not fit a count of {} records", last_delta, count);
  }
  const Result<BatchView> batch = BatchView::parse(bytes.bytes());
  if (!batch) return reject(BatchRejection::corrupt_message, "{}", batch.error().context);
  if (batch->is_control()) {
    return reject(BatchRejection::invalid_record, "clients may not write control records");
  }
  if (batch->has_producer_id() && batch->base_sequence() < 0) {
    return reject(BatchRejection::invalid_record, "producer {} with sequence number {}",
                  batch->producer_id(), batch->base_sequence());
  }
  if (batch->timestamp_type() == TimestampType::log_append_time) {
    return reject(BatchRejection::invalid_timestamp,
                  "producers may not set the timestamp type LogAppendTime");
  }
  return Candidate{.bytes = std::move(bytes), .batch = *batch, .codec = *codec};
}

/// What the records turned out to be.
struct Walk {
  std::int64_t max_timestamp{no_timestamp};
  std::int32_t max_timestamp_offset_delta{0};
  bool offsets_consecutive{true};
  std::size_t errors{0};
  bool timestamp_error{false};
  std::vector<RecordError> reported{};

  void add_error(std::int32_t index, std::string message) {
    ++errors;
    if (reported.size() < record_errors_max) reported.push_back({index, std::move(message)});
  }
};

/// What a topic asks of each record.
class RecordRules {
 public:
  RecordRules(const ValidationRules& rules, WallMs now)
      : key_required_(rules.keys == KeyRule::required),
        oldest_(bounded(now.value, -static_cast<__int128>(rules.timestamp_before_max_ms))),
        newest_(bounded(now.value, rules.timestamp_after_max_ms)),
        timestamp_checked_(rules.timestamp_type == TimestampType::create_time) {}

  bool allow(std::int64_t timestamp, const RecordView& record) const {
    return (!key_required_ || record.key.has_value()) && allow_timestamp(timestamp);
  }
  /// Says why a record is not allowed.
  [[gnu::cold]] void explain(std::int32_t index, std::int64_t timestamp, bool has_key,
                             Walk& walk) const {
    if (key_required_ && !has_key) {
      return walk.add_error(index, "a compacted topic takes no record without a key");
    }
    walk.timestamp_error = true;
    walk.add_error(index, fmt::format("timestamp {} is out of range: it should be within {} to {}",
                                      timestamp, oldest_, newest_));
  }

 private:
  bool allow_timestamp(std::int64_t timestamp) const {
    return !timestamp_checked_ || timestamp == no_timestamp ||
           (timestamp >= oldest_ && timestamp <= newest_);
  }
  static std::int64_t bounded(std::int64_t now, __int128 by) {
    const __int128 sum = now + by;
    if (sum > std::numeric_limits<std::int64_t>::max()) {
      return std::numeric_limits<std::int64_t>::max();
    }
    if (sum < std::numeric_limits<std::int64_t>::min()) {
      return std::numeric_limits<std::int64_t>::min();
    }
    return static_cast<std::int64_t>(sum);
  }

  const bool key_required_;
  const std::int64_t oldest_;
  const std::int64_t newest_;
  const bool timestamp_checked_;
};

std::unexpected<Rejection> record_errors(Walk walk) {
  return std::unexpected(
      Rejection{.kind = walk.timestamp_error ? BatchRejection::invalid_timestamp
                                             : BatchRejection::invalid_record,
                .message = fmt::format("{} records were rejected, the first because of: {}",
                                       walk.errors, walk.reported.front().message),
                .record_errors = std::move(walk.reported)});
}

/// The batch's timestamps are the producer's: check_header() has seen to it.
std::expected<Walk, Rejection> check_records(const BatchView& batch, Bytes area,
                                             const ValidationRules& rules, WallMs now) {
  Walk walk;
  const RecordRules allowed(rules, now);
  // Nothing of what each record needs is in memory.
  const std::int64_t base_timestamp = batch.base_timestamp();
  std::int64_t max_timestamp = no_timestamp;
  std::int32_t max_index = 0;
  std::int32_t moved = 0;
  const auto look = [&](std::int32_t index, const RecordView& record) {
    const std::int64_t timestamp = plus_delta(base_timestamp, record.timestamp_delta);
    if (!allowed.allow(timestamp, record)) {
      allowed.explain(index, timestamp, record.key.has_value(), walk);
    }
    if (timestamp > max_timestamp) {
      max_timestamp = timestamp;
      max_index = index;
    }
    moved |= record.offset_delta ^ index;
  };
  if (const char* const why = detail::each_record(area, batch.record_count(), look)) {
    return reject(BatchRejection::invalid_record, "malformed batch: {}", why);
  }
  walk.max_timestamp = max_timestamp;
  walk.max_timestamp_offset_delta = max_index;
  walk.offsets_consecutive = moved == 0;
  if (walk.errors > 0) return record_errors(std::move(walk));
  return walk;
}

int level_of(Codec codec, const ValidationRules& rules) {
  switch (codec) {
    case Codec::gzip:
      return rules.gzip_level;
    case Codec::lz4:
      return rules.lz4_level;
    case Codec::zstd:
      return rules.zstd_level;
    case Codec::none:
    case Codec::snappy:
      break;
  }
  return 0;
}

/// The batch again, uncompressed, with offsets 0..n-1.
SharedBytes renumber(const BatchView& batch, Bytes area) {
  BatchBuilder builder(
      {.leader_epoch = batch.partition_leader_epoch(),
       .kind = batch.is_transactional() ? BatchKind::transactional : BatchKind::data,
       .producer_id = batch.producer_id(),
       .producer_epoch = batch.producer_epoch(),
       .base_sequence = batch.base_sequence()});
  RecordReader reader(area, batch.record_count());
  RecordView record;
  for (std::int32_t index = 0; reader.next(record); ++index) {
    builder.append_copy(index, timestamp_of(batch, record), record);
  }
  return std::move(builder).build();
}

SharedBytes with_timestamp(const BatchView& batch, TimestampType type, std::int64_t max_timestamp) {
  Block copy(batch.size_in_bytes());
  std::memcpy(copy.bytes().data(), batch.bytes().data(), copy.size());
  set_timestamp(copy.bytes(), type, max_timestamp);
  return SharedBytes(std::move(copy));
}

/// The batch as it is stored; `stored_timestamp` is its maximum timestamp there.
std::expected<SharedBytes, Rejection> rewritten(const Candidate& from, Bytes area, Rewrite rewrite,
                                                const Walk& walk, std::int64_t stored_timestamp,
                                                const ValidationRules& rules) {
  if (rewrite == Rewrite::none) return from.bytes;
  if (rewrite == Rewrite::header) {
    return with_timestamp(from.batch, rules.timestamp_type, stored_timestamp);
  }
  const Codec codec = rules.codec.value_or(from.codec);
  SharedBytes source = from.bytes;
  Bytes records = area;
  if (!walk.offsets_consecutive) {
    source = renumber(from.batch, area);
    records = source.bytes().subspan(batch_header_size);
  }
  std::array<std::uint8_t, batch_header_size> header;
  std::memcpy(header.data(), source.data(), header.size());
  put_timestamp(header, rules.timestamp_type, stored_timestamp);
  Result<SharedBytes> bytes = with_codec(header, records, codec, level_of(codec, rules));
  if (!bytes) return reject(BatchRejection::message_too_large, "{}", bytes.error().context);
  if (bytes->size() > rules.max_message_bytes) {
    return reject(BatchRejection::message_too_large,
                  "batch of {} bytes after recompression, but at most {} are allowed",
                  bytes->size(), rules.max_message_bytes);
  }
  return *std::move(bytes);
}

/// A connection that has sent one batch may never send another.
struct Trim {
  explicit Trim(Decompressor& used) : decompressor(used) {}
  Trim(const Trim&) = delete;
  Trim& operator=(const Trim&) = delete;
  ~Trim() { decompressor.trim(); }
  Decompressor& decompressor;
};

}  // namespace

Validation validate_batch(const SharedBytes& records, const ValidationRules& rules, WallMs now,
                          Decompressor& decompressor) {
  const Candidate candidate = TRY(check_header(TRY(only_batch(records)), rules));
  const BatchView& batch = candidate.batch;
  const Trim when_done(decompressor);
  const Result<Bytes> area =
      decompressor.decompress(candidate.codec, batch.records_area(), rules.uncompressed_size_max);
  if (!area) {
    return reject(area.error().code == Errc::too_large ? BatchRejection::message_too_large
                                                       : BatchRejection::invalid_record,
                  "{}", area.error().context);
  }
  const Walk walk = TRY(check_records(batch, *area, rules, now));

  const bool stamped = rules.timestamp_type == TimestampType::log_append_time;
  const std::int64_t max_timestamp = stamped ? now.value : walk.max_timestamp;
  Rewrite rewrite = Rewrite::none;
  if (stamped || max_timestamp != batch.max_timestamp()) rewrite = Rewrite::header;
  if (!walk.offsets_consecutive || rules.codec.value_or(candidate.codec) != candidate.codec) {
    rewrite = Rewrite::whole;
  }
  SharedBytes bytes = TRY(rewritten(candidate, *area, rewrite, walk, max_timestamp, rules));
  if (bytes.size() > rules.segment_bytes) {
    return reject(BatchRejection::record_list_too_large,
                  "batch of {} bytes, but a segment has at most {}", bytes.size(),
                  rules.segment_bytes);
  }
  const Result<BatchView> view = BatchView::parse(bytes.bytes());
  CHECK(view.has_value(), "a validated batch does not parse");
  return ValidatedBatch{.bytes = std::move(bytes),
                        .batch = *view,
                        .max_timestamp = max_timestamp,
                        .max_timestamp_offset_delta = stamped ? 0 : walk.max_timestamp_offset_delta,
                        .uncompressed_size = area->size(),
                        .rewrite = rewrite};
}

}  // namespace moldau::records
