#include "storage/batch_cleaner.h"

#include <gtest/gtest.h>

#include <limits>

#include "records/builder.h"
#include "records/control.h"
#include "records/test_batches.h"

namespace moldau::storage {
namespace {

using records::BatchKind;
using Kind = CleanedBatch::Kind;

struct Kv {
  std::optional<std::string> key;
  std::optional<std::string> value;
};

struct Txn {
  std::int64_t producer{-1};
  bool is_transactional{false};
};

SharedBytes batch_at(std::int64_t base, const std::vector<Kv>& records,
                     records::BatchOptions options = {}, const Txn& txn = {}) {
  options.base_offset = Offset(base);
  options.leader_epoch = LeaderEpoch(3);
  if (txn.producer >= 0) {
    options.producer_id = ProducerId(txn.producer);
    options.producer_epoch = ProducerEpoch(1);
    options.base_sequence = 10;
  }
  if (txn.is_transactional) options.kind = BatchKind::transactional;
  records::BatchBuilder builder(options);
  std::int64_t timestamp = 1000 + base;
  for (const auto& [key, value] : records) {
    records::NewRecord record{.timestamp = timestamp++};
    if (key) record.key = as_bytes(*key);
    if (value) record.value = as_bytes(*value);
    builder.append(record);
  }
  return std::move(builder).build();
}

SharedBytes marker_at(std::int64_t base, std::int64_t producer, records::TxnResult result) {
  auto bytes = records::build_end_txn_batch({.result = result,
                                             .producer_id = ProducerId(producer),
                                             .producer_epoch = ProducerEpoch(1),
                                             .coordinator_epoch = 4,
                                             .timestamp = 5000,
                                             .leader_epoch = LeaderEpoch(3)});
  std::vector<std::uint8_t> copy(bytes.bytes().begin(), bytes.bytes().end());
  records::assign_offset(copy, Offset(base), LeaderEpoch(3));
  return SharedBytes::adopt(std::move(copy));
}

/// "5:k=v 6:k=null" with the offsets of what is left; the batch must be sound.
std::string text(const SharedBytes& bytes) {
  const auto batch = records::BatchView::parse(bytes.bytes()).value();
  EXPECT_TRUE(batch.verify_crc());
  std::vector<std::string> parts;
  records::Decompressor decompressor;
  auto reader = records::read_records(batch, decompressor).value();
  records::RecordView record;
  while (reader.next(record)) {
    parts.push_back(fmt::format("{}:{}={}", records::offset_of(batch, record),
                                record.key ? as_text(*record.key) : "null",
                                record.value ? as_text(*record.value) : "null"));
    // The tests' timestamps say which record it was.
    if (!batch.is_control()) {
      EXPECT_EQ(records::timestamp_of(batch, record),
                1000 + records::offset_of(batch, record).value());
    }
  }
  EXPECT_TRUE(reader.status());
  return fmt::format("{}", fmt::join(parts, " "));
}

class BatchCleaning : public ::testing::Test {
 protected:
  /// Indexes all batches from `from` on; true if all fitted.
  bool collect(const std::vector<SharedBytes>& batches, std::int64_t from = 0) {
    KeyCollector collector(newest_, Offset(from), aborted_);
    for (const auto& bytes : batches) {
      const auto header = parse_batch_header(bytes.bytes()).value();
      if (header.last_offset < Offset(from)) continue;
      if (!collector.add(bytes.bytes(), header).value()) return false;
      map_end_ = header.next_offset();
    }
    return true;
  }
  BatchCleaner cleaner() {
    return {{.newest = newest_, .map_end = map_end_, .now = now_, .delete_retention_ms = 1000},
            aborted_};
  }
  static CleanedBatch clean(BatchCleaner& cleaner, const SharedBytes& bytes,
                            IfEmpty if_empty = IfEmpty::drop) {
    return cleaner.clean(bytes.bytes(), parse_batch_header(bytes.bytes()).value(), if_empty)
        .value();
  }
  /// What is left of each batch: "=" as it was, "-" nothing.
  std::vector<std::string> clean_all(const std::vector<SharedBytes>& batches) {
    auto cleaner = this->cleaner();
    std::vector<std::string> left;
    for (const auto& bytes : batches) {
      const auto cleaned = clean(cleaner, bytes);
      left.push_back(cleaned.kind == Kind::as_it_was ? "="
                     : cleaned.kind == Kind::dropped ? "-"
                                                     : text(cleaned.bytes));
    }
    return left;
  }
  using Left = std::vector<std::string>;

