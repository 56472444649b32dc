#include "protocol/versioned.h"

#include <gtest/gtest.h>

#include "protocol/messages/consumer_protocol.h"
#include "protocol/records/group_records.h"

namespace moldau::protocol {
namespace {

SharedBytes shared(std::string_view bytes) {
  return SharedBytes::copy(as_bytes(bytes));
}

ConsumerProtocolSubscription subscription() {
  return {.topics = {"flights"},
          .user_data = std::nullopt,
          .owned_partitions = {{.topic = "flights", .partitions = {PartitionId(3)}}},
          .generation_id = 5,
          .rack_id = "r"};
}

TEST(Versioned, record_key_has_its_type_in_front) {
  const OffsetCommitKey key{.group = "g", .topic = "t", .partition = PartitionId(2)};
  const auto bytes = encode_record_key(key);
  ASSERT_TRUE(bytes);
  EXPECT_EQ(bytes->text(), std::string_view("\0\1\0\1g\0\1t\0\0\0\2", 12));
  EXPECT_EQ(*number_in_front(bytes->bytes()), OffsetCommitKey::info.api_key);
  EXPECT_TRUE(equal(decode_record_key<OffsetCommitKey>(*bytes)->message, key));
}

TEST(Versioned, record_value_has_its_version_in_front) {
  const OffsetCommitValue value{
      .offset = Offset(7), .leader_epoch = LeaderEpoch(1), .metadata = "m", .commit_timestamp = 9};
  const auto bytes = encode_versioned(value, 3);
  ASSERT_TRUE(bytes);
  EXPECT_EQ(bytes->text(),
            std::string_view("\0\3\0\0\0\0\0\0\0\7\0\0\0\1\0\1m\0\0\0\0\0\0\0\11", 25));
  EXPECT_TRUE(equal(decode_versioned<OffsetCommitValue>(*bytes)->message, value));
}

TEST(Versioned, message_of_an_unknown_version_is_unsupported) {
  EXPECT_EQ(decode_versioned<GroupMetadataValue>(shared({"\0\5", 2})).error().code,
            Errc::unsupported);
  EXPECT_EQ(decode_versioned<GroupMetadataValue>(shared("\xff\xff")).error().code,
            Errc::unsupported);
}

TEST(Versioned, bytes_too_few_for_a_number_are_truncated) {
  EXPECT_EQ(decode_versioned<GroupMetadataValue>(SharedBytes()).error().code, Errc::truncated);
  EXPECT_EQ(decode_record_key<GroupMetadataKey>(shared("\1")).error().code, Errc::truncated);
  EXPECT_EQ(number_in_front(as_bytes("\1")).error().code, Errc::truncated);
}

TEST(ConsumerProtocol, subscription_of_a_newer_version_is_read_as_the_newest_known) {
  Writer out;
  out.put(std::int16_t{9});
  ASSERT_TRUE(encode(subscription(), 3, out));
  out.put_bytes(as_bytes("what version 9 appended"));
  const auto back = decode_subscription(out.take());
  ASSERT_TRUE(back) << back.error().to_string();
  EXPECT_TRUE(equal(back->message, subscription()));
}

TEST(ConsumerProtocol, subscription_of_an_old_version_lacks_what_came_later) {
  const auto back = decode_subscription(*encode_versioned(subscription(), 0));
  ASSERT_TRUE(back) << back.error().to_string();
  EXPECT_EQ(back->message.topics, std::vector<Text>{"flights"});
  EXPECT_TRUE(back->message.owned_partitions.empty());
  EXPECT_EQ(back->message.generation_id, -1);
  EXPECT_FALSE(back->message.rack_id);
}

TEST(ConsumerProtocol, bytes_of_another_protocol_are_an_error) {
  EXPECT_EQ(decode_subscription(shared("\xff\xff")).error().code, Errc::unsupported);
  EXPECT_EQ(decode_subscription(SharedBytes()).error().code, Errc::truncated);
  EXPECT_EQ(decode_subscription(shared("connect")).error().code, Errc::truncated);
  EXPECT_EQ(decode_assignment(shared({"\0\0", 2})).error().code, Errc::truncated);
}

TEST(ConsumerProtocol, assignment_without_bytes_has_no_partitions) {
  const auto none = decode_assignment(SharedBytes());
  ASSERT_TRUE(none) << none.error().to_string();
  EXPECT_TRUE(none->message.assigned_partitions.empty());
}

TEST(ConsumerProtocol, assignment_comes_back) {
  const ConsumerProtocolAssignment assignment{
      .assigned_partitions = {{.topic = "t", .partitions = {PartitionId(0), PartitionId(4)}}},
      .user_data = shared("u")};
  const auto bytes = encode_versioned(assignment, 3);
  ASSERT_TRUE(bytes);
  EXPECT_TRUE(equal(decode_assignment(*bytes)->message, assignment));
}

}  // namespace
}  // namespace moldau::protocol
