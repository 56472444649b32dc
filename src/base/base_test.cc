#include <gtest/gtest.h>

#include <cerrno>
#include <limits>

#include "base/crc32c.h"
#include "base/error.h"
#include "base/ids.h"
#include "base/prng.h"
#include "base/text.h"
#include "base/uuid.h"
#include "base/varint.h"

namespace moldau {
namespace {

Result<int> half(int value) {
  if (value % 2 != 0) return fail(Errc::invalid, "odd");
  return value / 2;
}

Result<int> quarter(int value) {
  const int first = TRY(half(value));
  return TRY(half(first));
}

TEST(Error, try_returns_the_value_or_propagates_the_error) {
  EXPECT_EQ(quarter(12).value(), 3);
  EXPECT_EQ(quarter(6).error().to_string(), "invalid: odd");
}

TEST(Error, what_passes_by_itself_is_told_from_what_is_broken) {
  for (const int passes : {ENOSPC, EDQUOT, EMFILE, ENFILE}) {
    EXPECT_EQ(fail_os(passes, "open").error().code, Errc::no_space) << passes;
  }
  EXPECT_EQ(fail_os(EIO, "pwritev").error().code, Errc::io);
  EXPECT_EQ(fail_os(EROFS, "pwritev").error().code, Errc::read_only);
}

TEST(Crc32c, known_answer_and_continuation_agree) {
  EXPECT_EQ(crc32c(as_bytes("123456789")), 0xe3069283u);
  EXPECT_EQ(crc32c(as_bytes("56789"), crc32c(as_bytes("1234"))), 0xe3069283u);
}

TEST(Uuid, text_form_round_trips_and_matches_kafka) {
  EXPECT_EQ(cluster_metadata_topic_id.to_string(), "AAAAAAAAAAAAAAAAAAAAAQ");
  const Uuid uuid = Uuid::of(0x0123456789abcdefULL, 0xfedcba9876543210ULL);
  EXPECT_EQ(Uuid::parse(uuid.to_string()), uuid);
  EXPECT_EQ(Uuid::parse("AAAAAAAAAAAAAAAAAAAA+Q"), std::nullopt);
  EXPECT_EQ(Uuid::parse("short"), std::nullopt);
}

TEST(Varint, edges_round_trip) {
  for (const std::uint64_t value : {0ULL, 1ULL, 127ULL, 128ULL, 300ULL, ~0ULL}) {
    std::uint8_t buffer[varint64_size_max];
    const auto size = put_uvarint(buffer, value);
    EXPECT_EQ(size, uvarint_size(value));
    std::uint64_t read = 0;
    EXPECT_EQ(get_uvarint(Bytes(buffer, size), read), size);
    EXPECT_EQ(read, value);
    EXPECT_EQ(get_uvarint(Bytes(buffer, size - 1), read), 0u);
  }
  EXPECT_EQ(unzigzag(zigzag(std::int64_t{-5})), -5);
}

TEST(Varint, overlong_and_overflowing_values_are_refused) {
  const std::uint8_t endless[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
  std::uint32_t value = 0;
  EXPECT_EQ(get_uvarint(Bytes(endless), value), 0u);
  const std::uint8_t overflow[] = {0xff, 0xff, 0xff, 0xff, 0x1f};
  EXPECT_EQ(get_uvarint(Bytes(overflow), value), 0u);
}

TEST(Text, borrowing_and_owning_copies) {
  std::string source = "topic";
  const Text borrowed = Text::view(source);
  const Text owned = Text::copy(source);
  const Text copy_of_owned = owned;
  source = "TOPIC";
  EXPECT_EQ(borrowed, "TOPIC");
  EXPECT_EQ(owned, "topic");
  EXPECT_EQ(copy_of_owned, "topic");
  Text moved = std::move(const_cast<Text&>(copy_of_owned));
  EXPECT_EQ(moved, "topic");
  moved = owned;
  EXPECT_EQ(moved, "topic");
}

TEST(Prng, is_the_same_for_the_same_seed_and_split_streams_differ) {
  Prng a(7);
  Prng b(7);
  EXPECT_EQ(a.next(), b.next());
  EXPECT_NE(Prng(7).split("disk").next(), Prng(7).split("net").next());
  for (int i = 0; i < 1000; ++i) {
    const auto value = a.between(-3, 3);
    EXPECT_GE(value, -3);
    EXPECT_LE(value, 3);
  }
}

TEST(Ids, arithmetic_and_order) {
  EXPECT_EQ(Offset(5) + 3, Offset(8));
  EXPECT_EQ(Offset(8) - Offset(5), 3);
  EXPECT_LT(LeaderEpoch(1), LeaderEpoch(2));
  EXPECT_EQ(fmt::format("{}", Offset(42)), "42");
}

TEST(Ids, offsets_wrap_around_as_in_java) {
  constexpr Offset lowest(std::numeric_limits<std::int64_t>::min());
  constexpr Offset highest(std::numeric_limits<std::int64_t>::max());
  static_assert(lowest + -1 == highest);  // what is undefined does not compile here
  static_assert(highest + 1 == lowest);
  static_assert(lowest - 1 == highest);
  static_assert(lowest - highest == 1);
  Offset offset = highest;
  offset += 2;
  EXPECT_EQ(offset, lowest + 1);
}

}  // namespace
}  // namespace moldau
