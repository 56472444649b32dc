#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>

#include "coordinator/group/consumer/member.h"
#include "coordinator/group/consumer/partitions.h"

namespace moldau::coordinator {

/// What a member's next step depends on.
struct ReconcileInput {
  const ConsumerMember& member;
  std::int32_t target_epoch{0};
  const TopicPartitions& target;
  const std::set<Uuid>& subscribed;  ///< topics that exist
  /// The member has changed its subscription with this heartbeat.
  bool has_subscription_changed{false};
  /// What the member says it owns; null: it does not say.
  const std::optional<TopicPartitions>& owned;
  /// Whether a partition is nobody's.
  const std::function<bool(const Uuid&, PartitionId)>& is_free;
};

/// One step of a member towards its target (KIP-848): first it gives up what it is not to have, at
/// its old epoch; when it says that it has, it comes to the target's epoch with what is free; what
/// others have yet to give up it gets later. So no partition is ever two members'.
///
///   stable, unreleased -> unrevoked: the target lacks partitions that it may use
///   stable, unreleased, unrevoked -> unreleased: at the target's epoch, some are not free
///   ... -> stable: at the target's epoch, with all of it
///
/// The member as it is if there is nothing to do. Null: it is in a state that is not known, and has
/// to give up everything and join again.
std::optional<ConsumerMember> reconcile(const ReconcileInput& input);

}  // namespace moldau::coordinator
