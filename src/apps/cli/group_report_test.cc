#include "apps/cli/group_report.h"

#include <gtest/gtest.h>

namespace moldau::apps {
namespace {

GroupDescription two_members() {
  return {.id = "billing",
          .type = "classic",
          .state = "Stable",
          .assignor = "range",
          .coordinator = {.id = NodeId(1), .endpoint = {"127.0.0.1", 9092}, .rack = {}},
          .members = {{.id = "m-1",
                       .instance_id = {},
                       .client_id = "c1",
                       .host = "10.0.0.1",
                       .assigned = {{"orders", 0}, {"orders", 1}, {"orders", 3}}},
                      {.id = "m-2",
                       .instance_id = "static-2",
                       .client_id = "c2",
                       .host = "10.0.0.2",
                       .assigned = {{"orders", 2}, {"pay", 0}}}}};
}

GroupReport report() {
  return make_report(
      two_members(), {{{"orders", 0}, 5}, {{"orders", 1}, 9}, {{"orders", 2}, 7}, {{"old", 0}, 3}},
      {{{"orders", 0}, 10}, {{"orders", 1}, 9}, {{"orders", 2}, 4}, {{"pay", 0}, 8}});
}

TEST(GroupReport, lag_is_what_lies_between_committed_and_end) {
  std::vector<std::optional<std::int64_t>> lags;
  for (const auto& one : report().partitions) lags.push_back(one.lag());
  // old:0 has no log any more, orders:2 was made anew, orders:3 and pay:0 have nothing committed.
  EXPECT_EQ(lags, (std::vector<std::optional<std::int64_t>>{std::nullopt, 5, 0, 0, std::nullopt,
                                                            std::nullopt}));
  EXPECT_EQ(report().total_lag(), 5);
}

TEST(GroupReport, what_lies_ahead_is_asked_for_its_age_where_there_is_a_lag) {
  auto timed = report();
  EXPECT_EQ(first_uncommitted(timed), (OffsetMap{{{"orders", 0}, 5}}));
  add_times(timed, {{{"orders", 0}, 1'000'000}}, 1'000'000 + 7'500'000);
  std::vector<std::optional<std::int64_t>> ages;
  ages.reserve(timed.partitions.size());
  for (const auto& one : timed.partitions) ages.push_back(one.behind_ms);
  EXPECT_EQ(ages, (std::vector<std::optional<std::int64_t>>{std::nullopt, 7'500'000, 0, 0,
                                                            std::nullopt, std::nullopt}));
  const auto text = report_text(timed);
  EXPECT_NE(text.find("\nbehind       2h5m\n"), text.npos) << text;
  EXPECT_NE(text.find("TOPIC   PARTITION  COMMITTED  END  LAG  BEHIND  MEMBER\n"), text.npos)
      << text;
  EXPECT_NE(text.find("orders          0          5   10    5  2h5m    1 c1\n"), text.npos) << text;
  EXPECT_NE(report_json(timed).find("\"lag\":5,\"behind_ms\":7500000,"), std::string::npos);
}

TEST(GroupReport, a_record_of_the_future_or_without_a_time_is_not_of_a_negative_age) {
  auto timed = report();
  add_times(timed, {{{"orders", 0}, 2'000}}, 1'000);
  EXPECT_EQ(timed.partitions[1].behind_ms, 0);
  add_times(timed = report(), {}, 1'000);
  EXPECT_EQ(timed.partitions[1].behind_ms, std::nullopt);
}

TEST(GroupReport, the_text_shows_members_and_partitions_and_who_reads_what) {
  EXPECT_EQ(report_text(report()),
            "group        billing\n"
            "type         classic\n"
            "state        Stable\n"
            "assignor     range\n"
            "coordinator  1 at 127.0.0.1:9092\n"
            "members      2\n"
            "total lag    5\n"
            "\n"
            "#  MEMBER  INSTANCE  CLIENT  HOST      PARTITIONS\n"
            "1  m-1     -         c1      10.0.0.1  orders 0-1,3\n"
            "2  m-2     static-2  c2      10.0.0.2  orders 2, pay 0\n"
            "\n"
            "TOPIC   PARTITION  COMMITTED  END  LAG  MEMBER\n"
            "old             0          3    -    -  -\n"
            "orders          0          5   10    5  1 c1\n"
            "orders          1          9    9    0  1 c1\n"
            "orders          2          7    4    0  2 c2\n"
            "orders          3          -    -    -  1 c1\n"
            "pay             0          -    8    -  2 c2\n");
}

TEST(GroupReport, a_group_of_the_consumer_protocol_shows_its_epochs) {
  auto group = two_members();
  group.type = "consumer";
  group.epoch = 8;
  group.target_epoch = 7;
  group.members[0].epoch = 7;
  group.members[1].epoch = 6;
  group.members[1].is_classic = true;
  const auto mixed = make_report(group, {}, {});
  const auto text = report_text(mixed);
  EXPECT_NE(text.find("state        Stable\nepoch        8, assigned for 7\nassignor"), text.npos)
      << text;
  EXPECT_NE(text.find("2  m-2     static-2  c2      10.0.0.2  6 classic  orders 2, pay 0\n"),
            text.npos)
      << text;
  const auto json = report_json(mixed);
  EXPECT_NE(json.find(R"("epoch":8,"assigned_for_epoch":7,)"), json.npos) << json;
  EXPECT_NE(json.find(R"("epoch":7,"protocol":"consumer",)"), json.npos) << json;
}

TEST(GroupReport, a_group_without_members_or_offsets_is_its_head_only) {
  const auto text =
      report_text(make_report({.id = "g", .type = "classic", .state = "Empty"}, {}, {}));
  EXPECT_EQ(text.find("MEMBER"), std::string::npos) << text;
  EXPECT_EQ(text.find("TOPIC"), std::string::npos) << text;
}

TEST(GroupReport, json_has_null_where_nothing_is_known) {
  const auto json = report_json(report());
  EXPECT_NE(json.find(R"({"topic":"orders","partition":3,"committed":null,"end":null,"lag":null,)"
                      R"("member":"m-1"})"),
            std::string::npos)
      << json;
  EXPECT_NE(json.find(R"({"member":"m-2","instance":"static-2","client":"c2","host":"10.0.0.2",)"
                      R"("epoch":null,"protocol":"classic",)"
                      R"("assigned":[{"topic":"orders","partitions":[2]},)"
                      R"({"topic":"pay","partitions":[0]}]})"),
            std::string::npos)
      << json;
}

TEST(GroupReport, partition_ranges_are_written_and_read) {
  EXPECT_EQ(ranges({3, 0, 1, 2, 7, 9, 10}), "0-3,7,9-10");
  EXPECT_EQ(ranges({}), "");
  EXPECT_EQ(parse_ranges("0-3,7,9-10").value(), (std::vector<std::int32_t>{0, 1, 2, 3, 7, 9, 10}));
  for (const auto* text : {"", ",", "1-", "-1", "3-1", "a", "1,,2", "0-2000000000"}) {
    EXPECT_FALSE(parse_ranges(text)) << text;
  }
}

}  // namespace
}  // namespace moldau::apps
