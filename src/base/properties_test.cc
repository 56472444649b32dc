#include "base/properties.h"

#include <gtest/gtest.h>

namespace moldau {
namespace {

Properties parsed(std::string_view text) {
  auto properties = parse_properties(text);
  EXPECT_TRUE(properties.has_value());
  return properties ? *properties : Properties{};
}

TEST(Properties, a_broken_unicode_escape_is_refused_with_its_line) {
  EXPECT_EQ(parse_properties("a=1\nb=\\u00g1\n").error().to_string(),
            "invalid: line 2: a broken \\u escape");
  EXPECT_FALSE(parse_properties("a=\\u12").has_value());
  EXPECT_FALSE(parse_properties("a=\\ud83d").has_value());
}

TEST(Properties, key_ends_at_the_first_equals_sign_colon_or_blank) {
  EXPECT_EQ(parsed("a=1\nb: 2\nc 3\nd\t=\t4\ne\n"),
            (Properties{{"a", "1"}, {"b", "2"}, {"c", "3"}, {"d", "4"}, {"e", ""}}));
}

TEST(Properties, value_keeps_later_separators_and_trailing_blanks) {
  EXPECT_EQ(parsed("listeners = PLAINTEXT://:9092,CONTROLLER://:9093 "),
            (Properties{{"listeners", "PLAINTEXT://:9092,CONTROLLER://:9093 "}}));
}

TEST(Properties, comments_and_blank_lines_are_skipped) {
  EXPECT_EQ(parsed("# one\n  ! two\n\n \t\na=b # no comment\n"),
            (Properties{{"a", "b # no comment"}}));
}

TEST(Properties, backslash_at_the_end_continues_the_line_without_its_indent) {
  EXPECT_EQ(parsed("a=one,\\\n    two,\\\r\n\tthree\nb=2"),
            (Properties{{"a", "one,two,three"}, {"b", "2"}}));
  EXPECT_EQ(parsed("a=ends\\\\\nb=2"), (Properties{{"a", "ends\\"}, {"b", "2"}}));
  EXPECT_EQ(parsed("a=last\\"), (Properties{{"a", "last"}}));
}

TEST(Properties, escapes_are_those_of_java) {
  EXPECT_EQ(parsed("a\\ b\\=c=tab\\tnew\\nline\\q"), (Properties{{"a b=c", "tab\tnew\nlineq"}}));
  EXPECT_EQ(parsed("a=\\u00e9\\u20ac\\ud83d\\ude00"), (Properties{{"a", "é€😀"}}));
}

TEST(Properties, last_of_equal_keys_counts) {
  EXPECT_EQ(parsed("a=1\ra=2"), (Properties{{"a", "2"}}));
}

TEST(Properties, assignment_of_a_command_line_needs_a_key_and_an_equals_sign) {
  Properties properties;
  EXPECT_FALSE(add_property(properties, "log.dirs").has_value());
  EXPECT_FALSE(add_property(properties, "=x").has_value());
  EXPECT_TRUE(add_property(properties, " log.dirs = /a=b ").has_value());
  EXPECT_TRUE(add_property(properties, "metrics.listener=").has_value());
  EXPECT_EQ(properties, (Properties{{"log.dirs", "/a=b"}, {"metrics.listener", ""}}));
}

}  // namespace
}  // namespace moldau
