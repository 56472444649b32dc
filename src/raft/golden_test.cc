#include <gtest/gtest.h>

#include <string_view>
#include <vector>

#include "raft/control_records.h"
#include "raft/election_state.h"
#include "raft/log_state.h"
#include "raft/raft.h"
#include "raft/snapshot_reader.h"
#include "raft/snapshot_writer.h"

/// Bytes that Apache Kafka 4.2.1 left in a directory that its kafka-storage formatted with
/// --standalone and its broker then led for the first time (node 1, controller at 127.0.0.1:39093).
namespace moldau::raft {
namespace {

constexpr std::string_view directory_id = "be0r1OWIRPehIPxiUmiWTw";

constexpr std::string_view bootstrap_snapshot_hex =
    "00000000000000000000009a00000000025e4d2843002000000002000001a207631172000001a207"
    "631172ffffffffffffffffffffffffffff000000032a0000000800000003160000000001a2076311"
    "6900001e00000208000000050a000000010000820100000408000000066e000002000000016ded2b"
    "d4e58844f7a120fc625268964f020b434f4e54524f4c4c45520a3132372e302e302e3198b5000000"
    "00010000000000000000000000030000003f00000000024845d616002000000000000001a2076311"
    "7c000001a20763117cffffffffffffffffffffffffffff000000011a000000080000000406000000"
    "00";

constexpr std::string_view first_log_batch_hex =
    "0000000000000000000000a200000001023abcc405002000000002000001a20763191e000001a207"
    "63191effffffffffffffffffffffffffff000000033a000000080000000226000000000001020000"
    "00010002000000010000001e00000208000000050a000000010000820100000408000000066e0000"
    "02000000016ded2bd4e58844f7a120fc625268964f020b434f4e54524f4c4c45520a3132372e302e"
    "302e3198b5000000000100000000";

/// bootstrap.checkpoint with the FeatureLevelRecord of metadata.version 29 and five others.
constexpr std::string_view bootstrap_checkpoint_hex =
    "00000000000000000000004700000000022b3688fd002000000000000001a20763113d000001a207"
    "63113dffffffffffffffffffffffffffff000000012a000000080000000316000000000000000000"
    "0000000000000000000001000000f100000000026b6dac17000000000005000001a20763115a0000"
    "01a20763115affffffffffffffffffffffffffff000000063a000000012e010c00116d6574616461"
    "74612e76657273696f6e001d00005a000002014e010c0021656c696769626c652e6c65616465722e"
    "7265706c696361732e76657273696f6e00010000340000040128010c000e67726f75702e76657273"
    "696f6e00010000340000060128010c000e73686172652e76657273696f6e0001000038000008012c"
    "010c001073747265616d732e76657273696f6e000100004000000a0134010c00147472616e736163"
    "74696f6e2e76657273696f6e0002000000000000000000070000003f0000000002f4a38b55002000"
    "000000000001a20763115b000001a20763115bffffffffffffffffffffffffffff000000011a0000"
    "0008000000040600000000";

std::vector<std::uint8_t> bytes_of(std::string_view hex) {
  const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  std::vector<std::uint8_t> bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes.push_back(static_cast<std::uint8_t>(digit(hex[i]) * 16 + digit(hex[i + 1])));
  }
  return bytes;
}
std::string hex_of(Bytes bytes) {
  std::string hex;
  for (const std::uint8_t byte : bytes) hex += fmt::format("{:02x}", byte);
  return hex;
}

Voter voter() {
  return {.key = {NodeId(1), *Uuid::parse(directory_id)},
          .endpoints = {{"CONTROLLER", "127.0.0.1", 39093}}};
}

TEST(ApacheGolden, the_snapshot_of_zero_is_written_as_kafka_storage_writes_it) {
  const SnapshotOptions options{.id = bootstrap_snapshot_id,
                                .last_contained_log_timestamp = 0x01a207631169,
                                .kraft_version = 1,
                                .voters = VoterSet({voter()})};
  SnapshotWriter writer(options, WallMs{0x01a207631172});
  const SharedBytes header = writer.header();
  // The footer was written ten milliseconds later.
  SnapshotWriter later(options, WallMs{0x01a20763117c});
  later.header();
  const auto rest = later.finish();
  ASSERT_EQ(rest.size(), 1U);
  EXPECT_EQ(hex_of(header.bytes()) + hex_of(rest[0].bytes()), bootstrap_snapshot_hex);
}

TEST(ApacheGolden, bootstrap_checkpoint_is_written_as_kafka_storage_writes_it) {
  const auto file = bytes_of(bootstrap_checkpoint_hex);
  std::vector<SharedBytes> values;
  const auto contents = read_snapshot({}, file, [&](const records::BatchView& batch) {
    return read_data_batch(batch, [&](const SharedBytes& value) -> Result<> {
      values.push_back(value);
      return {};
    });
  });
  ASSERT_TRUE(contents) << contents.error().to_string();
  EXPECT_EQ(contents->kraft_version, std::nullopt);
  ASSERT_EQ(values.size(), 6U);

  SnapshotWriter writer({.id = {}, .voters = {}}, WallMs{0x01a20763113d});
  std::string actual = hex_of(writer.header().bytes());
  SnapshotWriter data({.id = {}, .voters = {}}, WallMs{0x01a20763115a});
  data.header();
  for (const SharedBytes& value : values) {
    const auto full = data.append(value.bytes());
    ASSERT_TRUE(full && !*full);
  }
  actual += hex_of(data.finish()[0].bytes());
  EXPECT_EQ(actual, bootstrap_checkpoint_hex.substr(0, actual.size()));
  EXPECT_EQ(actual.size(), bootstrap_checkpoint_hex.size() - 2 * 75);
}

TEST(ApacheGolden, the_first_epoch_begins_with_the_batch_that_apache_writes) {
  const auto snapshot = bytes_of(bootstrap_snapshot_hex);
  const auto contents = read_snapshot(bootstrap_snapshot_id, snapshot,
                                      [](const records::BatchView&) { return Result<>(); });
  ASSERT_TRUE(contents) << contents.error().to_string();
  EXPECT_EQ(contents->kraft_version, 1);
  EXPECT_EQ(contents->voters, VoterSet({voter()}));
  EXPECT_EQ(contents->last_contained_log_timestamp, 0x01a207631169);
  LogState log;
  log.load_snapshot(*contents);
  auto raft = Raft::make({.self = voter().key, .listeners = voter().endpoints}, std::nullopt, log,
                         MonoTime());
  ASSERT_TRUE(raft) << raft.error().to_string();
  raft->start(WallMs{0x01a20763191e});
  const Ready ready = raft->take_ready();
  ASSERT_EQ(ready.append.size(), 1U);
  EXPECT_EQ(hex_of(ready.append[0].bytes.bytes()), first_log_batch_hex);
  EXPECT_EQ(encode_quorum_state(*ready.election_state, raft->kraft_version(), raft->voters()),
            R"({"leaderId":1,"leaderEpoch":1,"votedId":-1,)"
            R"("votedDirectoryId":"AAAAAAAAAAAAAAAAAAAAAA","data_version":1})");
}

TEST(ApacheGolden, the_log_state_reads_apaches_first_batch) {
  const auto bytes = bytes_of(first_log_batch_hex);
  LogState log;
  const auto batch = records::BatchView::parse(bytes);
  ASSERT_TRUE(batch);
  ASSERT_TRUE(batch->verify_crc());
  ASSERT_TRUE(log.append(*batch));
  EXPECT_EQ(log.end(), (OffsetAndEpoch{Offset(3), LeaderEpoch(1)}));
  EXPECT_EQ(log.kraft_version(), 1);
  EXPECT_TRUE(log.voters_are_in_log());
  EXPECT_EQ(log.voters(), VoterSet({voter()}));
  EXPECT_TRUE(log.voters_at(Offset(2)).empty());
}

}  // namespace
}  // namespace moldau::raft
