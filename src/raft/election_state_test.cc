#include "raft/election_state.h"

#include <gtest/gtest.h>

#include "raft/offset_and_epoch.h"

namespace moldau::raft {
namespace {

const Uuid directory = *Uuid::parse("J8aAPcfLQt2bqs1JT_rMgQ");

TEST(QuorumState, broken_files_are_refused) {
  for (const std::string_view text :
       {"", "{", "[]", "{}", R"({"data_version":1})", R"({"leaderId":x,"data_version":1})",
        R"({"leaderId":1,"leaderEpoch":2,"votedId":-1,"data_version":1})",
        R"({"leaderId":1,"leaderEpoch":-2,"votedId":-1,"data_version":0})",
        R"({"leaderId":1,"leaderEpoch":2,"votedId":-1,"votedDirectoryId":"?","data_version":1})"}) {
    const auto state = decode_quorum_state(text);
    ASSERT_FALSE(state) << text;
    EXPECT_EQ(state.error().code, Errc::corrupt) << text;
  }
  EXPECT_EQ(decode_quorum_state(R"({"data_version":2})").error().code, Errc::unsupported);
}

TEST(QuorumState, both_versions_come_back_as_they_were) {
  const ElectionState voted{
      .epoch = LeaderEpoch(2), .leader = no_node, .voted = {NodeId(1), directory}};
  EXPECT_EQ(encode_quorum_state(voted, 1, {}),
            R"({"leaderId":-1,"leaderEpoch":2,"votedId":1,)"
            R"("votedDirectoryId":"J8aAPcfLQt2bqs1JT_rMgQ","data_version":1})");
  EXPECT_EQ(*decode_quorum_state(encode_quorum_state(voted, 1, {})), voted);

  const ElectionState led{.epoch = LeaderEpoch(7), .leader = NodeId(3), .voted = {}};
  const VoterSet voters(
      {{.key = {NodeId(5), {}}, .endpoints = {}}, {.key = {NodeId(3), {}}, .endpoints = {}}});
  EXPECT_EQ(encode_quorum_state(led, 0, voters),
            R"({"clusterId":"","leaderId":3,"leaderEpoch":7,"votedId":-1,"appliedOffset":0,)"
            R"("currentVoters":[{"voterId":3},{"voterId":5}],"data_version":0})");
  EXPECT_EQ(*decode_quorum_state(encode_quorum_state(led, 0, voters)), led);
}

TEST(SnapshotFileName, only_whole_names_are_snapshots) {
  const OffsetAndEpoch id{Offset(42), LeaderEpoch(7)};
  EXPECT_EQ(snapshot_file_name(id), "00000000000000000042-0000000007.checkpoint");
  EXPECT_EQ(parse_snapshot_file_name(snapshot_file_name(id)), id);
  EXPECT_EQ(parse_snapshot_file_name(snapshot_file_name(id) + ".part"), std::nullopt);
  EXPECT_EQ(parse_snapshot_file_name("00000000000000000042.log"), std::nullopt);
  EXPECT_EQ(parse_snapshot_file_name("0000000000000000004x-0000000007.checkpoint"), std::nullopt);
  EXPECT_EQ(parse_snapshot_file_name("99999999999999999999-0000000007.checkpoint"), std::nullopt);
}

}  // namespace
}  // namespace moldau::raft
