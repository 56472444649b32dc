#include "records/batch.h"

#include "base/crc32c.h"

namespace moldau::records {

Result<BatchFrame> peek_frame(Bytes bytes) {
  if (bytes.size() < log_overhead) return fail(Errc::truncated, "batch header");
  const auto length = load_be<std::int32_t>(bytes.data() + layout::batch_length);
  if (length < message_length_min) {
    return fail(Errc::corrupt, fmt::format("batch length {}", length));
  }
  if (bytes.size() < size_and_magic_size) return fail(Errc::truncated, "batch header");
  const auto magic = load_be<std::int8_t>(bytes.data() + layout::magic);
  if (magic < 0 || magic > magic_v2) {
    return fail(Errc::corrupt, fmt::format("batch magic {}", magic));
  }
  return BatchFrame{.size = log_overhead + static_cast<std::size_t>(length), .magic = magic};
}

Result<BatchView> BatchView::parse(Bytes bytes) {
  const BatchFrame frame = TRY(peek_frame(bytes));
  if (frame.magic != magic_v2) {
    return fail(Errc::unsupported, fmt::format("batch magic {}", frame.magic));
  }
  if (frame.size < batch_header_size) {
    return fail(Errc::corrupt, fmt::format("batch of {} bytes", frame.size));
  }
  if (bytes.size() < frame.size) {
    return fail(Errc::truncated, fmt::format("{} of a batch's {} bytes", bytes.size(), frame.size));
  }
  const BatchView batch(bytes.first(frame.size));
  const std::int32_t delta = batch.last_offset_delta();
  if (delta < 0 || batch.record_count() < 0 ||
      batch.base_offset().value() > std::numeric_limits<std::int64_t>::max() - delta - 1) {
    return fail(Errc::corrupt, fmt::format("batch at {} with last offset delta {} and {} records",
                                           batch.base_offset(), delta, batch.record_count()));
  }
  return batch;
}

std::int32_t BatchView::last_sequence() const {
  const std::int32_t base = base_sequence();
  return base < 0 ? no_sequence : increment_sequence(base, last_offset_delta());
}

std::optional<std::int64_t> BatchView::delete_horizon_ms() const {
  if ((attributes() & delete_horizon_bit) == 0) return std::nullopt;
  return base_timestamp();
}

Result<> BatchView::verify_crc() const {
  const std::uint32_t computed = crc32c(bytes_.subspan(layout::attributes));
  if (computed == crc()) return {};
  return fail(Errc::corrupt, fmt::format("batch at {}: crc {:08x}, computed {:08x}", base_offset(),
                                         crc(), computed));
}

void assign_offset(MutBytes batch, Offset base_offset, LeaderEpoch leader_epoch) {
  CHECK(batch.size() >= layout::magic, "{} bytes", batch.size());
  store_be(batch.data() + layout::base_offset, base_offset.value());
  store_be(batch.data() + layout::partition_leader_epoch, leader_epoch.value());
}

void put_timestamp(MutBytes header, TimestampType type, std::int64_t max_timestamp) {
  CHECK(header.size() >= batch_header_size, "{} bytes", header.size());
  auto attributes = load_be<std::uint16_t>(header.data() + layout::attributes);
  attributes = static_cast<std::uint16_t>(type == TimestampType::log_append_time
                                              ? attributes | log_append_time_bit
                                              : attributes & ~log_append_time_bit);
  store_be(header.data() + layout::attributes, attributes);
  store_be(header.data() + layout::max_timestamp, max_timestamp);
}

void set_timestamp(MutBytes batch, TimestampType type, std::int64_t max_timestamp) {
  put_timestamp(batch, type, max_timestamp);
  update_crc(batch);
}

void update_crc(MutBytes batch) {
  CHECK(batch.size() >= batch_header_size, "{} bytes", batch.size());
  store_be(batch.data() + layout::crc, crc32c(batch.subspan(layout::attributes)));
}

std::optional<BatchView> BatchIterator::next() {
  if (!status_ || position_ == bytes_.size()) return std::nullopt;
  Result<BatchView> batch = BatchView::parse(bytes_.subspan(position_));
  if (!batch) {
    if (batch.error().code != Errc::truncated) {
      status_ =
          std::unexpected(std::move(batch).error().within(fmt::format("at byte {}", position_)));
    }
    return std::nullopt;
  }
  position_ += batch->size_in_bytes();
  return *batch;
}

}  // namespace moldau::records
