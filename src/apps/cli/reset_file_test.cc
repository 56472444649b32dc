#include "apps/cli/reset_file.h"

#include <gtest/gtest.h>

namespace moldau::apps {
namespace {

TEST(ResetFile, lines_are_topic_partition_and_offset) {
  const auto file = parse_offsets_file("orders,0,15\n\"pay\",3,0\r\n\norders,1,7", "g").value();
  EXPECT_EQ(file.offsets, (OffsetMap{{{"orders", 0}, 15}, {{"orders", 1}, 7}, {{"pay", 3}, 0}}));
  EXPECT_EQ(file.of_others, 0);
}

TEST(ResetFile, lines_about_other_groups_are_counted_and_left_out) {
  const auto file =
      parse_offsets_file("g,orders,0,1\nh,orders,0,2\n\"g\",orders,1,3\n", "g").value();
  EXPECT_EQ(file.offsets, (OffsetMap{{{"orders", 0}, 1}, {{"orders", 1}, 3}}));
  EXPECT_EQ(file.of_others, 1);
}

TEST(ResetFile, a_wrong_line_is_an_error_that_names_it) {
  for (const auto* wrong :
       {"orders", "orders,0", "orders,0,", "orders,x,1", "orders,0,-1", "orders,-1,1", ",0,1",
        "g,orders,0,1,2", "orders,0,1x", "orders,99999999999,1", "orders,0,99999999999999999999"}) {
    const auto file = parse_offsets_file(std::string("orders,9,1\n") + wrong + "\n", "g");
    ASSERT_FALSE(file) << wrong;
    EXPECT_EQ(file.error().code, Errc::invalid);
    EXPECT_TRUE(file.error().context.starts_with("line 2: ")) << file.error().context;
  }
}

TEST(ResetFile, a_partition_that_stands_there_twice_is_an_error) {
  const auto file = parse_offsets_file("orders,0,1\norders,0,1\n", "g");
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().context, "line 2: orders:0 for the second time");
}

TEST(ResetFile, what_is_written_is_read_again) {
  const std::vector<ResetStep> plan{
      {.partition = {"orders", 0}, .from = 3, .to = 9, .note = {}},
      {.partition = {"orders.eu-1", 12}, .from = {}, .to = 0, .note = "not 5: the log ends here"}};
  EXPECT_EQ(plan_csv(plan), "orders,0,9\norders.eu-1,12,0\n");
  EXPECT_EQ(parse_offsets_file(plan_csv(plan), "g").value().offsets,
            (OffsetMap{{{"orders", 0}, 9}, {{"orders.eu-1", 12}, 0}}));
}

}  // namespace
}  // namespace moldau::apps
