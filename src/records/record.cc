#include "records/record.h"

#include "records/record_cursor.h"

namespace moldau::records {
namespace {

using detail::Cursor;

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

const char* detail::check_headers(std::int32_t count, Bytes encoded) {
  Cursor from(encoded);
  std::optional<Bytes> key;
  std::optional<Bytes> value;
  for (std::int32_t i = 0; i < count; ++i) {
    if (!take_header(from, key, value)) return "record header";
  }
  return from.size() == 0 ? nullptr : "bytes behind a record's headers";
}

bool RecordReader::next(RecordView& record) {
  if (error_ != nullptr) return false;
  if (left_ == 0) {
    if (!rest_.empty()) error_ = detail::bytes_behind_records;
    return false;
  }
  --left_;
  Cursor area(rest_);
  error_ = detail::take_record(area, record);
  rest_ = area.rest();
  return error_ == nullptr;
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
