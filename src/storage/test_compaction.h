#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "records/record.h"
#include "storage/batch_scanner.h"
#include "storage/test_log.h"

/// A compacted log beside a model of it, for the tests of compaction.
namespace moldau::storage::testing {

struct ModelRecord {
  std::int64_t offset;
  std::string key;
  std::optional<std::string> value;
  std::int64_t timestamp;
  bool operator==(const ModelRecord&) const = default;
};

enum class BatchFate : std::uint8_t { plain, open, committed, aborted, marker };

/// One batch as it was appended.
struct ModelBatch {
  std::int64_t base;
  std::int64_t last;
  std::vector<ModelRecord> records;
  std::int64_t producer{-1};
  BatchFate fate{BatchFate::plain};
};

struct Change {
  std::string key;
  std::optional<std::string> value;
};

class CompactedLog : public LogTest {
 protected:
  explicit CompactedLog(std::uint64_t seed = 1) : LogTest(seed) {
    config_.cleanup_delete = false;
    config_.cleanup_compact = true;
    config_.min_cleanable_dirty_ratio = 0;
    config_.segment_bytes = 700;
    config_.index_interval_bytes = 100;
    config_.delete_retention_ms = 1000;
  }

  std::int64_t now() { return env_->clock().wall().value; }

  /// Appends, waits until it is durable, and lets the consumer at the head read it.
  void write(const std::vector<Change>& changes, std::int64_t producer = -1,
             BatchFate fate = BatchFate::plain, records::Codec codec = records::Codec::none) {
    const bool transactional = fate == BatchFate::open;
    const auto base = log_->positions().written_end;
    records::BatchOptions options{
        .base_offset = base,
        .leader_epoch = LeaderEpoch(0),
        .codec = codec,
        .kind = transactional ? records::BatchKind::transactional : records::BatchKind::data};
    if (producer >= 0) {
      options.producer_id = ProducerId(producer);
      options.producer_epoch = ProducerEpoch(0);
      options.base_sequence = next_sequence(producer);
    }
    ModelBatch batch{.base = base.value(),
                     .last = base.value() + static_cast<std::int64_t>(changes.size()) - 1,
                     .records = {},
                     .producer = producer,
                     .fate = fate};
    records::BatchBuilder builder(options);
    for (const auto& [key, value] : changes) {
      const auto offset = base.value() + static_cast<std::int64_t>(batch.records.size());
      batch.records.push_back({offset, key, value, now()});
      builder.append({.timestamp = now(),
                      .key = as_bytes(key),
                      .value = value ? std::optional(as_bytes(*value)) : std::nullopt});
    }
    history_.push_back(std::move(batch));
    append_bytes(std::move(builder).build());
  }
  void put(const std::string& key, const std::string& value) { write({{key, value}}); }
  void remove(const std::string& key) { write({{key, std::nullopt}}); }

  void end_transaction(std::int64_t producer, records::TxnResult result) {
    const auto base = log_->positions().written_end;
    const auto built = records::build_end_txn_batch({.result = result,
                                                     .producer_id = ProducerId(producer),
                                                     .producer_epoch = ProducerEpoch(0),
                                                     .coordinator_epoch = 1,
                                                     .timestamp = now(),
                                                     .leader_epoch = LeaderEpoch(0)});
    std::vector<std::uint8_t> bytes(built.bytes().begin(), built.bytes().end());
    records::assign_offset(bytes, base, LeaderEpoch(0));
    for (auto& batch : history_) {
      if (batch.producer != producer || batch.fate != BatchFate::open) continue;
      batch.fate = result == records::TxnResult::commit ? BatchFate::committed : BatchFate::aborted;
    }
    history_.push_back({.base = base.value(),
                        .last = base.value(),
                        .records = {},
                        .producer = producer,
                        .fate = BatchFate::marker});
    append_bytes(SharedBytes::adopt(std::move(bytes)));
  }

  /// The recovery points are on the disk: what is sealed may be cleaned.
  bool clean() {
    dir_->housekeeping();
    const bool cleaned = on_pool([this] { return dir_->clean_one(); });
    return cleaned;
  }
  /// Fills the active segment, so that all before it is sealed.
  void roll() {
    const auto before = log_->segment_count();
    while (log_->segment_count() == before && !HasFailure()) put("filler", std::string(100, 'f'));
  }

