#include "apps/cli/fetched_record.h"

#include <gtest/gtest.h>

#include <vector>

#include "records/builder.h"
#include "records/control.h"

namespace moldau::apps {
namespace {

constexpr std::int64_t first_time = 1'795'420'800'000;

/// "key-0" to "key-2" at offsets 10 to 12, a second apart.
std::vector<std::uint8_t> three_records(records::Codec codec) {
  records::BatchBuilder builder({.codec = codec});
  for (int i = 0; i < 3; ++i) {
    const std::string key = fmt::format("key-{}", i);
    builder.append({.timestamp = first_time + i * 1'000,
                    .key = as_bytes(key),
                    .value = as_bytes("a value a value a value")});
  }
  const auto batch = std::move(builder).build();
  std::vector<std::uint8_t> bytes(batch.bytes().begin(), batch.bytes().end());
  records::assign_offset(bytes, Offset(10), LeaderEpoch(0));
  return bytes;
}

TEST(FetchedRecord, the_record_at_an_offset_is_found_within_its_batch) {
  const auto found = find_record(three_records(records::Codec::zstd), 11).value();
  ASSERT_TRUE(found.record);
  EXPECT_EQ(found.record->offset, 11);
  EXPECT_EQ(found.record->timestamp_ms, first_time + 1'000);
  EXPECT_EQ(found.record->key, "key-1");
  EXPECT_EQ(found.record->value_bytes, 23);
  EXPECT_EQ(found.record->codec, "zstd");
  EXPECT_EQ(found.record->broken, "");
}

TEST(FetchedRecord, behind_a_batch_it_is_looked_for_in_the_next) {
  const auto found = find_record(three_records(records::Codec::none), 13);
  ASSERT_TRUE(found);
  EXPECT_FALSE(found->record);
  EXPECT_EQ(found->next_offset, 13);
}

TEST(FetchedRecord, markers_of_transactions_are_stepped_over) {
  const auto marker = records::build_end_txn_batch({.producer_id = ProducerId(1)});
  const auto found = find_record(marker.bytes(), 0);
  ASSERT_TRUE(found);
  EXPECT_FALSE(found->record);
  EXPECT_EQ(found->next_offset, 1);
}

TEST(FetchedRecord, what_no_client_can_read_is_said_with_its_reason) {
  auto bytes = three_records(records::Codec::zstd);
  bytes[bytes.size() - 5] ^= 0x55;
  const auto wrong_checksum = find_record(bytes, 10).value();
  ASSERT_TRUE(wrong_checksum.record);
  EXPECT_EQ(wrong_checksum.record->offset, 10);
  EXPECT_FALSE(wrong_checksum.record->broken.empty());
  EXPECT_FALSE(wrong_checksum.record->timestamp_ms);

  records::update_crc(bytes);  // a producer's own nonsense
  const auto not_zstd = find_record(bytes, 12).value();
  ASSERT_TRUE(not_zstd.record);
  EXPECT_EQ(not_zstd.record->offset, 12);
  EXPECT_FALSE(not_zstd.record->broken.empty());
}

TEST(FetchedRecord, half_a_batch_says_nothing) {
  const auto bytes = three_records(records::Codec::none);
  EXPECT_FALSE(find_record(Bytes(bytes).first(bytes.size() - 1), 10));
  EXPECT_FALSE(find_record(Bytes(), 10));
}

TEST(FetchedRecord, a_tombstone_and_a_record_without_a_time_are_told_as_such) {
  records::BatchBuilder builder({});
  builder.append({.timestamp = records::no_timestamp, .key = std::nullopt, .value = std::nullopt});
  const auto found = find_record(std::move(builder).build().bytes(), 0).value();
  ASSERT_TRUE(found.record);
  EXPECT_FALSE(found.record->timestamp_ms);
  EXPECT_FALSE(found.record->key_bytes);
  EXPECT_FALSE(found.record->value_bytes);
}

}  // namespace
}  // namespace moldau::apps
