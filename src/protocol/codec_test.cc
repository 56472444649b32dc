#include "protocol/codec.h"

#include <gtest/gtest.h>

#include "protocol/messages/api_versions.h"
#include "protocol/messages/create_topics.h"
#include "protocol/messages/describe_topic_partitions.h"
#include "protocol/messages/fetch.h"
#include "protocol/messages/find_coordinator.h"
#include "protocol/messages/metadata.h"
#include "protocol/messages/produce.h"
#include "protocol/records/consumer_group_records.h"
#include "protocol/test_hex.h"

namespace moldau::protocol {
namespace {

template <Message T>
std::string encoded(const T& message, std::int16_t version) {
  auto bytes = encode(message, version);
  return bytes ? hex(*bytes) : bytes.error().to_string();
}

TEST(Codec, writes_old_versions_with_fixed_sizes) {
  MetadataRequest request;
  request.topics = {{.topic_id = {}, .name = "t"}};
  EXPECT_EQ(encoded(request, 0),
            "00000001"
            "000174");
  EXPECT_EQ(encoded(request, 4),
            "00000001"
            "000174"
            "01");
  request.topics.reset();
  EXPECT_EQ(encoded(request, 1), "ffffffff");
}

TEST(Codec, writes_flexible_versions_compact_with_tagged_sections) {
  const ApiVersionsRequest request{.client_software_name = "ab", .client_software_version = "1"};
  EXPECT_EQ(encoded(request, 0), "");
  EXPECT_EQ(encoded(request, 3),
            "036162"
            "0231"
            "00");
  EXPECT_EQ(encoded(request, 5),
            "036162"
            "0231"
            "00"
            "ffffffff"
            "00");
}

TEST(Codec, writes_tagged_fields_in_order_of_tags_unless_default) {
  ApiVersionsResponse response;
  EXPECT_EQ(encoded(response, 3),
            "0000"
            "01"
            "00000000"
            "00");
  response.finalized_features_epoch = 5;
  response.supported_features = {{.name = "f", .min_version = 0, .max_version = 1}};
  EXPECT_EQ(encoded(response, 3),
            "0000"
            "01"
            "00000000"
            "02"
            "00"
            "08"
            "02"
            "0266"
            "0000"
            "0001"
            "00"
            "01"
            "08"
            "0000000000000005");
}

TEST(Codec, sizes_of_tagged_fields_may_need_several_bytes) {
  ApiVersionsResponse response;
  for (int i = 0; i < 40; ++i) response.supported_features.push_back({.name = "feature"});
  const SharedBytes bytes = *encode(response, 3);
  const auto back = decode<ApiVersionsResponse>(bytes, 3);
  ASSERT_TRUE(back) << back.error().to_string();
  EXPECT_EQ(back->message.supported_features.size(), 40U);
  EXPECT_EQ(back->end, bytes.size());
}

TEST(Codec, nullable_structs_are_a_byte_and_their_fields) {
  DescribeTopicPartitionsRequest request;
  EXPECT_EQ(encoded(request, 0),
            "01"
            "000007d0"
            "ff"
            "00");
  request.cursor =
      DescribeTopicPartitionsRequest::Cursor{.topic_name = "t", .partition_index = PartitionId(3)};
  EXPECT_EQ(encoded(request, 0),
            "01"
            "000007d0"
            "01"
            "0274"
            "00000003"
            "00"
            "00");
  const auto back = decode<DescribeTopicPartitionsRequest>(*encode(request, 0), 0);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->message.cursor->partition_index, PartitionId(3));
}

TEST(Codec, a_tagged_struct_that_is_null_is_a_zero) {
  // ClassicMemberMetadata is an empty struct by default, so that null has to be written.
  ConsumerGroupMemberMetadataValue member;
  EXPECT_EQ(encoded(member, 0), "010101010101ffffffff0100");
  member.classic_member_metadata.reset();
  const SharedBytes bytes = unhex(
      "010101010101ffffffff01"
      "01"
      "0001"
      "00");
  EXPECT_EQ(encoded(member, 0), hex(bytes));
  const auto back = decode<ConsumerGroupMemberMetadataValue>(bytes, 0);
  ASSERT_TRUE(back) << back.error().to_string();
  EXPECT_FALSE(back->message.classic_member_metadata);
  EXPECT_EQ(back->end, bytes.size());
}

TEST(Codec, drops_an_ignorable_field_that_the_version_lacks) {
  FetchRequest request;
  request.rack_id = "rack";
  EXPECT_TRUE(encode(request, 10));
}

TEST(Codec, refuses_a_field_that_the_version_lacks_and_that_is_not_ignorable) {
  FetchRequest request;
  request.topics.resize(1);
  request.topics[0].partitions.resize(1);
  request.topics[0].partitions[0].last_fetched_epoch = LeaderEpoch(3);
  const auto result = encode(request, 11);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Errc::unsupported);
  EXPECT_EQ(result.error().context,
            "FetchRequest v11: Topics.Partitions.LastFetchedEpoch: is set, but this version does "
            "not have it");
  EXPECT_TRUE(encode(request, 12));
}

