#include "broker/group_history.h"

#include <gtest/gtest.h>

namespace moldau::broker {
namespace {

using coordinator::GroupEvent;
using Kind = GroupEvent::Kind;

void add(GroupHistory& history, std::int64_t at_ms, GroupEvent event) {
  history.add({at_ms}, {&event, 1});
}

TEST(GroupHistory, what_happened_is_told_in_order) {
  GroupHistory history;
  add(history, 1, {.kind = Kind::joined, .group = "g", .member = "m", .client = "c", .text = "a"});
  add(history, 2, {.kind = Kind::joined, .group = "h", .text = "not of g"});
  add(history, 3, {.kind = Kind::rebalance, .cause = Kind::joined, .group = "g", .text = "b"});
  const auto timeline = history.of("g");
  ASSERT_EQ(timeline.entries.size(), 2);
  EXPECT_EQ(timeline.entries[0].text, "a");
  EXPECT_EQ(timeline.entries[0].member, "m");
  EXPECT_EQ(timeline.entries[1].first.value, 3);
  EXPECT_EQ(timeline.entries[1].cause, Kind::joined);
  EXPECT_EQ(timeline.forgotten, 0);
  EXPECT_TRUE(history.of("none").entries.empty());
}

TEST(GroupHistory, of_a_group_the_last_events_are_kept) {
  GroupHistory history;
  constexpr int count = static_cast<int>(GroupHistory::entries_per_group_max) + 5;
  for (int i = 0; i < count; ++i) {
    add(history, i, {.kind = Kind::joined, .group = "g", .text = fmt::to_string(i)});
  }
  const auto timeline = history.of("g");
  EXPECT_EQ(timeline.entries.size(), GroupHistory::entries_per_group_max);
  EXPECT_EQ(timeline.entries.front().text, "5");
  EXPECT_EQ(timeline.forgotten, 5);
}

TEST(GroupHistory, a_client_that_is_refused_again_and_again_is_one_entry) {
  GroupHistory history;
  for (int i = 0; i < 1'000; ++i) {
    add(history, i, {.kind = Kind::fenced, .group = "g", .client = "c", .text = "no"});
  }
  add(history, 1'000, {.kind = Kind::fenced, .group = "g", .client = "another", .text = "no"});
  const auto timeline = history.of("g");
  ASSERT_EQ(timeline.entries.size(), 2);
  EXPECT_EQ(timeline.entries[0].count, 1'000);
  EXPECT_EQ(timeline.entries[0].first.value, 0);
  EXPECT_EQ(timeline.entries[0].last.value, 999);
}

TEST(GroupHistory, long_texts_are_cut_between_characters) {
  GroupHistory history;
  std::string text(GroupHistory::text_bytes_max - 1, 'x');
  text += "\u00e9 and more";
  add(history, 1,
      {.kind = Kind::joined, .group = "g", .member = std::string(32'000, 'm'), .text = text});
  const auto timeline = history.of("g");
  EXPECT_EQ(timeline.entries[0].text, std::string(GroupHistory::text_bytes_max - 1, 'x') + "...");
  EXPECT_EQ(timeline.entries[0].member.size(), GroupHistory::name_bytes_max + 3);
}

TEST(GroupHistory, over_the_limit_the_group_goes_in_which_nothing_has_happened_for_longest) {
  GroupHistory history;
  const auto id = [](int i) { return fmt::format("{:08}", i) + std::string(30'000, 'g'); };
  add(history, 0, {.kind = Kind::joined, .group = "kept", .text = "t"});
  constexpr int count = 400;
  for (int i = 0; i < count; ++i) {
    add(history, i, {.kind = Kind::joined, .group = id(i), .text = "t"});
    add(history, i, {.kind = Kind::joined, .group = "kept", .text = "t"});
    ASSERT_LE(history.totals().bytes, GroupHistory::bytes_max);
  }
  EXPECT_TRUE(history.of(id(0)).entries.empty());
  EXPECT_FALSE(history.of(id(count - 1)).entries.empty());
  EXPECT_FALSE(history.of("kept").entries.empty());
  EXPECT_LT(history.totals().groups, count);
}

TEST(GroupHistory, events_and_causes_of_rebalances_are_counted) {
  GroupHistory history;
  add(history, 1, {.kind = Kind::session_timeout, .group = "g", .text = "t"});
  add(history, 1,
      {.kind = Kind::rebalance, .cause = Kind::session_timeout, .group = "g", .text = "t"});
  const auto totals = history.totals();
  const auto at = [](Kind kind) { return static_cast<std::size_t>(kind); };
  EXPECT_EQ(totals.events[at(Kind::session_timeout)], 1);
  EXPECT_EQ(totals.events[at(Kind::rebalance)], 1);
  EXPECT_EQ(totals.rebalances[at(Kind::session_timeout)], 1);
  EXPECT_EQ(totals.rebalances[at(Kind::rebalance)], 0);
}

}  // namespace
}  // namespace moldau::broker
