#include "apps/cli/hex_text.h"

#include <gtest/gtest.h>

namespace moldau::apps {
namespace {

using Bytes8 = std::vector<std::uint8_t>;

TEST(HexText, every_way_to_write_bytes_is_read) {
  const Bytes8 expected{0x00, 0x0c, 0xff};
  for (const auto* text :
       {"000cff", "00 0C FF\n", "0x00, 0x0c, 0xff", "00:0c:ff", "000c\r\nff", "0x000cff"}) {
    EXPECT_EQ(parse_hex(text).value_or(Bytes8{}), expected) << text;
  }
}

TEST(HexText, what_is_no_byte_is_told_with_its_line) {
  const auto bytes = parse_hex("00 0c\n0g");
  ASSERT_FALSE(bytes);
  EXPECT_NE(bytes.error().context.find("line 2"), std::string::npos) << bytes.error().context;
  EXPECT_FALSE(parse_hex("123"));
}

TEST(HexText, bytes_and_text_are_told_apart) {
  const std::uint8_t frame[] = {0, 0, 0, 12};
  EXPECT_FALSE(looks_like_hex(frame));
  EXPECT_TRUE(looks_like_hex(as_bytes("0000 000c")));
  EXPECT_EQ(to_hex(frame), "0000000c");
}

}  // namespace
}  // namespace moldau::apps
