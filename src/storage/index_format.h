#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "base/ids.h"

namespace moldau::storage {

/// The three index files of a segment (docs/formats/indexes.md). Offsets in offset and time index
/// are relative to the segment's base. Kafka preallocates the two of its active segment, so a file
/// may end in zeros; ours have their exact size.

struct OffsetIndexEntry {
  std::int32_t relative_offset{0};  ///< of the batch's last record
  std::int32_t position{0};         ///< of the batch's start in the segment
  bool operator==(const OffsetIndexEntry&) const = default;
};
struct TimeIndexEntry {
  std::int64_t timestamp{-1};  ///< largest so far
  std::int32_t relative_offset{0};
  bool operator==(const TimeIndexEntry&) const = default;
};
/// Entry of the transaction index, KIP-98; ordered by last offset.
struct AbortedTxn {
  ProducerId producer_id;
  Offset first_offset;
  Offset last_offset;
  Offset last_stable_offset;
  bool operator==(const AbortedTxn&) const = default;
};

template <class Entry>
struct IndexEntryCodec;

template <>
struct IndexEntryCodec<OffsetIndexEntry> {
  static constexpr std::size_t size = 8;
  static OffsetIndexEntry load(const std::uint8_t* from);
  static void store(std::uint8_t* to, const OffsetIndexEntry& entry);
  static bool ascends(const OffsetIndexEntry& before, const OffsetIndexEntry& after) {
    return before.relative_offset < after.relative_offset && before.position < after.position;
  }
  static bool is_zero(const OffsetIndexEntry& entry) { return entry == OffsetIndexEntry{}; }
};
template <>
struct IndexEntryCodec<TimeIndexEntry> {
  static constexpr std::size_t size = 12;
  static TimeIndexEntry load(const std::uint8_t* from);
  static void store(std::uint8_t* to, const TimeIndexEntry& entry);
  static bool ascends(const TimeIndexEntry& before, const TimeIndexEntry& after) {
    return before.timestamp < after.timestamp && before.relative_offset <= after.relative_offset;
  }
  static bool is_zero(const TimeIndexEntry& entry) {
    return entry.timestamp == 0 && entry.relative_offset == 0;
  }
};
template <>
struct IndexEntryCodec<AbortedTxn> {
  static constexpr std::size_t size = 34;
  /// A version that is not 0 shows as producer id -1.
  static AbortedTxn load(const std::uint8_t* from);
  static void store(std::uint8_t* to, const AbortedTxn& entry);
  static bool ascends(const AbortedTxn& before, const AbortedTxn& after) {
    return before.last_offset < after.last_offset;
  }
  static bool is_zero(const AbortedTxn&) { return false; }
};

/// All entries of an index file, without a tail of zeros. Errors: corrupt if they do not ascend or
/// the size is not a whole number of entries.
template <class Entry>
Result<std::vector<Entry>> parse_index(Bytes bytes);

extern template Result<std::vector<OffsetIndexEntry>> parse_index(Bytes bytes);
extern template Result<std::vector<TimeIndexEntry>> parse_index(Bytes bytes);
extern template Result<std::vector<AbortedTxn>> parse_index(Bytes bytes);

/// `entries` is anything with size() and operator[].
template <class Entries>
std::vector<std::uint8_t> format_index(const Entries& entries) {
  using Entry = std::remove_cvref_t<decltype(entries[0])>;
  using EntryCodec = IndexEntryCodec<Entry>;
  const auto count = entries.size();
  std::vector<std::uint8_t> bytes(count * EntryCodec::size);
  for (std::size_t i = 0; i < count; ++i) {
    EntryCodec::store(bytes.data() + i * EntryCodec::size, entries[i]);
  }
  return bytes;
}

}  // namespace moldau::storage
