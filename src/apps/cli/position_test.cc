#include "apps/cli/position.h"

#include <gtest/gtest.h>

namespace moldau::apps {
namespace {

using Kind = Position::Kind;

constexpr std::int64_t hour_ms = 3'600'000;

std::int64_t timestamp(std::string_view text) {
  return parse_timestamp_ms(text).value_or(-1);
}

TEST(Position, every_form_is_read) {
  const std::pair<std::string_view, Position> forms[] = {
      {"earliest", {.kind = Kind::earliest}},
      {"beginning", {.kind = Kind::earliest}},
      {"latest", {.kind = Kind::latest}},
      {"end", {.kind = Kind::latest}},
      {"0", {.kind = Kind::offset, .number = 0}},
      {"1500", {.kind = Kind::offset, .number = 1500}},
      {"-10", {.kind = Kind::last, .number = 10}},
      {"@1795420800000", {.kind = Kind::time, .number = 1'795'420'800'000}},
      {"2026-11-23T08:00", {.kind = Kind::time, .number = 1'795'420'800'000}},
      {"-1h30m", {.kind = Kind::ago, .number = hour_ms + hour_ms / 2}},
      {"-500ms", {.kind = Kind::ago, .number = 500}},
  };
  for (const auto& [text, position] : forms) {
    const auto parsed = parse_position(text);
    ASSERT_TRUE(parsed) << text;
    EXPECT_EQ(*parsed, position) << text;
  }
}

TEST(Position, what_is_no_position_is_refused_with_what_would_be_one) {
  for (const auto* text : {"", "-", "x", "1.5", "+3", "-3x", "1h", "@", "@1h", "--1", "-1h2",
                           "tail", "2026-13-01", "99999999999999999999"}) {
    const auto parsed = parse_position(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_NE(parsed.error().context.find("-1h30m"), std::string::npos) << text;
  }
}

TEST(Position, durations_add_up_their_units) {
  EXPECT_EQ(parse_duration_ms("2d").value_or(-1), 48 * hour_ms);
  EXPECT_EQ(parse_duration_ms("1d1h1m1s1ms").value_or(-1), 25 * hour_ms + 61'001);
  EXPECT_EQ(parse_duration_ms("90s").value_or(-1), 90'000);
  EXPECT_EQ(parse_duration_ms("PT1H").value_or(-1), hour_ms);
  EXPECT_EQ(parse_duration_ms("P1DT2H3M4S").value_or(-1), 26 * hour_ms + 184'000);
  EXPECT_EQ(parse_duration_ms("P7D").value_or(-1), 168 * hour_ms);
  EXPECT_EQ(parse_duration_ms("PT5M").value_or(-1), 300'000);
  for (const auto* text : {"", "h", "5", "5 s", "1h-5m", "9999999999d", "P", "PT", "P1H", "P1DT",
                           "PT1M1H", "PT1H1", "PT-1H", "P1D1D", "PTT1H", "PT1D", "P1S"}) {
    EXPECT_FALSE(parse_duration_ms(text)) << text;
  }
}

TEST(Position, a_duration_longer_than_time_itself_does_not_overflow) {
  std::string text;
  for (int i = 0; i < 200; ++i) text += "999999999d";
  EXPECT_GT(parse_duration_ms(text).value_or(-1), 0);
}

TEST(Position, a_duration_is_printed_with_its_two_largest_units) {
  EXPECT_EQ(duration_text(0), "0s");
  EXPECT_EQ(duration_text(-5), "0s");
  EXPECT_EQ(duration_text(999), "999ms");
  EXPECT_EQ(duration_text(1'999), "1s");
  EXPECT_EQ(duration_text(61'000), "1m1s");
  EXPECT_EQ(duration_text(2 * hour_ms), "2h");
  EXPECT_EQ(duration_text(2 * hour_ms + 300'999), "2h5m");
  EXPECT_EQ(duration_text(75 * hour_ms), "3d3h");
  EXPECT_EQ(parse_duration_ms(duration_text(75 * hour_ms)).value_or(-1), 75 * hour_ms);
}

TEST(Position, times_are_utc_unless_they_say_otherwise) {
  EXPECT_EQ(timestamp("1970-01-01"), 0);
  EXPECT_EQ(timestamp("1970-01-01T00:00:00.001Z"), 1);
  EXPECT_EQ(timestamp("2026-11-23 08:00:00"), 1'795'420'800'000);
  EXPECT_EQ(timestamp("2026-11-23T09:00+01:00"), 1'795'420'800'000);
  EXPECT_EQ(timestamp("2026-11-23T03:00:00-0500"), 1'795'420'800'000);
  EXPECT_EQ(timestamp("2024-02-29"), 1'709'164'800'000);
}

TEST(Position, times_that_are_on_no_calendar_are_refused) {
  for (const auto* text : {"2023-02-29", "2026-00-10", "2026-11-31", "26-11-23", "2026-11-23T24:00",
                           "2026-11-23T08:60", "2026-11-23T08:00:00.1", "2026-11-23T",
                           "2026-11-23T08:00X", "2026-11-23T08:00+1"}) {
    EXPECT_FALSE(parse_timestamp_ms(text)) << text;
  }
}

TEST(Position, a_timestamp_is_printed_as_it_is_read) {
  for (const std::int64_t ms : {0LL, 1LL, 1'795'420'800'123LL, 951'782'400'000LL}) {
    EXPECT_EQ(timestamp(timestamp_text(ms)), ms) << timestamp_text(ms);
  }
  EXPECT_EQ(timestamp_text(1'795'420'800'123), "2026-11-23T08:00:00.123Z");
  EXPECT_EQ(timestamp_text(-1), "");
}

TEST(Position, only_a_time_is_looked_up_by_time) {
  const WallMs now{10'000};
  EXPECT_EQ(time_of({.kind = Kind::time, .number = 7}, now), 7);
  EXPECT_EQ(time_of({.kind = Kind::ago, .number = 4'000}, now), 6'000);
  EXPECT_EQ(time_of({.kind = Kind::latest}, now), std::nullopt);
}

}  // namespace
}  // namespace moldau::apps
