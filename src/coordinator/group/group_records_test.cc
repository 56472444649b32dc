#include "coordinator/group/group_records.h"

#include <gtest/gtest.h>

#include <charconv>
#include <string>
#include <vector>

/// The hexadecimal texts were written by Apache Kafka 4.2.0's GroupCoordinatorRecordSerde.
namespace moldau::coordinator {
namespace {

constexpr std::string_view offset_key_hex = "0001000567726f75700005746f70696300000003";
constexpr std::string_view group_key_hex = "0002000567726f7570";
constexpr std::string_view group_hex =
    "00030008636f6e73756d657200000005000572616e676500036d2d31000000000012d6870000000200036d2d31ffff"
    "000163000a2f3132372e302e302e310000ea600000271000000002010200000001030003692d32000169000163000a"
    "2f3132372e302e302e310000ea60000027100000000000000000";

std::vector<std::uint8_t> bytes_of(std::string_view hex) {
  std::vector<std::uint8_t> result;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    std::uint8_t byte = 0;
    std::from_chars(hex.data() + i, hex.data() + i + 2, byte, 16);
    result.push_back(byte);
  }
  return result;
}
std::string hex_of(const SharedBytes& bytes) {
  std::string result;
  for (const std::uint8_t byte : bytes.bytes()) result += fmt::format("{:02x}", byte);
  return result;
}
Result<LogEntry> decode_hex(std::string_view key, std::optional<std::string_view> value) {
  const auto key_bytes = bytes_of(key);
  if (!value) return decode_record(key_bytes, std::nullopt);
  const auto value_bytes = bytes_of(*value);
  return decode_record(key_bytes, value_bytes);
}
CommittedOffset offset_in(std::string_view key, std::string_view value) {
  const auto entry = decode_hex(key, value);
  EXPECT_TRUE(entry && std::holds_alternative<OffsetEntry>(*entry));
  return *std::get<OffsetEntry>(*entry).committed;
}

struct Written {
  CommittedOffset committed;
  std::string_view hex;
};

TEST(GroupRecords, offsets_are_written_as_apache_writes_them) {
  const std::vector<Written> cases{
      {{.offset = Offset(100),
        .leader_epoch = LeaderEpoch(7),
        .metadata = "meta",
        .commit_timestamp_ms = 1234567},
       "0004000000000000006400000007056d657461000000000012d68700"},
      {{.offset = Offset(100), .commit_timestamp_ms = 1234567, .topic_id = Uuid::of(1, 2)},
       "00040000000000000064ffffffff01000000000012d687010010000000000000000100000000000000"
       "02"},
      {{.offset = Offset(100),
        .leader_epoch = LeaderEpoch(7),
        .metadata = "meta",
        .commit_timestamp_ms = 1234567,
        .expire_timestamp_ms = 2345678,
        .topic_id = Uuid::of(1, 2)},
       "0001000000000000006400046d657461000000000012d687000000000023cace"}};
  for (const Written& written : cases) {
    const Record record = offset_record("group", "topic", PartitionId(3), written.committed);
    EXPECT_EQ(hex_of(record.key), offset_key_hex);
    EXPECT_EQ(hex_of(*record.value), written.hex);
    const CommittedOffset read = offset_in(offset_key_hex, written.hex);
    EXPECT_EQ(read.offset, Offset(100));
    EXPECT_EQ(read.metadata, written.committed.metadata);
    EXPECT_EQ(read.commit_timestamp_ms, 1234567);
    EXPECT_EQ(read.expire_timestamp_ms, written.committed.expire_timestamp_ms);
    const bool has_expiry = read.expire_timestamp_ms != -1;
    EXPECT_EQ(read.leader_epoch, has_expiry ? no_leader_epoch : written.committed.leader_epoch);
    EXPECT_EQ(read.topic_id, has_expiry ? Uuid{} : written.committed.topic_id);
  }
}

TEST(GroupRecords, tombstones_have_the_keys_of_what_they_bury) {
  const Record offset = offset_tombstone("group", "topic", PartitionId(3));
  EXPECT_EQ(hex_of(offset.key), offset_key_hex);
  EXPECT_FALSE(offset.value);
  const auto offset_entry = decode_hex(offset_key_hex, std::nullopt);
  ASSERT_TRUE(offset_entry);
  EXPECT_EQ(std::get<OffsetEntry>(*offset_entry).partition, PartitionId(3));
  EXPECT_FALSE(std::get<OffsetEntry>(*offset_entry).committed);

  EXPECT_EQ(hex_of(group_tombstone("group").key), group_key_hex);
  EXPECT_FALSE(group_tombstone("group").value);
  EXPECT_FALSE(std::get<GroupEntry>(*decode_hex(group_key_hex, std::nullopt)).value);
}

TEST(GroupRecords, all_versions_of_offsets_are_read) {
  constexpr std::string_view legacy_key_hex = "0000000567726f75700005746f70696300000003";
  for (const auto& [key, value, epoch] :
       std::vector<std::tuple<std::string_view, std::string_view, std::int32_t>>{
           {legacy_key_hex, "0000000000000000006400046d657461000000000012d687", -1},
           {offset_key_hex, "0000000000000000006400046d657461000000000012d687", -1},
           {offset_key_hex, "0002000000000000006400046d657461000000000012d687", -1},
           {offset_key_hex, "000300000000000000640000000700046d657461000000000012d687", 7}}) {
    const CommittedOffset committed = offset_in(key, value);
    EXPECT_EQ(committed.offset, Offset(100)) << value;
    EXPECT_EQ(committed.metadata, "meta") << value;
    EXPECT_EQ(committed.commit_timestamp_ms, 1234567) << value;
    EXPECT_EQ(committed.leader_epoch, LeaderEpoch(epoch)) << value;
    EXPECT_EQ(committed.expire_timestamp_ms, -1) << value;
  }
}

TEST(GroupRecords, groups_are_written_and_read_as_apache_does) {
  const auto entry = decode_hex(group_key_hex, group_hex);
  ASSERT_TRUE(entry);
  // Views of bytes that are gone are of no use: read once more from bytes that stay.
  const auto key = bytes_of(group_key_hex);
  const auto value = bytes_of(group_hex);
  const auto read = decode_record(key, value);
  const auto& group = *std::get<GroupEntry>(*read).value;
  EXPECT_EQ(group.protocol_type, "consumer");
  EXPECT_EQ(group.generation, 5);
  ASSERT_EQ(group.members.size(), 2U);
  EXPECT_EQ(group.members[1].group_instance_id, Text("i"));
  const Record written = group_record("group", group);
  EXPECT_EQ(hex_of(written.key), group_key_hex);
  EXPECT_EQ(hex_of(*written.value), group_hex);
}

TEST(GroupRecords, all_versions_of_groups_are_read) {
  const std::vector<std::string_view> versions{
      "00000008636f6e73756d657200000005000572616e676500036d2d310000000200036d2d31000163000a2f313237"
      "2e302e302e310000271000000002010200000001030003692d32000163000a2f3132372e302e302e310000271000"
      "00000000000000",
      "00010008636f6e73756d657200000005000572616e676500036d2d310000000200036d2d31000163000a2f313237"
      "2e302e302e310000ea600000271000000002010200000001030003692d32000163000a2f3132372e302e302e3100"
      "00ea60000027100000000000000000",
      "00020008636f6e73756d657200000005000572616e676500036d2d31000000000012d6870000000200036d2d3100"
      "0163000a2f3132372e302e302e310000ea600000271000000002010200000001030003692d32000163000a2f3132"
      "372e302e302e310000ea60000027100000000000000000",
      "000409636f6e73756d6572000000050672616e6765046d2d31000000000012d68703046d2d310002630b2f313237"
      "2e302e302e310000ea600000271003010202030004692d32026902630b2f3132372e302e302e310000ea60000027"
      "1001010000"};
  for (const std::string_view version : versions) {
    const auto key = bytes_of(group_key_hex);
    const auto value = bytes_of(version);
    const auto read = decode_record(key, value);
    ASSERT_TRUE(read) << version;
    const auto& group = *std::get<GroupEntry>(*read).value;
    EXPECT_EQ(group.generation, 5) << version;
    EXPECT_EQ(group.members[0].member_id, "m-1") << version;
    EXPECT_EQ(group.members[1].session_timeout, 10'000) << version;
    EXPECT_EQ(group.members[0].subscription.size(), 2U) << version;
  }
}

TEST(GroupRecords, keys_of_other_types_are_passed_over) {
  for (const std::string_view key :
       {"0003000567726f7570", "0008000567726f7570", "0010ff", "7fff", "ffff"}) {
    const auto entry = decode_hex(key, "00000000000100");
    ASSERT_TRUE(entry) << key;
    EXPECT_TRUE(std::holds_alternative<UnknownEntry>(*entry)) << key;
  }
}

TEST(GroupRecords, values_of_unknown_versions_are_errors) {
  EXPECT_EQ(decode_hex(offset_key_hex, "00050000000000000064").error().code, Errc::unsupported);
  EXPECT_EQ(decode_hex(offset_key_hex, "ffff0000000000000064").error().code, Errc::unsupported);
  EXPECT_EQ(decode_hex(group_key_hex, "0005").error().code, Errc::unsupported);
  EXPECT_EQ(decode_hex("0000000567726f75700005746f70696300000003", "0001").error().code,
            Errc::unsupported);
}

TEST(GroupRecords, every_truncation_is_an_error) {
  for (std::size_t size = 0; size < group_hex.size(); size += 2) {
    EXPECT_FALSE(decode_hex(group_key_hex, group_hex.substr(0, size))) << size;
  }
  for (std::size_t size = 0; size < offset_key_hex.size(); size += 2) {
    EXPECT_FALSE(decode_hex(offset_key_hex.substr(0, size), std::nullopt)) << size;
  }
}

}  // namespace
}  // namespace moldau::coordinator
