#include "broker/handlers/handlers.h"
#include "broker/serve.h"
#include "broker/test_broker.h"
#include "protocol/messages/describe_client_quotas.h"
#include "protocol/messages/describe_user_scram_credentials.h"
#include "protocol/messages/list_partition_reassignments.h"

/// What another broker or controller has stored is told, though no request here can make it.
namespace moldau::broker {
namespace {

using protocol::ErrorCode;
using testing::BrokerTest;

/// Answers of one handler about metadata that no request can make here.
class ForeignMetadata : public BrokerTest {
 protected:
  void SetUp() override { start(); }

  template <auto handler, class Request>
  auto handle(Request request) {
    typename HandlerTraits<decltype(handler)>::Response response;
    run_there(call<handler>(std::move(request), response));
    return response;
  }
  void add(const protocol::MetadataRecord& record) {
    const metadata::RecordPosition position{Offset(next_offset_++), LeaderEpoch(1), 0};
    ASSERT_TRUE(builder_.replay(record, position));
  }
  void add_quota(std::string_view type, std::optional<std::string_view> name, double value) {
    protocol::ClientQuotaRecord record;
    record.entity.push_back(
        {.entity_type = Text::copy(type),
         .entity_name = name ? std::optional(Text::copy(*name)) : std::nullopt});
    record.key = "producer_byte_rate";
    record.value = value;
    add(record);
  }

 private:
  template <auto handler, class Request, class Response>
  env::Task<> call(Request request, Response& response) {
    const net::ConnectionInfo connection{.listener = "PLAINTEXT"};
    RequestContext context{.version = Request::info.latest_stable(),
                           .connection = connection,
                           .worker = *node().broker().env().workers().current(),
                           .image = builder_.build().image};
    response = co_await handler(node().broker(), context, std::move(request));
    image_ = context.image;  // what the response may be views of
  }

  metadata::ImageBuilder builder_;
  metadata::ImagePtr image_;
  std::int64_t next_offset_{0};
};

TEST_F(ForeignMetadata, quotas_are_described_by_entity) {
  add_quota("user", "u", 1);
  add_quota("user", std::nullopt, 2);
  add_quota("ip", "1.2.3.4", 3);
  const auto found = [&](std::string_view type, std::int8_t match_type, std::optional<Text> match) {
    protocol::DescribeClientQuotasRequest request;
    if (!type.empty()) {
      request.components.push_back(
          {.entity_type = Text::copy(type), .match_type = match_type, .match = match});
    }
    const auto answer = handle<&handle_describe_client_quotas>(request);
    if (answer.error_code != ErrorCode::none) {
      return fmt::format("{} {}", answer.error_code, answer.error_message->view());
    }
    std::string text;
    for (const auto& entry : *answer.entries) {
      text += fmt::format("{}={} ", entry.entity.at(0).entity_name.value_or("default").view(),
                          entry.values.at(0).value);
    }
    return text;
  };
  EXPECT_EQ(found("", 0, std::nullopt), "1.2.3.4=3 default=2 u=1 ");
  EXPECT_EQ(found("user", 0, Text("u")), "u=1 ");
  EXPECT_EQ(found("user", 1, std::nullopt), "default=2 ");
  EXPECT_EQ(found("user", 2, std::nullopt), "default=2 u=1 ");
  EXPECT_EQ(found("client-id", 2, std::nullopt), "");
  EXPECT_EQ(found("user", 0, std::nullopt),
            "INVALID_REQUEST Request specified MATCH_TYPE_EXACT, but set match string to null.");
  EXPECT_EQ(found("user", 9, std::nullopt), "INVALID_REQUEST Unknown match type 9");
  EXPECT_EQ(found("group", 2, std::nullopt), "UNSUPPORTED_VERSION Unsupported entity type group");
}

TEST_F(ForeignMetadata, a_strict_filter_wants_no_other_types) {
  protocol::ClientQuotaRecord record;
  record.entity.push_back({.entity_type = "user", .entity_name = Text("u")});
  record.entity.push_back({.entity_type = "client-id", .entity_name = Text("c")});
  record.key = "producer_byte_rate";
  add(record);
  protocol::DescribeClientQuotasRequest request;
  request.components.push_back({.entity_type = "user", .match_type = 0, .match = Text("u")});
  EXPECT_EQ(handle<&handle_describe_client_quotas>(request).entries->size(), 1u);
  request.strict = true;
  EXPECT_EQ(handle<&handle_describe_client_quotas>(request).entries->size(), 0u);
  request.components.push_back(
      {.entity_type = "client-id", .match_type = 2, .match = std::nullopt});
  EXPECT_EQ(handle<&handle_describe_client_quotas>(request).entries->size(), 1u);
}

TEST_F(ForeignMetadata, scram_credentials_are_described_without_their_secrets) {
  protocol::UserScramCredentialRecord record;
  record.name = "u";
  record.mechanism = 1;
  record.iterations = 4096;
  add(record);
  protocol::DescribeUserScramCredentialsRequest request;
  request.users.reset();
  const auto all = handle<&handle_describe_user_scram_credentials>(request);
  ASSERT_EQ(all.results.size(), 1u);
  EXPECT_EQ(all.results[0].credential_infos.at(0).iterations, 4096);
  request.users.emplace();
  for (const char* user : {"x", "u", "x", "y"}) request.users->push_back({.name = Text(user)});
  const auto some = handle<&handle_describe_user_scram_credentials>(request);
  ASSERT_EQ(some.results.size(), 3u);
  EXPECT_EQ(some.results[0].error_code, ErrorCode::none);
  EXPECT_EQ(some.results[1].error_code, ErrorCode::duplicate_resource);
  EXPECT_EQ(some.results[2].error_code, ErrorCode::resource_not_found);
}

TEST_F(ForeignMetadata, reassignments_under_way_are_listed) {
  protocol::TopicRecord topic;
  topic.name = "t";
  topic.topic_id = Uuid::of(1, 1);
  add(topic);
  for (int id = 0; id < 2; ++id) {
    protocol::PartitionRecord partition;
    partition.topic_id = topic.topic_id;
    partition.partition_id = PartitionId(id);
    partition.replicas = {NodeId(1), NodeId(2)};
    partition.isr = {NodeId(1)};
    if (id == 1) partition.adding_replicas = {NodeId(2)};
    add(partition);
  }
  protocol::ListPartitionReassignmentsRequest request;
  const auto all = handle<&handle_list_partition_reassignments>(request);
  ASSERT_EQ(all.topics.size(), 1u);
  ASSERT_EQ(all.topics[0].partitions.size(), 1u);
  EXPECT_EQ(all.topics[0].partitions[0].partition_index, PartitionId(1));
  EXPECT_EQ(all.topics[0].partitions[0].adding_replicas, std::vector{NodeId(2)});
  request.topics.emplace().push_back(
      {.name = "t", .partition_indexes = {PartitionId(0), PartitionId(9)}});
  EXPECT_TRUE(handle<&handle_list_partition_reassignments>(request).topics.empty());
}

}  // namespace
}  // namespace moldau::broker
