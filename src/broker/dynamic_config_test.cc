#include "broker/handlers/handlers.h"
#include "broker/test_broker.h"
#include "protocol/messages/alter_configs.h"
#include "protocol/messages/describe_configs.h"
#include "protocol/messages/incremental_alter_configs.h"
#include "protocol/messages/list_config_resources.h"

/// What is configured while the broker runs: by whom it is seen, and when.
namespace moldau::broker {
namespace {

using protocol::ErrorCode;
using testing::BrokerTest;

constexpr std::int8_t topic_type = 2;
constexpr std::int8_t broker_type = 4;

class DynamicConfig : public BrokerTest {
 protected:
  void SetUp() override { start(); }

  struct Answer {
    ErrorCode error;
    std::string message;
  };
  static Answer told(ErrorCode error, const std::optional<Text>& message) {
    return {error, message ? message->str() : ""};
  }

  static protocol::IncrementalAlterConfigsRequest change(std::int8_t type, std::string_view name,
                                                         std::string_view key,
                                                         std::optional<std::string_view> value) {
    protocol::IncrementalAlterConfigsRequest request;
    auto& resource = request.resources.emplace_back();
    resource.resource_type = type;
    resource.resource_name = Text::copy(name);
    auto& config = resource.configs.emplace_back();
    config.name = Text::copy(key);
    config.config_operation = value ? 0 : 1;
    config.value = value ? std::optional(Text::copy(*value)) : std::nullopt;
    return request;
  }
  /// Null: deletes the key.
  Answer set(std::int8_t type, std::string_view name, std::string_view key,
             std::optional<std::string_view> value) {
    const auto answer =
        ask<protocol::IncrementalAlterConfigsResponse>(change(type, name, key, value));
    const auto& result = answer.responses.at(0);
    return told(result.error_code, result.error_message);
  }

