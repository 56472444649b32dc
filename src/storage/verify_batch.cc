#include "storage/verify_batch.h"

#include <algorithm>

#include "records/control.h"
#include "records/legacy.h"
#include "records/record.h"

namespace moldau::storage {

namespace {

Result<BatchContents> check_old_format(Bytes bytes, records::Decompressor& decompressor) {
  const auto message = TRY(records::LegacyMessage::parse(bytes));
  TRY(message.verify_crc());
  BatchContents contents;
  bool ascends = true;
  auto last = no_offset;
  TRY(message.each(decompressor, records::uncompressed_bytes_max,
                   [&](const records::LegacyRecord& record) {
                     ascends = ascends && record.offset > last;
                     last = record.offset;
                     ++contents.records;
                   }));
  if (!ascends) return fail(Errc::corrupt, "offsets of inner messages do not ascend");
  return contents;
}

}  // namespace

Result<BatchContents> check_contents(Bytes bytes, const BatchHeader& header,
                                     records::Decompressor& decompressor) {
  if (header.magic < records::magic_v2) return check_old_format(bytes, decompressor);
  const auto batch = TRY(records::BatchView::parse(bytes));
  TRY(batch.verify_crc());
  auto reader = TRY(records::read_records(batch, decompressor));
  BatchContents contents;
  std::int32_t last_delta = -1;
  std::int64_t max_timestamp = records::no_timestamp;
  records::RecordView record;
  while (reader.next(record)) {
    if (record.offset_delta <= last_delta || record.offset_delta > batch.last_offset_delta()) {
      return fail(
          Errc::corrupt,
          fmt::format("record {} has offset delta {} after {}, of at most {}", contents.records,
                      record.offset_delta, last_delta, batch.last_offset_delta()));
    }
    if (batch.is_control()) TRY(records::ControlKey::parse(record.key.value_or(Bytes{})));
    last_delta = record.offset_delta;
    max_timestamp = std::max(max_timestamp, records::timestamp_of(batch, record));
    ++contents.records;
  }
  TRY(reader.status());
  contents.has_other_max_timestamp = contents.records > 0 && max_timestamp != batch.max_timestamp();
  return contents;
}

}  // namespace moldau::storage
