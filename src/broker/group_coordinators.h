#pragma once

#include <expected>
#include <map>
#include <memory>
#include <string_view>
#include <vector>

#include "broker/coordinator_shard.h"
#include "broker/group_history.h"
#include "broker/request_context.h"
#include "coordinator/group/groups.h"
#include "env/scope.h"
#include "metadata/builder.h"
#include "metadata/image.h"

namespace moldau::broker {

class Broker;

/// `partition` of `__consumer_offsets` that coordinates a group (facts §8.1): Java's hash of the
/// name's UTF-16 code units.
PartitionId coordinator_partition(std::string_view key, std::int32_t partitions);

/// Whether groups of the consumer protocol (KIP-848) are turned on in the cluster.
bool has_consumer_protocol(const metadata::Image& image);

using GroupShard =
    MachineShard<coordinator::Groups, coordinator::ParkedGroupReply, coordinator::GroupEvent>;

/// The group coordinators of this broker: one shard for each partition of `__consumer_offsets` that
/// it leads. Look-ups from any worker; the rest on the controller driver's worker.
class GroupCoordinators {
 public:
  GroupCoordinators(Broker& broker, env::Worker& worker);
  ~GroupCoordinators();

  /// Makes the shards follow the image, after the replicas have; offsets of deleted topics go.
  void apply(const metadata::Image& image, const metadata::Delta& delta);
  env::Task<> stop();

  /// The shard of the group. Errors: INVALID_GROUP_ID for an empty name, COORDINATOR_NOT_AVAILABLE
  /// while there is no `__consumer_offsets`, NOT_COORDINATOR.
  std::expected<std::shared_ptr<GroupShard>, protocol::ErrorCode> find(
      const metadata::Image& image, std::string_view group) const;
  std::vector<std::shared_ptr<GroupShard>> all() const;
  /// What the metadata of members may still grow by: of all groups together it may take as much as
  /// requests do (`queued.max.request.bytes`).
  std::size_t metadata_room() const;
  const GroupHistory& history() const { return history_; }

 private:
  using Shards = std::map<PartitionId, std::shared_ptr<GroupShard>>;
  void follow(const metadata::Topic& topic, Shards& old);
  void forget_offsets(const metadata::Topic& topic);
  void tell_of_topics(const metadata::Image& image, const metadata::Delta& delta);

  Broker& broker_;
  env::Worker& worker_;
  GroupHistory history_;
  env::Scope scope_;
  mutable env::Mutex mutex_;  // leaf: held for a look-up
  Shards shards_ GUARDED_BY(mutex_);
};

/// Asks the group's shard: `decide(Groups&, const Context&, const Caller&)` returns its Step.
/// Errors: those of `find` and of the shard.
template <class Reply, class Decide>
env::Task<std::expected<Reply, protocol::ErrorCode>> ask_group(const GroupCoordinators& groups,
                                                               const RequestContext& context,
                                                               std::string_view group,
                                                               Decide decide) {
  const auto shard = groups.find(*context.image, group);
  if (!shard) co_return std::unexpected(shard.error());
  const std::string host = "/" + context.connection.remote.host;
  auto decide_as_caller = [&](coordinator::Groups& machine, const coordinator::Context& now,
                              coordinator::ReplyId id) {
    return decide(machine, now,
                  coordinator::Caller{.version = context.version,
                                      .client_id = context.client_id,
                                      .client_host = host,
                                      .reply_id = id});
  };
  co_return co_await (*shard)->template request<Reply>(context.worker, decide_as_caller);
}

}  // namespace moldau::broker
