#include "apps/cli/group_findings.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "apps/cli/coordinator_view.h"
#include "apps/cli/group_findings_parts.h"
#include "apps/cli/http_get.h"

namespace moldau::apps {
namespace {

using Weight = Finding::Weight;

constexpr std::int64_t now_ms = 1'795'420'800'000;

GroupMember member(const std::string& id, std::vector<TopicPartition> assigned) {
  return {.id = id,
          .instance_id = {},
          .client_id = "app-" + id,
          .host = "10.0.0.1",
          .assigned = std::move(assigned),
          .subscribed = {"orders"}};
}

PartitionFacts partition(std::int32_t number, std::int64_t committed, std::int64_t end,
                         std::optional<std::size_t> owner) {
  PartitionFacts one{.partition = {"orders", number}};
  one.start = 0;
  one.end = end;
  one.last_stable = end;
  one.committed = committed;
  one.end_before = end;
  one.committed_before = committed;
  one.owner = owner;
  one.is_subscribed = true;
  return one;
}

/// Two members with a partition each, all read.
GroupFacts healthy() {
  GroupFacts facts;
  facts.id = "billing";
  facts.now_ms = now_ms;
  facts.looked_for_ms = 6'000;
  facts.group =
      GroupDescription{.id = "billing",
                       .type = "classic",
                       .state = "Stable",
                       .assignor = "range",
                       .coordinator = {.id = NodeId(1), .endpoint = {"h", 9092}, .rack = {}},
                       .members = {member("a", {{"orders", 0}}), member("b", {{"orders", 1}})}};
  facts.partitions = {partition(0, 100, 100, 0), partition(1, 50, 50, 1)};
  return facts;
}

CoordinatorView& view_of(GroupFacts& facts) {
  if (!facts.view) {
    facts.view.emplace();
    facts.view->time_ms = now_ms;
    facts.view->state = facts.group ? facts.group->state : "Dead";
  }
  return *facts.view;
}

void happened(GroupFacts& facts, std::int64_t seconds_ago, const std::string& event,
              const std::string& client, const std::string& text, const std::string& cause = "") {
  const auto at = now_ms - seconds_ago * 1'000;
  view_of(facts).timeline.push_back({.time_ms = at,
                                     .last_time_ms = at,
                                     .count = 1,
                                     .event = event,
                                     .cause = cause,
                                     .member = client.empty() ? "" : "id-of-" + client,
                                     .client = client,
                                     .text = text});
}

GroupFacts with_a_lag_at(std::int64_t committed, std::int64_t end) {
  auto facts = healthy();
  facts.partitions[0] = partition(0, committed, end, 0);
  return facts;
}

Finding first(const GroupFacts& facts) {
  return explain_group(facts).front();
}

/// The finding of that name; its name is empty if there is none.
Finding find(const GroupFacts& facts, const std::string& name) {
  const auto findings = explain_group(facts);
  const auto found = std::ranges::find(findings, name, &Finding::name);
  return found == findings.end() ? Finding{} : *found;
}

void expect_says(const Finding& finding, const std::string& words) {
  EXPECT_NE(finding.says.find(words), std::string::npos) << finding.says;
}

TEST(GroupFindings, of_a_group_that_has_read_everything_nothing_is_wrong) {
  const auto findings = explain_group(healthy());
  ASSERT_EQ(findings.size(), 1);
  EXPECT_EQ(findings[0].weight, Weight::fine);
  EXPECT_EQ(findings[0].says, "Nothing waits for the group: it has committed all that there is.");
}

TEST(GroupFindings, a_group_that_moves_is_not_stuck) {
  auto facts = with_a_lag_at(60, 100);
  facts.partitions[0].committed_before = 20;
  const auto findings = explain_group(facts);
  ASSERT_EQ(findings.size(), 1);
  EXPECT_EQ(findings[0].says, "The group gets on: 40 records were committed in 6s, 40 wait.");
}

TEST(GroupFindings, a_group_that_reads_less_than_is_written_falls_behind) {
  auto facts = with_a_lag_at(60, 900);
  facts.partitions[0].committed_before = 20;
  facts.partitions[0].end_before = 100;
  expect_says(find(facts, "falls_behind"),
              "in 6s 800 records came and 40 were committed; 840 wait");
}

TEST(GroupFindings, a_group_that_does_not_exist_is_said_to_be_none_and_when_it_went) {
  GroupFacts facts;
  facts.id = "billing";
  EXPECT_EQ(first(facts).name, "no_such_group");
  expect_says(first(facts), "There is no group billing");
  happened(facts, 60, "deleted", "", "the group is deleted, with 3 offsets");
  expect_says(first(facts), "It was deleted 1m ago.");
}

TEST(GroupFindings, a_coordinator_that_is_loading_or_has_no_leader_is_the_cause) {
  GroupFacts facts;
  facts.id = "billing";
  facts.coordinator_problem = "group billing: loading (COORDINATOR_LOAD_IN_PROGRESS)";
  EXPECT_EQ(first(facts).name, "no_coordinator");
  EXPECT_TRUE(first(facts).next.starts_with("Wait: it is reading")) << first(facts).next;
  facts.coordinator_problem = "group billing: none (COORDINATOR_NOT_AVAILABLE)";
  facts.offsets_partitions_without_leader = {3, 4, 5, 9};
  expect_says(first(facts), "Partitions 3-5,9 of __consumer_offsets have no leader.");
}

TEST(GroupFindings, an_empty_group_with_a_lag_is_read_by_nobody) {
  auto facts = with_a_lag_at(40, 100);
  facts.group->state = "Empty";
  facts.group->members.clear();
  for (auto& one : facts.partitions) one.owner.reset();
  facts.offsets_retention_ms = 7LL * 86'400'000;
  happened(facts, 300, "left", "app-a at 10.0.0.1", "member \"a\" leaves: \"closed\"");
  const auto finding = first(facts);
  EXPECT_EQ(finding.name, "no_members");
  expect_says(finding,
              "Nobody consumes: the group has no members, and 60 records wait in 1 "
              "partitions. The last to go was app-a at 10.0.0.1, 5m ago: member \"a\" "
              "leaves: \"closed\". What it has committed expires 7d after it became empty.");
  EXPECT_EQ(finding.partitions, std::vector<std::string>{"orders:0"});
}

TEST(GroupFindings, an_empty_group_that_has_committed_nothing_is_read_by_nobody) {
  auto facts = healthy();
  facts.group->state = "Empty";
  facts.group->members.clear();
  facts.partitions.clear();
  expect_says(first(facts), "the group has no members, and has committed nothing.");
}

TEST(GroupFindings, an_empty_group_without_a_lag_is_no_illness) {
  auto facts = healthy();
  facts.group->state = "Empty";
  facts.group->members.clear();
  EXPECT_EQ(first(facts).weight, Weight::fine);
  EXPECT_EQ(find(facts, "no_members").weight, Weight::hint);
}

TEST(GroupFindings, a_rebalance_says_for_whom_it_waits_and_since_when) {
  auto facts = with_a_lag_at(40, 100);
  facts.group->state = "CompletingRebalance";
  view_of(facts).waits_for.push_back({.member = "a",
                                      .client = "app-a at 10.0.0.1",
                                      .what = "to say, as the leader, who has what",
                                      .partitions = {},
                                      .for_ms = 12'000,
                                      .left_ms = 48'000});
  const auto finding = first(facts);
  EXPECT_EQ(finding.name, "rebalance_waits");
  expect_says(finding,
              "The group rebalances (CompletingRebalance). It waits for app-a at 10.0.0.1 (a) to "
              "say, as the leader, who has what, since 12s; without that it is removed in 48s.");
  EXPECT_EQ(finding.members, std::vector<std::string>{"a"});
  EXPECT_EQ(find(facts, "stuck_record").name, "") << "nobody gets on in a rebalance";
}

TEST(GroupFindings, a_rebalance_of_a_group_of_another_broker_is_told_as_far_as_it_is_known) {
  auto facts = with_a_lag_at(40, 100);
  facts.group->state = "PreparingRebalance";
  expect_says(first(facts),
              "still does after 6s: it waits for all of its members to join again. "
              "Kafka's API does not tell for whom.");
}

TEST(GroupFindings, a_member_of_the_consumer_protocol_that_does_not_give_up_a_partition_is_named) {
  auto facts = healthy();
  auto& group = *facts.group;
  group.type = "consumer";
  group.state = "Reconciling";
  group.epoch = 5;
  group.target_epoch = 5;
  group.members[0].epoch = 4;
  group.members[0].assigned = {{"orders", 0}, {"orders", 1}};
  group.members[0].target = {{"orders", 0}};
  group.members[1].epoch = 5;
  group.members[1].assigned = {};
  group.members[1].target = {{"orders", 1}};
  expect_says(first(facts),
              "app-a at 10.0.0.1 (a) has yet to give up orders:1, which app-b at "
              "10.0.0.1 waits for.");
  EXPECT_EQ(first(facts).members, std::vector<std::string>{"a"});
}

TEST(GroupFindings, a_member_that_was_timed_out_and_came_back_was_paused) {
  auto facts = healthy();
  happened(facts, 90, "session_timeout", "app-c at 10.0.0.3", "member \"c\" has not been heard of");
  expect_says(find(facts, "timed_out"),
              "app-c at 10.0.0.3 was removed 1m30s ago: member \"c\" has");
  EXPECT_EQ(find(facts, "timed_out").says.find("paused"), std::string::npos);
  happened(facts, 20, "fenced", "app-c at 10.0.0.3", "a heartbeat is refused");
  expect_says(find(facts, "timed_out"), "It was back 20s ago: its process was paused");
  happened(facts, 700, "session_timeout", "app-d at 10.0.0.3", "long ago");
  EXPECT_EQ(explain_group(facts).size(), 2) << "what is long ago is not why";
}

TEST(GroupFindings, a_flapping_member_is_named_with_how_often_and_why) {
  auto facts = healthy();
  for (int i = 6; i > 0; --i) {
    happened(facts, i * 30, "left", "app-c at 10.0.0.3",
             "member \"c\" leaves: \"consumer poll timeout has expired\"");
    happened(facts, i * 30, "rebalance", "", "generation rebalances", "left");
    happened(facts, i * 30 - 5, "joined", "app-c at 10.0.0.3", "member \"c\" joins");
    happened(facts, i * 30 - 5, "rebalance", "", "generation rebalances", "joined");
  }
  const auto finding = first(facts);
  EXPECT_EQ(finding.name, "flapping");
  expect_says(finding,
              "12 rebalances in the last 3m, and nobody reads while one goes on: 6 by "
              "joined, 6 by left. Most had to do with app-c at 10.0.0.3 (12 events); of "
              "it last: member \"c\" leaves: \"consumer poll timeout has expired\".");
  EXPECT_NE(finding.next.find("max.poll.interval.ms"), std::string::npos);
}

TEST(GroupFindings, some_rebalances_are_no_flapping) {
  auto facts = healthy();
  for (int i = 0; i < 4; ++i) happened(facts, 100 - i, "rebalance", "", "rebalances", "joined");
  EXPECT_EQ(find(facts, "flapping").name, "");
}

TEST(GroupFindings, two_processes_with_one_instance_id_are_told_apart_from_other_flapping) {
  auto facts = healthy();
  for (int i = 0; i < 6; ++i) {
    happened(facts, 100 - i, "static_replaced", "app-c at 10.0.0.3", "static member \"i\" is new");
    happened(facts, 100 - i, "rebalance", "", "rebalances", "static_replaced");
  }
  EXPECT_NE(first(facts).next.find("same group.instance.id"), std::string::npos);
}

TEST(GroupFindings, members_beyond_the_number_of_partitions_are_idle) {
  auto facts = healthy();
  facts.group->members.push_back(member("c", {}));
  const auto finding = find(facts, "idle_members");
  expect_says(finding,
              "1 of 3 members have nothing to do: the others have all 2 partitions. Idle: "
              "app-c at 10.0.0.1.");
  EXPECT_EQ(finding.weight, Weight::hint);
}

TEST(GroupFindings, a_partition_that_nobody_was_given_is_a_cause) {
  auto facts = with_a_lag_at(40, 100);
  facts.partitions[0].owner.reset();
  facts.group->members[0].assigned.clear();
  const auto finding = first(facts);
  EXPECT_EQ(finding.name, "no_owner");
  expect_says(finding, "orders:0 is read by nobody");
  facts.partitions[0].is_subscribed = false;
  EXPECT_EQ(find(facts, "no_owner").name, "");
  expect_says(find(facts, "not_subscribed"), "Records wait in orders:0");
}

TEST(GroupFindings, an_offset_that_does_not_move_shows_its_record) {
  auto facts = with_a_lag_at(40, 100);
  auto& one = facts.partitions[0];
  one.end_before = 90;
  one.was_read = true;
  one.next = FetchedRecord{.offset = 40,
                           .timestamp_ms = now_ms - 7'200'000,
                           .key_bytes = 7,
                           .key = "user-17",
                           .value_bytes = 2'097'152,
                           .batch_bytes = 900,
                           .codec = "zstd",
                           .broken = {}};
  const auto finding = first(facts);
  EXPECT_EQ(finding.name, "stuck_record");
  expect_says(finding,
              "orders:0 does not get on: offset 40 was committed and has not moved for 6s, "
              "while 10 records came; 60 records wait for app-a at 10.0.0.1. The next "
              "record is at offset 40, key \"user-17\" (7 B), a value of 2.0 MiB, zstd, "
              "written 2026-11-23T06:00:00.000Z (2h ago).");
  EXPECT_NE(finding.next.find("moldau consume orders --partition 0 --from 40 -n 1"),
            std::string::npos);
  EXPECT_NE(finding.next.find("group reset billing --topic orders:0 --to 41 --execute"),
            std::string::npos);
  facts.looked_for_ms = 0;
  EXPECT_EQ(find(facts, "stuck_record").name, "") << "one look tells nothing";
}

TEST(GroupFindings, a_record_that_no_client_can_read_is_told_as_such) {
  auto facts = with_a_lag_at(40, 100);
  facts.partitions[0].was_read = true;
  facts.partitions[0].next = FetchedRecord{
      .offset = 40, .batch_bytes = 900, .codec = "gzip", .broken = "corrupt: no gzip"};
  expect_says(first(facts), "and no client can read it: corrupt: no gzip (a batch of 900 B, gzip)");
}

TEST(GroupFindings, markers_of_transactions_alone_keep_nobody) {
  auto facts = with_a_lag_at(99, 100);
  facts.partitions[0].was_read = true;
  EXPECT_EQ(find(facts, "stuck_record").name, "");
}

TEST(GroupFindings, an_offset_below_the_log_has_lost_records_and_one_above_it_is_of_another_topic) {
  auto facts = with_a_lag_at(40, 100);
  facts.partitions[0].start = 70;
  EXPECT_EQ(first(facts).name, "offset_out_of_range");
  expect_says(first(facts),
              "orders:0: offset 40 is committed, but the log begins at 70: retention "
              "has deleted 30 records that the group had not read.");
  EXPECT_EQ(find(facts, "stuck_record").name, "");
  facts = with_a_lag_at(140, 100);
  expect_says(first(facts),
              "offset 140 is committed, but the log ends at 100: the topic was made "
              "anew");
}

TEST(GroupFindings, an_open_transaction_that_holds_readers_is_named_with_its_producer) {
  auto facts = with_a_lag_at(40, 100);
  facts.partitions[0].last_stable = 40;
  facts.partitions[0].open = {{.producer_id = 4711,
                               .producer_epoch = 3,
                               .start_offset = 40,
                               .last_timestamp_ms = now_ms - 720'000}};
  const auto finding = first(facts);
  EXPECT_EQ(finding.name, "open_transaction");
  expect_says(finding,
              "An open transaction holds orders:0 at offset 40: the 60 records from there "
              "on are hidden from consumers with isolation.level=read_committed. Producer "
              "4711 (epoch 3) began at offset 40 and last wrote 12m ago.");
  EXPECT_EQ(find(facts, "stuck_record").name, "");
}

TEST(GroupFindings, a_transaction_that_others_are_not_at_yet_is_a_hint_when_it_is_old) {
  auto facts = with_a_lag_at(20, 100);
  facts.partitions[0].committed_before = 10;
  facts.partitions[0].last_stable = 40;
  facts.partitions[0].open = {{.start_offset = 40, .last_timestamp_ms = now_ms - 1'000}};
  EXPECT_EQ(find(facts, "open_transaction").name, "");
  facts.partitions[0].open[0].last_timestamp_ms = now_ms - 100'000;
  EXPECT_EQ(find(facts, "open_transaction").weight, Weight::hint);
  EXPECT_FALSE(find(facts, "open_transaction").name.empty());
}

TEST(GroupFindings, a_partition_without_a_leader_comes_before_everything_else) {
  auto facts = with_a_lag_at(40, 100);
  facts.partitions[0].has_leader = false;
  facts.partitions[1].has_leader = false;
  EXPECT_EQ(first(facts).name, "no_leader");
  expect_says(first(facts), "orders:0-1 cannot be read: no broker leads them.");
}

TEST(GroupFindings, a_partition_that_its_broker_keeps_out_of_service_says_why) {
  auto facts = with_a_lag_at(40, 100);
  facts.partitions[0].refusal = "KAFKA_STORAGE_ERROR";
  EXPECT_EQ(first(facts).name, "refused");
  expect_says(first(facts), "orders:0 cannot be read: the leader answers KAFKA_STORAGE_ERROR.");
  EXPECT_NE(first(facts).next.find("moldau log verify"), std::string::npos);
}

TEST(GroupFindings, a_member_whose_protocols_do_not_fit_is_turned_away) {
  auto facts = healthy();
  happened(facts, 3, "turned_away", "app-c at 10.0.0.3",
           "a member is turned away: it offers \"consumer\" with [\"sticky\"]");
  facts.view->timeline.back().count = 7;
  expect_says(find(facts, "turned_away"),
              "app-c at 10.0.0.3 wants to join and may not (7 times, "
              "last 3s ago): a member is turned away");
}

TEST(GroupFindings, members_of_both_protocols_in_one_group_are_a_hint) {
  auto facts = healthy();
  facts.group->epoch = 3;
  facts.group->members[0].is_classic = true;
  expect_says(find(facts, "mixed_protocols"), "1 of 2 members speak the classic protocol");
}

TEST(GroupFindings, a_topic_that_is_not_there_is_named) {
  auto facts = healthy();
  facts.missing_topics = {"ordres"};
  EXPECT_EQ(first(facts).name, "missing_topic");
  expect_says(first(facts), "Members subscribe to topic ordres, which is not there");
}

TEST(GroupFindings, offsets_of_a_deleted_topic_are_a_hint) {
  auto facts = healthy();
  PartitionFacts gone{.partition = {"old", 2}};
  gone.exists = false;
  gone.committed = 5;
  facts.partitions.push_back(gone);
  expect_says(find(facts, "topic_is_gone"), "committed offsets for old:2, which is not there");
  EXPECT_EQ(first(facts).weight, Weight::fine);
}

TEST(GroupFindings, commits_that_never_come_are_told_and_that_offsets_have_expired) {
  auto facts = healthy();
  for (auto& one : facts.partitions) {
    one.committed.reset();
    one.committed_before.reset();
  }
  EXPECT_EQ(first(facts).name, "no_commits");
  expect_says(first(facts), "Members have orders:0-1 and have never committed there");
  happened(facts, 3'600, "offsets_expired", "", "2 offsets have expired");
  expect_says(first(facts), "Offsets of the group expired 1h ago: 2 offsets have expired.");
}

TEST(GroupFindings, a_member_that_is_silent_for_half_of_its_session_is_a_hint) {
  auto facts = healthy();
  view_of(facts).members = {{.id = "a",
                             .client = "app-a at 10.0.0.1",
                             .doing = "stable",
                             .heard_ms_ago = 30'000,
                             .session_timeout_ms = 45'000},
                            {.id = "b",
                             .client = "app-b at 10.0.0.1",
                             .doing = "stable",
                             .heard_ms_ago = 3'000,
                             .session_timeout_ms = 45'000}};
  expect_says(find(facts, "silent"),
              "app-a at 10.0.0.1 (a) has not been heard of for 30s; it is "
              "removed after 45s.");
  EXPECT_EQ(explain_group(facts).size(), 2);
}

TEST(GroupFindings, many_partitions_with_one_illness_do_not_fill_the_screen) {
  auto facts = healthy();
  facts.partitions.clear();
  for (int i = 0; i < 100; ++i) facts.partitions.push_back(partition(i, 0, 10, 0));
  const auto findings = explain_group(facts);
  EXPECT_EQ(findings.size(), 6);
  EXPECT_EQ(findings.back().says, "So it is with 95 more partitions: orders:5-99.");
}

TEST(GroupFindings, the_text_numbers_them_and_tells_what_happened_lately) {
  auto facts = healthy();
  happened(facts, 60, "joined", "c", "member \"c\x1b[2J\" joins");
  EXPECT_EQ(findings_text(facts, explain_group(facts)),
            "group billing (classic, Stable): 2 members, 2 partitions, lag 0; coordinator 1 at "
            "h:9092\n"
            "\n"
            "1. Nothing waits for the group: it has committed all that there is.\n"
            "\n"
            "Lately, as the coordinator tells:\n"
            "  2026-11-23T07:59:00.000Z  member \"c?[2J\" joins\n");
}

TEST(GroupFindings, the_json_names_findings_for_programs) {
  auto facts = healthy();
  facts.missing_topics = {"x"};
  const auto json = findings_json(facts, explain_group(facts));
  EXPECT_NE(json.find(R"("findings":[{"finding":"missing_topic","weight":"cause","says":")"),
            std::string::npos)
      << json;
  EXPECT_NE(json.find(R"("timeline":null)"), std::string::npos) << json;
}

TEST(CoordinatorView, a_page_is_read_and_what_is_not_known_is_left_aside) {
  const auto view = parse_coordinator_view(R"({"group":"g","time_ms":7,"loaded_at_ms":1,
      "state":"Stable","generation":3,"state_for_ms":null,"new":[1],
      "members":[{"member":"m","client":"c","host":"h","heard_ms_ago":5,
                   "session_timeout_ms":10}, 4],
      "waits_for":[{"member":null,"what":"w","partitions":["a:1"],"for_ms":2}],
      "timeline":[{"time_ms":1,"count":2,"event":"joined","text":"t"}]})")
                        .value();
  EXPECT_EQ(view.time_ms, 7);
  ASSERT_EQ(view.members.size(), 1);
  EXPECT_EQ(view.members[0].client, "c at h");
  ASSERT_EQ(view.waits_for.size(), 1);
  EXPECT_EQ(view.waits_for[0].partitions, std::vector<std::string>{"a:1"});
  ASSERT_EQ(view.timeline.size(), 1);
  EXPECT_EQ(view.timeline[0].last_time_ms, 1);
  EXPECT_EQ(view.timeline[0].count, 2);
}

TEST(CoordinatorView, what_is_no_page_is_refused) {
  for (const auto* text : {"", "{", "[]", "{}", "{\"time_ms\":\"x\"}", "null"}) {
    EXPECT_FALSE(parse_coordinator_view(text)) << text;
  }
  std::string deep(100'000, '[');
  EXPECT_FALSE(parse_coordinator_view(deep));
}

TEST(CoordinatorView, names_in_a_path_are_encoded) {
  EXPECT_EQ(percent_encoded("a-b_c.d~9"), "a-b_c.d~9");
  EXPECT_EQ(percent_encoded("a/b c%\xC3\xA9"), "a%2Fb%20c%25%C3%A9");
}

TEST(GroupFindings, controls_of_a_terminal_do_not_get_through) {
  EXPECT_EQ(tame("a\x1b[1m\x7f\xC2\x9B\xC3\xA9\n"), "a?[1m??\xC3\xA9?");
}

}  // namespace
}  // namespace moldau::apps
