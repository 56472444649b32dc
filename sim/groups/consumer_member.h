#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "protocol/messages/consumer_group_heartbeat.h"
#include "sim/groups/group_client.h"

namespace moldau::sim {

/// A member of a group of the consumer protocol (KIP-848), as Kafka's consumer: its heartbeats say
/// what it wants and what it owns, the answers what it is to own; it gives up partitions, sooner or
/// later, before it says so, and takes others. It reads the offsets of its partitions and commits.
/// Now and then it leaves, falls silent, drops its connection, or starts afresh.
class ConsumerMember {
 public:
  ConsumerMember(Bench& bench, int actor, int group, int number, const MemberPlan& plan);
  /// Until its scope is stopped.
  env::Task<> run();
  bool is_resting() const { return resting_; }

  const MembershipProof& proof() const { return proof_; }
  const OwnedPartitions& owned() const { return owned_; }

 private:
  using Request = protocol::ConsumerGroupHeartbeatRequest;
  using Response = protocol::ConsumerGroupHeartbeatResponse;

  env::Task<Result<>> turn();
  env::Task<Result<>> heartbeat();
  Request make_heartbeat();
  void want(Request& request);
  void take(const Response& response, MonoTime sent_at, const OwnedPartitions& said);
  env::Task<Result<>> refused(MonoTime sent_at, const Response& response);
  /// Gives up what it is to own no more, after a while.
  env::Task<Result<>> give_up();
  env::Task<Result<>> look();
  env::Task<Result<>> commit();
  env::Task<Result<>> leave();
  env::Task<Result<>> misbehave();
  /// It is nobody from here on, and owns nothing.
  void begin_afresh(bool keeps_id);
  void release(const OwnedPartitions& gone);
  std::vector<PartitionRef> known_owned() const;
  std::vector<std::string> wanted_topics() const;
  bool is_static() const { return !as_.instance_id.empty(); }
  bool is_member() const { return as_.generation > 0; }

  Bench& bench_;
  const int group_;
  const MemberPlan plan_;
  Prng prng_;
  GroupClient client_;
  GroupIdentity as_;  // its generation is the member's epoch
  OwnedPartitions owned_;
  OwnedPartitions target_;
  std::optional<MonoTime> gives_up_at_;
  std::optional<std::vector<std::string>> said_topics_;  // null: says everything again
  bool says_owned_{true};
  bool has_looked_{false};
  std::map<PartitionRef, Offset> positions_;
  Duration heartbeat_every_{milliseconds(100)};
  MonoTime heartbeat_due_{};
  MembershipProof proof_;
  int turns_{0};
  bool resting_{false};
};

}  // namespace moldau::sim
