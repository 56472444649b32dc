#include "records/record.h"

#include "base/varint.h"

namespace moldau::records {
namespace {

template <class T>
bool take_varint(Bytes& from, T& value) {
  std::make_unsigned_t<T> raw = 0;
  const std::size_t used = get_uvarint(from, raw);
  if (used == 0) return false;
  from = from.subspan(used);
  value = unzigzag(raw);
  return true;
}

/// A length and so many bytes; every negative length means null, as Java reads it.
bool take_nullable(Bytes& from, std::optional<Bytes>& value) {
  std::int32_t size = 0;
  if (!take_varint(from, size)) return false;
  if (size < 0) {
    value.reset();
    return true;
  }
  const auto length = static_cast<std::size_t>(size);
  if (length > from.size()) return false;
  value = from.first(length);
  from = from.subspan(length);
  return true;
}

bool skip_header(Bytes& from) {
  std::optional<Bytes> key;
  std::optional<Bytes> value;
  return take_nullable(from, key) && key.has_value() && take_nullable(from, value);
}

}  // namespace

Header Headers::next(Bytes& rest) {
  std::optional<Bytes> key;
  std::optional<Bytes> value;
  const bool whole = take_nullable(rest, key) && key.has_value() && take_nullable(rest, value);
  CHECK(whole, "headers were not checked");
  return {.key = as_text(*key), .value = value};
}

bool RecordReader::next(RecordView& record) {
  if (error_ != nullptr) return false;
  if (left_ == 0) return rest_.empty() ? false : stop("bytes behind the last record");
  --left_;
  return read(record);
}

bool RecordReader::read(RecordView& record) {
  const std::size_t before = rest_.size();
  std::int32_t length = 0;
  if (!take_varint(rest_, length)) return stop("record length");
  if (length < 0 || static_cast<std::size_t>(length) > rest_.size()) {
    return stop("record longer than the batch");
  }
  Bytes body = rest_.first(static_cast<std::size_t>(length));
  rest_ = rest_.subspan(body.size());
  record.size_in_bytes = before - rest_.size();

  if (body.empty()) return stop("empty record");
  record.attributes = static_cast<std::int8_t>(body.front());
  body = body.subspan(1);
  if (!take_varint(body, record.timestamp_delta)) return stop("record timestamp delta");
  if (!take_varint(body, record.offset_delta)) return stop("record offset delta");
  if (!take_nullable(body, record.key)) return stop("record key");
  if (!take_nullable(body, record.value)) return stop("record value");

  std::int32_t header_count = 0;
  if (!take_varint(body, header_count) || header_count < 0 ||
      static_cast<std::size_t>(header_count) > body.size()) {
    return stop("record header count");
  }
  record.headers = Headers(header_count, body);
  for (std::int32_t i = 0; i < header_count; ++i) {
    if (!skip_header(body)) return stop("record header");
  }
  if (!body.empty()) return stop("bytes behind a record's headers");
  return true;
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
