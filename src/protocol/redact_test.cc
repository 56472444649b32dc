#include "protocol/redact.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

#include "protocol/codec.h"
#include "protocol/json.h"
#include "protocol/messages/alter_user_scram_credentials.h"
#include "protocol/messages/describe_configs.h"
#include "protocol/messages/incremental_alter_configs.h"
#include "protocol/messages/produce.h"
#include "protocol/messages/sasl_authenticate.h"
#include "protocol/records/security_records.h"
#include "protocol/registry.h"
#include "protocol/schema.h"

namespace moldau::protocol {
namespace {

using namespace std::string_view_literals;

SharedBytes bytes_of(std::string_view text) {
  return SharedBytes::copy(as_bytes(text));
}

template <Message T>
std::string printed(const T& message, std::int16_t version, const JsonOptions& options = {}) {
  return message_to_json(T::schema, &message, version, options);
}

TEST(Redact, sasl_bytes_are_hidden_and_can_be_shown) {
  const SaslAuthenticateRequest request{.auth_bytes = bytes_of("abc")};
  EXPECT_EQ(printed(request, 2), R"({"authBytes":"[hidden]"})");
  EXPECT_EQ(printed(request, 2, {.secrets = Secrets::shown}), R"({"authBytes":"YWJj"})");
}

TEST(Redact, scram_passwords_are_hidden_and_their_users_are_not) {
  AlterUserScramCredentialsRequest request;
  request.upsertions.push_back({.name = "alice",
                                .mechanism = 1,
                                .iterations = 4096,
                                .salt = bytes_of("xx"),
                                .salted_password = bytes_of("yy")});
  EXPECT_EQ(printed(request, 0),
            R"({"deletions":[],"upsertions":[{"name":"alice","mechanism":1,"iterations":4096,)"
            R"("salt":"[hidden]","saltedPassword":"[hidden]"}]})");
}

TEST(Redact, the_name_of_a_configuration_decides_about_its_value) {
  IncrementalAlterConfigsRequest request;
  auto& resource = request.resources.emplace_back();
  resource.configs.emplace_back().name = "ssl.key.password";
  resource.configs.back().value = Text("one");
  resource.configs.emplace_back().name = "retention.ms";
  resource.configs.back().value = Text("two");
  resource.configs.emplace_back().name = "listener.name.outside.plain.sasl.jaas.config";
  resource.configs.back().value = Text("three");
  const auto json = printed(request, 1);
  EXPECT_EQ(json.find("one"), std::string::npos) << json;
  EXPECT_NE(json.find(R"("value":"two")"), std::string::npos) << json;
  EXPECT_EQ(json.find("three"), std::string::npos) << json;
}

TEST(Redact, a_configuration_that_nobody_knows_may_be_a_secret) {
  EXPECT_TRUE(is_secret_config("my.plugin.token"));
  for (const std::string_view word : {"Secret", "token", "Pwd", "auth", "passWord"}) {
    EXPECT_TRUE(is_secret_config(fmt::format("consumer.{}.x", word))) << word;
  }
  EXPECT_TRUE(is_secret_config("sasl.jaas.config"));
  EXPECT_FALSE(is_secret_config("consumer.session.timeout.ms"));
  EXPECT_FALSE(is_secret_config("interval.ms"));
  EXPECT_FALSE(is_secret_config("delegation.token.max.lifetime.ms"));
  EXPECT_FALSE(is_secret_config("cleanup.policy"));
}

TEST(Redact, a_null_value_is_null_also_where_it_would_be_hidden) {
  DescribeConfigsResponse response;
  auto& config = response.results.emplace_back().configs.emplace_back();
  config.name = "ssl.key.password";
  config.value = std::nullopt;
  EXPECT_NE(printed(response, 4).find(R"("value":null)"), std::string::npos);
}

TEST(Redact, the_scram_record_of_the_metadata_log_is_hidden) {
  const UserScramCredentialRecord record{.name = "alice",
                                         .mechanism = 1,
                                         .salt = bytes_of("s"),
                                         .stored_key = bytes_of("k"),
                                         .server_key = bytes_of("v"),
                                         .iterations = 4096};
  EXPECT_EQ(printed(record, 0),
            R"({"name":"alice","mechanism":1,"salt":"[hidden]","storedKey":"[hidden]",)"
            R"("serverKey":"[hidden]","iterations":4096})");
}

/// Fields that sound like secrets and are none, each looked at by a person.
const std::set<std::string, std::less<>> harmless{
    "TokenId", "TokenAuthenticated", "TokenRequesterPrincipalType", "TokenRequesterPrincipalName",
    // Numbers of topics' authorised operations.
    "TopicAuthorizedOperations", "ClusterAuthorizedOperations", "AuthorizedOperations",
    "IncludeTopicAuthorizedOperations", "IncludeClusterAuthorizedOperations",
    "IncludeAuthorizedOperations"};

void look_for_secrets(const Table& table, const std::string& message) {
  for (const Field& field : table) {
    if (field.nested != nullptr) look_for_secrets(*field.nested, message);
    if (field.kind != Kind::bytes && field.kind != Kind::string) continue;
    const std::string_view name = field.name;
    bool sounds = false;
    for (const std::string_view word : {"Password", "Secret", "Salt", "Hmac", "Auth", "Credential",
                                        "Token", "StoredKey", "ServerKey"}) {
      sounds = sounds || name.find(word) != name.npos;
    }
    if (!sounds || harmless.contains(name)) continue;
    EXPECT_TRUE(is_secret(table, field, table.default_instance)) << message << " " << name;
  }
}

TEST(Redact, no_message_has_a_field_that_sounds_like_a_secret_and_is_printed) {
  for (const Schema* schema : all_schemas()) look_for_secrets(schema->table, schema->info.name);
}

bool has_field(const Table& table, std::string_view name) {
  return std::ranges::any_of(table, [&](const Field& field) { return field.name == name; });
}

/// Whether there is an object of this struct that has a secret, in itself or in one inside.
bool can_hold_a_secret(const Table& table) {
  return std::ranges::any_of(table, [&](const Field& field) {
    if (field.nested != nullptr) return can_hold_a_secret(*field.nested);
    // The name beside it decides about the value, and it can be any.
    const bool is_named_value = field.kind == Kind::string && field.name == "Value"sv &&
                                (has_field(table, "Name") || has_field(table, "Key"));
    return is_named_value || is_secret(table, field, table.default_instance);
  });
}

TEST(Redact, every_api_with_a_secret_field_is_one_whose_bytes_are_not_shown) {
  std::set<std::string, std::less<>> found;
  for (const Schema* schema : all_schemas()) {
    const auto type = schema->info.type;
    if (type != MessageType::request && type != MessageType::response) continue;
    if (!can_hold_a_secret(schema->table)) continue;
    const auto key = static_cast<ApiKey>(schema->info.api_key);
    EXPECT_TRUE(may_hold_secrets(key)) << schema->info.name;
    found.emplace(name(key));
  }
  for (const std::string_view api : {"SaslAuthenticate", "CreateTopics", "DescribeDelegationToken",
                                     "Envelope", "StreamsGroupHeartbeat"}) {
    EXPECT_TRUE(found.contains(api)) << api;
  }
}

TEST(Redact, records_of_the_metadata_log_and_tokens_without_a_header_are_not_shown_either) {
  for (const auto key : {ApiKey::fetch, ApiKey::fetch_snapshot, ApiKey::sasl_handshake}) {
    EXPECT_TRUE(may_hold_secrets(key)) << name(key);
  }
  EXPECT_FALSE(may_hold_secrets(ApiKey::metadata));
}

TEST(Json, a_text_can_not_forge_a_line_or_command_a_terminal) {
  std::string out;
  append_json_string(out, "a\nb\x1b[2J\x7f\xc2\x9b \xff\xc3\xa9\"");
  EXPECT_EQ(out, "\"a\\u000ab\\u001b[2J\\u007f\\u009b \xef\xbf\xbd\xc3\xa9\\\"\"");
}

TEST(Json, printing_stops_at_the_limit_and_says_so) {
  ProduceRequest request;
  for (int i = 0; i < 1000; ++i) request.topic_data.emplace_back().name = "a topic";
  const auto json = printed(request, 9, {.bytes_max = 100});
  EXPECT_TRUE(json.ends_with(cut_mark)) << json;
  EXPECT_EQ(json.size(), 100 + cut_mark.size());
}

TEST(Json, one_huge_field_is_not_printed_beyond_the_limit) {
  const std::string huge(1 << 20, 'x');
  ProduceRequest request;
  request.topic_data.emplace_back().name = Text::view(huge);
  EXPECT_EQ(printed(request, 9, {.bytes_max = 64}).size(), 64 + cut_mark.size());
}

}  // namespace
}  // namespace moldau::protocol
