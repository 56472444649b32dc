/// Record batches as a producer, a leader or a disk gives them to us. The first byte chooses:
/// whether checksums are put right, what the topic demands, and which codec it stores. Behind it
/// come batches of any format.

#include <algorithm>

#include "base/check.h"
#include "bounded_work.h"
#include "checksums.h"
#include "records/batch.h"
#include "records/legacy.h"
#include "records/record.h"
#include "records/time_lookup.h"
#include "records/validator.h"
#include "storage/batch_header.h"

namespace moldau::fuzz {
namespace {

constexpr std::size_t uncompressed_max = 256 << 10;
constexpr WallMs now{1'700'000'000'000};

constexpr std::uint8_t right_checksums_bit = 0x01;
constexpr std::uint8_t log_append_time_bit = 0x02;
constexpr std::uint8_t keys_required_bit = 0x04;
constexpr std::uint8_t zstd_refused_bit = 0x08;
constexpr std::uint8_t any_timestamp_bit = 0x10;
constexpr int codec_shift = 5;  // 0 to 4, else what the producer used

records::ValidationRules rules_of(std::uint8_t options) {
  records::ValidationRules rules{.codec = records::codec_from_id(options >> codec_shift),
                                 .uncompressed_size_max = uncompressed_max};
  if ((options & log_append_time_bit) != 0) {
    rules.timestamp_type = records::TimestampType::log_append_time;
  }
  if ((options & keys_required_bit) != 0) rules.keys = records::KeyRule::required;
  if ((options & zstd_refused_bit) != 0) rules.zstd = records::ZstdRule::refused;
  if ((options & any_timestamp_bit) != 0) {
    rules.timestamp_after_max_ms = std::numeric_limits<std::int64_t>::max();
  }
  return rules;
}

/// Memory: what a batch may expand to, twice while it grows, and lz4's blocks or zstd's window,
/// which come with a few bytes of a frame's header. Steps: a record takes seven bytes at least, but
/// these may be compressed, so what the batch expands to counts as well.
constexpr WorkLimit batch_limit{.memory_per_byte = 4,
                                .memory_fixed = (10 << 20) + 3 * uncompressed_max,
                                .steps_per_byte = 200,
                                .steps_fixed = 40 * uncompressed_max};

/// Reads every record and header; how many records there were, or none if they are malformed.
std::optional<std::int32_t> read_all(const records::BatchView& batch,
                                     records::Decompressor& decompressor) {
  auto reader = records::read_records(batch, decompressor, uncompressed_max);
  if (!reader) return std::nullopt;
  records::RecordView record;
  std::int32_t count = 0;
  while (reader->next(record)) {
    ++count;
    std::int32_t headers = 0;
    record.headers.each([&headers](const records::Header& /*header*/) { ++headers; });
    CHECK(headers == record.headers.count());
  }
  if (!reader->status()) return std::nullopt;
  return count;
}

void check_lookups(const records::BatchView& batch, records::Decompressor& decompressor) {
  const auto first = records::first_at_or_after(batch, batch.base_timestamp(), batch.base_offset(),
                                                decompressor, uncompressed_max);
  if (first && *first) CHECK((*first)->timestamp >= batch.base_timestamp());
  const auto max = records::max_timestamp_record(batch, decompressor, uncompressed_max);
  if (max && *max) CHECK((*max)->timestamp >= batch.max_timestamp());
}

/// Storage reads the header by itself; both must see the same batch. It alone minds a base offset
/// below zero, which no log has and the validator refuses.
void check_header(const records::BatchView& batch) {
  const auto header = storage::parse_batch_header(batch.bytes());
  if (batch.base_offset() < Offset(0)) {
    CHECK(!header);
    return;
  }
  CHECK(header, "storage refuses a batch: {}", header.error().to_string());
  CHECK(header->size == batch.size_in_bytes() && header->base_offset == batch.base_offset() &&
        header->last_offset == batch.last_offset());
}

void try_batches(Bytes bytes) {
  records::Decompressor decompressor;
  records::BatchIterator batches(bytes);
  const BoundedWork bounded(bytes.size(), batch_limit);
  while (const auto batch = batches.next()) {
    (void)batch->verify_crc();
    check_header(*batch);
    const auto count = read_all(*batch, decompressor);
    if (count) CHECK(*count == batch->record_count());
    if (count) check_lookups(*batch, decompressor);
  }
  CHECK(batches.position() <= bytes.size());
}

void try_legacy(Bytes bytes) {
  records::Decompressor decompressor;
  const BoundedWork bounded(bytes.size(), batch_limit);
  while (const auto message = records::LegacyMessage::parse(bytes)) {
    (void)message->verify_crc();
    (void)message->each(decompressor, uncompressed_max, [](const records::LegacyRecord& record) {
      CHECK(!record.value || record.value->size() <= uncompressed_max);
    });
    bytes = bytes.subspan(message->size_in_bytes());
  }
}

void try_validation(const SharedBytes& produced, const records::ValidationRules& rules) {
  records::Decompressor decompressor;
  const auto validated = [&] {
    const BoundedWork bounded(produced.size(), batch_limit);
    return records::validate_batch(produced, rules, now, decompressor);
  }();
  if (!validated) return;
  const records::BatchView& batch = validated->batch;
  CHECK(batch.verify_crc(), "a validated batch has a wrong checksum");
  const auto count = read_all(batch, decompressor);
  CHECK(count == batch.record_count(), "a validated batch cannot be read");
  if (batch.timestamp_type() == records::TimestampType::log_append_time) return;
  // An old request may not bring zstd, but the topic may want it.
  auto own_rules = rules;
  own_rules.zstd = records::ZstdRule::allowed;
  const auto again = records::validate_batch(validated->bytes, own_rules, now, decompressor);
  CHECK(again, "a validated batch is refused: {}", again.error().message);
  CHECK(again->rewrite == records::Rewrite::none, "a validated batch is written again");
}

}  // namespace
}  // namespace moldau::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace moldau;
  Bytes input = fuzz::input_of(data, size);
  const std::uint8_t options = fuzz::take_byte(input);
  const SharedBytes batches = (options & fuzz::right_checksums_bit) != 0
                                  ? SharedBytes::adopt(fuzz::with_right_checksums(input))
                                  : SharedBytes::borrow(input);
  fuzz::try_batches(batches.bytes());
  fuzz::try_legacy(batches.bytes());
  fuzz::try_validation(batches, fuzz::rules_of(options));
  return 0;
}
