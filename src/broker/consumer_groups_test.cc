#include <gtest/gtest.h>

#include "broker/node_rig_test.h"
#include "protocol/messages/api_versions.h"
#include "protocol/messages/consumer_group_describe.h"
#include "protocol/messages/consumer_group_heartbeat.h"
#include "protocol/messages/create_partitions.h"
#include "protocol/messages/find_coordinator.h"
#include "protocol/messages/incremental_alter_configs.h"
#include "protocol/messages/offset_commit.h"
#include "protocol/messages/update_features.h"

namespace moldau::broker {
namespace {

using protocol::ConsumerGroupHeartbeatRequest;
using protocol::ConsumerGroupHeartbeatResponse;

/// Groups of the consumer protocol (KIP-848) on a node.
class ConsumerGroupsTest : public NodeTest {
 protected:
  void SetUp() override {
    NodeTest::SetUp();
    ASSERT_EQ(create("t", 2), ErrorCode::none);
    protocol::FindCoordinatorRequest request;
    request.key = Text("g");
    ASSERT_EQ(ask<protocol::FindCoordinatorResponse>(request, 2).error_code, ErrorCode::none);
  }
  ConsumerGroupHeartbeatResponse join(std::string_view topic = "t", std::string_view regex = "") {
    ConsumerGroupHeartbeatRequest request;
    request.group_id = Text("g");
    request.member_id = Text("m");
    request.rebalance_timeout_ms = 60'000;
    request.subscribed_topic_names.emplace();
    if (!topic.empty()) request.subscribed_topic_names->push_back(Text::view(topic));
    if (!regex.empty()) request.subscribed_topic_regex = Text::view(regex);
    request.topic_partitions.emplace();
    return ask<ConsumerGroupHeartbeatResponse>(request);
  }
  ConsumerGroupHeartbeatResponse beat(std::int32_t epoch) {
    ConsumerGroupHeartbeatRequest request;
    request.group_id = Text("g");
    request.member_id = Text("m");
    request.member_epoch = epoch;
    return ask<ConsumerGroupHeartbeatResponse>(request);
  }
  protocol::ConsumerGroupDescribeResponse::DescribedGroup describe() {
    protocol::ConsumerGroupDescribeRequest request;
    request.group_ids.emplace_back("g");
    return ask<protocol::ConsumerGroupDescribeResponse>(request).groups.at(0);
  }
  static std::size_t partitions(const ConsumerGroupHeartbeatResponse& response) {
    std::size_t count = 0;
    if (!response.assignment) return count;
    for (const auto& topic : response.assignment->topic_partitions)
      count += topic.partitions.size();
    return count;
  }
  /// Of the group; null: deletes the key.
  ErrorCode set(std::string_view key, std::optional<std::string_view> value) {
    protocol::IncrementalAlterConfigsRequest request;
    auto& resource = request.resources.emplace_back();
    resource.resource_type = static_cast<std::int8_t>(metadata::ResourceType::group);
    resource.resource_name = Text("g");
    auto& config = resource.configs.emplace_back();
    config.name = Text::copy(key);
    config.config_operation = value ? 0 : 1;
    config.value = value ? std::optional(Text::copy(*value)) : std::nullopt;
    return ask<protocol::IncrementalAlterConfigsResponse>(request).responses.at(0).error_code;
  }
  ErrorCode set_group_version(std::int16_t level, std::int8_t upgrade_type) {
    protocol::UpdateFeaturesRequest request;
    auto& update = request.feature_updates.emplace_back();
    update.feature = "group.version";
    update.max_version_level = level;
    update.upgrade_type = upgrade_type;
    return ask<protocol::UpdateFeaturesResponse>(request).error_code;
  }
};

TEST_F(ConsumerGroupsTest, a_member_joins_is_described_commits_and_survives_a_restart) {
  const auto joined = join();
  ASSERT_EQ(joined.error_code, ErrorCode::none);
  EXPECT_EQ(joined.member_epoch, 2);
  EXPECT_EQ(partitions(joined), 2U);
  const auto described = describe();
  EXPECT_EQ(described.group_state, "Stable");
  EXPECT_EQ(described.members.at(0).assignment.topic_partitions.at(0).topic_name, "t");

  protocol::OffsetCommitRequest commit;
  commit.group_id = Text("g");
  commit.member_id = Text("m");
  auto& topic = commit.topics.emplace_back();
  topic.name = Text("t");
  topic.partitions.push_back({.partition_index = PartitionId(1), .committed_offset = Offset(5)});
  const auto committed = [&](std::int32_t epoch) {
    commit.generation_id_or_member_epoch = epoch;
    const auto answer = ask<protocol::OffsetCommitResponse>(commit, 9);
    return answer.topics.at(0).partitions.at(0).error_code;
  };
  EXPECT_EQ(committed(2), ErrorCode::none);
  EXPECT_EQ(committed(7), ErrorCode::stale_member_epoch);

  stop();
  start();
  run_for(std::chrono::seconds(1));
  EXPECT_EQ(beat(2).error_code, ErrorCode::none);
  EXPECT_EQ(beat(3).error_code, ErrorCode::fenced_member_epoch);
  run_for(std::chrono::seconds(60));
  EXPECT_EQ(describe().group_state, "Empty");
}

TEST_F(ConsumerGroupsTest, new_partitions_and_topics_come_with_the_next_heartbeats) {
  ASSERT_EQ(join("t", "u.*").error_code, ErrorCode::none);
  protocol::CreatePartitionsRequest more;
  auto& grows = more.topics.emplace_back();
  grows.name = Text("t");
  grows.count = 3;
  grows.assignments.reset();
  ASSERT_EQ(ask<protocol::CreatePartitionsResponse>(more).results.at(0).error_code,
            ErrorCode::none);
  run_for(std::chrono::seconds(1));
  const auto grown = beat(2);
  EXPECT_EQ(grown.member_epoch, 3);
  EXPECT_EQ(partitions(grown), 3U);
  run_for(std::chrono::seconds(11));
  ASSERT_EQ(create("u1", 1), ErrorCode::none);
  run_for(std::chrono::seconds(1));
  EXPECT_EQ(partitions(beat(3)), 4U);
}

TEST_F(ConsumerGroupsTest, settings_of_a_group_count_from_its_next_heartbeat_and_after_a_restart) {
  EXPECT_EQ(join().heartbeat_interval_ms, 5'000);
  EXPECT_EQ(set("consumer.heartbeat.interval.ms", "7000"), ErrorCode::none);
  EXPECT_EQ(set("consumer.session.timeout.ms", "60000"), ErrorCode::none);
  EXPECT_EQ(set("consumer.session.timeout.ms", "60001"), ErrorCode::invalid_config);
  EXPECT_EQ(beat(2).heartbeat_interval_ms, 7'000);
  run_for(std::chrono::seconds(55));
  EXPECT_EQ(describe().group_state, "Stable");
  stop();
  start();
  run_for(std::chrono::seconds(50));
  EXPECT_EQ(beat(2).heartbeat_interval_ms, 7'000);
  EXPECT_EQ(set("consumer.session.timeout.ms", std::nullopt), ErrorCode::none);
  EXPECT_EQ(beat(2).error_code, ErrorCode::none);
  run_for(std::chrono::seconds(50));
  EXPECT_EQ(describe().group_state, "Empty");
}

TEST_F(ConsumerGroupsTest, are_off_at_level_0_and_on_after_an_upgrade) {
  ASSERT_EQ(set_group_version(0, 2), ErrorCode::none);
  EXPECT_EQ(join().error_code, ErrorCode::unsupported_version);
  EXPECT_EQ(describe().error_code, ErrorCode::unsupported_version);
  ASSERT_EQ(set_group_version(1, 1), ErrorCode::none);
  EXPECT_EQ(join().error_code, ErrorCode::none);
  stop();
  start();
  run_for(std::chrono::seconds(1));
  EXPECT_EQ(beat(2).error_code, ErrorCode::none);
}

}  // namespace
}  // namespace moldau::broker
