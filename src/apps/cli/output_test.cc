#include "apps/cli/output.h"

#include <gtest/gtest.h>

namespace moldau::apps {
namespace {

TEST(Output, what_is_not_utf8_is_told_from_what_is) {
  for (const auto* bad : {"\x80", "\xc3", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xff"}) {
    EXPECT_FALSE(is_utf8(as_bytes(bad))) << testing::PrintToString(std::string(bad));
  }
  for (const auto* good : {"", "plain", "é€😀", "\xf4\x8f\xbf\xbf"}) {
    EXPECT_TRUE(is_utf8(as_bytes(good))) << good;
  }
}

TEST(Output, bytes_in_json_are_text_or_base64_and_nothing_is_lost) {
  EXPECT_EQ(json_bytes(as_bytes("a\"\n")), "\"a\\\"\\u000a\"");
  EXPECT_EQ(json_bytes(as_bytes("\xff\x01")), R"({"base64":"/wE="})");
}

TEST(Output, columns_of_a_table_are_aligned_without_trailing_blanks) {
  Table table({"TOPIC", "N"});
  table.add({"a", "1"});
  table.add({"longer", "12"});
  EXPECT_EQ(table.to_string(), "TOPIC   N\na       1\nlonger  12\n");
}

}  // namespace
}  // namespace moldau::apps
