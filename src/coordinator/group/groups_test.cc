#include "coordinator/group/groups.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "coordinator/group/group_records.h"
#include "coordinator/group/groups_state.h"

namespace moldau::coordinator {
namespace {

using protocol::ErrorCode;
using protocol::GroupMetadataValue;

class GroupsTest : public testing::Test {
 protected:
  Context at(std::int64_t ms) {
    return {.now = MonoTime(milliseconds(ms)), .wall = {ms}, .fresh_uuid = uuids_};
  }
  static Result<bool> replay(Groups& groups, const Record& record) {
    return groups.replay(record.key.bytes(),
                         record.value ? std::optional(record.value->bytes()) : std::nullopt);
  }
  static void replay_all(Groups& groups, const std::vector<Record>& records) {
    for (const Record& record : records) EXPECT_TRUE(replay(groups, record));
  }
  static GroupMetadataValue with_member(std::string_view id) {
    GroupMetadataValue value;
    value.protocol_type = "consumer";
    value.protocol = "range";
    value.leader = Text(std::string(id));
    value.members.push_back({.member_id = Text(std::string(id)), .session_timeout = 10'000});
    return value;
  }
  static protocol::JoinGroupRequest joining(std::int32_t session_timeout_ms = 10'000) {
    protocol::JoinGroupRequest request;
    request.group_id = "g";
    request.session_timeout_ms = session_timeout_ms;
    request.protocol_type = "consumer";
    request.protocols.push_back({"range", {}});
    return request;
  }

  std::uint64_t last_uuid_{0};
  std::function<Uuid()> uuids_{[this] { return Uuid::of(1, ++last_uuid_); }};
};

TEST_F(GroupsTest, a_sweep_visits_a_limited_number_of_groups_and_goes_on_at_once) {
  Groups groups({.offsets_retention_ms = 1'000, .offsets_retention_check_interval_ms = 10'000});
  constexpr std::size_t count = 2 * swept_groups_max + 1;
  for (std::size_t i = 0; i < count; ++i) {
    EXPECT_TRUE(replay(groups, offset_record(fmt::format("g{}", i), "t", PartitionId(0), {})));
  }
  groups.on_loaded(at(0));
  EXPECT_EQ(groups.next_deadline(), MonoTime(milliseconds(10'000)));
  std::size_t left = count;
  for (const std::size_t swept : {swept_groups_max, swept_groups_max, std::size_t{1}}) {
    EXPECT_EQ(groups.next_deadline(), MonoTime(milliseconds(10'000)));
    const auto step = groups.tick(at(10'000));
    EXPECT_EQ(step.atomicity, Atomicity::may_split);
    EXPECT_EQ(step.records.size(), 2 * swept);
    replay_all(groups, step.records);
    left -= swept;
    EXPECT_EQ(groups.group_count(), left);
  }
  EXPECT_EQ(groups.next_deadline(), MonoTime(milliseconds(20'000)));
}

TEST_F(GroupsTest, ids_that_are_given_out_are_limited_and_the_oldest_goes_first) {
  Groups groups({});
  groups.on_loaded(at(0));
  const Caller caller{.version = 9, .client_id = "c"};
  std::string first;
  for (std::size_t i = 0; i <= pending_members_max; ++i) {
    auto step = groups.join(at(static_cast<std::int64_t>(i)), caller, joining());
    replay_all(groups, step.records);
    ASSERT_EQ(step.reply->error_code, ErrorCode::member_id_required);
    if (i == 0) first = step.reply->member_id.str();
    EXPECT_EQ(step.notes.empty(), i < pending_members_max);
  }
  auto again = joining();
  again.member_id = Text(first);
  EXPECT_EQ(groups.join(at(2'000), caller, again).reply->error_code, ErrorCode::unknown_member_id);
}

TEST_F(GroupsTest, a_member_id_fits_into_a_string_of_the_protocol) {
  Groups groups({});
  groups.on_loaded(at(0));
  const std::string client_id(32'767, 'c');
  const auto step = groups.join(at(0), {.version = 9, .client_id = client_id}, joining());
  EXPECT_EQ(step.reply->member_id.size(), member_id_prefix_bytes_max + 37);
}

TEST_F(GroupsTest, an_answer_keeps_what_it_says_when_its_request_is_gone) {
  Groups groups({.group_initial_rebalance_delay_ms = 0});
  groups.on_loaded(at(0));
  {
    const std::string client_id = "client";
    const std::string metadata = "metadata";
    auto request = joining();
    request.protocols[0] = {Text::view(std::string_view(metadata).substr(0, 4)),
                            SharedBytes::borrow(as_bytes(metadata))};
    const auto step = groups.join(at(0), {.version = 3, .client_id = client_id}, request);
    replay_all(groups, step.records);
    EXPECT_FALSE(step.reply);
  }
  const auto step = groups.tick(at(0));
  ASSERT_EQ(step.released.size(), 1U);
  const auto& response = std::get<protocol::JoinGroupResponse>(step.released[0].response);
  EXPECT_EQ(response.protocol_name, Text("meta"));
  EXPECT_EQ(response.members.at(0).metadata.text(), "metadata");
}

TEST_F(GroupsTest, nothing_is_due_before_the_log_is_loaded) {
  Groups groups({});
  EXPECT_TRUE(replay(groups, group_record("g", with_member("m"))));
  EXPECT_EQ(groups.next_deadline(), std::nullopt);
  EXPECT_EQ(groups.member_count(), 1U);
  groups.on_loaded(at(5));
  EXPECT_EQ(groups.next_deadline(), MonoTime(milliseconds(10'005)));
}

TEST_F(GroupsTest, a_later_record_of_a_group_replaces_the_one_before) {
  Groups groups({});
  EXPECT_TRUE(replay(groups, group_record("g", with_member("m"))));
  EXPECT_TRUE(replay(groups, group_record("g", with_member("n"))));
  EXPECT_EQ(groups.member_count(), 1U);
  groups.on_loaded(at(0));
  const auto described = groups.describe(at(0), {}, "g");
  ASSERT_EQ(described.reply->members.size(), 1U);
  EXPECT_EQ(described.reply->members[0].member_id, "n");
  EXPECT_TRUE(replay(groups, group_tombstone("g")));
  EXPECT_TRUE(replay(groups, group_tombstone("g")));
  EXPECT_EQ(groups.member_count(), 0U);
}

TEST_F(GroupsTest, offsets_of_a_group_that_is_not_there_are_not_shown) {
  Groups groups({});
  EXPECT_TRUE(replay(groups, offset_record("g", "t", PartitionId(0), {.offset = Offset(5)})));
  EXPECT_TRUE(replay(groups, group_tombstone("g")));
  groups.on_loaded(at(0));
  protocol::OffsetFetchRequest::OffsetFetchRequestGroup request;
  request.group_id = "g";
  request.topics->push_back({.name = "t", .partition_indexes = {PartitionId(0)}});
  const auto some = groups.fetch(at(0), {}, request, true);
  EXPECT_EQ(some.reply->topics.at(0).partitions.at(0).committed_offset, no_offset);
  request.topics.reset();
  EXPECT_TRUE(groups.fetch(at(0), {}, request, true).reply->topics.empty());
}

TEST_F(GroupsTest, records_of_other_types_are_said_to_be_skipped) {
  Groups groups({});
  const std::vector<std::uint8_t> key{0, 10, 0, 1, 'g'};
  const auto skipped = groups.replay(key, std::nullopt);
  ASSERT_TRUE(skipped);
  EXPECT_FALSE(*skipped);
  EXPECT_TRUE(*replay(groups, group_tombstone("g")));
}

TEST_F(GroupsTest, a_group_that_cannot_be_is_corrupt) {
  Groups groups({});
  auto no_protocol = with_member("m");
  no_protocol.protocol.reset();
  EXPECT_EQ(replay(groups, group_record("g", no_protocol)).error().code, Errc::corrupt);
  auto no_type = with_member("m");
  no_type.protocol_type = "";
  EXPECT_EQ(replay(groups, group_record("g", no_type)).error().code, Errc::corrupt);
  auto twice = with_member("m");
  twice.members.push_back(twice.members[0]);
  EXPECT_EQ(replay(groups, group_record("g", twice)).error().code, Errc::corrupt);
  auto same_instance = with_member("m");
  same_instance.members[0].group_instance_id = Text("i");
  same_instance.members.push_back(same_instance.members[0]);
  same_instance.members[1].member_id = "n";
  EXPECT_EQ(replay(groups, group_record("g", same_instance)).error().code, Errc::corrupt);
  EXPECT_EQ(groups.group_count(), 0U);
  EXPECT_EQ(groups.member_count(), 0U);
}

TEST_F(GroupsTest, a_leader_that_is_no_member_is_replaced) {
  Groups groups({});
  auto value = with_member("m");
  value.leader = Text("other");
  EXPECT_TRUE(replay(groups, group_record("g", value)));
  value.members.clear();
  EXPECT_TRUE(replay(groups, group_record("empty", value)));
  groups.on_loaded(at(0));
  // A leader's JoinGroup begins a round; a follower's would be answered as it is.
  auto request = joining();
  request.member_id = "m";
  const auto step = groups.join(at(0), {.version = 9}, request);
  EXPECT_EQ(step.reply->generation_id, 1);
  EXPECT_EQ(step.reply->leader, "m");
  request.member_id = "";
  request.group_id = "empty";
  EXPECT_FALSE(groups.join(at(0), {.version = 3, .reply_id = 1}, request).reply);
  const auto tick = groups.tick(at(3'000));
  ASSERT_EQ(tick.released.size(), 1U);
  const auto& joined = std::get<protocol::JoinGroupResponse>(tick.released[0].response);
  EXPECT_EQ(joined.leader, joined.member_id);
}

TEST_F(GroupsTest, a_rebalance_timeout_that_a_record_lacks_is_the_session_timeout) {
  Groups groups({});
  auto value = with_member("m");
  value.members[0].rebalance_timeout = -1;
  EXPECT_TRUE(replay(groups, group_record("g", value)));
  groups.on_loaded(at(0));
  const auto parked =
      groups.join(at(0), {.version = 3, .client_id = "c", .reply_id = 1}, joining(60'000));
  EXPECT_FALSE(parked.reply);
  protocol::HeartbeatRequest alive{.group_id = "g", .generation_id = 0, .member_id = "m"};
  EXPECT_EQ(groups.heartbeat(at(5'000), {}, alive).reply->error_code,
            ErrorCode::rebalance_in_progress);
  EXPECT_TRUE(groups.tick(at(9'999)).released.empty());
  EXPECT_EQ(groups.tick(at(10'000)).released.size(), 1U);
}

TEST_F(GroupsTest, subscriptions_are_read_up_to_what_the_oldest_version_has) {
  // A subscription that says version 3 and ends where version 0 does, as some clients write it.
  const std::vector<std::uint8_t> bytes{0, 3, 0, 0, 0, 1, 0, 1, 't', 255, 255, 255, 255};
  Groups groups({});
  auto value = with_member("m");
  value.members[0].subscription = SharedBytes::borrow(bytes);
  EXPECT_TRUE(replay(groups, group_record("g", value)));
  groups.on_loaded(at(0));
  const protocol::OffsetDeleteRequest request{
      .group_id = "g", .topics = {{"t", {{PartitionId(0)}}}, {"u", {{PartitionId(0)}}}}};
  const auto step = groups.delete_offsets(at(0), request);
  EXPECT_EQ(step.reply->topics[0].partitions[0].error_code, ErrorCode::group_subscribed_to_topic);
  EXPECT_EQ(step.reply->topics[1].partitions[0].error_code, ErrorCode::none);
}

TEST_F(GroupsTest, generations_begin_again_after_the_greatest) {
  Groups groups({});
  auto value = with_member("m");
  value.generation = 2'147'483'647;
  EXPECT_TRUE(replay(groups, group_record("g", value)));
  groups.on_loaded(at(0));
  auto request = joining();
  request.member_id = "m";
  EXPECT_EQ(groups.join(at(0), {.version = 9}, request).reply->generation_id, 1);
}

TEST_F(GroupsTest, steps_that_delete_many_things_may_be_split) {
  Groups groups({});
  EXPECT_TRUE(replay(groups, offset_record("g", "t", PartitionId(0), {})));
  groups.on_loaded(at(0));
  EXPECT_EQ(groups.on_topic_deleted(at(0), "t", {}).atomicity, Atomicity::may_split);
  EXPECT_EQ(groups.delete_group(at(0), "g").atomicity, Atomicity::may_split);
  protocol::OffsetCommitRequest commit;
  commit.group_id = "g";
  EXPECT_EQ(groups.commit(at(0), {.version = 9}, commit).atomicity, Atomicity::one_batch);
}

}  // namespace
}  // namespace moldau::coordinator
