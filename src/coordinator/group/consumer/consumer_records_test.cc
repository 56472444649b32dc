#include "coordinator/group/consumer/consumer_records.h"

#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "coordinator/group/consumer/topics_test.h"
#include "coordinator/group/group_records.h"
#include "coordinator/group/groups.h"
#include "coordinator/group/record_json_test.h"
#include "protocol/writer.h"

namespace moldau::coordinator {
namespace {

const Uuid topic_1 = Uuid::of(0, 1);

/// A machine that loads records as a log may have them.
class LoadedGroups : public testing::Test {
 protected:
  Result<bool> replay(const Record& record) {
    return groups_.replay(record.key.bytes(),
                          record.value ? std::optional(record.value->bytes()) : std::nullopt);
  }
  void load(const std::vector<Record>& records) {
    for (const Record& record : records) ASSERT_TRUE(replay(record));
    topics_.put("t1", {.id = topic_1, .partitions = 4, .racks{}});
    groups_.on_loaded(context());
  }
  Context context() { return {.now = {}, .wall = {}, .fresh_uuid = uuids_, .topics = &topics_}; }
  protocol::ConsumerGroupDescribeResponse::DescribedGroup describe() {
    return *groups_.consumer_describe(context(), "g").reply;
  }
  GroupStep<protocol::ConsumerGroupHeartbeatResponse> beat(std::int32_t epoch,
                                                           bool owns_nothing = false) {
    protocol::ConsumerGroupHeartbeatRequest request;
    request.group_id = Text("g");
    request.member_id = Text("a");
    request.member_epoch = epoch;
    if (owns_nothing) request.topic_partitions.emplace();
    return groups_.consumer_heartbeat(context(), {.version = 1, .client_id = "c"}, request);
  }
  static ConsumerMember member() {
    ConsumerMember result;
    result.id = "a";
    result.epoch = 2;
    result.previous_epoch = 1;
    result.client_id = "c";
    result.rebalance_timeout_ms = 1'000;
    result.topic_names = {"t1"};
    result.assigned[topic_1] = {{PartitionId(0), 1}, {PartitionId(1), 2}};
    return result;
  }
  static std::vector<Record> records() {
    return {consumer_member_record("g", member()),
            consumer_group_record("g", {.epoch = 2, .metadata_hash = 7}),
            consumer_target_record("g", "a", {{topic_1, {PartitionId(0), PartitionId(1)}}}),
            consumer_target_epoch_record("g", {2, 1'000}), consumer_current_record("g", member())};
  }

  TestTopics topics_;
  Groups groups_{GroupsConfig{}};
  std::function<Uuid()> uuids_{[] { return Uuid::of(1, 1); }};
};

/// Compaction keeps the last record of each key, so that parts of a group come in any order.
TEST_F(LoadedGroups, are_the_same_whatever_the_order_of_their_records) {
  auto backwards = records();
  std::ranges::reverse(backwards);
  load(backwards);
  const auto group = describe();
  EXPECT_EQ(group.group_state, "Stable");
  EXPECT_EQ(group.group_epoch, 2);
  ASSERT_EQ(group.members.size(), 1U);
  EXPECT_EQ(group.members[0].member_epoch, 2);
  EXPECT_EQ(group.members[0].subscribed_topic_names.at(0), "t1");
  EXPECT_EQ(group.members[0].assignment.topic_partitions.at(0).partitions.size(), 2U);
}

TEST_F(LoadedGroups, forget_what_has_a_tombstone) {
  auto all = records();
  all.push_back(consumer_current_tombstone("g", "a"));
  all.push_back(consumer_target_tombstone("g", "a"));
  all.push_back(consumer_member_tombstone("g", "a"));
  load(all);
  EXPECT_EQ(describe().group_state, "Empty");
}

TEST_F(LoadedGroups, ignore_tombstones_of_what_is_not_there) {
  load({consumer_current_tombstone("g", "a"), consumer_target_tombstone("g", "a"),
        consumer_member_tombstone("g", "a"), consumer_target_epoch_tombstone("g"),
        consumer_regex_tombstone("g", "x"), consumer_partition_metadata_tombstone("g"),
        consumer_group_tombstone("g")});
  EXPECT_EQ(groups_.group_count(), 0U);
}

TEST_F(LoadedGroups, take_the_place_of_one_that_only_held_offsets) {
  auto all = records();
  all.insert(all.begin(), offset_record("g", "t1", PartitionId(0), {.offset = Offset(5)}));
  load(all);
  EXPECT_EQ(groups_.group_count(), 1U);
  EXPECT_EQ(groups_.offset_count(), 1U);
  EXPECT_EQ(describe().group_state, "Stable");
}

TEST_F(LoadedGroups, are_corrupt_where_a_classic_group_stands) {
  protocol::GroupMetadataValue classic;
  classic.protocol_type = "consumer";
  classic.protocol = Text("range");
  ASSERT_TRUE(replay(group_record("g", classic)));
  EXPECT_EQ(replay(records()[0]).error().code, Errc::corrupt);
}

TEST_F(LoadedGroups, cannot_be_read_in_a_version_that_is_not_known) {
  Record record = records()[1];
  record.value = SharedBytes::copy(std::vector<std::uint8_t>{0, 9, 0});
  EXPECT_EQ(replay(record).error().code, Errc::unsupported);
  record.value = SharedBytes::copy(std::vector<std::uint8_t>{0});
  EXPECT_EQ(replay(record).error().code, Errc::truncated);
}

/// Brokers before 4.1 kept topics in a record of type 4, which is only thrown away.
TEST_F(LoadedGroups, throw_away_what_older_brokers_knew_of_topics) {
  protocol::Writer value;
  value.put(std::int16_t{0});
  ASSERT_TRUE(protocol::encode(protocol::ConsumerGroupPartitionMetadataValue{}, 0, value));
  Record old = consumer_partition_metadata_tombstone("g");
  old.value = value.take();
  auto all = records();
  all.push_back(old);
  load(all);
  const auto step = beat(2);
  EXPECT_TRUE(std::ranges::any_of(step.records, [](const Record& record) {
    return record_as_json(record) == "record 4 {\"groupId\":\"g\"} v-1 null\n";
  }));
}

/// Brokers before 4.3 wrote no epochs of partitions: they are as old as the member's.
TEST_F(LoadedGroups, without_epochs_of_partitions_have_the_members) {
  protocol::ConsumerGroupCurrentMemberAssignmentValue value;
  value.member_epoch = 2;
  value.assigned_partitions.push_back({.topic_id = topic_1, .partitions = {PartitionId(3)}});
  protocol::Writer out;
  out.put(std::int16_t{0});
  ASSERT_TRUE(protocol::encode(value, 0, out));
  Record record = consumer_current_tombstone("g", "a");
  record.value = out.take();
  const auto entry = decode_consumer_record(record.key.bytes(), record.value->bytes());
  ASSERT_TRUE(entry && *entry);
  const auto& read = std::get<ConsumerCurrentEntry>(**entry);
  EXPECT_EQ(read.value->assigned.at(topic_1).at(PartitionId(3)), 2);
}

TEST_F(LoadedGroups, keep_the_epochs_of_partitions) {
  const Record record = consumer_current_record("g", member());
  const auto entry = decode_consumer_record(record.key.bytes(), record.value->bytes());
  ASSERT_TRUE(entry && *entry);
  EXPECT_EQ(std::get<ConsumerCurrentEntry>(**entry).value->assigned, member().assigned);
}

/// Something newer than this wrote it: the member begins anew.
TEST_F(LoadedGroups, fence_a_member_in_a_state_that_is_not_known) {
  auto strange = member();
  strange.state = MemberState::unknown;
  auto all = records();
  all.push_back(consumer_current_record("g", strange));
  load(all);
  EXPECT_EQ(beat(2).reply->error_code, protocol::ErrorCode::fenced_member_epoch);
  const auto step = beat(2, /*owns_nothing=*/true);
  EXPECT_EQ(step.reply->error_code, protocol::ErrorCode::none);
}

}  // namespace
}  // namespace moldau::coordinator
