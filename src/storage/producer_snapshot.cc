#include "base/crc32c.h"
#include "base/endian.h"
#include "storage/producer_state.h"

namespace moldau::storage {

namespace {

constexpr std::int16_t snapshot_version = 1;
constexpr std::size_t crc_at = 2;
constexpr std::size_t body_at = 6;  // what the CRC-32C covers: count and entries
constexpr std::size_t entries_at = 10;
constexpr std::size_t entry_size = 8 + 2 + 4 + 8 + 4 + 8 + 4 + 8;

/// Walks over fixed-size big-endian fields.
template <class Byte>
struct Cursor {
  Byte* at;
  template <class T>
  T get() {
    const auto value = load_be<T>(at);
    at += sizeof(T);
    return value;
  }
  template <class T>
  void put(T value) {
    store_be<T>(at, value);
    at += sizeof(T);
  }
};

}  // namespace

Result<std::vector<ProducerSnapshotEntry>> parse_producer_snapshot(Bytes bytes) {
  if (bytes.size() < entries_at) return fail(Errc::corrupt, "producer snapshot too short");
  const auto version = load_be<std::int16_t>(bytes.data());
  if (version != snapshot_version) {
    return fail(Errc::unsupported, fmt::format("producer snapshot version {}", version));
  }
  if (load_be<std::uint32_t>(bytes.data() + crc_at) != crc32c(bytes.subspan(body_at))) {
    return fail(Errc::corrupt, "producer snapshot checksum");
  }
  const auto count = load_be<std::int32_t>(bytes.data() + body_at);
  if (count < 0 || bytes.size() - entries_at != static_cast<std::size_t>(count) * entry_size) {
    return fail(Errc::corrupt, "producer snapshot count");
  }
  std::vector<ProducerSnapshotEntry> entries(static_cast<std::size_t>(count));
  Cursor<const std::uint8_t> cursor{bytes.data() + entries_at};
  for (auto& entry : entries) {
    entry.producer_id = ProducerId(cursor.get<std::int64_t>());
    entry.epoch = ProducerEpoch(cursor.get<std::int16_t>());
    entry.last_batch.last_sequence = cursor.get<std::int32_t>();
    entry.last_batch.last_offset = Offset(cursor.get<std::int64_t>());
    entry.last_batch.offset_delta = cursor.get<std::int32_t>();
    entry.last_batch.timestamp = cursor.get<std::int64_t>();
    entry.coordinator_epoch = cursor.get<std::int32_t>();
    entry.txn_first_offset = Offset(cursor.get<std::int64_t>());
  }
  return entries;
}

std::vector<std::uint8_t> format_producer_snapshot(
    const std::vector<ProducerSnapshotEntry>& entries) {
  std::vector<std::uint8_t> bytes(entries_at + entries.size() * entry_size);
  Cursor<std::uint8_t> cursor{bytes.data() + body_at};
  cursor.put(static_cast<std::int32_t>(entries.size()));
  for (const auto& entry : entries) {
    cursor.put(entry.producer_id.value());
    cursor.put(entry.epoch.value());
    cursor.put(entry.last_batch.last_sequence);
    cursor.put(entry.last_batch.last_offset.value());
    cursor.put(entry.last_batch.offset_delta);
    cursor.put(entry.last_batch.timestamp);
    cursor.put(entry.coordinator_epoch);
    cursor.put(entry.txn_first_offset.value());
  }
  store_be<std::int16_t>(bytes.data(), snapshot_version);
  store_be<std::uint32_t>(bytes.data() + crc_at, crc32c(Bytes(bytes).subspan(body_at)));
  return bytes;
}

}  // namespace moldau::storage
