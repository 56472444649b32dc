#include "protocol/layout.h"

#include <gtest/gtest.h>

#include "protocol/header.h"
#include "protocol/messages/fetch.h"
#include "protocol/registry.h"

namespace moldau::protocol {
namespace {

std::vector<std::string> lines(const Schema& schema, std::int16_t version) {
  std::vector<std::string> result;
  for (const auto& row : layout(schema, version)) {
    auto line = std::string(2 * row.depth, ' ') + row.name + ":" + row.type;
    if (row.is_nullable) line += " nullable";
    if (row.tag) line += fmt::format(" tag={}", *row.tag);
    if (!row.default_value.empty()) line += " default=" + row.default_value;
    result.push_back(line);
  }
  return result;
}

TEST(Layout, an_old_version_has_neither_compact_forms_nor_tags) {
  EXPECT_EQ(lines(FetchRequest::schema, 4),
            (std::vector<std::string>{
                "ReplicaId:int32 default=-1", "MaxWaitMs:int32 default=0",
                "MinBytes:int32 default=0", "MaxBytes:int32 default=2147483647",
                "IsolationLevel:int8 default=0", "Topics:array of FetchTopic", "  Topic:string",
                "  Partitions:array of FetchPartition", "    Partition:int32 default=0",
                "    FetchOffset:int64 default=0", "    PartitionMaxBytes:int32 default=0"}));
}

TEST(Layout, tagged_fields_stand_behind_the_others_in_the_order_of_their_tags) {
  const auto all = lines(FetchRequest::schema, 17);
  EXPECT_EQ(all.front(), "MaxWaitMs:int32 default=0");
  const std::vector<std::string> end(all.end() - 7, all.end());
  EXPECT_EQ(end[0], "RackId:compact string");
  EXPECT_EQ(end[1], ":tagged fields");
  EXPECT_EQ(end[2], "  ClusterId:compact string nullable tag=0 default=null");
  EXPECT_EQ(end[3], "  ReplicaState:ReplicaState tag=1");
}

TEST(Layout, the_client_id_keeps_its_old_form) {
  EXPECT_EQ(lines(RequestHeader::schema, 2)[3], "ClientId:string nullable");
}

TEST(Layout, every_version_of_every_message_has_one) {
  for (const Schema* schema : all_schemas()) {
    const auto versions = schema->info.versions;
    for (auto version = versions.lowest; version <= versions.highest; ++version) {
      for (const auto& row : layout(*schema, version)) {
        EXPECT_FALSE(row.type.empty()) << schema->info.name;
        EXPECT_TRUE(!row.tag || row.depth > 0) << schema->info.name << " " << row.name;
      }
    }
  }
}

}  // namespace
}  // namespace moldau::protocol
