#include "storage/producer_state.h"

#include <algorithm>
#include <ranges>

#include "records/control.h"
#include "records/record.h"

namespace moldau::storage {

namespace {

bool in_sequence(std::int32_t last, std::int32_t next) {
  return next == records::increment_sequence(last, 1);
}

ProducerBatch batch_of(const BatchHeader& batch) {
  return {.last_sequence = batch.last_sequence,
          .last_offset = batch.last_offset,
          .offset_delta = static_cast<std::int32_t>(batch.last_offset - batch.base_offset),
          .timestamp = batch.max_timestamp};
}

}  // namespace

Result<std::optional<TxnMarker>> parse_txn_marker(Bytes batch) {
  const auto view = TRY(records::BatchView::parse(batch));
  if (!view.is_control() || view.record_count() == 0) return std::nullopt;
  if (view.codec() != records::Codec::none) return fail(Errc::corrupt, "compressed control batch");
  records::RecordReader reader(view.records_area(), view.record_count());
  records::RecordView record;
  if (!reader.next(record)) {
    TRY(reader.status());
    return std::nullopt;
  }
  if (!record.key || !record.value) return fail(Errc::corrupt, "control record without a key");
  const auto key = TRY(records::ControlKey::parse(*record.key));
  const bool commit = key.is(records::ControlType::commit);
  if (!commit && !key.is(records::ControlType::abort)) return std::nullopt;
  const auto marker = TRY(records::EndTxnMarker::parse(*record.value));
  return TxnMarker{.commit = commit, .coordinator_epoch = marker.coordinator_epoch};
}

void ProducerState::Producer::set_epoch(ProducerEpoch new_epoch) {
  if (epoch == new_epoch) return;
  epoch = new_epoch;
  batch_count = 0;
  before_first = records::no_sequence;
}

void ProducerState::Producer::add(const ProducerBatch& batch) {
  if (batch_count == batches_kept) {
    std::ranges::move(batches.begin() + 1, batches.end(), batches.begin());
    --batch_count;
  }
  batches[batch_count++] = batch;
}

/// Takes note of a batch before the oldest that is known, if it is the one before.
void ProducerState::Producer::recall(const BatchHeader& batch) {
  if (batch.producer_epoch != epoch || batch_count == 0 || batch_count == batches_kept) return;
  const auto& oldest = batches.front();
  const auto step = oldest.offset_delta + 1;
  const bool is_before =
      batch.last_offset < oldest.base_offset() &&
      records::increment_sequence(batch.last_sequence, step) == oldest.last_sequence;
  if (!is_before) return;
  std::ranges::move_backward(batches.begin(), batches.begin() + batch_count,
                             batches.begin() + batch_count + 1);
  batches.front() = batch_of(batch);
  ++batch_count;
}

void ProducerState::recall(std::span<const BatchHeader> tail) {
  for (const auto& batch : tail | std::views::reverse) {
    if (!batch.has_producer() || batch.is_control()) continue;
    const auto found = producers_.find(batch.producer_id);
    if (found != producers_.end()) found->second.recall(batch);
  }
}

SequenceCheck ProducerState::check(const BatchHeader& batch) const {
  const auto found = producers_.find(batch.producer_id);
  if (found == producers_.end()) return {};
  const auto& producer = found->second;
  const auto count = static_cast<std::int32_t>(batch.last_offset - batch.base_offset);
  if (producer.epoch == batch.producer_epoch) {
    for (std::size_t i = 0; i < producer.batch_count; ++i) {
      const auto& kept = producer.batches[i];
      if (kept.offset_delta == count && kept.last_sequence == batch.last_sequence) {
        return {SequenceVerdict::duplicate, kept};
      }
    }
  }
  if (batch.producer_epoch < producer.epoch) return {SequenceVerdict::invalid_producer_epoch};
  if (batch.producer_epoch != producer.epoch) {
    // KIP-360: the client bumps its epoch by itself and starts over.
    const bool starts_over = batch.base_sequence == 0 || producer.epoch == no_producer_epoch;
    return {starts_over ? SequenceVerdict::accept : SequenceVerdict::out_of_order_sequence};
  }
  const auto* last = producer.last();
  const auto last_sequence = last == nullptr ? producer.before_first : last->last_sequence;
  return {in_sequence(last_sequence, batch.base_sequence) ? SequenceVerdict::accept
                                                          : SequenceVerdict::out_of_order_sequence};
}

void ProducerState::note_refused(const BatchHeader& batch, WallMs now) {
  const auto [entry, is_new] = producers_.try_emplace(batch.producer_id);
  if (!is_new) return;
  auto& producer = entry->second;
  producer.epoch = batch.producer_epoch;
  producer.before_first = batch.base_sequence - 1;
  producer.last_heard = now;
}

void ProducerState::append(const BatchHeader& batch, WallMs now) {
  auto& producer = producers_[batch.producer_id];
  producer.set_epoch(batch.producer_epoch);
  producer.add(batch_of(batch));
  producer.last_timestamp = batch.max_timestamp;
  producer.last_heard = now;
  if (batch.is_transactional() && producer.txn_first_offset == no_offset) {
    producer.txn_first_offset = batch.base_offset;
    open_txns_[batch.base_offset] = batch.producer_id;
  }
}

std::optional<CompletedTxn> ProducerState::append_marker(const BatchHeader& batch,
                                                         const TxnMarker& marker, WallMs now) {
  auto& producer = producers_[batch.producer_id];
  producer.set_epoch(batch.producer_epoch);
  producer.coordinator_epoch = marker.coordinator_epoch;
  producer.last_timestamp = batch.max_timestamp;
  producer.last_heard = now;
  if (producer.txn_first_offset == no_offset) return std::nullopt;
  const CompletedTxn completed{.producer_id = batch.producer_id,
                               .first_offset = producer.txn_first_offset,
                               .last_offset = batch.last_offset,
                               .aborted = !marker.commit};
  open_txns_.erase(producer.txn_first_offset);
  unreplicated_txns_[completed.first_offset] = completed.last_offset;
  producer.txn_first_offset = no_offset;
  return completed;
}

std::optional<Offset> ProducerState::first_unstable_offset() const {
  if (open_txns_.empty() && unreplicated_txns_.empty()) return std::nullopt;
  if (open_txns_.empty()) return unreplicated_txns_.begin()->first;
  if (unreplicated_txns_.empty()) return open_txns_.begin()->first;
  return std::min(open_txns_.begin()->first, unreplicated_txns_.begin()->first);
}

Offset ProducerState::last_stable_offset(const CompletedTxn& txn) const {
  for (const auto& [first, producer_id] : open_txns_) {
    if (producer_id != txn.producer_id) return first;
  }
  return txn.last_offset + 1;
}

void ProducerState::on_high_watermark(Offset high_watermark) {
  std::erase_if(unreplicated_txns_, [&](const auto& txn) { return txn.second < high_watermark; });
}

void ProducerState::expire(WallMs before) {
  std::erase_if(producers_, [&](const auto& entry) {
    return entry.second.txn_first_offset == no_offset && entry.second.last_heard < before;
  });
}

void ProducerState::clear() {
  producers_.clear();
  open_txns_.clear();
  unreplicated_txns_.clear();
}

std::vector<ProducerSnapshotEntry> ProducerState::snapshot() const {
  std::vector<ProducerSnapshotEntry> entries;
  entries.reserve(producers_.size());
  for (const auto& [id, producer] : producers_) {
    if (producer.batch_count == 0 && producer.coordinator_epoch < 0) continue;  // only refused
    auto& entry = entries.emplace_back();
    entry.producer_id = id;
    entry.epoch = producer.epoch;
    if (const auto* last = producer.last()) entry.last_batch = *last;
    entry.last_batch.timestamp = producer.last_timestamp;
    entry.coordinator_epoch = producer.coordinator_epoch;
    entry.txn_first_offset = producer.txn_first_offset;
  }
  std::ranges::sort(entries, {}, &ProducerSnapshotEntry::producer_id);
  return entries;
}

std::vector<Offset> ProducerState::kept_batches() const {
  std::vector<Offset> offsets;
  for (const auto& [id, producer] : producers_) {
    for (const auto& batch : std::span(producer.batches).first(producer.batch_count)) {
      offsets.push_back(batch.last_offset);
    }
  }
  std::ranges::sort(offsets);
  return offsets;
}

void ProducerState::load(const std::vector<ProducerSnapshotEntry>& entries, WallMs now) {
  clear();
  for (const auto& entry : entries) {
    auto& producer = producers_[entry.producer_id];
    producer.epoch = entry.epoch;
    producer.coordinator_epoch = entry.coordinator_epoch;
    producer.txn_first_offset = entry.txn_first_offset;
    producer.last_timestamp = entry.last_batch.timestamp;
    // Not the batch's timestamp, which a client may have set to any age.
    producer.last_heard = now;
    if (entry.last_batch.last_offset != no_offset) producer.add(entry.last_batch);
    if (entry.txn_first_offset != no_offset) {
      open_txns_[entry.txn_first_offset] = entry.producer_id;
    }
  }
}

}  // namespace moldau::storage