  /// What a consumer is sent: all batches from log start, or `from`, to the high watermark.
  std::vector<std::vector<std::uint8_t>> fetch_all(std::optional<Offset> from = std::nullopt) {
    std::vector<std::vector<std::uint8_t>> found;
    const auto positions = log_->positions();
    auto at = from.value_or(positions.log_start);
    while (at < positions.high_watermark) {
      const auto bytes = read_all(at, positions.high_watermark);
      if (bytes.empty()) break;
      records::BatchIterator batches(bytes);
      while (const auto batch = batches.next()) {
        EXPECT_TRUE(batch->verify_crc());
        EXPECT_GE(batch->last_offset(), at) << "goes back";
        at = batch->next_offset();
        found.emplace_back(batch->bytes().begin(), batch->bytes().end());
      }
      EXPECT_TRUE(batches.status());
      if (!batches.status()) break;
    }
    return found;
  }

  /// Reads the log as a consumer with isolation.level=read_committed does, by the transaction index
  /// and the markers.
  std::vector<ModelRecord> read_committed() {
    auto aborted =
        log_->aborted_transactions(log_->positions().log_start, log_->positions().written_end);
    EXPECT_TRUE(aborted) << aborted.error().to_string();
    std::vector<ModelRecord> found;
    std::set<std::int64_t> producers;
    std::size_t next = 0;
    for (const auto& bytes : fetch_all()) {
      const auto batch = records::BatchView::parse(bytes).value();
      if (batch.last_offset() >= log_->positions().last_stable_offset) break;
      while (next < aborted->size() && (*aborted)[next].first_offset <= batch.last_offset()) {
        producers.insert((*aborted)[next++].producer_id.value());
      }
      if (batch.is_control()) {
        const auto marker = parse_txn_marker(bytes).value();
        if (marker && !marker->commit) producers.erase(batch.producer_id().value());
        continue;
      }
      if (batch.is_transactional() && producers.contains(batch.producer_id().value())) continue;
      add_records(batch, found);
    }
    return found;
  }

  /// Compaction's promise, against the model.
  void check() {
    const auto stable = log_->positions().last_stable_offset.value();
    std::map<std::int64_t, ModelRecord> written;
    std::map<std::string, ModelRecord> newest;
    for (const auto& batch : history_) {
      if (batch.fate == BatchFate::aborted || batch.last >= stable) continue;
      for (const auto& record : batch.records) {
        written.emplace(record.offset, record);
        newest.insert_or_assign(record.key, record);
      }
    }
    std::map<std::string, std::vector<std::int64_t>> left;
    std::int64_t last = -1;
    for (const auto& record : read_committed()) {
      ASSERT_GT(record.offset, last) << "offsets do not ascend";
      last = record.offset;
      ASSERT_TRUE(written.contains(record.offset)) << "nothing committed was at " << record.offset;
      ASSERT_EQ(record, written.at(record.offset)) << "at " << record.offset;
      left[record.key].push_back(record.offset);
    }
    for (const auto& [key, record] : newest) {
      const bool is_there = !left[key].empty() && left[key].back() == record.offset;
      // A tombstone may go when nothing is left that it removes.
      const bool may_be_gone = !record.value && left[key].empty();
      ASSERT_TRUE(is_there || may_be_gone)
          << "the newest of " << key << " is at " << record.offset << ", found "
          << (left[key].empty() ? -1 : left[key].back()) << "\n"
          << describe();
    }
    expect_sound_index();
    expect_sound_times();
  }

  /// The model and the log, for the message of a failure.
  std::string describe() {
    std::string text = journal_ + "appended:\n";
    for (const auto& batch : history_) {
      text += fmt::format("  {}..{} producer {} fate {}:", batch.base, batch.last, batch.producer,
                          static_cast<int>(batch.fate));
      for (const auto& record : batch.records) {
        text += fmt::format(" {}@{}{}", record.key, record.offset, record.value ? "" : "-");
      }
      text += "\n";
    }
    text += "left:\n";
    for (const auto& bytes : fetch_all()) {
      const auto batch = records::BatchView::parse(bytes).value();
      std::vector<ModelRecord> records;
      add_records(batch, records);
      text += fmt::format("  {}..{} producer {} attributes {:#x}:", batch.base_offset(),
                          batch.last_offset(), batch.producer_id(), batch.attributes());
      for (const auto& record : records) text += fmt::format(" {}@{}", record.key, record.offset);
      text += "\n";
    }
    return text + fmt::format("stable {}", log_->positions().last_stable_offset);
  }

