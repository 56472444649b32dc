// Offsets that nobody has use for, and groups that have neither offsets nor members (KIP-211).

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

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

void note_expired(const std::string& group, std::size_t count, Effects& effects) {
  if (count == 0) return;
  effects.events.push_back({.kind = GroupEvent::Kind::offsets_expired,
                            .group = group,
                            .text = fmt::format("{} offsets have expired", count)});
}

}  // namespace

void Groups::State::schedule_sweep(MonoTime at) {
  shared.timers.set(sweep_timer, at, {GroupTimer::Kind::sweep, nullptr, {}});
}

void Groups::State::sweep(const Context& context, Effects& effects) {
  const std::size_t records_before = effects.records.size();
  std::size_t left = swept_groups_max;
  if (!sweeps_consumer_groups) {
    auto at = swept_to ? groups.upper_bound(*swept_to) : groups.begin();
    for (; left > 0 && at != groups.end(); --left, ++at) {
      const ClassicGroup& group = *at->second;
      swept_to = at->first;
      const bool has_offsets = expire_offsets(context, group, effects);
      if (has_offsets || group.state() != GroupState::empty || group.has_pending_members())
        continue;
      effects.records.push_back(group_tombstone(group.id()));
    }
    if (at == groups.end()) {
      sweeps_consumer_groups = true;
      swept_to.reset();
    }
  }
  if (sweeps_consumer_groups) sweep_consumer_groups(context, left, effects);
  if (effects.records.size() > records_before) {
    effects.notes.push_back(fmt::format("{} tombstones for expired offsets and unused groups",
                                        effects.records.size() - records_before));
  }
  const bool is_done = !sweeps_consumer_groups && !swept_to;
  schedule_sweep(is_done
                     ? context.now + milliseconds(shared.config.offsets_retention_check_interval_ms)
                     : context.now);
}

/// The second half of a sweep.
void Groups::State::sweep_consumer_groups(const Context& context, std::size_t limit,
                                          Effects& effects) {
  std::vector<std::string> unused;
  auto at = swept_to ? consumer_groups.upper_bound(*swept_to) : consumer_groups.begin();
  for (; limit > 0 && at != consumer_groups.end(); --limit, ++at) {
    swept_to = at->first;
    const bool has_offsets = expire_offsets(context, *at->second, effects);
    if (!has_offsets && at->second->members().empty()) unused.push_back(at->first);
  }
  if (at == consumer_groups.end()) {
    sweeps_consumer_groups = false;
    swept_to.reset();
  }
  for (const std::string& id : unused) drop_empty_consumer_group(id, context, effects);
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
  const std::size_t records_before = effects.records.size();
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
  note_expired(group.id(), effects.records.size() - records_before, effects);
  return some_stay;
}

/// They count from their commits. Topics that somebody subscribes to keep theirs.
bool Groups::State::expire_offsets(const Context& context, const ConsumerGroup& group,
                                   Effects& effects) const {
  const Offsets::Topics* const topics = offsets.of_group(group.id());
  if (topics == nullptr) return false;
  const std::size_t records_before = effects.records.size();
  bool some_stay = false;
  for (const auto& [topic, partitions] : *topics) {
    const bool is_subscribed = group.is_subscribed_to(topic);
    for (const auto& [partition, committed] : partitions) {
      if (!is_subscribed && has_expired(committed, std::nullopt, shared.config, context.wall)) {
        effects.records.push_back(offset_tombstone(group.id(), topic, partition));
      } else {
        some_stay = true;
      }
    }
  }
  note_expired(group.id(), effects.records.size() - records_before, effects);
  return some_stay;
}

}  // namespace moldau::coordinator
