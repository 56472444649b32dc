#include "storage/index_format.h"

#include <algorithm>

#include "base/endian.h"

namespace moldau::storage {

namespace {
constexpr std::int16_t txn_entry_version = 0;
}  // namespace

OffsetIndexEntry IndexEntryCodec<OffsetIndexEntry>::load(const std::uint8_t* from) {
  return {load_be<std::int32_t>(from), load_be<std::int32_t>(from + 4)};
}
void IndexEntryCodec<OffsetIndexEntry>::store(std::uint8_t* to, const OffsetIndexEntry& entry) {
  store_be(to, entry.relative_offset);
  store_be(to + 4, entry.position);
}

TimeIndexEntry IndexEntryCodec<TimeIndexEntry>::load(const std::uint8_t* from) {
  return {load_be<std::int64_t>(from), load_be<std::int32_t>(from + 8)};
}
void IndexEntryCodec<TimeIndexEntry>::store(std::uint8_t* to, const TimeIndexEntry& entry) {
  store_be(to, entry.timestamp);
  store_be(to + 8, entry.relative_offset);
}

AbortedTxn IndexEntryCodec<AbortedTxn>::load(const std::uint8_t* from) {
  AbortedTxn entry{.producer_id = ProducerId(load_be<std::int64_t>(from + 2)),
                   .first_offset = Offset(load_be<std::int64_t>(from + 10)),
                   .last_offset = Offset(load_be<std::int64_t>(from + 18)),
                   .last_stable_offset = Offset(load_be<std::int64_t>(from + 26))};
  if (load_be<std::int16_t>(from) != txn_entry_version) entry.producer_id = no_producer_id;
  return entry;
}
void IndexEntryCodec<AbortedTxn>::store(std::uint8_t* to, const AbortedTxn& entry) {
  store_be(to, txn_entry_version);
  store_be(to + 2, entry.producer_id.value());
  store_be(to + 10, entry.first_offset.value());
  store_be(to + 18, entry.last_offset.value());
  store_be(to + 26, entry.last_stable_offset.value());
}

template <class Entry>
Result<std::vector<Entry>> parse_index(Bytes bytes) {
  using EntryCodec = IndexEntryCodec<Entry>;
  if (bytes.size() % EntryCodec::size != 0) {
    return fail(Errc::corrupt, fmt::format("index of {} bytes", bytes.size()));
  }
  std::vector<Entry> entries;
  for (std::size_t at = 0; at < bytes.size(); at += EntryCodec::size) {
    const auto entry = EntryCodec::load(bytes.data() + at);
    if (EntryCodec::is_zero(entry)) {
      const auto rest = bytes.subspan(at);
      if (std::ranges::any_of(rest, [](std::uint8_t byte) { return byte != 0; })) {
        return fail(Errc::corrupt, fmt::format("index entry {} is zero", at / EntryCodec::size));
      }
      break;
    }
    if (!entries.empty() && !EntryCodec::ascends(entries.back(), entry)) {
      return fail(Errc::corrupt, fmt::format("index entry {} descends", at / EntryCodec::size));
    }
    entries.push_back(entry);
  }
  return entries;
}

template Result<std::vector<OffsetIndexEntry>> parse_index(Bytes bytes);
template Result<std::vector<TimeIndexEntry>> parse_index(Bytes bytes);
template Result<std::vector<AbortedTxn>> parse_index(Bytes bytes);

}  // namespace moldau::storage