  std::size_t record_count() { return read_committed().size(); }

  /// Every indexed position is the begin of a batch with that last offset.
  void expect_sound_index() {
    const auto list = log_->priv().segment_list();
    for (std::size_t i = 0; i + 1 < list->size(); ++i) {
      const auto& segment = *(*list)[i];
      const auto index =
          read_index_file<OffsetIndexEntry>(env_->disk(), segment.path(index_suffix));
      ASSERT_TRUE(index) << index.error().to_string();
      ASSERT_TRUE(read_index_file<TimeIndexEntry>(env_->disk(), segment.path(time_index_suffix)));
      for (const auto& entry : *index) {
        const auto file = segment.log_file(ReadMode::blocking).value();
        BatchScanner scanner(*file, static_cast<std::uint64_t>(entry.position), segment.size(),
                             ReadMode::blocking, BatchScanner::lookup_buffer);
        const auto batch = scanner.next();
        ASSERT_TRUE(batch && *batch) << "index of " << segment.base_offset().value();
        ASSERT_EQ((*batch)->header.last_offset, segment.base_offset() + entry.relative_offset);
      }
    }
  }

  /// Of every timestamp that is there, and the moment after it, the first record is found.
  void expect_sound_times() {
    std::vector<std::pair<std::int64_t, std::int64_t>> records;  // timestamp, offset
    for (const auto& bytes : fetch_all()) {
      const auto batch = records::BatchView::parse(bytes).value();
      records::Decompressor decompressor;
      auto reader = records::read_records(batch, decompressor).value();
      records::RecordView record;
      while (reader.next(record)) {
        records.emplace_back(records::timestamp_of(batch, record),
                             records::offset_of(batch, record).value());
      }
    }
    std::set<std::int64_t> wanted;
    for (const auto& [timestamp, offset] : records) wanted.insert({timestamp, timestamp + 1});
    for (const auto timestamp : wanted) {
      const auto expected = std::ranges::find_if(
          records, [&](const auto& record) { return record.first >= timestamp; });
      const auto found = log_->find_timestamp(timestamp);
      ASSERT_TRUE(found) << found.error().to_string();
      ASSERT_EQ(found->has_value(), expected != records.end()) << timestamp;
      if (*found) ASSERT_EQ((*found)->offset.value(), expected->second) << timestamp;
    }
  }

  OffsetCheckpoint clean_offsets() { return read_checkpoint(clean_offset_file); }
  LogDirStats stats() { return dir_->stats(); }

  std::int32_t next_sequence(std::int64_t producer) const {
    std::int32_t next = 0;
    for (const auto& batch : history_) {
      if (batch.producer == producer) next += static_cast<std::int32_t>(batch.records.size());
    }
    return next;
  }

  std::vector<ModelBatch> history_;
  std::string journal_;  ///< what was done besides appending, for the message of a failure

 private:
  void append_bytes(SharedBytes bytes) {
    const auto before = log_->positions().written_end;
    const auto appended = log_->append_as_follower(std::move(bytes));
    ASSERT_TRUE(appended) << appended.error().to_string();
    const auto end = Offset(history_.back().last + 1);
    ASSERT_TRUE(world_.run_until([&] { return log_->positions().high_watermark >= end; }));
    // Who is at the head sees all that was written, whatever is cleaned behind it.
    std::vector<ModelRecord> seen;
    for (const auto& batch : fetch_all(before)) {
      add_records(records::BatchView::parse(batch).value(), seen);
    }
    ASSERT_EQ(seen, history_.back().records);
  }
  static void add_records(const records::BatchView& batch, std::vector<ModelRecord>& to) {
    if (batch.is_control()) return;
    records::Decompressor decompressor;
    auto reader = records::read_records(batch, decompressor).value();
    records::RecordView record;
    while (reader.next(record)) {
      to.push_back(
          {records::offset_of(batch, record).value(), std::string(as_text(*record.key)),
           record.value ? std::optional(std::string(as_text(*record.value))) : std::nullopt,
           records::timestamp_of(batch, record)});
    }
    EXPECT_TRUE(reader.status());
  }
};

}  // namespace moldau::storage::testing