  using Config = protocol::DescribeConfigsResponse::DescribeConfigsResourceResult;
  Config describe(std::int8_t type, std::string_view name, std::string_view key) {
    protocol::DescribeConfigsRequest request;
    request.include_synonyms = true;
    auto& resource = request.resources.emplace_back();
    resource.resource_type = type;
    resource.resource_name = Text::copy(name);
    resource.configuration_keys.emplace().push_back(Text::copy(key));
    const auto answer = ask<protocol::DescribeConfigsResponse>(request);
    EXPECT_EQ(answer.results.at(0).error_code, ErrorCode::none);
    return answer.results.at(0).configs.at(0);
  }
  /// "value(source) synonym(source) ...", sources as DescribeConfigs numbers them.
  std::string effective(std::int8_t type, std::string_view name, std::string_view key) {
    const auto config = describe(type, name, key);
    std::string text = fmt::format("{}({})", config.value->view(), config.config_source);
    for (const auto& synonym : config.synonyms) {
      text += fmt::format(" {}({})", synonym.value->view(), synonym.source);
    }
    return text;
  }
};

TEST_F(DynamicConfig, a_compacted_topic_is_cleaned_by_the_broker_as_it_is_told) {
  constexpr auto rate = "log.cleaner.io.max.bytes.per.second";
  ASSERT_EQ(set(broker_type, "", rate, "10000").error, ErrorCode::none);
  EXPECT_EQ(set(broker_type, "", "log.cleaner.threads", "3").error, ErrorCode::invalid_request)
      << "more than double";
  ASSERT_EQ(create("t", 1, {{"cleanup.policy", "compact"}, {"segment.bytes", "1048576"}}),
            ErrorCode::none);
  for (int i = 0; i < 12; ++i) {
    ASSERT_EQ(produce("t", std::string(200'000, static_cast<char>('a' + i))).error_code,
              ErrorCode::none);
  }
  const auto stats = [this] { return node().directory_stats().at(0).second; };
  const auto before = stats().log_bytes;
  run_for(std::chrono::seconds(40));
  EXPECT_EQ(stats().cleanings, 0U);
  ASSERT_EQ(set(broker_type, "", rate, std::nullopt).error, ErrorCode::none);
  run_for(std::chrono::seconds(40));
  EXPECT_EQ(stats().cleanings, 1U);
  EXPECT_LT(stats().log_bytes, before / 2) << "all but the newest value in sealed segments";
  const auto answer = fetch("t", 11);
  ASSERT_EQ(answer.error_code, ErrorCode::none);
  EXPECT_EQ(records::BatchView::parse(answer.records->bytes())->base_offset(), Offset(11));
  power_cut();
  start();
  EXPECT_EQ(fetch("t", 0).error_code, ErrorCode::none);
  EXPECT_EQ(fetch("t", 0).high_watermark, Offset(12));
}

TEST_F(DynamicConfig, a_topic_setting_counts_for_the_next_produce_and_after_a_restart) {
  ASSERT_EQ(create("t"), ErrorCode::none);
  const std::string value(2'000, 'v');
  EXPECT_EQ(produce("t", value).error_code, ErrorCode::none);
  EXPECT_EQ(set(topic_type, "t", "max.message.bytes", "1000").error, ErrorCode::none);
  EXPECT_EQ(produce("t", value).error_code, ErrorCode::message_too_large);
  EXPECT_EQ(effective(topic_type, "t", "max.message.bytes"), "1000(1) 1000(1) 1048588(5)");
  stop();
  start();
  EXPECT_EQ(produce("t", value).error_code, ErrorCode::message_too_large);
  EXPECT_EQ(set(topic_type, "t", "max.message.bytes", std::nullopt).error, ErrorCode::none);
  EXPECT_EQ(produce("t", value).error_code, ErrorCode::none);
  EXPECT_EQ(effective(topic_type, "t", "max.message.bytes"), "1048588(5) 1048588(5)");
}

TEST_F(DynamicConfig, a_topic_goes_before_its_broker_before_all_brokers_before_the_file) {
  ASSERT_EQ(create("t"), ErrorCode::none);
  ASSERT_EQ(create("other"), ErrorCode::none);
  const auto largest = [&](std::string_view topic) {
    const auto partition = node().broker().partitions().find(topic, PartitionId(0));
    return partition->settings()->rules.max_message_bytes;
  };
  EXPECT_EQ(set(broker_type, "", "message.max.bytes", "2000").error, ErrorCode::none);
  EXPECT_EQ(largest("t"), 2'000u);
  EXPECT_EQ(set(broker_type, "1", "message.max.bytes", "3000").error, ErrorCode::none);
  EXPECT_EQ(largest("t"), 3'000u);
  EXPECT_EQ(set(topic_type, "t", "max.message.bytes", "4000").error, ErrorCode::none);
  EXPECT_EQ(largest("t"), 4'000u);
  EXPECT_EQ(largest("other"), 3'000u);
  EXPECT_EQ(effective(topic_type, "t", "max.message.bytes"),
            "4000(1) 4000(1) 3000(2) 2000(3) 1048588(5)");
  EXPECT_EQ(effective(broker_type, "1", "message.max.bytes"), "3000(2) 3000(2) 2000(3) 1048588(5)");
  EXPECT_EQ(effective(broker_type, "", "message.max.bytes"), "2000(3) 2000(3)");
  power_cut();
  start();
  EXPECT_EQ(largest("t"), 4'000u);
  EXPECT_EQ(largest("other"), 3'000u);
  EXPECT_EQ(set(topic_type, "t", "max.message.bytes", std::nullopt).error, ErrorCode::none);
  EXPECT_EQ(set(broker_type, "1", "message.max.bytes", std::nullopt).error, ErrorCode::none);
  EXPECT_EQ(largest("t"), 2'000u);
  EXPECT_EQ(create("new"), ErrorCode::none);
  EXPECT_EQ(largest("new"), 2'000u);
}

TEST_F(DynamicConfig, synonyms_are_told_as_apache_tells_them) {
  ASSERT_EQ(create("t"), ErrorCode::none);
  EXPECT_EQ(effective(topic_type, "t", "retention.ms"), "604800000(5)");
  EXPECT_EQ(set(broker_type, "", "log.retention.ms", "3000").error, ErrorCode::none);
  EXPECT_EQ(effective(topic_type, "t", "retention.ms"), "3000(3) 3000(3) 168(5)");
  EXPECT_EQ(effective(broker_type, "1", "log.retention.hours"), "168(5) 168(5)");
}

TEST_F(DynamicConfig, a_limit_of_connections_counts_for_the_next_one) {
  ASSERT_EQ(create("t"), ErrorCode::none);
  EXPECT_TRUE(takes_a_connection());
  EXPECT_EQ(set(broker_type, "", "max.connections.per.ip", "1").error, ErrorCode::none);
  EXPECT_FALSE(takes_a_connection());
  EXPECT_EQ(set(broker_type, "", "max.connections.per.ip", std::nullopt).error, ErrorCode::none);
  EXPECT_TRUE(takes_a_connection());
  EXPECT_EQ(set(broker_type, "1", "max.connections.per.ip", "1").error, ErrorCode::none);
  stop();
  start();
  EXPECT_EQ(create("u"), ErrorCode::none) << "the first connection";
  EXPECT_FALSE(takes_a_connection());
}

TEST_F(DynamicConfig, what_can_not_change_while_the_broker_runs_is_refused_and_shown_as_read_only) {
  const auto partitions = set(broker_type, "1", "num.partitions", "3");
  EXPECT_EQ(partitions.error, ErrorCode::invalid_request);
  EXPECT_EQ(partitions.message, "Cannot update these configs dynamically: [num.partitions]");
  EXPECT_TRUE(describe(broker_type, "1", "num.partitions").read_only);
  EXPECT_EQ(set(broker_type, "1", "num.io.threads", "3").error, ErrorCode::invalid_request);
  EXPECT_TRUE(describe(broker_type, "1", "num.io.threads").read_only);
  EXPECT_FALSE(describe(broker_type, "1", "log.retention.ms").read_only);
  EXPECT_EQ(effective(broker_type, "1", "num.partitions"), "1(5) 1(5)");
}

TEST_F(DynamicConfig, validation_only_changes_nothing) {
  ASSERT_EQ(create("t"), ErrorCode::none);
  auto request = change(topic_type, "t", "max.message.bytes", "1000");
  request.validate_only = true;
  EXPECT_EQ(ask<protocol::IncrementalAlterConfigsResponse>(request).responses.at(0).error_code,
            ErrorCode::none);
  EXPECT_EQ(effective(topic_type, "t", "max.message.bytes"), "1048588(5) 1048588(5)");
}

TEST_F(DynamicConfig, alter_configs_replaces_all_that_a_topic_has) {
  ASSERT_EQ(create("t", 1, {{"retention.ms", "5000"}}), ErrorCode::none);
  protocol::AlterConfigsRequest request;
  auto& resource = request.resources.emplace_back();
  resource.resource_type = topic_type;
  resource.resource_name = "t";
  resource.configs.push_back({.name = "max.message.bytes", .value = Text("1000")});
  for (std::int16_t version = 0; version <= 2; ++version) {
    const auto answer = ask<protocol::AlterConfigsResponse>(request, version);
    EXPECT_EQ(answer.responses.at(0).error_code, ErrorCode::none);
  }
  EXPECT_EQ(effective(topic_type, "t", "max.message.bytes"), "1000(1) 1000(1) 1048588(5)");
  EXPECT_EQ(effective(topic_type, "t", "retention.ms"), "604800000(5)");
}

TEST_F(DynamicConfig, resources_that_have_a_configuration_are_listed_by_kind) {
  ASSERT_EQ(create("t"), ErrorCode::none);
  const auto list = [&](std::vector<std::int8_t> types, std::int16_t version) {
    protocol::ListConfigResourcesRequest request;
    if (version > 0) request.resource_types = std::move(types);
    const auto answer = ask<protocol::ListConfigResourcesResponse>(request, version);
    std::string text(protocol::name(answer.error_code));
    for (const auto& resource : answer.config_resources) {
      text += fmt::format(" {}/{}", resource.resource_type, resource.resource_name);
    }
    return text;
  };
  EXPECT_EQ(list({}, 0), "NONE") << "client metrics";
  EXPECT_EQ(list({}, 1), "NONE 4/1 2/t");
  EXPECT_EQ(list({topic_type}, 1), "NONE 2/t");
  EXPECT_EQ(list({broker_type, 16}, 1), "NONE 4/1");
  EXPECT_EQ(list({topic_type, 1}, 1), "UNSUPPORTED_VERSION");
}

}  // namespace
}  // namespace moldau::broker
