#include "protocol/records/metadata_record.h"

#include <gtest/gtest.h>

#include "protocol/codec.h"

namespace moldau::protocol {
namespace {

SharedBytes value_of(std::string_view bytes) {
  return SharedBytes::copy(as_bytes(bytes));
}

TEST(MetadataRecord, has_frame_version_number_and_version_in_front) {
  const auto value =
      encode_metadata_record(FeatureLevelRecord{.name = "kraft", .feature_level = 2}, 0);
  ASSERT_TRUE(value);
  EXPECT_EQ(value->text(), std::string_view("\x01\x0c\0\x06kraft\0\x02\0", 12));
}

TEST(MetadataRecord, comes_back_as_the_same_alternative) {
  const PartitionChangeRecord record{.partition_id = PartitionId(4),
                                     .isr = std::vector{NodeId(1), NodeId(2)},
                                     .leader = NodeId(2)};
  const auto value = encode_metadata_record(record, 2);
  ASSERT_TRUE(value);
  const auto back = decode_metadata_record(*value);
  ASSERT_TRUE(back) << back.error().to_string();
  ASSERT_TRUE(std::holds_alternative<PartitionChangeRecord>(*back));
  EXPECT_TRUE(equal(std::get<PartitionChangeRecord>(*back), record));
  EXPECT_EQ(name(*back), "PartitionChangeRecord");
}

void expect_back(const MetadataRecord& record, const MessageInfo& info) {
  const auto value = encode_metadata_record(record, info.versions.highest);
  ASSERT_TRUE(value) << info.name;
  const auto back = decode_metadata_record(*value);
  ASSERT_TRUE(back) << back.error().to_string();
  EXPECT_EQ(name(*back), info.name);
}

TEST(MetadataRecord, of_every_kind_comes_back) {
  const auto check = []<class... T>(std::type_identity<std::variant<T...>>) {
    (expect_back(T{}, T::info), ...);
  };
  check(std::type_identity<MetadataRecord>{});
}

TEST(MetadataRecord, with_bytes_behind_it_is_corrupt) {
  EXPECT_EQ(decode_metadata_record(value_of({"\x01\x14\0\0", 4})).value().index(),
            MetadataRecord(NoOpRecord{}).index());
  EXPECT_EQ(decode_metadata_record(value_of({"\x01\x14\0\0\0", 5})).error().code, Errc::corrupt);
}

TEST(MetadataRecord, that_is_unknown_is_unsupported) {
  EXPECT_EQ(decode_metadata_record(value_of({"\x00\x14\0\0", 4})).error().code, Errc::unsupported);
  EXPECT_EQ(decode_metadata_record(value_of({"\x02\x14\0\0", 4})).error().code, Errc::unsupported);
  EXPECT_EQ(decode_metadata_record(value_of({"\x01\x06\0\0", 4})).error().code, Errc::unsupported);
  EXPECT_EQ(decode_metadata_record(value_of({"\x01\x7f\0\0", 4})).error().code, Errc::unsupported);
  EXPECT_EQ(decode_metadata_record(value_of({"\x01\x14\x01\0", 4})).error().code,
            Errc::unsupported);
}

TEST(MetadataRecord, that_is_cut_off_is_an_error) {
  const auto value = encode_metadata_record(TopicRecord{.name = "topic", .topic_id = {}}, 0);
  for (std::size_t size = 0; size < value->size(); ++size) {
    EXPECT_FALSE(decode_metadata_record(SharedBytes::copy(value->slice(0, size).bytes())));
  }
}

TEST(MetadataRecord, is_printed_as_kafkas_tools_print_it) {
  const auto value = encode_metadata_record(
      RegisterBrokerRecord{.broker_id = NodeId(1),
                           .broker_epoch = BrokerEpoch(5),
                           .end_points = {{.name = "PLAINTEXT", .host = "h", .port = 9092}},
                           .rack = std::nullopt},
      3);
  ASSERT_TRUE(value);
  EXPECT_EQ(*metadata_record_to_json(*value),
            "{\"type\":\"REGISTER_BROKER_RECORD\",\"version\":3,\"data\":{\"brokerId\":1,"
            "\"isMigratingZkBroker\":false,\"incarnationId\":\"AAAAAAAAAAAAAAAAAAAAAA\","
            "\"brokerEpoch\":5,\"endPoints\":[{\"name\":\"PLAINTEXT\",\"host\":\"h\",\"port\":9092,"
            "\"securityProtocol\":0}],\"features\":[],\"rack\":null,\"fenced\":true,"
            "\"inControlledShutdown\":false}}");
}

}  // namespace
}  // namespace moldau::protocol
