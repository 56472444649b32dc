#include "records/builder.h"

#include "records/test_batches.h"

namespace moldau::records {
namespace {

using testing::from_hex;
using testing::to_vector;

TEST(BatchBuilder, builds_byte_for_byte_what_java_builds) {
  BatchBuilder builder({.base_offset = Offset(100),
                        .leader_epoch = LeaderEpoch(7),
                        .kind = BatchKind::transactional,
                        .producer_id = ProducerId(4000),
                        .producer_epoch = ProducerEpoch(3),
                        .base_sequence = 17});
  builder.append(
      {.timestamp = 1700000000000, .key = as_bytes("key-0"), .value = as_bytes("value-0")});
  const Header headers[] = {{.key = "h1", .value = as_bytes("x")}, {.key = "h2", .value = {}}};
  builder.append({.timestamp = 1700000000500, .value = as_bytes("value-1"), .headers = headers});
  builder.append({.timestamp = 1699999999999, .key = as_bytes("key-2")});
  EXPECT_EQ(builder.record_count(), 3);
  const auto expected = from_hex(testing::java_none);
  EXPECT_EQ(builder.uncompressed_size(), expected.size());
  EXPECT_EQ(to_vector(std::move(builder).build().bytes()), expected);
}

TEST(BatchBuilder, copies_records_into_another_batch_unchanged) {
  const auto source = from_hex(testing::java_zstd);
  const BatchView from = BatchView::parse(source).value();
  Decompressor decompressor;
  RecordReader reader = read_records(from, decompressor).value();
  BatchBuilder builder({.base_offset = from.base_offset(),
                        .leader_epoch = from.partition_leader_epoch(),
                        .kind = BatchKind::transactional,
                        .producer_id = from.producer_id(),
                        .producer_epoch = from.producer_epoch(),
                        .base_sequence = from.base_sequence()});
  RecordView record;
  while (reader.next(record)) {
    builder.append_copy(record.offset_delta, timestamp_of(from, record), record);
  }
  ASSERT_TRUE(reader.status());
  EXPECT_EQ(to_vector(std::move(builder).build().bytes()), from_hex(testing::java_none));
}

TEST(BatchBuilder, compaction_keeps_the_range_and_counts_timestamps_from_the_horizon) {
  BatchBuilder builder(
      {.base_offset = Offset(50), .delete_horizon_ms = 9000, .last_offset_delta = 9});
  builder.append_at(4, {.timestamp = 1000, .key = as_bytes("k")});
  const SharedBytes bytes = std::move(builder).build();
  const BatchView batch = BatchView::parse(bytes.bytes()).value();
  EXPECT_EQ(batch.delete_horizon_ms(), 9000);
  EXPECT_EQ(batch.last_offset(), Offset(59));
  EXPECT_EQ(batch.record_count(), 1);
  EXPECT_EQ(batch.max_timestamp(), 1000);
  Decompressor decompressor;
  RecordReader reader = read_records(batch, decompressor).value();
  RecordView record;
  ASSERT_TRUE(reader.next(record));
  EXPECT_EQ(offset_of(batch, record), Offset(54));
  EXPECT_EQ(timestamp_of(batch, record), 1000);
}

TEST(BatchBuilder, an_emptied_batch_keeps_producer_range_and_timestamp) {
  BatchBuilder builder({.base_offset = Offset(50),
                        .producer_id = ProducerId(1),
                        .producer_epoch = ProducerEpoch(2),
                        .base_sequence = 3,
                        .last_offset_delta = 9,
                        .max_timestamp = 1234});
  const SharedBytes bytes = std::move(builder).build();
  const BatchView batch = BatchView::parse(bytes.bytes()).value();
  EXPECT_TRUE(batch.verify_crc());
  EXPECT_EQ(batch.record_count(), 0);
  EXPECT_EQ(batch.last_offset(), Offset(59));
  EXPECT_EQ(batch.base_timestamp(), no_timestamp);
  EXPECT_EQ(batch.max_timestamp(), 1234);
  EXPECT_EQ(batch.last_sequence(), 12);
}

TEST(BatchBuilder, extreme_timestamps_survive) {
  constexpr auto min = std::numeric_limits<std::int64_t>::min();
  constexpr auto max = std::numeric_limits<std::int64_t>::max();
  BatchBuilder builder({});
  builder.append({.timestamp = min});
  builder.append({.timestamp = max});
  const SharedBytes bytes = std::move(builder).build();
  const BatchView batch = BatchView::parse(bytes.bytes()).value();
  Decompressor decompressor;
  RecordReader reader = read_records(batch, decompressor).value();
  RecordView record;
  ASSERT_TRUE(reader.next(record));
  EXPECT_EQ(timestamp_of(batch, record), min);
  ASSERT_TRUE(reader.next(record));
  EXPECT_EQ(timestamp_of(batch, record), max);
}

TEST(BatchBuilder, recompression_changes_codec_length_and_crc_only) {
  const auto source = from_hex(testing::java_zstd);
  const BatchView from = BatchView::parse(source).value();
  Decompressor decompressor;
  const Bytes area =
      decompressor.decompress(Codec::zstd, from.records_area(), uncompressed_bytes_max).value();
  const SharedBytes plain =
      with_codec(from.bytes().first(batch_header_size), area, Codec::none, 0).value();
  EXPECT_EQ(to_vector(plain.bytes()), from_hex(testing::java_none));
}

}  // namespace
}  // namespace moldau::records
