#include "apps/cli/reset_plan.h"

#include <gtest/gtest.h>

namespace moldau::apps {
namespace {

using Kind = Position::Kind;

const TopicPartition orders_0{"orders", 0};
const TopicPartition orders_1{"orders", 1};

/// orders:0 holds 100 to 200 and is committed at 150; orders:1 holds 0 to 50, nothing committed.
ResetInput input() {
  return {.partitions = {orders_0, orders_1},
          .committed = {{orders_0, 150}},
          .starts = {{orders_0, 100}, {orders_1, 0}},
          .ends = {{orders_0, 200}, {orders_1, 50}},
          .at_time = {{orders_0, 170}, {orders_1, -1}}};
}

std::vector<std::int64_t> targets(const Position& position) {
  std::vector<std::int64_t> result;
  for (const auto& step : plan_reset(input(), {.position = position}).value()) {
    result.push_back(step.to);
  }
  return result;
}

using Offsets = std::vector<std::int64_t>;

TEST(ResetPlan, each_position_finds_its_offset) {
  EXPECT_EQ(targets({.kind = Kind::earliest}), (Offsets{100, 0}));
  EXPECT_EQ(targets({.kind = Kind::latest}), (Offsets{200, 50}));
  EXPECT_EQ(targets({.kind = Kind::last, .number = 10}), (Offsets{190, 40}));
}

TEST(ResetPlan, a_time_after_the_last_record_is_the_end) {
  EXPECT_EQ(targets({.kind = Kind::time, .number = 1}), (Offsets{170, 50}));
  EXPECT_EQ(targets({.kind = Kind::ago, .number = 1}), (Offsets{170, 50}));
}

TEST(ResetPlan, what_lies_outside_of_the_log_becomes_its_nearest_end_and_says_so) {
  const auto plan = plan_reset(input(), {.position = Position{Kind::offset, 120}}).value();
  EXPECT_EQ(plan[0].to, 120);
  EXPECT_EQ(plan[0].note, "");
  EXPECT_EQ(plan[1].to, 50);
  EXPECT_EQ(plan[1].note, "not 120: the log ends here");
  const auto low = plan_reset(input(), {.position = Position{Kind::offset, 5}}).value();
  EXPECT_EQ(low[0].to, 100);
  EXPECT_EQ(low[0].note, "not 5: the log starts here");
  EXPECT_EQ(targets({.kind = Kind::last, .number = 1'000}), (Offsets{100, 0}));
}

TEST(ResetPlan, a_shift_counts_from_what_is_committed) {
  auto known = input();
  known.partitions = {orders_0};
  EXPECT_EQ(plan_reset(known, {.shift = -30}).value()[0].to, 120);
  EXPECT_EQ(plan_reset(known, {.shift = 30}).value()[0].to, 180);
  EXPECT_EQ(plan_reset(known, {.shift = -300}).value()[0].to, 100);
}

TEST(ResetPlan, offsets_of_their_own_stay_within_the_log) {
  const auto plan =
      plan_reset(input(), {.position = {}, .offsets = OffsetMap{{orders_0, 120}, {orders_1, 99}}})
          .value();
  EXPECT_EQ(plan[0].to, 120);
  EXPECT_EQ(plan[1].to, 50);
  EXPECT_EQ(plan[1].note, "not 99: the log ends here");
}

TEST(ResetPlan, a_shift_of_nothing_is_an_error_that_names_the_partition) {
  const auto plan = plan_reset(input(), {.shift = 1});
  ASSERT_FALSE(plan);
  EXPECT_EQ(plan.error().code, Errc::not_found);
  EXPECT_TRUE(plan.error().context.starts_with("orders:1: ")) << plan.error().context;
}

TEST(ResetPlan, a_partition_whose_log_cannot_be_asked_stops_the_whole_plan) {
  auto without_leader = input();
  without_leader.ends.erase(orders_1);
  const auto plan = plan_reset(without_leader, {.position = Position{Kind::earliest}});
  ASSERT_FALSE(plan);
  EXPECT_EQ(plan.error().code, Errc::unavailable);
}

TEST(ResetPlan, the_table_shows_old_new_and_difference) {
  const auto plan = plan_reset(input(), {.position = Position{Kind::latest}}).value();
  EXPECT_EQ(plan_text(plan),
            "TOPIC   PARTITION  COMMITTED  NEW  CHANGE  NOTE\n"
            "orders          0        150  200     +50\n"
            "orders          1          -   50       -\n");
  EXPECT_EQ(plan_json(plan),
            R"([{"topic":"orders","partition":0,"committed":150,"new":200,"note":""},)"
            "\n "
            R"({"topic":"orders","partition":1,"committed":null,"new":50,"note":""}])");
}

}  // namespace
}  // namespace moldau::apps
