#include "broker/group_coordinators.h"
#include "broker/node_rig_test.h"
#include "protocol/messages/delete_topics.h"
#include "protocol/messages/find_coordinator.h"
#include "protocol/messages/heartbeat.h"
#include "protocol/messages/join_group.h"
#include "protocol/messages/leave_group.h"
#include "protocol/messages/list_groups.h"
#include "protocol/messages/offset_commit.h"
#include "protocol/messages/offset_fetch.h"
#include "protocol/messages/sync_group.h"

#include <gtest/gtest.h>

namespace moldau::broker {
namespace {

TEST(CoordinatorPartition, is_java_s_hash_of_utf_16) {
  EXPECT_EQ(coordinator_partition("", 50), PartitionId(0));
  EXPECT_EQ(coordinator_partition("hello", 50), PartitionId(99162322 % 50));
  // Negative in Java: "console-consumer-1" and others; Integer.MIN_VALUE is 0.
  EXPECT_EQ(coordinator_partition("polygenelubricants", 50), PartitionId(0));
  // A surrogate pair: 31 * 0xD83D + 0xDE00.
  EXPECT_EQ(coordinator_partition("\xF0\x9F\x98\x80", 50),
            PartitionId((31 * 0xD83D + 0xDE00) % 50));
  EXPECT_EQ(coordinator_partition("\xC3\xA4", 50), PartitionId(0xE4 % 50));
}

class GroupsTest : public NodeTest {
 protected:
  void SetUp() override {
    NodeTest::SetUp();
    ASSERT_EQ(create("t", 2), ErrorCode::none);
    ASSERT_EQ(find().error_code, ErrorCode::none);
  }
  protocol::FindCoordinatorResponse find(std::string_view group = "g") {
    protocol::FindCoordinatorRequest request;
    request.key = Text::view(group);
    return ask<protocol::FindCoordinatorResponse>(request, 2);
  }
  static protocol::OffsetCommitRequest commit_request(std::int64_t offset) {
    protocol::OffsetCommitRequest request;
    request.group_id = Text("g");
    auto& topic = request.topics.emplace_back();
    topic.name = Text("t");
    auto& partition = topic.partitions.emplace_back();
    partition.partition_index = PartitionId(1);
    partition.committed_offset = Offset(offset);
    return request;
  }
  ErrorCode commit(std::int64_t offset, std::int32_t generation = -1, std::string_view member = "",
                   std::string_view topic = "t") {
    auto request = commit_request(offset);
    request.generation_id_or_member_epoch = generation;
    request.member_id = Text::view(member);
    request.topics[0].name = Text::view(topic);
    const auto answer = ask<protocol::OffsetCommitResponse>(request, 8);
    return answer.topics.at(0).partitions.at(0).error_code;
  }
  static protocol::OffsetFetchRequest fetch_request() {
    protocol::OffsetFetchRequest request;
    auto& group = request.groups.emplace_back();
    group.group_id = Text("g");
    auto& topic = group.topics->emplace_back();
    topic.name = Text("t");
    topic.partition_indexes = {PartitionId(1)};
    return request;
  }
  std::int64_t committed() {
    const auto answer = ask<protocol::OffsetFetchResponse>(fetch_request(), 8);
    EXPECT_EQ(answer.groups.at(0).error_code, ErrorCode::none);
    return answer.groups.at(0).topics.at(0).partitions.at(0).committed_offset.value();
  }
  protocol::JoinGroupResponse join(std::string_view member = "") {
    protocol::JoinGroupRequest request;
    request.group_id = Text("g");
    request.session_timeout_ms = 10'000;
    request.rebalance_timeout_ms = 10'000;
    request.member_id = Text::view(member);
    request.protocol_type = Text("consumer");
    auto& protocol = request.protocols.emplace_back();
    protocol.name = Text("range");
    protocol.metadata = SharedBytes::copy(as_bytes("m"));
    return ask<protocol::JoinGroupResponse>(request, 5);
  }
  protocol::SyncGroupResponse sync(const protocol::JoinGroupResponse& joined) {
    protocol::SyncGroupRequest request;
    request.group_id = Text("g");
    request.generation_id = joined.generation_id;
    request.member_id = joined.member_id;
    auto& assignment = request.assignments.emplace_back();
    assignment.member_id = joined.member_id;
    assignment.assignment = SharedBytes::copy(as_bytes("all"));
    return ask<protocol::SyncGroupResponse>(request, 3);
  }
  ErrorCode heartbeat(std::int32_t generation, std::string_view member) {
    protocol::HeartbeatRequest request;
    request.group_id = Text("g");
    request.generation_id = generation;
    request.member_id = Text::view(member);
    return ask<protocol::HeartbeatResponse>(request, 3).error_code;
  }
  /// Until the coordinators have read their logs.
  void restart() {
    stop();
    start();
    run_for(std::chrono::seconds(1));
  }
};

TEST_F(GroupsTest, committed_offset_is_there_after_a_restart) {
  EXPECT_EQ(committed(), -1);
  EXPECT_EQ(commit(7), ErrorCode::none);
  EXPECT_EQ(committed(), 7);
  EXPECT_EQ(commit(7, -1, "", "none"), ErrorCode::unknown_topic_or_partition);
  restart();
  EXPECT_EQ(committed(), 7);
}

TEST_F(GroupsTest, member_joins_syncs_commits_and_goes_on_after_a_restart) {
  const auto refused = join();
  ASSERT_EQ(refused.error_code, ErrorCode::member_id_required);
  const auto joined = join(refused.member_id);
  ASSERT_EQ(joined.error_code, ErrorCode::none);
  EXPECT_EQ(joined.generation_id, 1);
  EXPECT_EQ(joined.leader, joined.member_id.view());
  const auto synced = sync(joined);
  ASSERT_EQ(synced.error_code, ErrorCode::none);
  EXPECT_EQ(as_text(synced.assignment.bytes()), "all");
  EXPECT_EQ(heartbeat(1, joined.member_id), ErrorCode::none);
  EXPECT_EQ(heartbeat(2, joined.member_id), ErrorCode::illegal_generation);
  EXPECT_EQ(commit(3, 1, joined.member_id), ErrorCode::none);
  restart();
  EXPECT_EQ(heartbeat(1, joined.member_id), ErrorCode::none);
  EXPECT_EQ(commit(4, 1, joined.member_id), ErrorCode::none);
  EXPECT_EQ(committed(), 4);
}

TEST_F(GroupsTest, member_that_falls_silent_is_gone_after_its_session) {
  const auto id = join().member_id.str();
  const auto joined = join(id);
  ASSERT_EQ(sync(joined).error_code, ErrorCode::none);
  run_for(std::chrono::seconds(9));
  EXPECT_EQ(heartbeat(1, id), ErrorCode::none);
  run_for(std::chrono::seconds(11));
  EXPECT_EQ(heartbeat(1, id), ErrorCode::unknown_member_id);
}

TEST_F(GroupsTest, offsets_of_a_deleted_topic_go_with_it) {
  ASSERT_EQ(commit(7), ErrorCode::none);
  protocol::DeleteTopicsRequest request;
  request.topics.emplace_back().name = Text("t");
  ASSERT_EQ(ask<protocol::DeleteTopicsResponse>(request).responses.at(0).error_code,
            ErrorCode::none);
  ASSERT_EQ(create("t", 2), ErrorCode::none);
  run_for(std::chrono::seconds(1));
  EXPECT_EQ(committed(), -1);
}

/// Somebody commits while the disk's next sync takes long; another one asks meanwhile.
class Onlooker {
 public:
  explicit Onlooker(env::Env& env) : env_(env), scope_(env.workers().at(0)) {}

