#include "metadata/partition_change.h"

#include <gtest/gtest.h>

#include <set>

#include "metadata/features.h"

/// Elections, ISRs and ELRs are told in testdata/; here is what no operation reaches yet.
namespace moldau::metadata {
namespace {

using Nodes = std::vector<NodeId>;
const Nodes one_two{NodeId(1), NodeId(2)};
const Uuid topic_id = Uuid::of(1, 1);

PartitionRegistration moving() {
  PartitionRegistration partition;
  partition.replicas = {NodeId(3), NodeId(1), NodeId(2)};
  partition.directories = {Uuid::of(0, 103), Uuid::of(0, 101), Uuid::of(0, 102)};
  partition.isr = {NodeId(1), NodeId(2)};
  partition.adding_replicas = {NodeId(3)};
  partition.removing_replicas = {NodeId(1)};
  partition.leader = NodeId(1);
  return partition;
}
PartitionPolicy policy(std::set<NodeId> dead = {}) {
  PartitionPolicy policy;
  policy.metadata_version = level::kafka_4_2;
  policy.is_acceptable_leader = [dead = std::move(dead)](NodeId id) { return !dead.contains(id); };
  policy.default_directory = [](NodeId id) {
    return Uuid::of(0, 100 + static_cast<std::uint64_t>(id.value()));
  };
  return policy;
}
protocol::PartitionChangeRecord change(const PartitionRegistration& partition,
                                       PartitionTarget target, const PartitionPolicy& with) {
  auto record = change_partition(topic_id, PartitionId(0), partition, std::move(target), with);
  EXPECT_TRUE(record);
  if (!record) return {};
  return std::get<protocol::PartitionChangeRecord>(std::move(record->message));
}

TEST(PartitionChange, nothing_wanted_is_no_record) {
  EXPECT_FALSE(change_partition(topic_id, PartitionId(0), moving(), {}, policy()));
}

TEST(PartitionChange, a_reassignment_waits_for_all_new_replicas) {
  const auto record = change(moving(), {.isr = Nodes{NodeId(1)}}, policy());
  EXPECT_EQ(record.isr, Nodes{NodeId(1)});
  EXPECT_FALSE(record.replicas);
}

TEST(PartitionChange, a_completed_reassignment_drops_old_replicas_and_their_leadership) {
  const auto record = change(moving(), {.isr = Nodes{NodeId(1), NodeId(2), NodeId(3)}}, policy());
  EXPECT_EQ(record.replicas, (Nodes{NodeId(3), NodeId(2)}));
  EXPECT_EQ(record.isr, (Nodes{NodeId(2), NodeId(3)}));
  EXPECT_EQ(record.adding_replicas, Nodes());
  EXPECT_EQ(record.removing_replicas, Nodes());
  EXPECT_EQ(record.leader, NodeId(3));
  EXPECT_EQ(record.directories, (std::vector<Uuid>{Uuid::of(0, 103), Uuid::of(0, 102)}));
}

TEST(PartitionChange, a_dropped_follower_bumps_the_leader_epoch) {
  auto partition = moving();
  partition.removing_replicas = {NodeId(2)};
  const auto record = change(partition, {.isr = Nodes{NodeId(1), NodeId(2), NodeId(3)}}, policy());
  EXPECT_EQ(record.replicas, (Nodes{NodeId(3), NodeId(1)}));
  EXPECT_EQ(record.leader, NodeId(1));
}

TEST(PartitionChange, a_preferred_election_takes_the_first_replica_if_it_can) {
  PartitionRegistration partition;
  partition.replicas = one_two;
  partition.directories = {Uuid::of(0, 101), Uuid::of(0, 102)};
  partition.isr = one_two;
  partition.leader = NodeId(2);
  auto preferred = policy();
  preferred.election = Election::preferred;
  EXPECT_EQ(change(partition, {}, preferred).leader, NodeId(1));
  preferred.is_acceptable_leader = policy({NodeId(1)}).is_acceptable_leader;
  EXPECT_FALSE(change_partition(topic_id, PartitionId(0), partition, {}, preferred));
}

TEST(PartitionChange, before_3_6_a_smaller_isr_bumped_the_leader_epoch) {
  PartitionRegistration partition;
  partition.replicas = one_two;
  partition.directories = {Uuid::of(0, 101), Uuid::of(0, 102)};
  partition.isr = one_two;
  partition.leader = NodeId(1);
  auto old = policy();
  old.metadata_version = 11;
  EXPECT_EQ(change(partition, {.isr = Nodes{NodeId(1)}}, old).leader, NodeId(1));
  EXPECT_EQ(change(partition, {.isr = Nodes{NodeId(1)}}, policy()).leader, NodeId(-2));
}

}  // namespace
}  // namespace moldau::metadata
