#include "records/builder.h"

#include <array>

#include "base/varint.h"

namespace moldau::records {
namespace {

void put_varint(std::vector<std::uint8_t>& to, std::int64_t value) {
  std::array<std::uint8_t, varint64_size_max> encoded;
  const std::size_t size = put_uvarint(encoded.data(), zigzag(value));
  to.insert(to.end(), encoded.begin(), encoded.begin() + static_cast<std::ptrdiff_t>(size));
}

std::size_t varint_size(std::int64_t value) {
  return uvarint_size(zigzag(value));
}

void put_bytes(std::vector<std::uint8_t>& to, Bytes bytes) {
  to.insert(to.end(), bytes.begin(), bytes.end());
}

void put_nullable(std::vector<std::uint8_t>& to, const std::optional<Bytes>& bytes) {
  put_varint(to, bytes ? static_cast<std::int64_t>(bytes->size()) : -1);
  if (bytes) put_bytes(to, *bytes);
}

std::size_t nullable_size(const std::optional<Bytes>& bytes) {
  return bytes ? varint_size(static_cast<std::int64_t>(bytes->size())) + bytes->size()
               : varint_size(-1);
}

std::uint16_t kind_bits(BatchKind kind) {
  switch (kind) {
    case BatchKind::data:
      return 0;
    case BatchKind::transactional:
      return transactional_bit;
    case BatchKind::control:
      return control_bit;
    case BatchKind::transactional_control:
      return transactional_bit | control_bit;
  }
  CHECK(false, "kind {}", static_cast<int>(kind));
}

/// Deltas wrap, as they do when they are added again.
std::int64_t delta(std::int64_t value, std::int64_t base) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(value) -
                                   static_cast<std::uint64_t>(base));
}

std::int32_t batch_length(std::size_t size) {
  CHECK(size <= std::size_t{std::numeric_limits<std::int32_t>::max()}, "batch of {} bytes", size);
  return static_cast<std::int32_t>(size - log_overhead);
}

}  // namespace

BatchBuilder::BatchBuilder(const BatchOptions& options)
    : options_(options), bytes_(batch_header_size) {
  if (options.delete_horizon_ms) base_timestamp_ = *options.delete_horizon_ms;
}

void BatchBuilder::append(const NewRecord& record) {
  append_at(last_offset_delta_ + 1, record);
}

void BatchBuilder::append_at(std::int32_t offset_delta, const NewRecord& record) {
  headers_.clear();
  for (const Header& header : record.headers) {
    put_nullable(headers_, as_bytes(header.key));
    put_nullable(headers_, header.value);
  }
  append_fields({offset_delta, record.timestamp, record.key, record.value},
                static_cast<std::int32_t>(record.headers.size()), headers_);
}

void BatchBuilder::append_copy(std::int32_t offset_delta, std::int64_t timestamp,
                               const RecordView& record) {
  append_fields({offset_delta, timestamp, record.key, record.value}, record.headers.count(),
                record.headers.encoded());
}

void BatchBuilder::append_fields(const Fields& fields, std::int32_t header_count,
                                 Bytes encoded_headers) {
  CHECK(fields.offset_delta > last_offset_delta_, "offset delta {} after {}", fields.offset_delta,
        last_offset_delta_);
  if (record_count_ == 0 && !options_.delete_horizon_ms) base_timestamp_ = fields.timestamp;
  const std::int64_t timestamp_delta = delta(fields.timestamp, base_timestamp_);
  const std::size_t size = 1 + varint_size(timestamp_delta) + varint_size(fields.offset_delta) +
                           nullable_size(fields.key) + nullable_size(fields.value) +
                           varint_size(header_count) + encoded_headers.size();
  put_varint(bytes_, static_cast<std::int64_t>(size));
  bytes_.push_back(0);
  put_varint(bytes_, timestamp_delta);
  put_varint(bytes_, fields.offset_delta);
  put_nullable(bytes_, fields.key);
  put_nullable(bytes_, fields.value);
  put_varint(bytes_, header_count);
  put_bytes(bytes_, encoded_headers);

  ++record_count_;
  last_offset_delta_ = fields.offset_delta;
  max_timestamp_ = std::max(max_timestamp_, fields.timestamp);
}

void BatchBuilder::put_header(MutBytes batch) const {
  const std::int32_t last_delta = options_.last_offset_delta.value_or(last_offset_delta_);
  CHECK(last_delta >= 0 && last_delta >= last_offset_delta_, "last offset delta {}, last record {}",
        last_delta, last_offset_delta_);
  std::uint16_t attributes = kind_bits(options_.kind);
  if (options_.log_append_time) attributes |= log_append_time_bit;
  if (options_.delete_horizon_ms) attributes |= delete_horizon_bit;
  const std::int64_t max_timestamp =
      options_.log_append_time.value_or(options_.max_timestamp.value_or(max_timestamp_));

  std::uint8_t* const to = batch.data();
  store_be(to + layout::base_offset, options_.base_offset.value());
  store_be(to + layout::batch_length, batch_length(batch.size()));
  store_be(to + layout::partition_leader_epoch, options_.leader_epoch.value());
  store_be(to + layout::magic, magic_v2);
  store_be(to + layout::attributes, attributes);
  store_be(to + layout::last_offset_delta, last_delta);
  store_be(to + layout::base_timestamp, base_timestamp_);
  store_be(to + layout::max_timestamp, max_timestamp);
  store_be(to + layout::producer_id, options_.producer_id.value());
  store_be(to + layout::producer_epoch, options_.producer_epoch.value());
  store_be(to + layout::base_sequence, options_.base_sequence);
  store_be(to + layout::record_count, record_count_);
  update_crc(batch);
}

SharedBytes BatchBuilder::build() && {
  std::vector<std::uint8_t> batch = std::move(bytes_);
  put_header(batch);
  // A batch without records is a bare header: there is nothing to compress.
  if (options_.codec == Codec::none || record_count_ == 0) {
    return SharedBytes::adopt(std::move(batch));
  }
  const int level = options_.level.value_or(level_default(options_.codec));
  Result<SharedBytes> compressed =
      with_codec(Bytes(batch).first(batch_header_size), Bytes(batch).subspan(batch_header_size),
                 options_.codec, level);
  CHECK(compressed.has_value(), "{} bytes of records", batch.size());  // put_header() bounded them
  return *std::move(compressed);
}

Result<SharedBytes> with_codec(Bytes header, Bytes area, Codec codec, int level) {
  CHECK(header.size() == batch_header_size, "{} bytes", header.size());
  SharedBytes compressed =
      codec == Codec::none ? SharedBytes::borrow(area) : TRY(compress(codec, level, area));
  if (compressed.size() > std::size_t{std::numeric_limits<std::int32_t>::max()} - header.size()) {
    return fail(Errc::too_large, fmt::format("batch of {} bytes", compressed.size()));
  }
  Block batch(header.size() + compressed.size());
  std::uint8_t* const to = batch.bytes().data();
  std::memcpy(to, header.data(), header.size());
  if (!compressed.empty()) {
    std::memcpy(to + header.size(), compressed.data(), compressed.size());
  }
  store_be(to + layout::batch_length, batch_length(batch.size()));
  const auto attributes = load_be<std::uint16_t>(to + layout::attributes);
  store_be(to + layout::attributes,
           static_cast<std::uint16_t>((attributes & ~codec_mask) | static_cast<unsigned>(codec)));
  update_crc(batch.bytes());
  return SharedBytes(std::move(batch));
}

}  // namespace moldau::records