  env::Task<> watch(protocol::OffsetCommitRequest commit, protocol::OffsetFetchRequest fetch) {
    auto mine = (co_await connect()).value();
    const MonoTime began = worker().now();
    scope_.spawn(commit_in_background(std::move(commit)));
    EXPECT_TRUE(co_await env::sleep_until(worker(), worker().now() + milliseconds(100)));
    EXPECT_FALSE(is_committed);
    const auto answer = co_await mine->call<protocol::OffsetFetchResponse>(std::move(fetch), 8);
    EXPECT_TRUE(answer);
    told_after = worker().now() - began;
    offset = answer->message.groups.at(0).topics.at(0).partitions.at(0).committed_offset.value();
    co_await scope_.stop();
  }

  bool is_committed{false};
  Duration told_after{};
  std::int64_t offset{-2};

 private:
  env::Worker& worker() { return env_.workers().at(0); }
  env::Task<Result<std::unique_ptr<net::Client>>> connect() {
    return net::Client::connect(env_.transport(), worker(),
                                {.host = "127.0.0.1", .port = node_port}, {});
  }
  env::Task<> commit_in_background(protocol::OffsetCommitRequest request) {
    auto client = (co_await connect()).value();
    const auto answer =
        co_await client->call<protocol::OffsetCommitResponse>(std::move(request), 8);
    is_committed = answer.has_value();
  }

  env::Env& env_;
  env::Scope scope_;
};

TEST_F(GroupsTest, offset_that_a_crash_may_take_back_is_told_to_nobody) {
  ASSERT_EQ(commit(7), ErrorCode::none);
  disk().stall_next(env::DiskOp::sync, std::chrono::seconds(3), "__consumer_offsets");
  Onlooker onlooker(env());
  run(onlooker.watch(commit_request(8), fetch_request()));
  EXPECT_EQ(onlooker.offset, 8);
  EXPECT_GE(onlooker.told_after, std::chrono::seconds(3)) << "told before it was durable";
}

TEST_F(GroupsTest, full_disk_refuses_commits_and_takes_nothing_back_that_was_answered) {
  ASSERT_EQ(commit(7), ErrorCode::none);
  disk().set_capacity(disk().used_bytes() + 10);
  EXPECT_EQ(commit(8), ErrorCode::coordinator_not_available);
  disk().set_capacity(1 << 30);
  run_for(std::chrono::seconds(2));
  EXPECT_EQ(committed(), 7);
  EXPECT_EQ(commit(9), ErrorCode::none);
  EXPECT_EQ(committed(), 9);
}

TEST_F(GroupsTest, coordinator_goes_while_it_waits_to_load_again) {
  ASSERT_EQ(commit(7), ErrorCode::none);
  disk().set_capacity(disk().used_bytes() + 10);
  EXPECT_EQ(commit(8), ErrorCode::coordinator_not_available);
  disk().set_capacity(1 << 30);
  protocol::DeleteTopicsRequest request;
  request.topics.emplace_back().name = Text("__consumer_offsets");
  ASSERT_EQ(ask<protocol::DeleteTopicsResponse>(request).responses.at(0).error_code,
            ErrorCode::none);
  run_for(std::chrono::seconds(1));
  EXPECT_EQ(find().error_code, ErrorCode::none);
  run_for(std::chrono::seconds(1));
  EXPECT_EQ(committed(), -1) << "the offsets went with the topic that held them";
}

}  // namespace
}  // namespace moldau::broker
