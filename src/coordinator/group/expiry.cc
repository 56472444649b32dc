// Offsets that nobody has use for, and groups that have neither offsets nor members (KIP-211).

#include <fmt/format.h>

#include <algorithm>

#include "coordinator/group/group_records.h"
#include "coordinator/group/groups_state.h"

namespace moldau::coordinator {
namespace {

bool has_expired(const CommittedOffset& committed, std::optional<WallMs> unused_since,
                 const GroupsConfig& config, WallMs now) {
  if (committed.expire_timestamp_ms != -1) return committed.expire_timestamp_ms <= now.value;
  const std::int64_t since = unused_since ? unused_since->value : committed.commit_timestamp_ms;
  return since <= now.value - config.offsets_retention_ms;
}

/// Whether offsets of a group in this state expire at all.
bool may_expire(const ClassicGroup& group) {
  if (!group.protocol_type()) return true;
  if (group.state() == GroupState::empty) return true;
  return group.state() == GroupState::stable && group.knows_subscriptions();
}

}  // namespace

void Groups::State::schedule_sweep(MonoTime at) {
  shared.timers.set(sweep_timer, at, {GroupTimer::Kind::sweep, nullptr, {}});
}

void Groups::State::sweep(const Context& context, Effects& effects) {
  const std::size_t records_before = effects.records.size();
  auto at = swept_to ? groups.upper_bound(*swept_to) : groups.begin();
  for (std::size_t visited = 0; visited < swept_groups_max && at != groups.end(); ++visited, ++at) {
    const ClassicGroup& group = *at->second;
    const bool has_offsets = expire_offsets(context, group, effects);
    if (has_offsets || group.state() != GroupState::empty || group.has_pending_members()) continue;
    effects.records.push_back(group_tombstone(group.id()));
  }
  if (effects.records.size() > records_before) {
    effects.notes.push_back(fmt::format("{} tombstones for expired offsets and unused groups",
                                        effects.records.size() - records_before));
  }
  if (at != groups.end()) {
    swept_to = std::prev(at)->first;
    schedule_sweep(context.now);
  } else {
    swept_to.reset();
    schedule_sweep(context.now + milliseconds(shared.config.offsets_retention_check_interval_ms));
  }
}

/// Whether some offsets of the group stay. They count from when the group became empty, if that is
/// known and the group ever had members, else from their commits.
bool Groups::State::expire_offsets(const Context& context, const ClassicGroup& group,
                                   Effects& effects) const {
  const Offsets::Topics* const topics = offsets.of_group(group.id());
  if (topics == nullptr) return false;
  if (!may_expire(group)) return true;
  const bool counts_from_state = group.protocol_type() && group.state() == GroupState::empty;
  const std::optional<WallMs> unused_since = counts_from_state ? group.state_since() : std::nullopt;
  bool some_stay = false;
  for (const auto& [topic, partitions] : *topics) {
    if (group.is_subscribed_to(topic)) {
      some_stay = true;
      continue;
    }
    for (const auto& [partition, committed] : partitions) {
      if (has_expired(committed, unused_since, shared.config, context.wall)) {
        effects.records.push_back(offset_tombstone(group.id(), topic, partition));
      } else {
        some_stay = true;
      }
    }
  }
  return some_stay;
}

}  // namespace moldau::coordinator
