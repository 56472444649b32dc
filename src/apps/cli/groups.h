#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "apps/cli/topic_offsets.h"
#include "apps/cli/wire.h"

/// What the `group` commands ask of coordinators. Errors of all: those of Wire; not_found; invalid
/// with what the coordinator said.
namespace moldau::apps {

struct GroupListing {
  std::string id;
  std::string type;      ///< "classic", "consumer", "share"; empty from brokers before 3.8
  std::string protocol;  ///< "consumer"; empty if it never had members
  std::string state;     ///< empty from brokers before 2.6
  NodeId coordinator{};
};

struct GroupMember {
  std::string id;
  std::string instance_id;  ///< of a static member
  std::string client_id;
  std::string host;
  std::vector<TopicPartition> assigned;
  std::vector<std::string> subscribed{};  ///< topics by name, as far as they are known
  std::string regex{};                    ///< topics that it subscribes to beside these
  std::vector<TopicPartition> target{};   ///< that it is to have, in a group with epochs
  std::optional<std::int32_t> epoch;      ///< of a member of a group of the consumer protocol
  bool is_classic{false};                 ///< in a group of the consumer protocol
};

struct GroupDescription {
  std::string id;
  std::string type;  ///< "classic" or "consumer"
  std::string state;
  std::string assignor;
  BrokerAddress coordinator;
  std::vector<GroupMember> members;
  std::optional<std::int32_t> epoch;         ///< KIP-848: of the group
  std::optional<std::int32_t> target_epoch;  ///< for which partitions were last assigned

  /// Nobody reads: offsets may be set, the group may be deleted.
  bool is_idle() const { return members.empty(); }
};

/// The groups of every coordinator, sorted by id. A broker that does not answer is left out and
/// reported in `failures`.
struct GroupListings {
  std::vector<GroupListing> groups;
  std::vector<Error> failures;
};
Result<GroupListings> list_groups(Wire& wire);

/// Waits for a coordinator that is just being found or loading.
Result<NodeId> coordinator_of(Wire& wire, const std::string& group);
Result<GroupDescription> describe_group(Wire& wire, const std::string& group);

/// What the group has committed; empty if it has nothing, or is no group.
Result<OffsetMap> committed_offsets(Wire& wire, const std::string& group);
/// Sets them as a client without members does. The group must be empty.
Result<> commit_offsets(Wire& wire, const std::string& group, const OffsetMap& offsets);
/// Forgets what the group has committed for these.
Result<> delete_offsets(Wire& wire, const std::string& group,
                        const std::vector<TopicPartition>& partitions);
Result<> delete_group(Wire& wire, const std::string& group);

/// Topic names by id and back, for versions of messages that name topics by id only.
struct TopicIds {
  std::map<Uuid, std::string> names;
  std::map<std::string, Uuid> ids;
  /// The name; the id as text if the topic is no more.
  std::string name(const Text& name, const Uuid& id) const;
};

}  // namespace moldau::apps
