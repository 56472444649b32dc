#include "sim/records.h"

#include <gtest/gtest.h>

namespace moldau::sim {
namespace {

SharedBytes batch_of(records::Codec codec, std::int32_t count) {
  return make_batch({.first = {3, 10},
                     .count = count,
                     .timestamp = 1'767'225'600'000,
                     .options = {.base_offset = Offset(100), .codec = codec}});
}

TEST(SimRecords, are_recognised_in_every_codec) {
  records::Decompressor scratch;
  for (const auto codec : {records::Codec::none, records::Codec::gzip, records::Codec::snappy,
                           records::Codec::lz4, records::Codec::zstd}) {
    const auto seen = read_batches(batch_of(codec, 50).bytes(), Offset(120), scratch);
    ASSERT_EQ(seen.size(), 30U);
    EXPECT_EQ(seen.front().offset, Offset(120));
    EXPECT_EQ(seen.front().id, (RecordId{3, 30}));
    EXPECT_EQ(seen.back().id, (RecordId{3, 59}));
  }
}

TEST(SimRecords, with_keys_are_recognised_tombstones_too) {
  records::Decompressor scratch;
  const auto batch =
      make_batch({.first = {3, 0}, .count = 100, .timestamp = 5, .options = {}, .keyed = true});
  const auto seen = read_batches(batch.bytes(), Offset(0), scratch);
  ASSERT_EQ(seen.size(), 100U);
  int tombstones = 0;
  for (int i = 0; i < 100; ++i) {
    const RecordId id{3, i};
    EXPECT_EQ(seen[static_cast<std::size_t>(i)].id, id);
    tombstones += keyed_record(id).is_tombstone ? 1 : 0;
  }
  EXPECT_GT(tombstones, 5);
  EXPECT_LT(tombstones, 30);
  EXPECT_EQ(end_of_batches(batch.bytes(), Offset(7)), Offset(100));
  EXPECT_EQ(end_of_batches({}, Offset(7)), Offset(7));
}

TEST(SimRecords, with_any_byte_changed_are_damaged_or_elsewhere) {
  records::Decompressor scratch;
  const SharedBytes batch = batch_of(records::Codec::none, 1);
  for (std::size_t i = records::layout::attributes; i < batch.size(); ++i) {
    std::vector<std::uint8_t> bytes(batch.bytes().begin(), batch.bytes().end());
    bytes[i] ^= 0x10;
    const auto seen = read_batches(bytes, Offset(0), scratch);
    ASSERT_FALSE(seen.empty()) << "byte " << i;
    EXPECT_FALSE(seen.front().id.has_value()) << "byte " << i;
    EXPECT_EQ(end_of_batches(bytes, Offset(0)), Offset(0)) << "byte " << i;
  }
}

}  // namespace
}  // namespace moldau::sim
