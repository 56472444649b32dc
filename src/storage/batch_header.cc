#include "storage/batch_header.h"

#include "base/endian.h"

namespace moldau::storage {

namespace layout = records::layout;

namespace {
/// Of a wrapper it is the greatest of its records' timestamps.
constexpr std::size_t legacy_timestamp_at = 18;
}  // namespace

Result<BatchHeader> parse_batch_header(Bytes bytes) {
  const auto frame = TRY(records::peek_frame(bytes));
  const auto* data = bytes.data();
  BatchHeader header;
  header.base_offset = Offset(load_be<std::int64_t>(data + layout::base_offset));
  header.last_offset = header.base_offset;
  header.size = frame.size;
  header.magic = frame.magic;
  if (header.base_offset.value() < 0) return fail(Errc::corrupt, "negative base offset");
  if (frame.magic < records::magic_v2) {
    if (frame.magic == 0) return header;
    constexpr std::size_t end = legacy_timestamp_at + sizeof(std::int64_t);
    if (frame.size < end) return fail(Errc::corrupt, "old message without timestamp");
    if (bytes.size() < end) return fail(Errc::truncated, "old message");
    header.max_timestamp = load_be<std::int64_t>(data + legacy_timestamp_at);
    return header;
  }
  if (frame.size < records::batch_header_size) return fail(Errc::corrupt, "batch length too small");
  if (bytes.size() < records::batch_header_size) return fail(Errc::truncated, "batch header");

  const auto delta = load_be<std::int32_t>(data + layout::last_offset_delta);
  header.record_count = load_be<std::int32_t>(data + layout::record_count);
  if (delta < 0 || header.record_count < 0) return fail(Errc::corrupt, "negative offset delta");
  if (header.base_offset.value() > std::numeric_limits<std::int64_t>::max() - delta - 1) {
    return fail(Errc::corrupt, "offset overflow");
  }
  header.last_offset = header.base_offset + delta;
  header.attributes = load_be<std::uint16_t>(data + layout::attributes);
  header.leader_epoch = LeaderEpoch(load_be<std::int32_t>(data + layout::partition_leader_epoch));
  header.max_timestamp = load_be<std::int64_t>(data + layout::max_timestamp);
  header.producer_id = ProducerId(load_be<std::int64_t>(data + layout::producer_id));
  header.producer_epoch = ProducerEpoch(load_be<std::int16_t>(data + layout::producer_epoch));
  header.base_sequence = load_be<std::int32_t>(data + layout::base_sequence);
  if (header.base_sequence != records::no_sequence) {
    header.last_sequence = records::increment_sequence(header.base_sequence, delta);
  }
  return header;
}

}  // namespace moldau::storage
