#include "apps/cli/record_format.h"

#include <gtest/gtest.h>

#include "apps/cli/json_record.h"

namespace moldau::apps {
namespace {

RecordView record() {
  return {.topic = "t",
          .partition = 2,
          .offset = 7,
          .timestamp = 1'795'420'800'123,
          .key = as_bytes("k"),
          .value = as_bytes("v\n\xff"),
          .headers = {{"a", as_bytes("1")}, {"b", std::nullopt}}};
}

std::string formatted(std::string_view text, const RecordView& view = record()) {
  std::string out;
  RecordTemplate::parse(text).value().append(out, view);
  return out;
}

TEST(RecordFormat, json_tells_bytes_from_text_and_null_from_empty) {
  EXPECT_EQ(record_json(record()),
            R"({"topic":"t","partition":2,"offset":7,"timestamp":1795420800123,"key":"k",)"
            R"("value":{"base64":"dgr/"},)"
            R"("headers":[{"name":"a","value":"1"},{"name":"b","value":null}]})");
  EXPECT_EQ(record_json({.topic = "t", .key = std::nullopt, .value = as_bytes("")}),
            R"({"topic":"t","partition":0,"offset":0,"timestamp":-1,"key":null,"value":"",)"
            R"("headers":[]})");
}

TEST(RecordFormat, a_row_stays_on_its_line) {
  const auto row = record_row(record());
  EXPECT_EQ(row.find('\n'), std::string::npos);
  EXPECT_NE(row.find("v\\n\\xff"), std::string::npos) << row;
  EXPECT_EQ(record_row_header().find("VALUE"), row.find("v\\n"));
}

TEST(RecordFormat, a_template_knows_every_field_and_escape) {
  EXPECT_EQ(formatted("%t %p:%o %d %T"), "t 2:7 1795420800123 2026-11-23T08:00:00.123Z");
  EXPECT_EQ(formatted("%k=%v|%K,%V|%h"), "k=v\n\xff|1,3|a=1,b=");
  EXPECT_EQ(formatted("100%%\\t\\\\\\x41\\n"), "100%\t\\A\n");
  EXPECT_EQ(formatted("\\0").size(), 1);
  EXPECT_EQ(formatted("%K %V", {.topic = "t"}), "-1 -1");
}

TEST(RecordFormat, what_a_template_does_not_know_is_refused_and_named) {
  for (const auto* text : {"%x", "%", "a%", "\\q", "\\", "\\x4", "\\xzz"}) {
    EXPECT_FALSE(RecordTemplate::parse(text)) << text;
  }
  EXPECT_TRUE(RecordTemplate::parse("%x").error().context.starts_with("%x: "));
}

TEST(RecordFormat, what_json_says_is_read_back_as_it_was) {
  const auto read = parse_record_json(record_json(record())).value();
  EXPECT_EQ(read.key, "k");
  EXPECT_EQ(read.value, "v\n\xff");
  EXPECT_EQ(read.timestamp, 1'795'420'800'123);
  ASSERT_EQ(read.headers.size(), 2);
  EXPECT_EQ(read.headers[0], std::pair(std::string("a"), std::optional<std::string>("1")));
  EXPECT_EQ(read.headers[1].second, std::nullopt);
}

TEST(RecordFormat, a_json_record_may_leave_out_what_it_has_not) {
  const auto read = parse_record_json(R"({"value":"v","partition":9})").value();
  EXPECT_EQ(read.key, std::nullopt);
  EXPECT_EQ(read.value, "v");
  EXPECT_EQ(read.timestamp, 0);
  EXPECT_EQ(parse_record_json(R"({"key":"k","value":null})").value().value, std::nullopt);
}

TEST(RecordFormat, json_that_is_no_record_is_refused) {
  for (const auto* line :
       {"", "x", "[]", "1", R"({"value":1})", R"({"value":{}})", R"({"value":{"base64":"*"}})",
        R"({"headers":{}})", R"({"headers":[1]})", R"({"headers":[{"value":"v"}]})",
        R"({"timestamp":"now"})", R"({"value":"v"} x)"}) {
    EXPECT_FALSE(parse_record_json(line)) << line;
  }
}

TEST(RecordFormat, base64_is_read_with_and_without_padding) {
  EXPECT_EQ(decode_base64("dgr/").value(), "v\n\xff");
  EXPECT_EQ(decode_base64("/w==").value(), "\xff");
  EXPECT_EQ(decode_base64("/w").value(), "\xff");
  EXPECT_EQ(decode_base64("").value(), "");
  EXPECT_FALSE(decode_base64("/"));
  EXPECT_FALSE(decode_base64("a b="));
}

}  // namespace
}  // namespace moldau::apps
