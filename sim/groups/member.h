#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "protocol/messages/join_group.h"
#include "sim/groups/group_client.h"

namespace moldau::sim {

/// A member of a group, as Kafka's classic consumer: it joins, leads if it is told to, asks for its
/// assignment, reads the offsets of its partitions, commits, and sends heartbeats. Now and then it
/// leaves, falls silent for longer than its session, drops its connection, or starts afresh; and it
/// commits as who it was before, which nobody may accept.
class GroupMember {
 public:
  GroupMember(Bench& bench, int actor, int group, int number, const MemberPlan& plan);
  /// Until its scope is stopped.
  env::Task<> run();
  bool is_resting() const { return resting_; }

  const MembershipProof& proof() const { return proof_; }

 private:
  enum class Phase : std::uint8_t { outside, joined, assigned, at_work };

  env::Task<Result<>> turn();
  env::Task<Result<>> join();
  protocol::JoinGroupRequest make_join();
  env::Task<Result<>> sync();
  env::Task<Result<>> dawdle();
  /// As the leader: every partition goes to one member, at the turn of some wheel.
  AssignmentSent assign();
  void take_assignment(const SharedBytes& bytes);
  env::Task<Result<>> look();
  env::Task<Result<>> work();
  env::Task<Result<>> commit();
  env::Task<Result<>> commit_as_before();
  env::Task<Result<>> heartbeat();
  env::Task<Result<>> leave();
  env::Task<Result<>> misbehave();
  /// The group's answer to somebody who is no member as he says.
  void expelled(MonoTime sent_at, std::string_view what, protocol::ErrorCode error);
  void rejoin();
  void forget_membership();
  void prove(MonoTime sent_at);
  std::vector<std::string> wanted_topics() const;
  std::vector<PartitionRef> owned() const;
  bool is_static() const { return !as_.instance_id.empty(); }

  Bench& bench_;
  const int group_;
  const MemberPlan plan_;
  Prng prng_;
  GroupClient client_;
  Phase phase_{Phase::outside};
  GroupIdentity as_;
  std::vector<GroupIdentity> before_;  // who it was, the last one first
  bool leads_{false};
  bool skips_assignment_{false};
  std::vector<std::string> members_;   // as the leader: ids
  std::vector<std::string> topics_;    // as it joined
  std::vector<PartitionRef> divided_;  // as the leader
  AssignedPartitions assignment_;
  std::map<PartitionRef, Offset> positions_;
  MonoTime heartbeat_due_{};
  MembershipProof proof_;
  int turns_{0};
  bool resting_{false};
};

}  // namespace moldau::sim
