// The phases of a rebalance, and what happens when time is up in one.

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "coordinator/group/classic_group.h"
#include "coordinator/group/group_records.h"
#include "coordinator/group/replies.h"

namespace moldau::coordinator {

using protocol::ErrorCode;

void ClassicGroup::rebalance_or_complete(const Context& context, const Reason& reason,
                                         Effects& effects) {
  if (state_ == GroupState::preparing_rebalance) {
    maybe_complete_join_phase(context, effects);
  } else {
    prepare_rebalance(context, reason, effects);
  }
}

void ClassicGroup::prepare_rebalance(const Context& context, const Reason& reason,
                                     Effects& effects) {
  if (state_ == GroupState::completing_rebalance) {
    fail_syncs(context, ErrorCode::rebalance_in_progress, effects);
  }
  for (const auto& [id, member] : members_) member->owes_sync = false;
  owing_count_ = 0;
  sync_timer_.cancel();
  std::string text = fmt::format("generation {} rebalances, {}", generation_, reason.text);
  effects.notes.push_back(fmt::format("group {:?}: {}", id_, text));
  happened(GroupEvent::Kind::rebalance, nullptr, std::move(text), effects);
  effects.events.back().cause = reason.cause;

  transition_to(GroupState::preparing_rebalance, context.wall);
  const auto wait = [&](std::int64_t timeout_ms) {
    shared_.timers.set(join_timer_, context.now + milliseconds(timeout_ms),
                       {GroupTimer::Kind::join_phase, this, {}});
  };
  if (is_initial_rebalance()) {
    has_newcomers_ = false;
    initial_delay_ms_ = shared_.config.group_initial_rebalance_delay_ms;
    initial_remaining_ms_ = std::max<std::int64_t>(rebalance_timeout_ms() - initial_delay_ms_, 0);
    wait(initial_delay_ms_);
  } else if (all_joined()) {
    complete_join_phase(context, effects);
  } else {
    wait(rebalance_timeout_ms());
  }
}

/// The round is over without assignments.
void ClassicGroup::fail_syncs(const Context& context, ErrorCode error, Effects& effects) {
  for (const auto& [id, member] : members_) {
    member->assignment = SharedBytes();
    if (release_sync(*member, sync_refusal(error), effects)) set_session(*member, context.now);
  }
}

/// The initial rebalance waits for its delay in any case.
void ClassicGroup::maybe_complete_join_phase(const Context& context, Effects& effects) {
  if (state_ != GroupState::preparing_rebalance || is_initial_rebalance() || !all_joined()) return;
  complete_join_phase(context, effects);
}

void ClassicGroup::on_join_phase_timer(const Context& context, Effects& effects) {
  if (!is_initial_rebalance() || !has_newcomers_) {
    complete_join_phase(context, effects);
    return;
  }
  // Members keep coming: one more delay, within the rebalance timeout. What remains may be nothing.
  has_newcomers_ = false;
  const std::int64_t elapsed_ms = initial_delay_ms_;
  initial_delay_ms_ = std::min<std::int64_t>(shared_.config.group_initial_rebalance_delay_ms,
                                             initial_remaining_ms_);
  initial_remaining_ms_ = std::max<std::int64_t>(initial_remaining_ms_ - elapsed_ms, 0);
  shared_.timers.set(join_timer_, context.now + milliseconds(initial_delay_ms_),
                     {GroupTimer::Kind::join_phase, this, {}});
}

void ClassicGroup::complete_join_phase(const Context& context, Effects& effects) {
  join_timer_.cancel();
  std::vector<Member*> missing;
  for (const auto& [id, member] : members_) {
    if (!member->join && !member->is_static()) missing.push_back(member.get());
  }
  for (Member* const member : missing) {
    std::string text = fmt::format("member {:?} has not joined in time", member->id);
    effects.notes.push_back(fmt::format("group {:?}: {}", id_, text));
    happened(GroupEvent::Kind::rebalance_timeout, member, std::move(text), effects);
    remove_member(*member, effects);
  }
  if (!members_.empty() && !elect_joined_leader(effects)) {
    // Only static members are left and none has joined: their sessions decide.
    const auto timeout_ms = std::max<std::int64_t>(rebalance_timeout_ms(), join_phase_retry_ms_min);
    shared_.timers.set(join_timer_, context.now + milliseconds(timeout_ms),
                       {GroupTimer::Kind::join_phase, this, {}});
    return;
  }
  begin_generation(context, effects);
}

/// The leader stays if it has joined. False: nobody has.
bool ClassicGroup::elect_joined_leader(Effects& effects) {
  if (find(*leader_)->join) return true;
  const auto joined = std::ranges::find_if(
      members_, [](const auto& entry) { return entry.second->join.has_value(); });
  if (joined == members_.end()) return false;
  std::string text =
      fmt::format("leader {:?} has not joined in time, {:?} leads", *leader_, joined->second->id);
  effects.notes.push_back(fmt::format("group {:?}: {}", id_, text));
  happened(GroupEvent::Kind::leader, joined->second.get(), std::move(text), effects);
  leader_ = joined->second->id;
  return true;
}

void ClassicGroup::begin_generation(const Context& context, Effects& effects) {
  generation_ = generation_ == std::numeric_limits<std::int32_t>::max() ? 1 : generation_ + 1;
  if (members_.empty()) {
    protocol_.reset();
    subscribed_topics_ = read_subscriptions();
    transition_to(GroupState::empty, context.wall);
    effects.records.push_back(group_record(id_, value()));
    std::string text = fmt::format("generation {} has no members", generation_);
    effects.notes.push_back(fmt::format("group {:?}: {}", id_, text));
    happened(GroupEvent::Kind::emptied, nullptr, std::move(text), effects);
    return;
  }
  protocol_ = select_protocol();
  subscribed_topics_ = read_subscriptions();
  transition_to(GroupState::completing_rebalance, context.wall);
  std::string text = fmt::format("generation {} of {} members, {:?} leads", generation_,
                                 members_.size(), *leader_);
  effects.notes.push_back(fmt::format("group {:?}: {}", id_, text));
  happened(GroupEvent::Kind::generation, find(*leader_), std::move(text), effects);
  for (const auto& [id, member] : members_) {
    if (member->join) {
      protocol::JoinGroupResponse response = joined(*member, member->join->version);
      release_join(*member, std::move(response), effects);
    }
    member->is_new = false;
    member->owes_sync = true;
    set_session(*member, context.now);
  }
  owing_count_ = members_.size();
  shared_.timers.set(sync_timer_, context.now + milliseconds(rebalance_timeout_ms()),
                     {GroupTimer::Kind::sync_phase, this, {}});
}

void ClassicGroup::on_timer(const Context& context, const GroupTimer& timer, Effects& effects) {
  switch (timer.kind) {
    case GroupTimer::Kind::session:
      return on_session_timer(context, timer.member_id, effects);
    case GroupTimer::Kind::pending_member:
      happened(
          GroupEvent::Kind::session_timeout, nullptr,
          fmt::format("nobody has joined with the id {:?} that was given out", timer.member_id),
          effects);
      pending_.erase(pending_.find(timer.member_id));
      return maybe_complete_join_phase(context, effects);
    case GroupTimer::Kind::join_phase:
      return on_join_phase_timer(context, effects);
    case GroupTimer::Kind::sync_phase:
      return on_sync_phase_timer(context, effects);
    case GroupTimer::Kind::sweep:
    case GroupTimer::Kind::consumer_session:
    case GroupTimer::Kind::consumer_rebalance:
    case GroupTimer::Kind::consumer_join:
    case GroupTimer::Kind::consumer_sync:
      return;
  }
}

/// Who waits for an answer cannot send heartbeats. A new member may have gone, though: it must come
/// again.
void ClassicGroup::on_session_timer(const Context& context, std::string_view member_id,
                                    Effects& effects) {
  Member& member = *find(member_id);
  if (!member.is_new && (member.join || member.sync)) return;
  const std::string reason = fmt::format("member {:?} has not been heard of in time", member.id);
  happened(GroupEvent::Kind::session_timeout, &member,
           fmt::format("{}: its session is {} ms", reason, member.session_timeout_ms), effects);
  remove_member(member, effects);
  if (state_ == GroupState::preparing_rebalance) {
    effects.notes.push_back(fmt::format("group {:?}: {}", id_, reason));
  }
  rebalance_or_complete(context, {GroupEvent::Kind::session_timeout, reason}, effects);
}

void ClassicGroup::on_sync_phase_timer(const Context& context, Effects& effects) {
  std::vector<Member*> owing;
  for (const auto& [id, member] : members_) {
    if (member->owes_sync) owing.push_back(member.get());
  }
  const std::string reason =
      fmt::format("{} members have not asked for their assignments in time", owing.size());
  for (Member* const member : owing) {
    happened(GroupEvent::Kind::rebalance_timeout, member,
             fmt::format("member {:?} has not asked for its assignment in time", member->id),
             effects);
    remove_member(*member, effects);
  }
  prepare_rebalance(context, {GroupEvent::Kind::rebalance_timeout, reason}, effects);
}

}  // namespace moldau::coordinator
