// Answers to questions that clients seldom ask, told as Apache Kafka tells them
// (tests/compat/differential).
#include "broker/handlers/handlers.h"
#include "broker/node_rig_test.h"
#include "protocol/messages/api_versions.h"
#include "protocol/messages/describe_cluster.h"
#include "protocol/messages/describe_configs.h"
#include "protocol/messages/describe_topic_partitions.h"
#include "protocol/messages/fetch.h"
#include "protocol/messages/list_offsets.h"
#include "protocol/messages/metadata.h"
#include "protocol/messages/produce.h"

namespace moldau::broker {
namespace {

class Answers : public NodeTest {
 protected:
  protocol::FetchRequest fetch_request(std::string_view topic, std::int32_t partitions = 1) {
    protocol::FetchRequest request;
    request.max_wait_ms = 0;
    request.max_bytes = 1 << 20;
    auto& wanted = request.topics.emplace_back();
    wanted.topic = Text::view(topic);
    for (std::int32_t id = 0; id < partitions; ++id) {
      auto& partition = wanted.partitions.emplace_back();
      partition.partition = PartitionId(id);
      partition.partition_max_bytes = 1 << 20;
    }
    return request;
  }
};

TEST_F(Answers, a_page_can_only_begin_in_a_topic_that_is_asked_for) {
  ASSERT_EQ(create("a"), ErrorCode::none);
  ASSERT_EQ(create("b"), ErrorCode::none);
  protocol::DescribeTopicPartitionsRequest request;
  request.topics.emplace_back().name = Text("a");
  request.topics.emplace_back().name = Text("b");
  protocol::DescribeTopicPartitionsRequest::Cursor cursor;
  cursor.topic_name = Text("c");
  request.cursor = std::move(cursor);
  const auto elsewhere = ask<protocol::DescribeTopicPartitionsResponse>(request);
  ASSERT_EQ(elsewhere.topics.size(), 2u);
  for (const auto& topic : elsewhere.topics) {
    EXPECT_EQ(topic.error_code, ErrorCode::invalid_request) << topic.name->view();
  }
  request.cursor->topic_name = Text("b");
  const auto rest = ask<protocol::DescribeTopicPartitionsResponse>(request);
  ASSERT_EQ(rest.topics.size(), 1u);
  EXPECT_EQ(rest.topics[0].error_code, ErrorCode::none);
}

TEST_F(Answers, a_partition_named_twice_has_one_offset_which_is_an_error) {
  ASSERT_EQ(create("t", 2), ErrorCode::none);
  protocol::ListOffsetsRequest request;
  request.replica_id = NodeId(-1);
  for (const std::int32_t id : {0, 1, 0}) {
    auto& topic = request.topics.emplace_back();
    topic.name = Text("t");
    topic.partitions.emplace_back().partition_index = PartitionId(id);
  }
  request.topics.emplace_back().name = Text("without-partitions");
  const auto response = ask<protocol::ListOffsetsResponse>(request, 7);
  ASSERT_EQ(response.topics.size(), 2u);
  EXPECT_EQ(response.topics[0].partitions.at(0).error_code, ErrorCode::invalid_request);
  EXPECT_EQ(response.topics[1].partitions.at(0).partition_index, PartitionId(1));
  EXPECT_EQ(response.topics[1].partitions.at(0).error_code, ErrorCode::none);
}

TEST_F(Answers, less_than_a_batch_is_not_sent) {
  ASSERT_EQ(create("t", 2), ErrorCode::none);
  ASSERT_EQ(produce("t", batch("first")).error_code, ErrorCode::none);
  protocol::ProduceRequest second;
  second.acks = -1;
  second.timeout_ms = 5'000;
  auto& data = second.topic_data.emplace_back();
  data.name = Text("t");
  auto& partition = data.partition_data.emplace_back();
  partition.index = PartitionId(1);
  partition.records = batch("second");
  ask<protocol::ProduceResponse>(second, node_produce_version);
  auto request = fetch_request("t", 2);
  for (auto& wanted : request.topics[0].partitions) wanted.partition_max_bytes = 20;
  const auto response = ask<protocol::FetchResponse>(request, 12);
  const auto& parts = response.responses.at(0).partitions;
  ASSERT_EQ(parts.size(), 2u);
  EXPECT_FALSE(parts[0].records->empty()) << "the first batch is sent whatever its size";
  EXPECT_TRUE(parts[1].records->empty());
}

TEST_F(Answers, a_fetch_from_another_history_is_told_where_they_part_before_its_offset_is_judged) {
  ASSERT_EQ(create("t"), ErrorCode::none);
  ASSERT_EQ(produce("t", batch("v")).error_code, ErrorCode::none);
  auto request = fetch_request("t");
  auto& wanted = request.topics[0].partitions[0];
  wanted.fetch_offset = Offset(9);
  wanted.last_fetched_epoch = LeaderEpoch(0);
  const auto beyond = ask<protocol::FetchResponse>(request, 12).responses.at(0).partitions.at(0);
  EXPECT_EQ(beyond.error_code, ErrorCode::none);
  EXPECT_EQ(beyond.diverging_epoch.end_offset, Offset(1));
  wanted.fetch_offset = Offset(0);
  wanted.last_fetched_epoch = LeaderEpoch(5);
  const auto unknown = ask<protocol::FetchResponse>(request, 12).responses.at(0).partitions.at(0);
  EXPECT_EQ(unknown.error_code, ErrorCode::offset_out_of_range);
  EXPECT_EQ(unknown.high_watermark, no_offset);
  wanted.current_leader_epoch = wanted.last_fetched_epoch = LeaderEpoch(-2);
  const auto negative = ask<protocol::FetchResponse>(request, 12).responses.at(0).partitions.at(0);
  EXPECT_EQ(negative.error_code, ErrorCode::none);
  EXPECT_FALSE(negative.records->empty());
}

TEST_F(Answers, a_replica_that_this_broker_does_not_know_is_told_who_leads) {
  ASSERT_EQ(create("t"), ErrorCode::none);
  protocol::MetadataRequest question;
  question.topics->emplace_back().name = Text("t");
  const auto id = ask<protocol::MetadataResponse>(question).topics.at(0).topic_id;
  auto request = fetch_request("");
  request.topics[0].topic_id = id;
  request.replica_state.replica_id = NodeId(2);
  const auto part = ask<protocol::FetchResponse>(request, 17).responses.at(0).partitions.at(0);
  EXPECT_EQ(part.error_code, ErrorCode::not_leader_or_follower);
  EXPECT_EQ(part.current_leader.leader_id, NodeId(1));
  EXPECT_TRUE(ask<protocol::FetchResponse>(request, 17).node_endpoints.empty());
}

TEST_F(Answers, a_client_with_an_older_epoch_is_told_who_leads_and_where) {
  ASSERT_EQ(create("t", 2), ErrorCode::none);
  stop();
  start();
  protocol::MetadataRequest question;
  question.topics->emplace_back().name = Text("t");
  const auto metadata = ask<protocol::MetadataResponse>(question);
  auto request = fetch_request("", 2);
  request.topics[0].topic_id = metadata.topics.at(0).topic_id;
  for (auto& partition : request.topics[0].partitions) {
    partition.current_leader_epoch = LeaderEpoch(0);
  }
  const auto answer = ask<protocol::FetchResponse>(request, 16);
  for (const auto& part : answer.responses.at(0).partitions) {
    EXPECT_EQ(part.error_code, ErrorCode::fenced_leader_epoch);
    EXPECT_EQ(part.current_leader.leader_id, NodeId(1));
    EXPECT_GT(part.current_leader.leader_epoch, LeaderEpoch(0));
  }
  ASSERT_EQ(answer.node_endpoints.size(), 1U) << "each leader once";
  EXPECT_EQ(answer.node_endpoints[0].node_id, NodeId(1));
  EXPECT_EQ(answer.node_endpoints[0].host, metadata.brokers.at(0).host);
  EXPECT_EQ(answer.node_endpoints[0].port, metadata.brokers.at(0).port);
  const auto older = ask<protocol::FetchResponse>(request, 15);
  EXPECT_EQ(older.responses.at(0).partitions.at(0).current_leader.leader_id, no_node);
  EXPECT_TRUE(older.node_endpoints.empty());
}

TEST_F(Answers, a_full_fetch_of_nothing_opens_a_session) {
  auto request = fetch_request("t", 0);
  request.topics.clear();
  request.session_epoch = 0;
  EXPECT_NE(ask<protocol::FetchResponse>(request, 12).session_id, 0);
  request.session_epoch = -1;
  EXPECT_EQ(ask<protocol::FetchResponse>(request, 12).session_id, 0);
}

TEST_F(Answers, a_batch_of_a_transaction_needs_the_name_of_one) {
  ASSERT_EQ(create("t"), ErrorCode::none);
  const auto transactional = batch("v", {.kind = records::BatchKind::transactional,
                                         .producer_id = ProducerId(1),
                                         .producer_epoch = ProducerEpoch(0),
                                         .base_sequence = 0});
  EXPECT_EQ(produce("t", transactional).error_code,
            ErrorCode::transactional_id_authorization_failed);
  EXPECT_EQ(fetch("t", 0).high_watermark, Offset(0));
}

TEST_F(Answers, topics_without_partitions_are_not_mentioned_by_produce) {
  ASSERT_EQ(create("t"), ErrorCode::none);
  protocol::ProduceRequest request;
  request.acks = -1;
  request.timeout_ms = 5'000;
  request.topic_data.emplace_back().name = Text("empty");
  auto& data = request.topic_data.emplace_back();
  data.name = Text("t");
  data.partition_data.emplace_back().records = batch("v");
  const auto response = ask<protocol::ProduceResponse>(request, node_produce_version);
  ASSERT_EQ(response.responses.size(), 1u);
  EXPECT_EQ(response.responses[0].name, "t");
  EXPECT_EQ(response.responses[0].partition_responses.at(0).error_code, ErrorCode::none);
}

TEST_F(Answers, a_duplicate_is_answered_with_its_time) {
  ASSERT_EQ(create("t"), ErrorCode::none);
  EXPECT_EQ(produce("t", sequenced(7, 0)).log_append_time_ms, -1);
  EXPECT_EQ(produce("t", sequenced(7, 0)).log_append_time_ms, 1);
}

TEST_F(Answers, a_cluster_has_brokers_and_controllers_and_nothing_else) {
  protocol::DescribeClusterRequest request;
  request.endpoint_type = 3;
  const auto unknown = ask<protocol::DescribeClusterResponse>(request);
  EXPECT_EQ(unknown.error_code, ErrorCode::unsupported_endpoint_type);
  EXPECT_EQ(unknown.error_message, "Unsupported endpoint type 3");
  EXPECT_EQ(unknown.endpoint_type, 1);
  request.endpoint_type = 2;
  EXPECT_EQ(ask<protocol::DescribeClusterResponse>(request).error_code,
            ErrorCode::mismatched_endpoint_type);
}

TEST_F(Answers, ids_that_an_old_metadata_request_must_not_have_come_back) {
  protocol::MetadataRequest request;
  auto& topic = request.topics->emplace_back();
  topic.name.reset();
  topic.topic_id = Uuid::of(7, 7);
  const auto response = ask<protocol::MetadataResponse>(request, 11);
  EXPECT_EQ(response.topics.at(0).error_code, ErrorCode::invalid_request);
  EXPECT_EQ(response.topics.at(0).topic_id, Uuid::of(7, 7));
}

TEST_F(Answers, a_client_that_has_reached_another_node_is_told_to_begin_anew) {
  protocol::ApiVersionsRequest request;
  request.client_software_name = Text("test");
  request.client_software_version = Text("1");
  const auto ask_versions = [&] {
    return ask<protocol::ApiVersionsResponse>(request, 5).error_code;
  };
  request.node_id = NodeId(1);
  EXPECT_EQ(ask_versions(), ErrorCode::invalid_request) << "a node of no cluster";
  const auto cluster = ask<protocol::DescribeClusterResponse>(protocol::DescribeClusterRequest{});
  request.cluster_id = Text(cluster.cluster_id.str());
  EXPECT_EQ(ask_versions(), ErrorCode::none);
  request.node_id = NodeId(7);
  EXPECT_EQ(ask_versions(), ErrorCode::rebootstrap_required);
  request.node_id = no_node;
  EXPECT_EQ(ask_versions(), ErrorCode::invalid_request) << "a cluster without a node";
}

TEST_F(Answers, an_empty_list_of_settings_means_all) {
  ASSERT_EQ(create("t"), ErrorCode::none);
  protocol::DescribeConfigsRequest request;
  auto& resource = request.resources.emplace_back();
  resource.resource_type = 2;
  resource.resource_name = Text("t");
  resource.configuration_keys.reset();
  const auto all = ask<protocol::DescribeConfigsResponse>(request).results.at(0).configs.size();
  resource.configuration_keys.emplace();
  EXPECT_EQ(ask<protocol::DescribeConfigsResponse>(request).results.at(0).configs.size(), all);
  resource.configuration_keys->push_back(Text("retention.ms"));
  EXPECT_EQ(ask<protocol::DescribeConfigsResponse>(request).results.at(0).configs.size(), 1u);
}

}  // namespace
}  // namespace moldau::broker