TEST(Codec, refuses_a_null_that_the_version_does_not_allow) {
  MetadataRequest request;
  request.topics.reset();
  EXPECT_EQ(encode(request, 0).error().code, Errc::unsupported);
  EXPECT_EQ(decode<MetadataRequest>(unhex("ffffffff"), 0).error().code, Errc::corrupt);
  EXPECT_TRUE(decode<MetadataRequest>(unhex("ffffffff"), 1));
}

TEST(Codec, refuses_versions_that_the_message_does_not_have) {
  EXPECT_EQ(encode(ProduceRequest{}, 2).error().code, Errc::unsupported);
  EXPECT_EQ(decode<ProduceRequest>(unhex("00"), 14).error().code, Errc::unsupported);
}

TEST(Codec, texts_and_records_are_views_of_the_frame) {
  ProduceRequest request;
  request.topic_data = {{.name = "topic", .partition_data = {{.records = unhex("0102030405")}}}};
  const SharedBytes frame = *encode(request, 9);
  const auto back = decode<ProduceRequest>(frame, 9);
  ASSERT_TRUE(back);
  const auto inside = [&frame](const void* at) {
    return at >= frame.data() && at < frame.data() + frame.size();
  };
  EXPECT_TRUE(inside(back->message.topic_data[0].name.view().data()));
  const auto& records = back->message.topic_data[0].partition_data[0].records;
  EXPECT_TRUE(inside(records->data()));
  EXPECT_EQ(records->owner(), frame.owner());
}

TEST(Codec, records_keep_the_frame_alive) {
  std::optional<SharedBytes> records;
  {
    ProduceRequest request;
    request.topic_data = {{.name = "topic", .partition_data = {{.records = unhex("0a0b")}}}};
    auto back = decode<ProduceRequest>(*encode(request, 9), 9);
    records = back->message.topic_data[0].partition_data[0].records;
  }
  EXPECT_EQ(hex(*records), "0a0b");
}

TEST(Codec, leaves_bytes_behind_the_message_alone) {
  const auto request = decode<ApiVersionsRequest>(unhex("ee"
                                                        "0361620231"
                                                        "00"
                                                        "ffff"),
                                                  3, 1);
  ASSERT_TRUE(request);
  EXPECT_EQ(request->end, 7U);
  EXPECT_EQ(decode<ApiVersionsRequest>(unhex("00"), 3, 2).error().code, Errc::truncated);
}

TEST(Codec, equal_looks_at_all_fields) {
  CreateTopicsRequest a;
  CreateTopicsRequest b;
  EXPECT_TRUE(equal(a, b));
  a.topics = {{.name = "t", .assignments = {{.broker_ids = {NodeId(1)}}}}};
  b.topics = {{.name = "t", .assignments = {{.broker_ids = {NodeId(2)}}}}};
  EXPECT_FALSE(equal(a, b));
  b.topics[0].assignments[0].broker_ids[0] = NodeId(1);
  EXPECT_TRUE(equal(a, b));
}

TEST(Codec, prints_json_with_kafkas_names) {
  CreateTopicsRequest request;
  request.topics = {{.name = "a\"\n", .num_partitions = 3, .configs = {{.name = "k"}}}};
  request.topics[0].configs[0].value.reset();
  EXPECT_EQ(to_json(request, 4),
            "{\"topics\":[{\"name\":\"a\\\"\\u000a\",\"numPartitions\":3,\"replicationFactor\":0,"
            "\"assignments\":[],\"configs\":[{\"name\":\"k\",\"value\":null}]}],"
            "\"timeoutMs\":60000,\"validateOnly\":false}");
}

TEST(Writer, gathers_large_records_by_reference) {
  FetchResponse response;
  const SharedBytes large = SharedBytes::adopt(std::vector<std::uint8_t>(gather_bytes_min, 90));
  response.responses = {
      {.topic = "t", .partitions = {{.records = large}, {.records = unhex("0102")}}}};
  Writer pieces(Gather::large_slices);
  ASSERT_TRUE(encode(response, 12, pieces));
  Writer whole;
  ASSERT_TRUE(encode(response, 12, whole));
  EXPECT_EQ(pieces.total_size(), whole.total_size());

  std::string joined;
  bool by_reference = false;
  for (const SharedBytes& piece : pieces.take_pieces()) {
    joined += piece.text();
    by_reference |= piece.data() == large.data();
  }
  EXPECT_TRUE(by_reference);
  EXPECT_EQ(joined, whole.take().text());
}

}  // namespace
}  // namespace moldau::protocol
