#include "broker/api_table.h"
#include "broker/handlers/handlers.h"
#include "broker/test_broker.h"
#include "protocol/messages/api_versions.h"
#include "protocol/messages/create_acls.h"
#include "protocol/messages/delete_acls.h"
#include "protocol/messages/delete_records.h"
#include "protocol/messages/describe_acls.h"
#include "protocol/messages/describe_cluster.h"
#include "protocol/messages/describe_delegation_token.h"
#include "protocol/messages/describe_log_dirs.h"
#include "protocol/messages/describe_producers.h"
#include "protocol/messages/describe_quorum.h"
#include "protocol/messages/describe_transactions.h"
#include "protocol/messages/elect_leaders.h"
#include "protocol/messages/list_transactions.h"
#include "protocol/messages/metadata.h"
#include "protocol/messages/unregister_broker.h"
#include "protocol/messages/update_features.h"

namespace moldau::broker {
namespace {

using protocol::ErrorCode;
using testing::BrokerTest;

class Admin : public BrokerTest {
 protected:
  void SetUp() override { start(); }

  struct Answer {
    ErrorCode error;
    std::string message;
  };

  Answer delete_records(std::string_view topic, std::int64_t offset, std::int32_t partition = 0) {
    protocol::DeleteRecordsRequest request;
    request.timeout_ms = 1'000;
    auto& wanted = request.topics.emplace_back();
    wanted.name = Text::copy(topic);
    wanted.partitions.push_back(
        {.partition_index = PartitionId(partition), .offset = Offset(offset)});
    const auto answer = ask<protocol::DeleteRecordsResponse>(request);
    const auto& result = answer.topics.at(0).partitions.at(0);
    EXPECT_EQ(result.partition_index, PartitionId(partition));
    return {result.error_code, fmt::format("{}", result.low_watermark)};
  }
};

// --- DeleteRecords -----------------------------------------------------------------------------

TEST_F(Admin, deleted_records_are_gone_and_stay_gone_when_the_power_goes) {
  ASSERT_EQ(create("t"), ErrorCode::none);
  for (int i = 0; i < 5; ++i) ASSERT_EQ(produce("t", "v").error_code, ErrorCode::none);
  EXPECT_EQ(delete_records("t", 3).message, "3");
  power_cut();
  start();
  EXPECT_EQ(fetch("t", 2).error_code, ErrorCode::offset_out_of_range);
  const auto kept = fetch("t", 3);
  EXPECT_EQ(kept.error_code, ErrorCode::none);
  EXPECT_EQ(kept.log_start_offset, Offset(3));
  EXPECT_EQ(kept.high_watermark, Offset(5));
  EXPECT_EQ(delete_records("t", 2).message, "3") << "never back";
  EXPECT_EQ(delete_records("t", -1).message, "5") << "all that is committed";
  power_cut();
  start();
  EXPECT_EQ(fetch("t", 4).error_code, ErrorCode::offset_out_of_range);
  EXPECT_EQ(produce("t", "v").base_offset, Offset(5));
}

TEST_F(Admin, records_that_can_not_be_deleted_are_named) {
  ASSERT_EQ(create("t"), ErrorCode::none);
  ASSERT_EQ(create("compacted", 1, {{"cleanup.policy", "compact"}}), ErrorCode::none);
  ASSERT_EQ(create("both", 1, {{"cleanup.policy", "compact,delete"}}), ErrorCode::none);
  ASSERT_EQ(produce("t", "v").error_code, ErrorCode::none);
  for (const std::int64_t offset : {-2, 2}) {
    const auto answer = delete_records("t", offset);
    EXPECT_EQ(answer.error, ErrorCode::offset_out_of_range) << offset;
    EXPECT_EQ(answer.message, "-1");
  }
  EXPECT_EQ(delete_records("t", 0, 1).error, ErrorCode::unknown_topic_or_partition);
  EXPECT_EQ(delete_records("none", 0).error, ErrorCode::unknown_topic_or_partition);
  EXPECT_EQ(delete_records("compacted", 0).error, ErrorCode::policy_violation);
  EXPECT_EQ(delete_records("both", 0).error, ErrorCode::none);
  EXPECT_EQ(delete_records("t", 1).error, ErrorCode::none);
}

TEST_F(Admin, deletion_that_can_not_be_written_down_is_not_promised) {
  ASSERT_EQ(create("t"), ErrorCode::none);
  ASSERT_EQ(produce("t", "v").error_code, ErrorCode::none);
  disk().set_capacity(disk().used_bytes());
  EXPECT_EQ(delete_records("t", 1).error, ErrorCode::kafka_storage_error);
  disk().set_capacity(std::uint64_t{1} << 40);
  EXPECT_EQ(delete_records("t", 1).message, "1");
}

// --- Directories, producers, quorum ------------------------------------------------------------

TEST_F(Admin, log_directories_are_described_with_sizes_and_space) {
  ASSERT_EQ(create("a", 2), ErrorCode::none);
  ASSERT_EQ(create("b"), ErrorCode::none);
  ASSERT_EQ(produce("b", std::string(500, 'v')).error_code, ErrorCode::none);
  protocol::DescribeLogDirsRequest request;
  request.topics.reset();
  const auto all = ask<protocol::DescribeLogDirsResponse>(request);
  EXPECT_EQ(all.error_code, ErrorCode::none);
  ASSERT_EQ(all.results.size(), 1u);
  EXPECT_EQ(all.results[0].log_dir, "/data");
  EXPECT_GT(all.results[0].usable_bytes, 0);
  EXPECT_GE(all.results[0].total_bytes, all.results[0].usable_bytes);
  ASSERT_EQ(all.results[0].topics.size(), 2u) << "and not the metadata";
  EXPECT_EQ(all.results[0].topics[0].partitions.size(), 2u);
  EXPECT_EQ(all.results[0].topics[0].partitions[0].partition_size, 0);
  const auto& log = all.results[0].topics[1].partitions.at(0);
  EXPECT_GT(log.partition_size, 500);
  EXPECT_EQ(log.offset_lag, 0);
  EXPECT_FALSE(log.is_future_key);

  request.topics.emplace().push_back({.topic = "a", .partitions = {PartitionId(1)}});
  for (std::int16_t version = 1; version <= 5; ++version) {
    const auto some = ask<protocol::DescribeLogDirsResponse>(request, version);
    ASSERT_EQ(some.results.at(0).topics.size(), 1u);
    EXPECT_EQ(some.results[0].topics[0].partitions.size(), 1u);
    EXPECT_EQ(some.results[0].total_bytes > 0, version >= 4);
  }
}

TEST_F(Admin, producers_of_a_partition_are_described) {
  ASSERT_EQ(create("t"), ErrorCode::none);
  const auto sent = produce(
      "t", "v",
      {.producer_id = ProducerId(7), .producer_epoch = ProducerEpoch(3), .base_sequence = 0});
  ASSERT_EQ(sent.error_code, ErrorCode::none);
  protocol::DescribeProducersRequest request;
  request.topics.push_back({.name = "t", .partition_indexes = {PartitionId(0), PartitionId(4)}});
  request.topics.push_back({.name = "none", .partition_indexes = {PartitionId(0)}});
  request.topics.push_back({.name = "a/b", .partition_indexes = {PartitionId(0)}});
  const auto answer = ask<protocol::DescribeProducersResponse>(request);
  const auto& known = answer.topics.at(0).partitions.at(0);
  EXPECT_EQ(known.error_code, ErrorCode::none);
  ASSERT_EQ(known.active_producers.size(), 1u);
  EXPECT_EQ(known.active_producers[0].producer_id, ProducerId(7));
  EXPECT_EQ(known.active_producers[0].producer_epoch, 3);
  EXPECT_EQ(known.active_producers[0].last_sequence, 0);
  EXPECT_EQ(known.active_producers[0].last_timestamp, 1);
  EXPECT_EQ(known.active_producers[0].current_txn_start_offset, Offset(-1));
  EXPECT_EQ(answer.topics[0].partitions.at(1).error_code, ErrorCode::unknown_topic_or_partition);
  EXPECT_EQ(answer.topics.at(1).partitions.at(0).error_code, ErrorCode::unknown_topic_or_partition);
  EXPECT_EQ(answer.topics.at(2).partitions.at(0).error_code, ErrorCode::invalid_topic_exception);
}

TEST_F(Admin, the_quorum_is_described_on_both_listeners) {
  protocol::DescribeQuorumRequest request;
  request.topics.push_back(
      {.topic_name = "__cluster_metadata", .partitions = {{.partition_index = PartitionId(0)}}});
  for (std::int16_t version = 0; version <= 2; ++version) {
    for (const std::uint16_t port : {broker_port, controller_port}) {
      const auto answer = ask<protocol::DescribeQuorumResponse>(request, version, port);
      EXPECT_EQ(answer.error_code, ErrorCode::none);
      const auto& quorum = answer.topics.at(0).partitions.at(0);
      EXPECT_EQ(quorum.error_code, ErrorCode::none);
      EXPECT_EQ(quorum.leader_id, NodeId(1));
      EXPECT_GT(quorum.high_watermark, Offset(0));
      ASSERT_EQ(quorum.current_voters.size(), 1u);
      EXPECT_EQ(quorum.current_voters[0].replica_directory_id.is_zero(), version < 2);
      if (version == 2) EXPECT_EQ(answer.nodes.at(0).listeners.at(0).name, "CONTROLLER");
    }
  }
  request.topics[0].topic_name = "t";
  EXPECT_EQ(ask<protocol::DescribeQuorumResponse>(request).topics.at(0).partitions.at(0).error_code,
            ErrorCode::unknown_topic_or_partition);
}

TEST_F(Admin, a_broker_without_a_rack_has_none) {
  protocol::MetadataRequest request;
  request.topics.emplace();
  EXPECT_FALSE(ask<protocol::MetadataResponse>(request).brokers.at(0).rack);
  EXPECT_FALSE(ask<protocol::DescribeClusterResponse>(protocol::DescribeClusterRequest{})
                   .brokers.at(0)
                   .rack);
}

// --- Features, elections, brokers --------------------------------------------------------------

TEST_F(Admin, a_feature_level_counts_at_once_and_after_a_restart) {
  const auto finalized = [&] {
    protocol::ApiVersionsRequest request;
    request.client_software_name = "test";
    request.client_software_version = "1";
    const auto answer = ask<protocol::ApiVersionsResponse>(request, 4);
    for (const auto& feature : answer.finalized_features) {
      if (feature.name == "metadata.version") return feature.max_version_level;
    }
    return std::int16_t{-1};
  };
  EXPECT_EQ(finalized(), 29);
  protocol::UpdateFeaturesRequest request;
  auto& update = request.feature_updates.emplace_back();
  update.feature = "metadata.version";
  update.max_version_level = 28;
  EXPECT_EQ(ask<protocol::UpdateFeaturesResponse>(request).error_code,
            ErrorCode::invalid_update_version)
      << "not without saying that it is a downgrade";
  update.upgrade_type = 2;
  const auto answer = ask<protocol::UpdateFeaturesResponse>(request, 1, controller_port);
  EXPECT_EQ(answer.error_code, ErrorCode::none);
  EXPECT_EQ(answer.results.at(0).error_message, "NONE") << "as Apache says it";
  EXPECT_EQ(finalized(), 28);
  stop();
  start();
  EXPECT_EQ(finalized(), 28);
  EXPECT_EQ(create("t"), ErrorCode::none);
}

TEST_F(Admin, a_controller_does_not_ask_whether_it_is_the_node_that_was_meant) {
  protocol::ApiVersionsRequest request;
  request.client_software_name = "test";
  request.client_software_version = "1";
  request.cluster_id = Text("another");
  request.node_id = NodeId(7);
  EXPECT_EQ(ask<protocol::ApiVersionsResponse>(request, 5).error_code,
            ErrorCode::rebootstrap_required);
  EXPECT_EQ(ask<protocol::ApiVersionsResponse>(request, 5, controller_port).error_code,
            ErrorCode::none);
}

TEST_F(Admin, kraft_version_is_the_quorums_and_not_the_metadatas) {
  protocol::UpdateFeaturesRequest request;
  auto& update = request.feature_updates.emplace_back();
  update.feature = "kraft.version";
  update.max_version_level = 1;
  EXPECT_EQ(ask<protocol::UpdateFeaturesResponse>(request).error_code, ErrorCode::none);
  update.max_version_level = 0;
  update.upgrade_type = 2;
  EXPECT_EQ(ask<protocol::UpdateFeaturesResponse>(request).error_message,
            "The update failed for all features since the following feature had an error: Invalid "
            "update version 0 for feature kraft.version. Can't downgrade the version of this "
            "feature.");
}

TEST_F(Admin, an_election_of_who_leads_already_is_not_needed) {
  ASSERT_EQ(create("t"), ErrorCode::none);
  protocol::ElectLeadersRequest request;
  request.topic_partitions.emplace().push_back({.topic = "t", .partitions = {PartitionId(0)}});
  const auto answer = ask<protocol::ElectLeadersResponse>(request);
  EXPECT_EQ(answer.replica_election_results.at(0).partition_result.at(0).error_code,
            ErrorCode::election_not_needed);
}

TEST_F(Admin, the_broker_that_answers_can_not_be_unregistered) {
  EXPECT_EQ(ask<protocol::UnregisterBrokerResponse>(
                protocol::UnregisterBrokerRequest{.broker_id = NodeId(1)})
                .error_code,
            ErrorCode::invalid_request);
  EXPECT_EQ(ask<protocol::UnregisterBrokerResponse>(
                protocol::UnregisterBrokerRequest{.broker_id = NodeId(7)})
                .error_code,
            ErrorCode::broker_id_not_registered);
  EXPECT_EQ(create("t"), ErrorCode::none);
}

class AnyVersion : public Admin {
 protected:
  /// A version that the answer can not be encoded in would close the connection.
  template <class Response, class Request>
  void expect_answers(const Request& request) {
    const auto& versions = Request::info.versions;
    for (auto version = versions.lowest; version <= versions.highest; ++version) {
      SCOPED_TRACE(fmt::format("{} {}", Request::info.name, version));
      ask<Response>(request, version);
    }
  }
};

TEST_F(AnyVersion, gets_an_answer) {
  ASSERT_EQ(create("t"), ErrorCode::none);
  protocol::ElectLeadersRequest elect;
  elect.topic_partitions.emplace().push_back({.topic = "t", .partitions = {PartitionId(0)}});
  expect_answers<protocol::ElectLeadersResponse>(elect);
  protocol::DeleteRecordsRequest remove;
  remove.topics.push_back({.name = "t", .partitions = {{.offset = Offset(0)}}});
  expect_answers<protocol::DeleteRecordsResponse>(remove);
  protocol::UpdateFeaturesRequest update;
  update.feature_updates.push_back({.feature = "metadata.version", .max_version_level = 29});
  expect_answers<protocol::UpdateFeaturesResponse>(update);
  expect_answers<protocol::DescribeAclsResponse>(protocol::DescribeAclsRequest{});
  expect_answers<protocol::DescribeDelegationTokenResponse>(
      protocol::DescribeDelegationTokenRequest{});
  expect_answers<protocol::ListTransactionsResponse>(protocol::ListTransactionsRequest{});
}

// --- What there is none of ---------------------------------------------------------------------

TEST_F(Admin, without_an_authorizer_there_are_no_acls) {
  EXPECT_EQ(ask<protocol::DescribeAclsResponse>(protocol::DescribeAclsRequest{}).error_code,
            ErrorCode::security_disabled);
  protocol::CreateAclsRequest create_request;
  create_request.creations.resize(2);
  const auto created = ask<protocol::CreateAclsResponse>(create_request);
  ASSERT_EQ(created.results.size(), 2u);
  EXPECT_EQ(created.results[1].error_code, ErrorCode::security_disabled);
  protocol::DeleteAclsRequest delete_request;
  delete_request.filters.resize(1);
  const auto deleted = ask<protocol::DeleteAclsResponse>(delete_request, 1, controller_port);
  EXPECT_EQ(deleted.filter_results.at(0).error_code, ErrorCode::security_disabled);
}

TEST_F(Admin, transactions_and_tokens_are_unknown) {
  protocol::DescribeTransactionsRequest describe_request;
  describe_request.transactional_ids = {"x", ""};
  const auto described = ask<protocol::DescribeTransactionsResponse>(describe_request);
  EXPECT_EQ(described.transaction_states.at(0).error_code, ErrorCode::transactional_id_not_found);
  EXPECT_EQ(described.transaction_states.at(1).error_code, ErrorCode::invalid_request);
  protocol::ListTransactionsRequest list_request;
  list_request.state_filters = {"Ongoing", "Sleeping"};
  const auto listed = ask<protocol::ListTransactionsResponse>(list_request);
  EXPECT_EQ(listed.error_code, ErrorCode::none);
  ASSERT_EQ(listed.unknown_state_filters.size(), 1u);
  EXPECT_EQ(listed.unknown_state_filters[0], "Sleeping");
  EXPECT_EQ(
      ask<protocol::DescribeDelegationTokenResponse>(protocol::DescribeDelegationTokenRequest{})
          .error_code,
      ErrorCode::delegation_token_request_not_allowed);
}

}  // namespace
}  // namespace moldau::broker
