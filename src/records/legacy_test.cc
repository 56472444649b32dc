#include "records/legacy.h"

#include <zlib.h>

#include "base/endian.h"
#include "records/test_batches.h"

namespace moldau::records {
namespace {

using testing::from_hex;
using testing::to_vector;

/// "offset timestamp key value" of every record in consecutive entries.
Result<std::vector<std::string>> lines(Bytes bytes) {
  std::vector<std::string> result;
  Decompressor decompressor;
  while (!bytes.empty()) {
    const LegacyMessage message = TRY(LegacyMessage::parse(bytes));
    TRY(message.verify_crc());
    const auto text = [](const std::optional<Bytes>& field) {
      return field ? as_text(*field) : std::string_view("null");
    };
    TRY(message.each(decompressor, 1 << 20, [&](const LegacyRecord& record) {
      result.push_back(fmt::format("{} {} {} {}", record.offset, record.timestamp, text(record.key),
                                   text(record.value)));
    }));
    bytes = bytes.subspan(message.size_in_bytes());
  }
  return result;
}

const std::vector<std::string> v0_lines = {"50 -1 a 1", "51 -1 null 2", "52 -1 c null"};
const std::vector<std::string> v1_lines = {"50 1000 a 1", "51 2000 null 2", "52 1500 c null"};

TEST(Legacy, reads_what_java_writes_plain_and_compressed) {
  for (const auto hex : {testing::java_v0_none, testing::java_v0_gzip, testing::java_v0_lz4}) {
    const auto result = lines(from_hex(hex));
    ASSERT_TRUE(result.has_value()) << result.error().to_string();
    EXPECT_EQ(*result, v0_lines);
  }
  for (const auto hex : {testing::java_v1_none, testing::java_v1_gzip, testing::java_v1_snappy,
                         testing::java_v1_lz4}) {
    const auto result = lines(from_hex(hex));
    ASSERT_TRUE(result.has_value()) << result.error().to_string();
    EXPECT_EQ(*result, v1_lines);
  }
}

void fix_crc(std::vector<std::uint8_t>& entry) {
  store_be(entry.data() + 12,
           static_cast<std::uint32_t>(crc32_z(0, entry.data() + 16, entry.size() - 16)));
}

TEST(Legacy, a_wrapper_with_log_append_time_gives_it_to_all_records) {
  auto wrapper = from_hex(testing::java_v1_gzip);
  wrapper[17] |= log_append_time_bit;
  fix_crc(wrapper);
  EXPECT_EQ(lines(wrapper).value(),
            (std::vector<std::string>{"50 2000 a 1", "51 2000 null 2", "52 2000 c null"}));
}

TEST(Legacy, a_wrapper_at_offset_0_leaves_inner_offsets_as_they_are) {
  auto wrapper = from_hex(testing::java_v1_gzip);
  store_be(wrapper.data(), std::int64_t{0});
  EXPECT_EQ(lines(wrapper).value().front(), "0 1000 a 1");
}

TEST(Legacy, a_wrapper_below_its_inner_offsets_is_corrupt) {
  auto wrapper = from_hex(testing::java_v1_gzip);
  store_be(wrapper.data(), std::int64_t{1});
  EXPECT_EQ(lines(wrapper).error().code, Errc::corrupt);
}

TEST(Legacy, damage_and_truncation_are_refused) {
  const auto good = from_hex(testing::java_v1_gzip);
  for (std::size_t size = 1; size < good.size(); ++size) {
    EXPECT_EQ(lines(to_vector(Bytes(good).first(size))).error().code, Errc::truncated) << size;
  }
  auto flipped = good;
  flipped.back() ^= 1;
  EXPECT_EQ(lines(flipped).error().code, Errc::corrupt);
  EXPECT_EQ(LegacyMessage::parse(from_hex(testing::java_none)).error().code, Errc::unsupported);
}

TEST(Legacy, random_damage_under_a_right_crc_never_crashes) {
  Prng prng(5);
  for (const auto hex : {testing::java_v0_none, testing::java_v0_lz4, testing::java_v1_gzip,
                         testing::java_v1_snappy, testing::java_v1_lz4}) {
    for (int round = 0; round < 2000; ++round) {
      auto bytes = from_hex(hex);
      const std::uint64_t changes = 1 + prng.below(4);
      for (std::uint64_t i = 0; i < changes; ++i) {
        const std::size_t at =
            prng.chance(100'000) ? prng.below(16) : 17 + prng.below(bytes.size() - 17);
        bytes[at] = static_cast<std::uint8_t>(prng.next());
      }
      fix_crc(bytes);
      const auto result = lines(bytes);
      if (result) EXPECT_FALSE(result->empty());
    }
  }
}

}  // namespace
}  // namespace moldau::records