  OffsetMap newest_{100, 0.9, {1, 2}};
  std::vector<AbortedTxn> aborted_;
  Offset map_end_;
  WallMs now_{10'000};
};

TEST_F(BatchCleaning, keeps_the_newest_value_of_each_key_at_its_offset) {
  const std::vector<SharedBytes> log{
      batch_at(0, {{"a", "1"}, {"b", "1"}, {"c", "1"}}),
      batch_at(3, {{"a", "2"}, {"a", "3"}}),
      batch_at(5, {{"b", "2"}}),
  };
  collect(log);
  EXPECT_EQ(clean_all(log), (Left{"2:c=1", "4:a=3", "="}));
}

TEST_F(BatchCleaning, keeps_the_range_the_producer_and_the_codec_of_a_batch) {
  for (const auto codec : {records::Codec::none, records::Codec::gzip, records::Codec::zstd}) {
    const std::vector<SharedBytes> log{
        batch_at(7, {{"a", "1"}, {"b", "1"}, {"a", "2"}, {"b", "2"}}, {.codec = codec},
                 {.producer = 9}),
        batch_at(11, {{"b", "3"}}),
    };
    collect(log);
    auto cleaner = this->cleaner();
    const auto cleaned = clean(cleaner, log[0]);
    ASSERT_EQ(cleaned.kind, Kind::rewritten);
    EXPECT_EQ(text(cleaned.bytes), "9:a=2");
    const auto batch = records::BatchView::parse(cleaned.bytes.bytes()).value();
    EXPECT_EQ(batch.base_offset(), Offset(7));
    EXPECT_EQ(batch.last_offset(), Offset(10));
    EXPECT_EQ(batch.base_sequence(), 10);
    EXPECT_EQ(batch.last_sequence(), 13);
    EXPECT_EQ(batch.producer_id(), ProducerId(9));
    EXPECT_EQ(batch.partition_leader_epoch(), LeaderEpoch(3));
    EXPECT_EQ(batch.codec(), codec);
  }
}

TEST_F(BatchCleaning, log_append_time_stays_the_time_of_all_records) {
  const std::vector<SharedBytes> log{
      batch_at(0, {{"a", "1"}, {"b", "1"}}, {.log_append_time = 4321}), batch_at(2, {{"a", "2"}})};
  collect(log);
  auto cleaner = this->cleaner();
  const auto cleaned = clean(cleaner, log[0]);
  const auto batch = records::BatchView::parse(cleaned.bytes.bytes()).value();
  EXPECT_EQ(batch.timestamp_type(), records::TimestampType::log_append_time);
  EXPECT_EQ(batch.max_timestamp(), 4321);
}

TEST_F(BatchCleaning, a_tombstone_removes_values_at_once_and_goes_after_its_horizon) {
  std::vector<SharedBytes> log{batch_at(0, {{"a", "1"}}), batch_at(1, {{"a", std::nullopt}})};
  collect(log);
  auto first = cleaner();
  EXPECT_EQ(clean(first, log[0]).kind, Kind::dropped);
  const auto kept = clean(first, log[1]);
  ASSERT_EQ(kept.kind, Kind::rewritten);
  EXPECT_EQ(text(kept.bytes), "1:a=null");
  const auto batch = records::BatchView::parse(kept.bytes.bytes()).value();
  EXPECT_EQ(batch.delete_horizon_ms(), 11'000);

  now_ = {10'999};
  auto second = cleaner();
  EXPECT_EQ(clean(second, kept.bytes).kind, Kind::as_it_was) << "the horizon does not move";
  now_ = {11'000};
  auto third = cleaner();
  EXPECT_EQ(clean(third, kept.bytes).kind, Kind::dropped);
}

TEST_F(BatchCleaning, a_tombstones_time_does_not_begin_before_the_values_are_gone) {
  const std::vector<SharedBytes> log{batch_at(0, {{"a", "1"}, {"b", "1"}}),
                                     batch_at(2, {{"a", std::nullopt}})};
  collect({log[0]});
  EXPECT_EQ(clean_all(log), (Left{"=", "="})) << "the map ends before it";
}

TEST_F(BatchCleaning, a_delete_retention_without_end_does_not_overflow) {
  const auto tombstone = batch_at(0, {{"a", std::nullopt}});
  collect({tombstone});
  BatchCleaner cleaner({.newest = newest_,
                        .map_end = map_end_,
                        .now = now_,
                        .delete_retention_ms = std::numeric_limits<std::int64_t>::max()},
                       {});
  const auto cleaned = clean(cleaner, tombstone);
  EXPECT_EQ(records::BatchView::parse(cleaned.bytes.bytes())->delete_horizon_ms(),
            std::numeric_limits<std::int64_t>::max());
}

TEST_F(BatchCleaning, records_without_a_key_go_and_what_is_behind_the_map_stays) {
  const std::vector<SharedBytes> log{batch_at(0, {{std::nullopt, "1"}, {"a", "1"}}),
                                     batch_at(2, {{std::nullopt, "2"}, {"a", "2"}})};
  collect({log[0]});
  EXPECT_EQ(clean_all(log), (Left{"1:a=1", "="}));
}

TEST_F(BatchCleaning, clean_records_go_when_a_dirty_one_has_their_key) {
  const std::vector<SharedBytes> log{batch_at(0, {{"a", "1"}, {"b", "1"}}),
                                     batch_at(2, {{"a", "2"}})};
  collect(log, 2);
  EXPECT_EQ(newest_.size(), 1U);
  EXPECT_EQ(clean_all(log), (Left{"1:b=1", "="}));
}

TEST_F(BatchCleaning, an_empty_batch_keeps_what_a_producer_and_a_start_need) {
  const std::vector<SharedBytes> log{
      batch_at(0, {{"a", "1"}, {"a", "2"}}, {.codec = records::Codec::lz4}, {.producer = 5}),
      batch_at(2, {{"a", "3"}})};
  collect(log);
  auto first = cleaner();
  const auto cleaned = clean(first, log[0], IfEmpty::keep);
  ASSERT_EQ(cleaned.kind, Kind::rewritten);
  EXPECT_EQ(cleaned.bytes.size(), records::batch_header_size);
  EXPECT_EQ(text(cleaned.bytes), "");
  const auto batch = records::BatchView::parse(cleaned.bytes.bytes()).value();
  EXPECT_EQ(batch.last_offset(), Offset(1));
  EXPECT_EQ(batch.last_sequence(), 11);
  EXPECT_EQ(batch.max_timestamp(), 1001);
  auto second = cleaner();
  EXPECT_EQ(clean(second, cleaned.bytes, IfEmpty::keep).kind, Kind::as_it_was);
  EXPECT_EQ(clean(second, cleaned.bytes, IfEmpty::drop).kind, Kind::dropped);
}

TEST_F(BatchCleaning, aborted_data_goes_and_hides_nothing) {
  const std::vector<SharedBytes> log{
      batch_at(0, {{"a", "1"}}),
      batch_at(1, {{"a", "2"}}, {}, {.producer = 5, .is_transactional = true}),
      batch_at(2, {{"b", "1"}}, {}, {.producer = 6, .is_transactional = true}),
      marker_at(3, 5, records::TxnResult::abort),
      marker_at(4, 6, records::TxnResult::commit),
      batch_at(5, {{"c", "1"}}, {}, {.producer = 5, .is_transactional = true}),
      marker_at(6, 5, records::TxnResult::commit),
  };
  aborted_ = {{ProducerId(5), Offset(1), Offset(3), Offset(2)}};
  collect(log);
  EXPECT_EQ(clean_all(log), (Left{"=", "-", "=", "=", "=", "=", "="}));
}

TEST_F(BatchCleaning, a_marker_stays_until_its_data_is_gone_and_its_horizon_has_passed) {
  const std::vector<SharedBytes> log{
      batch_at(0, {{"a", "1"}}, {}, {.producer = 5, .is_transactional = true}),
      marker_at(1, 5, records::TxnResult::abort),
      batch_at(2, {{"b", "1"}}, {}, {.producer = 6, .is_transactional = true}),
      marker_at(3, 6, records::TxnResult::commit),
  };
  aborted_ = {{ProducerId(5), Offset(0), Offset(1), Offset(2)}};
  auto first = cleaner();
  EXPECT_EQ(clean(first, log[0]).kind, Kind::dropped);
  const auto kept = clean(first, log[1]);
  EXPECT_EQ(kept.kind, Kind::as_it_was) << "its data was here";
  ASSERT_TRUE(kept.aborted);
  EXPECT_EQ(*kept.aborted, aborted_[0]);

  auto second = cleaner();  // without the data
  const auto dated = clean(second, log[1]);
  ASSERT_EQ(dated.kind, Kind::rewritten);
  EXPECT_TRUE(dated.aborted) << "as long as the marker";
  const auto batch = records::BatchView::parse(dated.bytes.bytes()).value();
  EXPECT_EQ(batch.delete_horizon_ms(), 11'000);
  const auto marker = parse_txn_marker(dated.bytes.bytes()).value();
  ASSERT_TRUE(marker);
  EXPECT_FALSE(marker->commit);
  EXPECT_EQ(marker->coordinator_epoch, 4);
  EXPECT_EQ(clean(second, log[3]).kind, Kind::rewritten) << "a commit without data, too";

  now_ = {11'000};
  auto third = cleaner();
  const auto gone = clean(third, dated.bytes);
  EXPECT_EQ(gone.kind, Kind::dropped);
  EXPECT_FALSE(gone.aborted);
}

TEST_F(BatchCleaning, an_abort_marker_that_the_index_does_not_know_stays_with_its_data) {
  const std::vector<SharedBytes> log{
      batch_at(0, {{"a", "1"}}, {}, {.producer = 5, .is_transactional = true}),
      marker_at(1, 5, records::TxnResult::abort)};
  EXPECT_EQ(clean_all(log), (Left{"=", "="}));
}

TEST_F(BatchCleaning, other_control_batches_stay) {
  records::BatchBuilder builder({.base_offset = Offset(0), .kind = BatchKind::control});
  const auto key = records::control_key(records::ControlType::leader_change);
  builder.append({.timestamp = 1, .key = Bytes(key), .value = as_bytes("x")});
  const auto batch = std::move(builder).build();
  auto cleaner = this->cleaner();
  EXPECT_EQ(clean(cleaner, batch).kind, Kind::as_it_was);
}

TEST_F(BatchCleaning, a_full_map_says_so_and_keeps_what_it_has) {
  newest_ = OffsetMap(3, 0.9, {1, 2});
  const std::vector<SharedBytes> log{batch_at(0, {{"a", "1"}, {"b", "1"}}),
                                     batch_at(2, {{"a", "2"}}), batch_at(3, {{"c", "1"}}),
                                     batch_at(4, {{"a", "3"}})};
  EXPECT_FALSE(collect(log));
  EXPECT_EQ(map_end_, Offset(3));
  EXPECT_EQ(clean_all(log), (Left{"1:b=1", "=", "=", "="}));
}

TEST_F(BatchCleaning, damage_is_an_error_and_never_gets_a_new_checksum) {
  const auto good = batch_at(0, {{"a", "1"}, {"b", "1"}});
  for (const std::size_t at : {std::size_t{40}, good.size() - 2}) {
    std::vector<std::uint8_t> bad(good.bytes().begin(), good.bytes().end());
    bad[at] ^= 1U;
    const auto header = parse_batch_header(bad).value();
    auto cleaner = this->cleaner();
    EXPECT_EQ(cleaner.clean(bad, header, IfEmpty::drop).error().code, Errc::corrupt);
    KeyCollector collector(newest_, Offset(0), {});
    EXPECT_EQ(collector.add(bad, header).error().code, Errc::corrupt);
  }
}

TEST_F(BatchCleaning, records_out_of_order_are_an_error) {
  records::BatchBuilder builder({.base_offset = Offset(0)});
  builder.append({.timestamp = 1, .key = as_bytes("a"), .value = as_bytes("1")});
  builder.append({.timestamp = 1, .key = as_bytes("b"), .value = as_bytes("1")});
  const auto built = std::move(builder).build();
  std::vector<std::uint8_t> bad(built.bytes().begin(), built.bytes().end());
  store_be<std::int32_t>(bad.data() + records::layout::last_offset_delta, 0);
  records::update_crc(bad);
  map_end_ = Offset(2);
  auto cleaner = this->cleaner();
  EXPECT_EQ(cleaner.clean(bad, parse_batch_header(bad).value(), IfEmpty::drop).error().code,
            Errc::corrupt);
}

TEST_F(BatchCleaning, old_formats_become_new_where_something_goes) {
  // Offsets 50 to 52: a=1, a null key, the tombstone of c.
  const auto wrapper =
      SharedBytes::adopt(records::testing::from_hex(records::testing::java_v1_gzip));
  EXPECT_EQ(clean_all({wrapper}), (Left{"="})) << "behind the map's end";
  collect({wrapper});
  EXPECT_EQ(newest_.newest(newest_.hash(as_bytes("a"))), Offset(50));
  const auto clean_it = [&](IfEmpty if_empty) {
    auto cleaner = this->cleaner();
    const auto cleaned = clean(cleaner, wrapper, if_empty);
    if (cleaned.kind == Kind::dropped) return std::string("-");
    if (cleaned.kind == Kind::as_it_was) return std::string("=");
    const auto batch = records::BatchView::parse(cleaned.bytes.bytes()).value();
    EXPECT_TRUE(batch.verify_crc());
    EXPECT_EQ(batch.last_offset(), Offset(52));
    if (batch.record_count() == 0) EXPECT_EQ(batch.max_timestamp(), 2000);
    std::string found = fmt::format("{}", batch.delete_horizon_ms() ? "horizon" : "");
    records::Decompressor decompressor;
    auto reader = records::read_records(batch, decompressor).value();
    records::RecordView record;
    while (reader.next(record)) {
      found += fmt::format(" {}:{}={}", records::offset_of(batch, record), as_text(*record.key),
                           record.value ? as_text(*record.value) : "null");
    }
    return found;
  };
  EXPECT_EQ(clean_it(IfEmpty::drop), "horizon 50:a=1 52:c=null");
  ASSERT_TRUE(newest_.put(newest_.hash(as_bytes("a")), Offset(60)));
  EXPECT_EQ(clean_it(IfEmpty::drop), "horizon 52:c=null") << "the old value of a is gone";
  ASSERT_TRUE(newest_.put(newest_.hash(as_bytes("c")), Offset(61)));
  EXPECT_EQ(clean_it(IfEmpty::drop), "-");
  EXPECT_EQ(clean_it(IfEmpty::keep), "") << "the header alone";
}

TEST(OffsetMap, knows_the_greatest_offset_of_each_key) {
  OffsetMap map(1000, 0.9, {3, 4});
  EXPECT_EQ(map.capacity(), 900U);
  for (int i = 0; i < 900; ++i)
    ASSERT_TRUE(map.put(map.hash(as_bytes(fmt::format("k{}", i))), Offset(i)));
  EXPECT_FALSE(map.put(map.hash(as_bytes("new")), Offset(1000)));
  EXPECT_EQ(map.newest(map.hash(as_bytes("new"))), no_offset);
  EXPECT_TRUE(map.put(map.hash(as_bytes("k7")), Offset(2000))) << "full, but it is here";
  EXPECT_TRUE(map.put(map.hash(as_bytes("k7")), Offset(1500)));
  EXPECT_EQ(map.size(), 900U);
  for (int i = 0; i < 900; ++i) {
    EXPECT_EQ(map.newest(map.hash(as_bytes(fmt::format("k{}", i)))), Offset(i == 7 ? 2000 : i));
  }
}

TEST(OffsetMap, of_any_size_takes_one_key_and_keeps_a_slot_free) {
  for (const std::size_t slots : {0U, 1U, 2U, 3U}) {
    for (const double load_factor : {0.0, 0.5, 1.0, 5.0}) {
      OffsetMap map(slots, load_factor, {3, 4});
      EXPECT_TRUE(map.put(map.hash(as_bytes("a")), Offset(1)));
      EXPECT_EQ(map.newest(map.hash(as_bytes("b"))), no_offset);
    }
  }
}

}  // namespace
}  // namespace moldau::storage
