#include "records/batch.h"

#include "records/test_batches.h"

namespace moldau::records {
namespace {

using testing::from_hex;
using testing::sample_batch;
using testing::to_vector;

TEST(BatchView, reads_every_field_of_a_batch_written_by_java) {
  const auto bytes = from_hex(testing::java_none);
  const BatchView batch = BatchView::parse(bytes).value();
  EXPECT_EQ(batch.base_offset(), Offset(100));
  EXPECT_EQ(batch.size_in_bytes(), bytes.size());
  EXPECT_EQ(batch.batch_length(), static_cast<std::int32_t>(bytes.size()) - 12);
  EXPECT_EQ(batch.partition_leader_epoch(), LeaderEpoch(7));
  EXPECT_EQ(batch.last_offset_delta(), 2);
  EXPECT_EQ(batch.last_offset(), Offset(102));
  EXPECT_EQ(batch.next_offset(), Offset(103));
  EXPECT_EQ(batch.base_timestamp(), 1700000000000);
  EXPECT_EQ(batch.max_timestamp(), 1700000000500);
  EXPECT_EQ(batch.producer_id(), ProducerId(4000));
  EXPECT_EQ(batch.producer_epoch(), ProducerEpoch(3));
  EXPECT_EQ(batch.base_sequence(), 17);
  EXPECT_EQ(batch.last_sequence(), 19);
  EXPECT_EQ(batch.record_count(), 3);
  EXPECT_EQ(batch.codec(), Codec::none);
  EXPECT_EQ(batch.timestamp_type(), TimestampType::create_time);
  EXPECT_TRUE(batch.is_transactional());
  EXPECT_FALSE(batch.is_control());
  EXPECT_EQ(batch.delete_horizon_ms(), std::nullopt);
  EXPECT_TRUE(batch.verify_crc());
}

TEST(BatchView, every_truncation_is_truncated_and_never_read_beyond) {
  const SharedBytes batch = sample_batch();
  for (std::size_t size = 0; size < batch.size(); ++size) {
    // A copy of exactly that size, so that the address sanitizer sees a step too far.
    const auto cut = to_vector(batch.bytes().first(size));
    const auto parsed = BatchView::parse(cut);
    ASSERT_FALSE(parsed.has_value()) << size;
    EXPECT_EQ(parsed.error().code, Errc::truncated) << size;
  }
}

TEST(BatchView, impossible_headers_are_corrupt_and_old_formats_unsupported) {
  const SharedBytes good = sample_batch();
  const auto code_with = [&](std::size_t at, auto value) {
    auto bytes = to_vector(good.bytes());
    store_be(bytes.data() + at, value);
    const auto parsed = BatchView::parse(bytes);
    EXPECT_FALSE(parsed.has_value());
    return parsed ? Errc::invalid : parsed.error().code;
  };
  EXPECT_EQ(code_with(layout::batch_length, std::int32_t{-1}), Errc::corrupt);
  EXPECT_EQ(code_with(layout::batch_length, std::int32_t{13}), Errc::corrupt);
  EXPECT_EQ(code_with(layout::batch_length, std::int32_t{48}), Errc::corrupt);
  EXPECT_EQ(code_with(layout::batch_length, std::int32_t{0x7fffffff}), Errc::truncated);
  EXPECT_EQ(code_with(layout::magic, std::int8_t{3}), Errc::corrupt);
  EXPECT_EQ(code_with(layout::magic, std::int8_t{-1}), Errc::corrupt);
  EXPECT_EQ(code_with(layout::magic, std::int8_t{1}), Errc::unsupported);
  EXPECT_EQ(code_with(layout::last_offset_delta, std::int32_t{-1}), Errc::corrupt);
  EXPECT_EQ(code_with(layout::record_count, std::int32_t{-1}), Errc::corrupt);
  EXPECT_EQ(code_with(layout::base_offset, std::numeric_limits<std::int64_t>::max()),
            Errc::corrupt);
}

TEST(BatchView, an_offset_range_without_a_next_offset_is_corrupt) {
  constexpr auto max = std::numeric_limits<std::int64_t>::max();
  // Offset deltas 0 to 2, so the next offset is the base and 3.
  const SharedBytes fits = sample_batch({.base_offset = Offset(max - 3)});
  EXPECT_EQ(BatchView::parse(fits.bytes()).value().next_offset(), Offset(max));
  const SharedBytes beyond = sample_batch({.base_offset = Offset(max - 2)});
  EXPECT_EQ(BatchView::parse(beyond.bytes()).error().code, Errc::corrupt);
}

TEST(BatchView, crc_covers_each_byte_from_the_attributes_on_and_none_before) {
  const SharedBytes good = sample_batch();
  for (std::size_t at = 0; at < good.size(); ++at) {
    auto bytes = to_vector(good.bytes());
    bytes[at] ^= 0x40;
    const auto batch = BatchView::parse(bytes);
    if (!batch) continue;  // the flip hit the length, magic or counts
    const bool outside = at < layout::magic;
    EXPECT_EQ(batch->verify_crc().has_value(), outside) << at;
  }
}

TEST(Batch, assigning_an_offset_keeps_the_crc) {
  auto bytes = to_vector(sample_batch().bytes());
  assign_offset(bytes, Offset(123456789012), LeaderEpoch(42));
  const BatchView batch = BatchView::parse(bytes).value();
  EXPECT_EQ(batch.base_offset(), Offset(123456789012));
  EXPECT_EQ(batch.partition_leader_epoch(), LeaderEpoch(42));
  EXPECT_TRUE(batch.verify_crc());
}

TEST(Batch, setting_the_timestamp_recomputes_the_crc_and_keeps_other_attributes) {
  auto bytes =
      to_vector(sample_batch({.codec = Codec::lz4, .kind = BatchKind::transactional}).bytes());
  set_timestamp(bytes, TimestampType::log_append_time, 777);
  const BatchView stamped = BatchView::parse(bytes).value();
  EXPECT_EQ(stamped.timestamp_type(), TimestampType::log_append_time);
  EXPECT_EQ(stamped.max_timestamp(), 777);
  EXPECT_EQ(stamped.codec(), Codec::lz4);
  EXPECT_TRUE(stamped.is_transactional());
  EXPECT_TRUE(stamped.verify_crc());
  set_timestamp(bytes, TimestampType::create_time, 778);
  EXPECT_EQ(BatchView::parse(bytes).value().timestamp_type(), TimestampType::create_time);
}

TEST(Batch, sequences_wrap_from_the_greatest_to_zero) {
  constexpr auto max = std::numeric_limits<std::int32_t>::max();
  EXPECT_EQ(increment_sequence(5, 2), 7);
  EXPECT_EQ(increment_sequence(max, 0), max);
  EXPECT_EQ(increment_sequence(max, 1), 0);
  EXPECT_EQ(increment_sequence(max - 1, 3), 1);
}

TEST(BatchIterator, walks_batches_and_stops_before_a_partial_one) {
  std::vector<std::uint8_t> bytes;
  for (int i = 0; i < 3; ++i) {
    const SharedBytes batch = sample_batch({.base_offset = Offset(i * 10)});
    bytes.insert(bytes.end(), batch.bytes().begin(), batch.bytes().end());
  }
  const std::size_t whole = bytes.size();
  const SharedBytes last = sample_batch({.base_offset = Offset(30)});
  for (std::size_t extra = 0; extra < last.size(); ++extra) {
    std::vector<std::uint8_t> with_tail = bytes;
    const Bytes tail = last.bytes().first(extra);
    with_tail.insert(with_tail.end(), tail.begin(), tail.end());
    BatchIterator batches(with_tail);
    std::vector<Offset> seen;
    while (auto batch = batches.next()) seen.push_back(batch->base_offset());
    EXPECT_TRUE(batches.status());
    EXPECT_EQ(seen, (std::vector{Offset(0), Offset(10), Offset(20)}));
    EXPECT_EQ(batches.position(), whole);
    EXPECT_EQ(batches.bytes_left(), extra);
  }
}

TEST(BatchIterator, reports_garbage_with_its_position_and_stays_there) {
  auto bytes = to_vector(sample_batch().bytes());
  const std::size_t whole = bytes.size();
  bytes.insert(bytes.end(), 100, 0);
  BatchIterator batches(bytes);
  EXPECT_TRUE(batches.next());
  EXPECT_FALSE(batches.next());
  EXPECT_FALSE(batches.next());
  ASSERT_FALSE(batches.status());
  EXPECT_EQ(batches.status().error().code, Errc::corrupt);
  EXPECT_EQ(batches.position(), whole);
}

}  // namespace
}  // namespace moldau::records
