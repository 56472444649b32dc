#include "records/record.h"

#include "base/varint.h"
#include "records/test_batches.h"

namespace moldau::records {
namespace {

using testing::from_hex;
using testing::sample_batch;
using testing::to_vector;

std::string text(const std::optional<Bytes>& bytes) {
  return bytes ? std::string(as_text(*bytes)) : "null";
}

/// "offset timestamp key value {header=value ...}" of each record.
Result<std::vector<std::string>> lines(Bytes bytes) {
  const BatchView batch = TRY(BatchView::parse(bytes));
  Decompressor decompressor;
  RecordReader reader = TRY(read_records(batch, decompressor));
  std::vector<std::string> result;
  RecordView record;
  while (reader.next(record)) {
    std::string line =
        fmt::format("{} {} {} {}", offset_of(batch, record), timestamp_of(batch, record),
                    text(record.key), text(record.value));
    record.headers.each([&](const Header& header) {
      line += fmt::format(" {}={}", header.key, text(header.value));
    });
    result.push_back(std::move(line));
  }
  TRY(reader.status());
  return result;
}

TEST(RecordReader, reads_what_java_wrote_with_every_codec) {
  const std::vector<std::string> expected = {"100 1700000000000 key-0 value-0",
                                             "101 1700000000500 null value-1 h1=x h2=null",
                                             "102 1699999999999 key-2 null"};
  for (const auto hex : {testing::java_none, testing::java_gzip, testing::java_snappy,
                         testing::java_lz4, testing::java_zstd}) {
    const auto bytes = from_hex(hex);
    EXPECT_TRUE(BatchView::parse(bytes).value().verify_crc());
    const auto result = lines(bytes);
    ASSERT_TRUE(result.has_value()) << result.error().to_string();
    EXPECT_EQ(*result, expected);
  }
}

TEST(RecordReader, log_append_time_gives_all_records_the_batch_timestamp) {
  const SharedBytes batch = sample_batch({.log_append_time = 5555}, 2);
  EXPECT_EQ(lines(batch.bytes()).value(),
            (std::vector<std::string>{"0 5555 key-0 value-0", "1 5555 key-1 value-1"}));
}

TEST(RecordReader, a_count_that_lies_is_corrupt_in_both_directions) {
  for (const int lie : {2, 4, 1000000}) {
    auto bytes = to_vector(sample_batch().bytes());
    store_be(bytes.data() + layout::record_count, lie);
    const auto result = lines(bytes);
    ASSERT_FALSE(result.has_value()) << lie;
    EXPECT_EQ(result.error().code, Errc::corrupt);
  }
}

TEST(RecordReader, a_batch_that_compaction_emptied_has_no_records) {
  BatchBuilder builder({.codec = Codec::zstd, .last_offset_delta = 5});
  const SharedBytes empty = std::move(builder).build();
  EXPECT_EQ(empty.size(), batch_header_size);
  EXPECT_TRUE(lines(empty.bytes()).value().empty());
}

TEST(RecordReader, an_undefined_codec_is_unsupported) {
  auto bytes = to_vector(sample_batch().bytes());
  bytes[layout::attributes + 1] |= 5;
  EXPECT_EQ(lines(bytes).error().code, Errc::unsupported);
}

/// A records area of one record whose body is given.
std::vector<std::uint8_t> area_of(std::vector<std::uint8_t> body) {
  std::vector<std::uint8_t> area(varint32_size_max);
  area.resize(put_uvarint(area.data(), zigzag(static_cast<std::int32_t>(body.size()))));
  area.insert(area.end(), body.begin(), body.end());
  return area;
}

TEST(RecordReader, malformed_records_are_corrupt) {
  struct Case {
    const char* what;
    std::vector<std::uint8_t> area;
  };
  // Body: attributes, timestamp delta, offset delta, key, value, header count.
  const Case cases[] = {
      {"nothing", {}},
      {"endless varint as length", {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}},
      {"negative length", {0x01}},
      {"length beyond the area", {0x7e, 0, 0, 0, 1, 1, 0}},
      {"empty body", {0x00}},
      {"only attributes", area_of({0})},
      {"endless timestamp delta",
       area_of({0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 1, 1, 0})},
      {"endless offset delta", area_of({0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 1, 0})},
      {"key beyond the record", area_of({0, 0, 0, 0x7e, 1, 0})},
      {"value beyond the record", area_of({0, 0, 0, 1, 0x7e, 0})},
      {"no header count", area_of({0, 0, 0, 1, 1})},
      {"negative header count", area_of({0, 0, 0, 1, 1, 1})},
      {"more headers than bytes", area_of({0, 0, 0, 1, 1, 0x7e})},
      {"header with null key", area_of({0, 0, 0, 1, 1, 2, 1, 1})},
      {"header cut off", area_of({0, 0, 0, 1, 1, 2, 2, 'k'})},
      {"bytes behind the headers", area_of({0, 0, 0, 1, 1, 0, 0})},
  };
  for (const Case& c : cases) {
    RecordReader reader(c.area, 1);
    RecordView record;
    while (reader.next(record)) {
    }
    EXPECT_FALSE(reader.status()) << c.what;
  }
  const auto good = area_of({0, 0, 0, 1, 1, 0});
  RecordReader reader(good, 1);
  RecordView record;
  EXPECT_TRUE(reader.next(record));
  EXPECT_FALSE(reader.next(record));
  EXPECT_TRUE(reader.status());
}

/// No assertion beyond "no crash, and an error or records": the sanitizers do the rest.
TEST(RecordReader, random_damage_never_crashes) {
  Prng prng(20261123);
  for (const auto hex : {testing::java_none, testing::java_gzip, testing::java_snappy,
                         testing::java_lz4, testing::java_zstd}) {
    const auto good = from_hex(hex);
    int refused = 0;
    for (int round = 0; round < 3000; ++round) {
      auto bytes = good;
      const std::uint64_t flips = 1 + prng.below(4);
      for (std::uint64_t i = 0; i < flips; ++i) {
        const std::uint64_t bit = prng.below(bytes.size() * 8);
        bytes[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
      }
      if (prng.chance(200'000)) bytes.resize(prng.below(bytes.size()));
      refused += !lines(bytes).has_value();
    }
    EXPECT_GT(refused, 100);
  }
}

TEST(RecordReader, every_truncation_of_a_compressed_area_is_refused) {
  for (const auto hex : {testing::java_none, testing::java_gzip, testing::java_snappy,
                         testing::java_lz4, testing::java_zstd}) {
    const auto good = from_hex(hex);
    for (std::size_t size = batch_header_size; size < good.size(); ++size) {
      auto cut = to_vector(Bytes(good).first(size));
      store_be(cut.data() + layout::batch_length, static_cast<std::int32_t>(size - log_overhead));
      EXPECT_FALSE(lines(cut).has_value()) << size;
    }
  }
}

}  // namespace
}  // namespace moldau::records
