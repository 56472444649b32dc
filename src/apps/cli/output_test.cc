#include "apps/cli/output.h"

#include <gtest/gtest.h>

#include "protocol/utf8.h"

namespace moldau::apps {
namespace {

TEST(Output, what_is_not_utf8_is_told_from_what_is) {
  for (const auto* bad : {"\x80", "\xc3", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xff"}) {
    EXPECT_FALSE(protocol::is_utf8(as_bytes(bad))) << testing::PrintToString(std::string(bad));
  }
  for (const auto* good : {"", "plain", "é€😀", "\xf4\x8f\xbf\xbf"}) {
    EXPECT_TRUE(protocol::is_utf8(as_bytes(good))) << good;
  }
}

TEST(Output, bytes_in_json_are_text_or_base64_and_nothing_is_lost) {
  EXPECT_EQ(json_bytes(as_bytes("a\"\n")), "\"a\\\"\\u000a\"");
  EXPECT_EQ(json_bytes(as_bytes("\xff\x01")), R"({"base64":"/wE="})");
}

TEST(Output, columns_of_a_table_are_aligned_numbers_to_the_right) {
  Table table({"TOPIC", "N", "RACK", "NOTE"});
  table.add({"a", "1", "-", "x"});
  table.add({"löng", "-", "-", ""});
  table.add({"longer", "+12", "-", "1"});
  EXPECT_EQ(table.to_string(),
            "TOPIC     N  RACK  NOTE\n"
            "a         1  -     x\n"
            "löng      -  -\n"
            "longer  +12  -     1\n");
}

TEST(Output, json_is_built_field_by_field) {
  EXPECT_EQ(JsonObject().to_string(), "{}");
  EXPECT_EQ(JsonObject()
                .text("a", "\"")
                .number("b", -1)
                .number("c", std::optional<std::int64_t>())
                .boolean("d", true)
                .raw("e", "[]")
                .to_string(),
            R"({"a":"\"","b":-1,"c":null,"d":true,"e":[]})");
  EXPECT_EQ(json_array(std::vector<std::string>{"1", "2"}), "[1,\n 2]");
}

TEST(Output, sizes_are_printed_in_units_a_reader_grasps) {
  EXPECT_EQ(bytes_text(1023), "1023 B");
  EXPECT_EQ(bytes_text(1536), "1.5 KiB");
  EXPECT_EQ(bytes_text(std::int64_t{5} << 40), "5.0 TiB");
}

}  // namespace
}  // namespace moldau::apps
