#include "records/record.h"

#include "base/varint.h"

namespace moldau::records {
namespace {

/// What is left to read. A local variable, whose functions are inlined, so that both ends stay in
/// registers: reading records is the dearest part of an append of many small ones.
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

bool take_header(Cursor& from, std::optional<Bytes>& key, std::optional<Bytes>& value) {
  return from.take_nullable(key) && key.has_value() && from.take_nullable(value);
}

}  // namespace

Header Headers::next(Bytes& rest) {
  std::optional<Bytes> key;
  std::optional<Bytes> value;
  Cursor from(rest);
  CHECK(take_header(from, key, value), "headers were not checked");
  rest = from.rest();
  return {.key = as_text(*key), .value = value};
}

bool RecordReader::next(RecordView& record) {
  if (error_ != nullptr) return false;
  if (left_ == 0) return rest_.empty() ? false : stop("bytes behind the last record");
  --left_;
  return read(record);
}

bool RecordReader::read(RecordView& record) {
  Cursor area(rest_);
  std::int32_t length = 0;
  if (!area.take_varint(length)) return stop("record length");
  if (length < 0 || static_cast<std::size_t>(length) > area.size()) {
    return stop("record longer than the batch");
  }
  Cursor body(area.take(static_cast<std::size_t>(length)));
  record.size_in_bytes = rest_.size() - area.size();
  rest_ = area.rest();

  if (body.size() == 0) return stop("empty record");
  record.attributes = static_cast<std::int8_t>(body.take(1).front());
  if (!body.take_varint(record.timestamp_delta)) return stop("record timestamp delta");
  if (!body.take_varint(record.offset_delta)) return stop("record offset delta");
  if (!body.take_nullable(record.key)) return stop("record key");
  if (!body.take_nullable(record.value)) return stop("record value");

  std::int32_t header_count = 0;
  if (!body.take_varint(header_count) || header_count < 0 ||
      static_cast<std::size_t>(header_count) > body.size()) {
    return stop("record header count");
  }
  record.headers = Headers(header_count, body.rest());
  if (header_count == 0) return body.size() == 0 || stop("bytes behind a record's headers");
  return check_headers(header_count, body.rest());
}

bool RecordReader::check_headers(std::int32_t count, Bytes encoded) {
  Cursor from(encoded);
  std::optional<Bytes> key;
  std::optional<Bytes> value;
  for (std::int32_t i = 0; i < count; ++i) {
    if (!take_header(from, key, value)) return stop("record header");
  }
  return from.size() == 0 || stop("bytes behind a record's headers");
}

Result<> RecordReader::status() const {
  if (error_ == nullptr) return {};
  return fail(Errc::corrupt, error_);
}

Result<RecordReader> read_records(const BatchView& batch, Decompressor& decompressor,
                                  std::size_t size_max) {
  // Compaction leaves bare headers that still name a codec.
  if (batch.record_count() == 0) return RecordReader({}, 0);
  const std::optional<Codec> codec = batch.codec();
  if (!codec) {
    return fail(Errc::unsupported, fmt::format("codec {}", batch.attributes() & codec_mask));
  }
  const Bytes area = TRY(decompressor.decompress(*codec, batch.records_area(), size_max));
  return RecordReader(area, batch.record_count());
}

}  // namespace moldau::records
