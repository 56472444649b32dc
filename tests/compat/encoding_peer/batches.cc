#include "batches.h"

#include <optional>
#include <string>

#include "raft/control_records.h"
#include "records/batch.h"
#include "records/builder.h"
#include "records/control.h"
#include "records/record.h"

namespace moldau::encoding_peer {
namespace {

using records::BatchView;

std::string hex(const std::optional<Bytes>& bytes) {
  return bytes ? fmt::format("{:02x}", fmt::join(*bytes, "")) : "-";
}

std::string headers_text(const records::Headers& headers) {
  std::string text;
  headers.each([&text](const records::Header& header) {
    if (!text.empty()) text += ',';
    text += hex(as_bytes(header.key)) + ':' + hex(header.value);
  });
  return text;
}

std::string batch_text(const BatchView& batch) {
  const auto horizon = batch.delete_horizon_ms();
  return fmt::format(
      "batch\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\n",
      batch.base_offset().value(), batch.last_offset().value(),
      batch.partition_leader_epoch().value(), records::name(batch.codec().value()),
      batch.timestamp_type() == records::TimestampType::create_time ? "CreateTime"
                                                                    : "LogAppendTime",
      batch.is_transactional(), batch.is_control(), batch.producer_id().value(),
      batch.producer_epoch().value(), batch.base_sequence(), batch.last_sequence(),
      batch.record_count(), batch.max_timestamp(), horizon ? std::to_string(*horizon) : "-");
}

Result<BatchView> only_batch(Bytes bytes) {
  const BatchView batch = TRY(BatchView::parse(bytes));
  if (batch.size_in_bytes() != bytes.size()) return fail(Errc::corrupt, "more than one batch");
  TRY(batch.verify_crc());
  if (!batch.codec()) return fail(Errc::unsupported, "codec");
  return batch;
}

Result<> list_records(const BatchView& batch, std::string& text) {
  records::Decompressor decompressor;
  auto reader = TRY(records::read_records(batch, decompressor));
  records::RecordView record;
  while (reader.next(record)) {
    text += fmt::format("record\t{}\t{}\t{}\t{}\t{}\n", records::offset_of(batch, record).value(),
                        records::timestamp_of(batch, record), hex(record.key), hex(record.value),
                        headers_text(record.headers));
  }
  return reader.status();
}

records::BatchKind kind_of(const BatchView& batch) {
  using enum records::BatchKind;
  if (batch.is_control()) return batch.is_transactional() ? transactional_control : control;
  return batch.is_transactional() ? transactional : data;
}

records::BatchOptions options_of(const BatchView& batch, records::Codec codec) {
  records::BatchOptions options{.base_offset = batch.base_offset(),
                                .leader_epoch = batch.partition_leader_epoch(),
                                .codec = codec,
                                .kind = kind_of(batch),
                                .producer_id = batch.producer_id(),
                                .producer_epoch = batch.producer_epoch(),
                                .base_sequence = batch.base_sequence(),
                                .delete_horizon_ms = batch.delete_horizon_ms(),
                                .last_offset_delta = batch.last_offset_delta()};
  if (batch.timestamp_type() == records::TimestampType::log_append_time) {
    options.log_append_time = batch.max_timestamp();
  }
  // Otherwise the builder finds it from the records.
  if (batch.record_count() == 0) options.max_timestamp = batch.max_timestamp();
  return options;
}

Result<records::Codec> codec_argument(Request& request) {
  const auto codec = records::codec_from_id(TRY(request.number<std::uint8_t>()));
  if (!codec) return fail(Errc::invalid, "codec");
  return *codec;
}

/// The end of a transaction, from the key and the value of its one record.
Result<SharedBytes> rebuild_end_txn(const BatchView& batch) {
  records::Decompressor decompressor;
  auto reader = TRY(records::read_records(batch, decompressor));
  records::RecordView record;
  if (!reader.next(record) || !record.key || !record.value) return fail(Errc::corrupt, "marker");
  const auto key = TRY(records::ControlKey::parse(*record.key));
  const auto marker = TRY(records::EndTxnMarker::parse(*record.value));
  const bool commit = key.is(records::ControlType::commit);
  if (!commit && !key.is(records::ControlType::abort)) return fail(Errc::corrupt, "type");
  SharedBytes built = records::build_end_txn_batch(
      {.result = commit ? records::TxnResult::commit : records::TxnResult::abort,
       .producer_id = batch.producer_id(),
       .producer_epoch = batch.producer_epoch(),
       .coordinator_epoch = marker.coordinator_epoch,
       .timestamp = records::timestamp_of(batch, record),
       .leader_epoch = batch.partition_leader_epoch()});
  Block placed(built.size());
  std::ranges::copy(built.bytes(), placed.bytes().begin());
  records::assign_offset(placed.bytes(), batch.base_offset(), batch.partition_leader_epoch());
  return SharedBytes(std::move(placed));
}

}  // namespace

Result<SharedBytes> list_batches(Request& request) {
  const SharedBytes bytes = request.rest();
  records::BatchIterator batches(bytes.bytes());
  std::string text;
  while (const auto batch = batches.next()) {
    TRY(only_batch(batch->bytes()));
    text += batch_text(*batch);
    TRY(list_records(*batch, text));
  }
  TRY(batches.status());
  if (batches.bytes_left() != 0) return fail(Errc::truncated, "a partial batch");
  return SharedBytes::copy(as_bytes(text));
}

Result<SharedBytes> rebuild_batch(Request& request) {
  const records::Codec codec = TRY(codec_argument(request));
  const SharedBytes bytes = request.rest();
  const BatchView batch = TRY(only_batch(bytes.bytes()));
  records::Decompressor decompressor;
  auto reader = TRY(records::read_records(batch, decompressor));
  records::BatchBuilder builder(options_of(batch, codec));
  records::RecordView record;
  while (reader.next(record)) {
    std::vector<records::Header> headers;
    record.headers.each([&headers](const records::Header& one) { headers.push_back(one); });
    // Also under LogAppendTime the deltas are those of the times that the producer gave.
    builder.append_at(record.offset_delta,
                      {.timestamp = batch.base_timestamp() + record.timestamp_delta,
                       .key = record.key,
                       .value = record.value,
                       .headers = headers});
  }
  TRY(reader.status());
  return std::move(builder).build();
}

Result<SharedBytes> recompress_batch(Request& request) {
  const records::Codec codec = TRY(codec_argument(request));
  const SharedBytes bytes = request.rest();
  const BatchView batch = TRY(only_batch(bytes.bytes()));
  const SharedBytes area = TRY(
      records::decompress(*batch.codec(), batch.records_area(), records::uncompressed_bytes_max));
  return records::with_codec(bytes.bytes().first(records::batch_header_size), area.bytes(), codec,
                             records::level_default(codec));
}

Result<SharedBytes> rebuild_control_batch(Request& request) {
  const SharedBytes bytes = request.rest();
  const BatchView batch = TRY(only_batch(bytes.bytes()));
  if (batch.is_transactional()) return rebuild_end_txn(batch);
  auto placed = TRY(raft::read_control_batch(batch));
  std::vector<raft::ControlRecord> control_records;
  control_records.reserve(placed.size());
  for (auto& one : placed) control_records.push_back(std::move(one.record));
  return raft::build_control_batch(control_records, batch.base_offset(),
                                   batch.partition_leader_epoch(), batch.max_timestamp());
}

}  // namespace moldau::encoding_peer
