#include "coordinator/group/consumer/reconcile.h"

#include <algorithm>
#include <utility>

namespace moldau::coordinator {
namespace {

/// Whether the member may still use some of these. One that does not say may.
bool owns_any(const ReconcileInput& input, const EpochPartitions& partitions) {
  if (!input.owned) return true;
  return std::ranges::any_of(*input.owned, [&](const auto& topic) {
    return std::ranges::any_of(topic.second, [&](PartitionId partition) {
      return contains(partitions, topic.first, partition);
    });
  });
}

void move_to(ConsumerMember& member, std::int32_t epoch) {
  member.previous_epoch = std::exchange(member.epoch, epoch);
}

/// Takes away what the member is not subscribed to any more; its target may not know yet.
ConsumerMember drop_unsubscribed(const ReconcileInput& input) {
  ConsumerMember next = input.member;
  for (const auto& [topic, partitions] : input.member.assigned) {
    if (input.subscribed.contains(topic)) continue;
    next.assigned.erase(topic);
    next.pending_revocation[topic].insert(partitions.begin(), partitions.end());
  }
  if (next.assigned.size() == input.member.assigned.size()) return next;
  if (!owns_any(input, next.pending_revocation)) {
    next.pending_revocation = input.member.pending_revocation;  // given up already
    return next;
  }
  next.state = MemberState::unrevoked_partitions;
  return next;
}

struct Difference {
  EpochPartitions kept;
  EpochPartitions to_revoke;
  TopicPartitions to_assign;
  bool some_are_unreleased{false};
};

Difference compare(const ReconcileInput& input) {
  Difference result;
  const ConsumerMember& member = input.member;
  const auto in_target = [&](const Uuid& topic, PartitionId partition) {
    const auto found = input.target.find(topic);
    return found != input.target.end() && input.subscribed.contains(topic) &&
           std::ranges::binary_search(found->second, partition);
  };
  for (const auto& [topic, partitions] : member.assigned) {
    for (const auto& [partition, epoch] : partitions) {
      auto& to = in_target(topic, partition) ? result.kept : result.to_revoke;
      to[topic].emplace(partition, epoch);
    }
  }
  for (const auto& [topic, partitions] : input.target) {
    if (!input.subscribed.contains(topic)) continue;
    for (const PartitionId partition : partitions) {
      if (contains(result.kept, topic, partition)) continue;
      // What it is giving up itself it can have back.
      if (input.is_free(topic, partition) ||
          contains(member.pending_revocation, topic, partition)) {
        result.to_assign[topic].push_back(partition);
      } else {
        result.some_are_unreleased = true;
      }
    }
  }
  return result;
}

ConsumerMember approach_target(const ReconcileInput& input, std::int32_t epoch) {
  ConsumerMember next = input.member;
  Difference difference = compare(input);
  next.assigned = std::move(difference.kept);
  if (!difference.to_revoke.empty() && owns_any(input, difference.to_revoke)) {
    next.state = MemberState::unrevoked_partitions;
    move_to(next, epoch);
    next.pending_revocation = std::move(difference.to_revoke);
    return next;
  }
  for (const auto& [topic, partitions] : difference.to_assign) {
    for (const PartitionId partition : partitions) {
      next.assigned[topic].emplace(partition, input.target_epoch);
    }
  }
  next.state =
      difference.some_are_unreleased ? MemberState::unreleased_partitions : MemberState::stable;
  move_to(next, input.target_epoch);
  next.pending_revocation.clear();
  return next;
}

}  // namespace

std::optional<ConsumerMember> reconcile(const ReconcileInput& input) {
  const ConsumerMember& member = input.member;
  switch (member.state) {
    case MemberState::stable:
      if (member.epoch != input.target_epoch) return approach_target(input, member.epoch);
      return input.has_subscription_changed ? drop_unsubscribed(input) : member;
    case MemberState::unrevoked_partitions:
      if (owns_any(input, member.pending_revocation)) {
        return input.has_subscription_changed ? drop_unsubscribed(input) : member;
      }
      // A change of subscription may have brought it here with no newer target.
      return approach_target(input, std::min(member.epoch + 1, input.target_epoch));
    case MemberState::unreleased_partitions:
      return approach_target(input, member.epoch);
    case MemberState::unknown:
      if (!input.owned || !input.owned->empty()) return std::nullopt;
      return approach_target(input, input.target_epoch);
  }
  return member;
}

}  // namespace moldau::coordinator
