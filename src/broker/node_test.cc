#include "broker/node.h"
#include "broker/api_table.h"
#include "broker/handlers/handlers.h"
#include "broker/node_rig_test.h"
#include "protocol/messages/api_versions.h"
#include "protocol/messages/delete_topics.h"
#include "protocol/messages/fetch.h"
#include "protocol/messages/init_producer_id.h"
#include "protocol/messages/metadata.h"

#include <gtest/gtest.h>

namespace moldau::broker {
namespace {

TEST_F(NodeTest, what_was_acknowledged_is_there_after_a_restart) {
  ASSERT_EQ(create("t"), ErrorCode::none);
  const auto sent = batch("hello");
  const auto answer = produce("t", sent);
  ASSERT_EQ(answer.error_code, ErrorCode::none);
  EXPECT_EQ(answer.base_offset, Offset(0));
  stop();
  start();
  const auto fetched = fetch("t", 0);
  EXPECT_EQ(fetched.error_code, ErrorCode::none);
  EXPECT_EQ(fetched.high_watermark, Offset(1));
  const auto view = records::BatchView::parse(fetched.records->bytes());
  ASSERT_TRUE(view);
  EXPECT_TRUE(view->verify_crc());
  EXPECT_EQ(as_text(view->records_area()),
            as_text(records::BatchView::parse(sent.bytes())->records_area()));
}

TEST_F(NodeTest, a_duplicate_is_answered_with_the_original_offset_also_after_a_restart) {
  ASSERT_EQ(create("t"), ErrorCode::none);
  EXPECT_EQ(produce("t", sequenced(7, 0)).base_offset, Offset(0));
  EXPECT_EQ(produce("t", sequenced(7, 1)).base_offset, Offset(1));
  EXPECT_EQ(produce("t", sequenced(7, 1)).base_offset, Offset(1));
  stop();
  start();
  EXPECT_EQ(produce("t", sequenced(7, 1)).base_offset, Offset(1));
  EXPECT_EQ(produce("t", sequenced(7, 5)).error_code, ErrorCode::out_of_order_sequence_number);
  EXPECT_EQ(produce("t", sequenced(7, 2)).base_offset, Offset(2));
}

TEST_F(NodeTest, what_no_client_may_write_is_refused_and_not_appended) {
  ASSERT_EQ(create("t"), ErrorCode::none);
  const auto transactional = batch("v", {.kind = records::BatchKind::transactional,
                                         .producer_id = ProducerId(1),
                                         .producer_epoch = ProducerEpoch(0),
                                         .base_sequence = 0});
  EXPECT_EQ(produce("t", transactional).error_code,
            ErrorCode::transactional_id_authorization_failed);
  EXPECT_EQ(produce("t", batch("v", {.kind = records::BatchKind::control})).error_code,
            ErrorCode::invalid_record);
  const auto whole = batch("v");
  std::vector<std::uint8_t> damaged(whole.bytes().begin(), whole.bytes().end());
  damaged.back() ^= 1;
  EXPECT_EQ(produce("t", SharedBytes::adopt(damaged)).error_code, ErrorCode::corrupt_message);
  EXPECT_EQ(produce("t", batch("v"), 2).error_code, ErrorCode::invalid_required_acks);
  EXPECT_EQ(produce("none", batch("v")).error_code, ErrorCode::unknown_topic_or_partition);
  EXPECT_EQ(fetch("t", 0).high_watermark, Offset(0));
}

TEST_F(NodeTest, a_fetch_beyond_the_end_is_out_of_range_and_at_the_end_is_empty) {
  ASSERT_EQ(create("t"), ErrorCode::none);
  ASSERT_EQ(produce("t", batch("v")).error_code, ErrorCode::none);
  EXPECT_EQ(fetch("t", 2).error_code, ErrorCode::offset_out_of_range);
  const auto at_end = fetch("t", 1);
  EXPECT_EQ(at_end.error_code, ErrorCode::none);
  ASSERT_TRUE(at_end.records) << "librdkafka takes null for an invalid size";
  EXPECT_TRUE(at_end.records->empty());
}

TEST_F(NodeTest, an_unknown_topic_is_created_by_metadata_and_described_at_once) {
  protocol::MetadataRequest request;
  request.topics->emplace_back().name = Text("made");
  request.topics->emplace_back().name = Text("not/legal");
  const auto response = ask<protocol::MetadataResponse>(request);
  ASSERT_EQ(response.topics.size(), 2u);
  EXPECT_EQ(response.topics[0].error_code, ErrorCode::none);
  EXPECT_FALSE(response.topics[0].topic_id.is_zero());
  ASSERT_EQ(response.topics[0].partitions.size(), 1u);
  EXPECT_EQ(response.topics[0].partitions[0].leader_id, NodeId(1));
  EXPECT_EQ(response.topics[1].error_code, ErrorCode::invalid_topic_exception);
  ASSERT_EQ(response.brokers.size(), 1u);
  EXPECT_EQ(response.brokers[0].port, node_port) << "the address that the client dialled";
}

TEST_F(NodeTest, a_deleted_topic_is_gone_and_comes_back_empty_under_a_new_id) {
  ASSERT_EQ(create("t"), ErrorCode::none);
  ASSERT_EQ(produce("t", batch("v")).error_code, ErrorCode::none);
  protocol::DeleteTopicsRequest request;
  request.topics.emplace_back().name = Text("t");
  EXPECT_EQ(ask<protocol::DeleteTopicsResponse>(request).responses.at(0).error_code,
            ErrorCode::none);
  EXPECT_EQ(fetch("t", 0).error_code, ErrorCode::unknown_topic_or_partition);
  ASSERT_EQ(create("t"), ErrorCode::none);
  EXPECT_EQ(fetch("t", 0).high_watermark, Offset(0));
  EXPECT_EQ(create("t"), ErrorCode::topic_already_exists);
}

TEST_F(NodeTest, what_a_full_disk_keeps_from_the_metadata_log_is_written_when_there_is_room) {
  ASSERT_EQ(create("before"), ErrorCode::none);
  disk().set_capacity(disk().used_bytes() + 10);
  bool is_full = true;
  after(std::chrono::seconds(2), [&] {
    is_full = false;
    disk().set_capacity(1 << 30);
  });
  EXPECT_EQ(create("while-full"), ErrorCode::none);
  EXPECT_FALSE(is_full);
  EXPECT_LT(node().directory_stats().front().second.append_failures, 6U) << "tried without a pause";
  EXPECT_EQ(create("after"), ErrorCode::none);
  stop();
  start();
  for (const char* name : {"before", "while-full", "after"}) {
    EXPECT_EQ(create(name), ErrorCode::topic_already_exists) << name;
    EXPECT_EQ(produce(name, batch("v")).error_code, ErrorCode::none) << name;
  }
}

TEST_F(NodeTest, partitions_that_a_full_disk_has_no_room_for_are_made_later) {
  ASSERT_EQ(create("before"), ErrorCode::none);
  // Enough for the records of the topic, not for its directories.
  disk().set_capacity(disk().used_bytes() + 3'000);
  EXPECT_EQ(create("late", 30), ErrorCode::none);
  EXPECT_EQ(produce("late", batch("v")).error_code, ErrorCode::not_leader_or_follower);
  disk().set_capacity(1 << 30);
  run_for(std::chrono::seconds(2));
  EXPECT_EQ(produce("late", batch("v")).error_code, ErrorCode::none);
  EXPECT_EQ(produce("before", batch("v")).error_code, ErrorCode::none);
}

/// A client sends several batches at a time. What was behind one that came too early must not begin
/// in its place.
TEST_F(NodeTest, a_producer_begins_with_what_a_partition_refused_before_it_was_made) {
  const auto used = disk().used_bytes();
  disk().set_capacity(used + 3'000);
  ASSERT_EQ(create("late", 30), ErrorCode::none);
  ASSERT_EQ(produce("late", sequenced(7, 0)).error_code, ErrorCode::not_leader_or_follower);
  ASSERT_EQ(produce("late", sequenced(7, 2)).error_code, ErrorCode::not_leader_or_follower);
  const SharedBytes whole = sequenced(8, 3);
  std::vector<std::uint8_t> damaged(whole.bytes().begin(), whole.bytes().end());
  damaged.back() ^= 1;
  ASSERT_EQ(produce("late", SharedBytes::adopt(std::move(damaged))).error_code,
            ErrorCode::not_leader_or_follower);
  disk().set_capacity(1 << 30);
  run_for(std::chrono::seconds(2));
  EXPECT_EQ(produce("late", sequenced(7, 1)).error_code, ErrorCode::out_of_order_sequence_number);
  EXPECT_EQ(produce("late", sequenced(7, 0)).error_code, ErrorCode::none);
  EXPECT_EQ(produce("late", sequenced(7, 1)).error_code, ErrorCode::none);
  EXPECT_EQ(produce("late", sequenced(8, 5)).error_code, ErrorCode::none) << "by a damaged batch";
}

TEST_F(NodeTest, what_a_deleted_topic_refused_is_nothing_to_its_successor) {
  disk().set_capacity(disk().used_bytes() + 3'000);
  ASSERT_EQ(create("late", 30), ErrorCode::none);
  ASSERT_EQ(produce("late", sequenced(7, 4)).error_code, ErrorCode::not_leader_or_follower);
  disk().set_capacity(1 << 30);
  protocol::DeleteTopicsRequest request;
  request.topics.emplace_back().name = Text("late");
  ASSERT_EQ(ask<protocol::DeleteTopicsResponse>(request).responses.at(0).error_code,
            ErrorCode::none);
  ASSERT_EQ(create("late"), ErrorCode::none);
  run_for(std::chrono::seconds(2));
  EXPECT_EQ(produce("late", sequenced(7, 9)).error_code, ErrorCode::none);
}

TEST_F(NodeTest, api_versions_of_the_future_are_answered_in_version_0_with_the_own_range) {
  protocol::ApiVersionsRequest request;
  request.client_software_name = Text("test");
  request.client_software_version = Text("1");
  const auto known = ask<protocol::ApiVersionsResponse>(request, 3);
  EXPECT_EQ(known.error_code, ErrorCode::none);
  EXPECT_EQ(known.api_keys.size(), api_table().size());
  for (const auto& feature : known.supported_features) {
    EXPECT_GT(feature.min_version, 0) << "hidden below version 4: " << feature.name.view();
  }
  request.client_software_name = Text("-bad");
  EXPECT_EQ(ask<protocol::ApiVersionsResponse>(request, 3).error_code, ErrorCode::invalid_request);
}

TEST_F(NodeTest, producer_ids_are_unique_across_restarts) {
  protocol::InitProducerIdRequest request;
  request.transactional_id.reset();
  const auto first = ask<protocol::InitProducerIdResponse>(request);
  const auto second = ask<protocol::InitProducerIdResponse>(request);
  EXPECT_EQ(first.error_code, ErrorCode::none);
  EXPECT_NE(first.producer_id, second.producer_id);
  stop();
  start();
  const auto third = ask<protocol::InitProducerIdResponse>(request);
  EXPECT_GT(third.producer_id, second.producer_id);
  request.transactional_id = Text("tx");
  EXPECT_EQ(ask<protocol::InitProducerIdResponse>(request).error_code,
            ErrorCode::unsupported_version);
}

/// Nobody looks at what became of it.
class NoOne final : public storage::AppendWaiter {
 public:
  using AppendWaiter::AppendWaiter;
  void on_append_done(std::uint32_t, storage::AppendOutcome) override {}
};

TEST_F(NodeTest, a_long_poll_is_answered_when_records_are_committed) {
  ASSERT_EQ(create("t"), ErrorCode::none);
  auto& broker = node().broker();
  auto& worker = broker.env().workers().at(1);
  const auto begun = broker.env().clock().now();
  worker.post([&] {
    worker.call_at(begun + milliseconds(300), [&] {
      const auto answer = broker.partitions()
                              .find("t", PartitionId(0))
                              ->log_ptr()
                              ->append({.batch = batch("late"),
                                        .leader_epoch = LeaderEpoch(0),
                                        .waiter = std::make_shared<NoOne>(worker)});
      EXPECT_EQ(answer.status, storage::AppendStatus::assigned);
    });
  });
  protocol::FetchRequest request;
  request.max_wait_ms = 20'000;
  request.min_bytes = 1;
  request.max_bytes = 1 << 20;
  auto& topic = request.topics.emplace_back();
  topic.topic = Text("t");
  topic.partitions.emplace_back().partition_max_bytes = 1 << 20;
  const auto data = ask<protocol::FetchResponse>(request, 12).responses.at(0).partitions.at(0);
  EXPECT_EQ(data.high_watermark, Offset(1));
  ASSERT_TRUE(data.records);
  EXPECT_FALSE(data.records->empty());
  const auto took = broker.env().clock().now() - begun;
  EXPECT_GE(took, milliseconds(300));
  EXPECT_LT(took, milliseconds(2'000));
}

TEST_F(NodeTest, a_fetch_session_mentions_only_what_changed) {
  ASSERT_EQ(create("t", 2), ErrorCode::none);
  protocol::FetchRequest request;
  request.max_wait_ms = 0;
  request.max_bytes = 1 << 20;
  request.session_epoch = 0;
  auto& wanted = request.topics.emplace_back();
  wanted.topic = Text("t");
  for (int id = 0; id < 2; ++id) {
    auto& partition = wanted.partitions.emplace_back();
    partition.partition = PartitionId(id);
    partition.partition_max_bytes = 1 << 20;
  }
  const auto opened = ask<protocol::FetchResponse>(request, 12);
  ASSERT_NE(opened.session_id, 0);
  protocol::FetchRequest next;
  next.max_wait_ms = 0;
  next.max_bytes = 1 << 20;
  next.session_id = opened.session_id;
  next.session_epoch = 1;
  EXPECT_TRUE(ask<protocol::FetchResponse>(next, 12).responses.empty());
  ASSERT_EQ(produce("t", batch("v")).error_code, ErrorCode::none);
  next.session_epoch = 2;
  const auto changed = ask<protocol::FetchResponse>(next, 12);
  ASSERT_EQ(changed.responses.size(), 1u);
  EXPECT_EQ(changed.responses[0].partitions.size(), 1u);
  next.session_epoch = 9;
  EXPECT_EQ(ask<protocol::FetchResponse>(next, 12).error_code,
            ErrorCode::invalid_fetch_session_epoch);
}

}  // namespace
}  // namespace moldau::broker
