#include "storage/batch_cleaner.h"

#include <algorithm>
#include <limits>

#include "records/builder.h"
#include "records/legacy.h"

namespace moldau::storage {

namespace {

using records::BatchKind;
using records::BatchView;
using Kind = CleanedBatch::Kind;

/// Calls `visit(offset, key)` with every record of a data batch of any format.
template <class Visit>
Result<> each_key(Bytes bytes, const BatchHeader& header, records::Decompressor& decompressor,
                  Visit visit) {
  if (header.magic < records::magic_v2) {
    const auto message = TRY(records::LegacyMessage::parse(bytes));
    TRY(message.verify_crc());
    return message.each(
        decompressor, records::uncompressed_bytes_max,
        [&](const records::LegacyRecord& record) { visit(record.offset, record.key); });
  }
  const auto batch = TRY(BatchView::parse(bytes));
  auto reader = TRY(records::read_records(batch, decompressor));
  records::RecordView record;
  while (reader.next(record)) visit(records::offset_of(batch, record), record.key);
  return reader.status();
}

BatchKind kind_of(const BatchView& batch) {
  if (batch.is_control()) {
    return batch.is_transactional() ? BatchKind::transactional_control : BatchKind::control;
  }
  return batch.is_transactional() ? BatchKind::transactional : BatchKind::data;
}

/// Calls `visit(record)` with every record of the batch. Errors: also corrupt for records that are
/// out of order or out of the batch's range, which only a broken writer can have left.
template <class Visit>
Result<> each_record(const BatchView& batch, records::Decompressor& decompressor, Visit visit) {
  auto reader = TRY(records::read_records(batch, decompressor));
  records::RecordView record;
  std::int32_t last_delta = -1;
  while (reader.next(record)) {
    if (record.offset_delta <= last_delta || record.offset_delta > batch.last_offset_delta()) {
      return fail(Errc::corrupt, fmt::format("record {} behind record {} in the batch at {}",
                                             record.offset_delta, last_delta, batch.base_offset()));
    }
    last_delta = record.offset_delta;
    visit(record);
  }
  return reader.status();
}

std::int64_t later(WallMs now, std::int64_t by_ms) {
  return by_ms > std::numeric_limits<std::int64_t>::max() - std::max<std::int64_t>(now.value, 0)
             ? std::numeric_limits<std::int64_t>::max()
             : now.value + by_ms;
}

/// All that a rewritten batch has in common with the original.
records::BatchOptions options_of(const BatchView& batch) {
  records::BatchOptions options{.base_offset = batch.base_offset(),
                                .leader_epoch = batch.partition_leader_epoch(),
                                .codec = batch.codec().value_or(records::Codec::none),
                                .kind = kind_of(batch),
                                .producer_id = batch.producer_id(),
                                .producer_epoch = batch.producer_epoch(),
                                .base_sequence = batch.base_sequence(),
                                .delete_horizon_ms = batch.delete_horizon_ms(),
                                .last_offset_delta = batch.last_offset_delta()};
  if (batch.timestamp_type() == records::TimestampType::log_append_time) {
    options.log_append_time = batch.max_timestamp();
  }
  return options;
}

/// Only the header: the range of offsets, the producer and the largest timestamp stay.
CleanedBatch without_records(const BatchView& batch, IfEmpty if_empty) {
  if (if_empty == IfEmpty::drop) return {.kind = Kind::dropped};
  if (batch.record_count() == 0) return {};
  auto options = options_of(batch);
  options.codec = records::Codec::none;
  options.delete_horizon_ms.reset();
  options.max_timestamp = batch.max_timestamp();
  return {.kind = Kind::rewritten, .bytes = records::BatchBuilder(options).build()};
}

}  // namespace

Result<bool> KeyCollector::add(Bytes batch, const BatchHeader& header) {
  if (header.magic == records::magic_v2) {
    const auto view = TRY(BatchView::parse(batch));
    TRY(view.verify_crc());
  }
  if (header.is_control()) {
    txns_.on_control(header, TRY(parse_txn_marker(batch)));
    return true;
  }
  if (txns_.on_data(header)) return true;
  keys_.clear();
  TRY(each_key(batch, header, decompressor_, [&](Offset offset, const std::optional<Bytes>& key) {
    if (key && offset >= from_) keys_.push_back({newest_.hash(*key), offset});
  }));
  decompressor_.trim();
  return std::ranges::all_of(keys_,
                             [&](const Key& key) { return newest_.put(key.hash, key.offset); });
}

Result<CleanedBatch> BatchCleaner::clean(Bytes bytes, const BatchHeader& header, IfEmpty if_empty) {
  if (header.magic < records::magic_v2) return clean_legacy(bytes, if_empty);
  const auto batch = TRY(BatchView::parse(bytes));
  TRY(batch.verify_crc());
  if (header.is_control()) return clean_control(batch, header, if_empty);
  if (txns_.on_data(header)) return without_records(batch, if_empty);
  auto cleaned = clean_data(batch, if_empty);
  decompressor_.trim();
  return cleaned;
}

/// What does not stay as it was becomes a batch of format 2, with a delete horizon if tombstones
/// are in it: nothing else is written here, and a value that is not the newest must not outlive
/// the tombstone that removed it.
Result<CleanedBatch> BatchCleaner::clean_legacy(Bytes bytes, IfEmpty if_empty) {
  const auto message = TRY(records::LegacyMessage::parse(bytes));
  TRY(message.verify_crc());
  const auto last = message.record().offset;
  records_.clear();
  TRY(message.each(decompressor_, records::uncompressed_bytes_max,
                   [&](const records::LegacyRecord& record) {
                     records_.push_back(candidate(record.offset, record.key, !record.value));
                   }));
  std::optional<Offset> base;  // of what stays
  std::optional<Offset> before;
  bool all_kept = true;
  bool has_tombstone = false;
  bool ascends = true;
  kept_.clear();
  for (const auto& record : records_) {
    ascends = ascends && (!before || record.offset > *before);
    before = record.offset;
    if (!is_newest(record)) {
      all_kept = false;
      continue;
    }
    if (!base) base = record.offset;
    has_tombstone |= record.is_tombstone;
  }
  if (!ascends || (base && last - *base > std::numeric_limits<std::int32_t>::max())) {
    return fail(Errc::corrupt, fmt::format("offsets in the old message at {}", last));
  }
  if (!base && if_empty == IfEmpty::drop) return CleanedBatch{.kind = Kind::dropped};
  const bool begins_horizon = has_tombstone && last < rules_.map_end;
  if (all_kept && !begins_horizon) return CleanedBatch{};

  records::BatchOptions options{.base_offset = base.value_or(last),
                                .codec = base ? message.codec() : records::Codec::none};
  options.last_offset_delta = static_cast<std::int32_t>(last - options.base_offset);
  if (!base) options.max_timestamp = message.record().timestamp;
  if (message.timestamp_type() == records::TimestampType::log_append_time) {
    options.log_append_time = message.record().timestamp;
  }
  if (begins_horizon) options.delete_horizon_ms = later(rules_.now, rules_.delete_retention_ms);
  records::BatchBuilder builder(options);
  TRY(message.each(decompressor_, records::uncompressed_bytes_max,
                   [&](const records::LegacyRecord& record) {
                     if (!is_newest(candidate(record.offset, record.key, false))) return;
                     builder.append_at(
                         static_cast<std::int32_t>(record.offset - options.base_offset),
                         {.timestamp = record.timestamp, .key = record.key, .value = record.value});
                   }));
  decompressor_.trim();
  return CleanedBatch{.kind = Kind::rewritten, .bytes = std::move(builder).build()};
}

Result<CleanedBatch> BatchCleaner::clean_control(const BatchView& batch, const BatchHeader& header,
                                                 IfEmpty if_empty) {
  const auto ended = txns_.on_control(header, TRY(parse_txn_marker(batch.bytes())));
  if (batch.record_count() == 0) return without_records(batch, if_empty);
  const auto horizon = batch.delete_horizon_ms();
  if (ended.is_gone && horizon && *horizon <= rules_.now.value) {
    return without_records(batch, if_empty);
  }
  CleanedBatch cleaned{.aborted = ended.aborted};
  if (ended.is_gone && !horizon) {
    kept_.clear();
    TRY(each_record(batch, decompressor_, [&](const records::RecordView& record) {
      kept_.push_back(record.offset_delta);
    }));
    cleaned.kind = Kind::rewritten;
    cleaned.bytes = TRY(rewrite(batch, later(rules_.now, rules_.delete_retention_ms)));
  }
  return cleaned;
}

Result<CleanedBatch> BatchCleaner::clean_data(const BatchView& batch, IfEmpty if_empty) {
  const auto horizon = batch.delete_horizon_ms();
  const bool tombstones_stay = !horizon || rules_.now.value < *horizon;
  records_.clear();
  TRY(each_record(batch, decompressor_, [&](const records::RecordView& record) {
    records_.push_back(candidate(records::offset_of(batch, record), record.key, !record.value));
  }));
  bool has_tombstone = false;
  kept_.clear();
  for (const auto& record : records_) {
    const bool expired = record.is_tombstone && !tombstones_stay && record.offset < rules_.map_end;
    if (expired || !is_newest(record)) continue;
    has_tombstone |= record.is_tombstone;
    kept_.push_back(static_cast<std::int32_t>(record.offset - batch.base_offset()));
  }
  if (kept_.empty()) return without_records(batch, if_empty);
  // Its time begins when the values before it are gone.
  const bool begins_horizon = has_tombstone && !horizon && batch.last_offset() < rules_.map_end;
  const bool all_kept = kept_.size() == static_cast<std::size_t>(batch.record_count());
  if (all_kept && !begins_horizon) return CleanedBatch{};
  const auto new_horizon =
      begins_horizon ? std::optional(later(rules_.now, rules_.delete_retention_ms)) : horizon;
  return CleanedBatch{.kind = Kind::rewritten, .bytes = TRY(rewrite(batch, new_horizon))};
}

/// A record without a key is never the newest: nobody could have written it here while the topic
/// was compacted.
bool BatchCleaner::is_newest(const Candidate& record) const {
  if (record.offset >= rules_.map_end) return true;
  return record.key && record.offset >= rules_.newest.newest(*record.key);
}

BatchCleaner::Candidate BatchCleaner::candidate(Offset offset, const std::optional<Bytes>& key,
                                                bool is_tombstone) const {
  return {.offset = offset,
          .key = key ? std::optional(rules_.newest.hash(*key)) : std::nullopt,
          .is_tombstone = is_tombstone};
}

/// The batch with the records of `kept_` only.
Result<SharedBytes> BatchCleaner::rewrite(const BatchView& batch,
                                          std::optional<std::int64_t> delete_horizon_ms) {
  auto options = options_of(batch);
  options.delete_horizon_ms = delete_horizon_ms;
  records::BatchBuilder builder(options);
  auto next = kept_.begin();
  TRY(each_record(batch, decompressor_, [&](const records::RecordView& record) {
    if (next == kept_.end() || record.offset_delta != *next) return;
    builder.append_copy(record.offset_delta, records::timestamp_of(batch, record), record);
    ++next;
  }));
  return std::move(builder).build();
}

}  // namespace moldau::storage
