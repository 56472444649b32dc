#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <type_traits>

#include "base/bytes.h"
#include "base/varint.h"
#include "records/record.h"

/// Reading records is the dearest part of an append of many small ones. So this is in a header, to
/// be inlined where the loop over a batch's records is: both ends of what is left stay in
/// registers, and what a loop does not look at is not stored. Others use RecordReader.
namespace moldau::records::detail {

/// What is left to read. A local variable.
class Cursor {
 public:
  explicit Cursor(Bytes bytes) : at_(bytes.data()), end_(at_ + bytes.size()) {}
  std::size_t size() const { return static_cast<std::size_t>(end_ - at_); }
  Bytes rest() const { return {at_, size()}; }

  /// `size` is not more than there is.
  Bytes take(std::size_t size) {
    const auto* const from = at_;
    at_ += size;
    return {from, size};
  }
  template <class T>
  [[gnu::always_inline]] bool take_varint(T& value) {
    using Raw = std::make_unsigned_t<T>;
    if (at_ != end_ && at_[0] < 0x80) {
      value = unzigzag(Raw{at_[0]});
      at_ += 1;
      return true;
    }
    if (size() >= 2 && at_[1] < 0x80) {
      value = unzigzag(static_cast<Raw>((at_[0] & 0x7f) | at_[1] << 7));
      at_ += 2;
      return true;
    }
    Raw raw = 0;
    const auto used = long_varint(rest(), raw);
    at_ += used;
    value = unzigzag(raw);
    return used > 0;
  }
  /// A length and so many bytes; every negative length means null, as Java reads it.
  [[gnu::always_inline]] bool take_nullable(std::optional<Bytes>& value) {
    std::int32_t length = 0;
    if (!take_varint(length)) return false;
    if (length < 0) {
      value.reset();
      return true;
    }
    if (static_cast<std::size_t>(length) > size()) return false;
    value = take(static_cast<std::size_t>(length));
    return true;
  }

 private:
  template <class T>
  [[gnu::noinline]] static std::size_t long_varint(Bytes from, T& raw) {
    return get_uvarint(from, raw);
  }

  const std::uint8_t* at_;
  const std::uint8_t* end_;
};

inline constexpr const char* bytes_behind_records = "bytes behind the last record";

/// Null, or what is wrong with them.
const char* check_headers(std::int32_t count, Bytes encoded);

/// Takes the record in front. Null, or what is wrong with it; then `area` and `record` say nothing.
[[gnu::always_inline]] inline const char* take_record(Cursor& area, RecordView& record) {
  const std::size_t before = area.size();
  std::int32_t length = 0;
  if (!area.take_varint(length)) return "record length";
  if (length < 0 || static_cast<std::size_t>(length) > area.size()) {
    return "record longer than the batch";
  }
  Cursor body(area.take(static_cast<std::size_t>(length)));
  record.size_in_bytes = before - area.size();

  if (body.size() == 0) return "empty record";
  record.attributes = static_cast<std::int8_t>(body.take(1).front());
  if (!body.take_varint(record.timestamp_delta)) return "record timestamp delta";
  if (!body.take_varint(record.offset_delta)) return "record offset delta";
  if (!body.take_nullable(record.key)) return "record key";
  if (!body.take_nullable(record.value)) return "record value";

  std::int32_t header_count = 0;
  if (!body.take_varint(header_count) || header_count < 0 ||
      static_cast<std::size_t>(header_count) > body.size()) {
    return "record header count";
  }
  record.headers = Headers(header_count, body.rest());
  if (header_count > 0) return check_headers(header_count, body.rest());
  return body.size() == 0 ? nullptr : "bytes behind a record's headers";
}

/// Calls `visit(index, record)` for each of the `count` records that `area` must hold, exactly, in
/// order. Null, or what is wrong; then some may have been visited.
template <class Visit>
[[gnu::always_inline]] inline const char* each_record(Bytes area, std::int32_t count,
                                                      Visit&& visit) {
  Cursor rest(area);
  for (std::int32_t index = 0; index < count; ++index) {
    RecordView record;
    if (const char* const why = take_record(rest, record); why != nullptr) return why;
    visit(index, record);
  }
  return rest.size() == 0 ? nullptr : bytes_behind_records;
}

}  // namespace moldau::records::detail
