#include "sim/records.h"

#include "base/endian.h"
#include "base/prng.h"
#include "records/record.h"

namespace moldau::sim {

namespace {

/// One record in so many is large, so that batches cross sectors and reads end in mid-batch.
constexpr std::uint64_t large_per_million = 20'000;
constexpr std::uint64_t small_bytes_max = 200;
constexpr std::uint64_t large_bytes_max = 6'000;
constexpr std::size_t fixed_bytes = 17;  // actor, number, timestamp, whether it is keyed
constexpr std::string_view header_name = "origin";
constexpr std::uint64_t keys_of_compacted = 6;
constexpr std::uint64_t tombstones_per_million = 150'000;

struct Content {
  std::vector<std::uint8_t> value;
  std::string key;  // empty: null
  bool has_header;
  bool is_tombstone;  // `value` is then its header's
};

Prng chance_of(RecordId id) {
  return Prng((static_cast<std::uint64_t>(static_cast<std::uint32_t>(id.actor)) << 32) ^
              static_cast<std::uint32_t>(id.number));
}

Content content_of(RecordId id, std::int64_t timestamp, bool keyed) {
  Prng prng = chance_of(id);
  Content content;
  const std::uint64_t most = prng.chance(large_per_million) ? large_bytes_max : small_bytes_max;
  content.value.resize(fixed_bytes + prng.below(most));
  store_be(content.value.data(), id.actor);
  store_be(content.value.data() + 4, id.number);
  store_be(content.value.data() + 8, timestamp);
  content.value[16] = keyed ? 1 : 0;
  // Half of it compresses.
  const std::uint64_t noise_end = fixed_bytes + (content.value.size() - fixed_bytes) / 2;
  for (std::size_t i = fixed_bytes; i < content.value.size(); ++i) {
    content.value[i] = i < noise_end ? static_cast<std::uint8_t>(prng.next()) : 'm';
  }
  if (prng.chance(700'000)) content.key = fmt::format("key-{}", prng.below(16));
  content.has_header = prng.chance(200'000);
  content.is_tombstone = false;
  if (!keyed) return content;
  const auto [key, is_tombstone] = keyed_record(id);
  content.key = fmt::format("key-{}", key);
  content.is_tombstone = is_tombstone;
  content.has_header |= is_tombstone;
  return content;
}

bool same(const std::optional<Bytes>& a, Bytes b) {
  return a && std::ranges::equal(*a, b);
}

/// The id, if everything else is as that record was sent.
std::optional<RecordId> identify(const records::BatchView& batch,
                                 const records::RecordView& record) {
  std::optional<Bytes> header;
  bool is_ours = true;
  record.headers.each([&](const records::Header& one) {
    is_ours = is_ours && one.key == header_name && one.value && !header;
    header = one.value;
  });
  if (!is_ours) return std::nullopt;
  const auto told = record.value ? record.value : header;
  if (!told || told->size() < fixed_bytes) return std::nullopt;
  const std::uint8_t* const data = told->data();
  const RecordId id{load_be<std::int32_t>(data), load_be<std::int32_t>(data + 4)};
  const auto timestamp = load_be<std::int64_t>(data + 8);
  const bool keeps_time = batch.timestamp_type() == records::TimestampType::create_time;
  if (keeps_time && records::timestamp_of(batch, record) != timestamp) return std::nullopt;
  const Content expected = content_of(id, timestamp, data[16] != 0);
  if (!same(told, expected.value) || expected.is_tombstone == record.value.has_value()) {
    return std::nullopt;
  }
  if (expected.key.empty() ? record.key.has_value() : !same(record.key, as_bytes(expected.key))) {
    return std::nullopt;
  }
  if (header.has_value() != expected.has_header) return std::nullopt;
  return id;
}

}  // namespace

KeyedRecord keyed_record(RecordId id) {
  Prng prng = chance_of(id).split("keyed");
  return {.key = static_cast<int>(prng.below(keys_of_compacted)),
          .is_tombstone = prng.chance(tombstones_per_million)};
}

SharedBytes make_batch(const BatchPlan& plan) {
  records::BatchBuilder builder(plan.options);
  for (std::int32_t i = 0; i < plan.count; ++i) {
    const Content content =
        content_of({plan.first.actor, plan.first.number + i}, plan.timestamp, plan.keyed);
    const records::Header header{
        .key = header_name, .value = content.is_tombstone ? Bytes(content.value) : as_bytes("sim")};
    records::NewRecord record{.timestamp = plan.timestamp};
    if (!content.is_tombstone) record.value = Bytes(content.value);
    if (!content.key.empty()) record.key = as_bytes(content.key);
    if (content.has_header) record.headers = std::span(&header, 1);
    builder.append(record);
  }
  return std::move(builder).build();
}

std::vector<SeenRecord> read_batches(Bytes batches, Offset from, records::Decompressor& scratch) {
  std::vector<SeenRecord> seen;
  records::BatchIterator iterator(batches);
  while (const auto batch = iterator.next()) {
    SeenRecord next{.offset = batch->base_offset(),
                    .id = std::nullopt,
                    .producer_id = batch->producer_id(),
                    .producer_epoch = batch->producer_epoch(),
                    .sequence = batch->base_sequence()};
    auto reader = records::read_records(*batch, scratch);
    if (!batch->verify_crc() || !reader) {
      seen.push_back(next);
      return seen;
    }
    records::RecordView record;
    while (reader->next(record)) {
      next.offset = records::offset_of(*batch, record);
      next.id = identify(*batch, record);
      if (batch->base_sequence() != records::no_sequence) {
        next.sequence = records::increment_sequence(batch->base_sequence(), record.offset_delta);
      }
      if (next.offset >= from) seen.push_back(next);
    }
    next.id.reset();
    if (!reader->status()) seen.push_back(next);
  }
  if (!iterator.status()) seen.push_back({.offset = from, .id = std::nullopt});
  return seen;
}

Offset end_of_batches(Bytes batches, Offset from) {
  records::BatchIterator iterator(batches);
  while (const auto batch = iterator.next()) {
    if (!batch->verify_crc()) return from;
    from = std::max(from, batch->next_offset());
  }
  return from;
}

}  // namespace moldau::sim
