#include "apps/cli/message_lookup.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace moldau::apps {
namespace {

std::vector<std::string> found(std::string_view name) {
  std::vector<std::string> names;
  for (const auto* schema : find_messages(name)) names.emplace_back(schema->info.name);
  return names;
}

bool is_near(std::string_view typed, std::string_view meant) {
  return std::ranges::count(near_names(typed), meant) > 0;
}

using Names = std::vector<std::string>;

TEST(MessageLookup, an_api_is_its_request_and_its_response) {
  const Names fetch{"FetchRequest", "FetchResponse"};
  EXPECT_EQ(found("fetch"), fetch);
  EXPECT_EQ(found("Fetch"), fetch);
  EXPECT_EQ(found("1"), fetch);
  EXPECT_EQ(found("OFFSET_COMMIT"), (Names{"OffsetCommitRequest", "OffsetCommitResponse"}));
}

TEST(MessageLookup, any_spelling_of_one_message_finds_it) {
  EXPECT_EQ(found("FetchRequest"), Names{"FetchRequest"});
  EXPECT_EQ(found("fetch-response"), Names{"FetchResponse"});
  EXPECT_EQ(found("offset_commit_key"), Names{"OffsetCommitKey"});
  EXPECT_EQ(found("PARTITION_CHANGE_RECORD"), Names{"PartitionChangeRecord"});
  EXPECT_EQ(found("TransactionLog"), (Names{"TransactionLogKey", "TransactionLogValue"}));
}

TEST(MessageLookup, what_is_not_there_is_not_found_and_something_near_is_named) {
  EXPECT_TRUE(found("fetsh").empty());
  EXPECT_TRUE(found("").empty());
  EXPECT_TRUE(found("4").empty());  // LeaderAndIsr, gone
  EXPECT_EQ(near_names("fetsh").front(), "Fetch");
  EXPECT_TRUE(is_near("ofset-commit", "OffsetCommit"));
  EXPECT_TRUE(is_near("scram", "AlterUserScramCredentials"));
  EXPECT_TRUE(near_names(std::string(100'000, 'x')).empty());
}

}  // namespace
}  // namespace moldau::apps
