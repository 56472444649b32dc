#include "protocol/version_rules.h"

#include <gtest/gtest.h>

#include "protocol/registry.h"

namespace moldau::protocol {
namespace {

TEST(VersionRules, errors_change_at_a_version_that_the_api_has) {
  for (const ErrorSince& rule : errors_since) {
    const Schema* request = find_schema(MessageType::request, rule.api);
    ASSERT_NE(request, nullptr);
    SCOPED_TRACE(request->info.name);
    const auto before = static_cast<std::int16_t>(rule.since - 1);
    EXPECT_TRUE(request->info.versions.contains(rule.since));
    EXPECT_TRUE(request->info.versions.contains(before)) << "no client would see the older error";
    EXPECT_EQ(error_for(rule.api, rule.since, rule.error), rule.error);
    EXPECT_EQ(error_for(rule.api, before, rule.error), rule.before);
    EXPECT_EQ(error_for(ApiKey::heartbeat, before, rule.error), rule.error) << "another API";
  }
}

TEST(VersionRules, topics_have_ids_since_a_version_whose_schema_has_them) {
  const auto has_field = [](const Schema& schema, std::string_view name, std::int16_t version) {
    const auto search = [&](const auto& self, const Table& table) -> bool {
      for (const Field& field : table) {
        if (!field.spec.versions.contains(version)) continue;
        if (field.name == name) return true;
        if (field.nested != nullptr && self(self, *field.nested)) return true;
      }
      return false;
    };
    return search(search, schema.table);
  };
  for (const ApiKey api :
       {ApiKey::produce, ApiKey::fetch, ApiKey::offset_commit, ApiKey::offset_fetch}) {
    const Schema& schema = *find_schema(MessageType::request, api);
    SCOPED_TRACE(schema.info.name);
    const Versions versions = schema.info.versions;
    for (std::int16_t version = versions.lowest; version <= versions.highest; ++version) {
      EXPECT_EQ(names_topics_by_id(api, version), has_field(schema, "TopicId", version)) << version;
    }
  }
}

TEST(VersionRules, only_produce_is_announced_lower_than_it_is) {
  for (const Schema* schema : all_schemas()) {
    if (schema->info.type != MessageType::request) continue;
    const bool is_produce = schema->info.api_key == number(ApiKey::produce);
    EXPECT_EQ(lowest_announced(schema->info), is_produce ? 0 : schema->info.versions.lowest)
        << schema->info.name;
  }
}

TEST(VersionRules, leaders_are_named_in_versions_whose_answers_have_endpoints) {
  for (const auto& [api, error] : {std::pair{ApiKey::produce, ErrorCode::not_leader_or_follower},
                                   std::pair{ApiKey::fetch, ErrorCode::fenced_leader_epoch}}) {
    const Schema& schema = *find_schema(MessageType::response, api);
    for (const Field& field : schema.table) {
      if (std::string_view(field.name) != "NodeEndpoints") continue;
      const Versions versions = schema.info.versions;
      for (std::int16_t version = versions.lowest; version <= versions.highest; ++version) {
        EXPECT_EQ(names_current_leader(api, version, error), field.spec.versions.contains(version));
      }
    }
  }
  EXPECT_FALSE(names_current_leader(ApiKey::produce, 13, ErrorCode::fenced_leader_epoch));
}

}  // namespace
}  // namespace moldau::protocol
