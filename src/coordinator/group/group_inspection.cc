#include "coordinator/group/group_inspection.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "coordinator/group/cluster_topics.h"
#include "coordinator/group/groups_state.h"

namespace moldau::coordinator {
namespace {

using Wait = GroupInspection::Wait;

std::int64_t ms(Duration duration) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
}

/// Of a timer that was set for `timeout_ms`: how long ago, and how long it still runs.
std::optional<std::int64_t> ms_since_set(const GroupTimers::Timer& timer, std::int64_t timeout_ms,
                                         MonoTime now) {
  if (!timer.is_set()) return std::nullopt;
  return std::max<std::int64_t>(0, timeout_ms - ms(timer.deadline() - now));
}
std::optional<std::int64_t> ms_left(const GroupTimers::Timer& timer, MonoTime now) {
  if (!timer.is_set()) return std::nullopt;
  return std::max<std::int64_t>(0, ms(timer.deadline() - now));
}

void add(std::vector<Wait>& waits, Wait wait) {
  if (waits.size() < GroupInspection::members_max) waits.push_back(std::move(wait));
}

std::string partition_text(const Uuid& topic, PartitionId partition, const ClusterTopics* topics) {
  const auto found = topics == nullptr ? std::nullopt : topics->find(topic);
  return fmt::format("{}:{}", found ? std::string(found->name) : topic.to_string(), partition);
}

std::vector<std::string> partition_texts(const EpochPartitions& partitions,
                                         const ClusterTopics* topics) {
  constexpr std::size_t shown_max = 20;
  std::vector<std::string> texts;
  for (const auto& [topic, of_topic] : partitions) {
    for (const auto& [partition, epoch] : of_topic) {
      if (texts.size() == shown_max) return texts;
      texts.push_back(partition_text(topic, partition, topics));
    }
  }
  return texts;
}

/// What keeps a member of the consumer protocol from its target; null: nothing of its own.
std::optional<std::string_view> owes(const ConsumerMember& member, std::int32_t target_epoch) {
  if (member.epoch == leave_group_static_epoch) return "to come back";
  if (member.state == MemberState::unrevoked_partitions) return "to give up partitions";
  if (member.state == MemberState::stable && member.epoch < target_epoch) {
    return member.classic ? "to join again" : "for its next heartbeat";
  }
  return std::nullopt;
}

std::string_view doing(const ConsumerMember& member, std::int32_t target_epoch) {
  if (member.epoch == leave_group_static_epoch) return "is away";
  if (member.state == MemberState::unrevoked_partitions) return "gives up partitions";
  if (member.state == MemberState::unreleased_partitions) return "waits for partitions of others";
  return member.epoch < target_epoch ? "has not heard of the new assignment" : "stable";
}

}  // namespace

GroupInspection ClassicGroup::inspect(const Context& context) const {
  GroupInspection result;
  result.type = "classic";
  result.state = name(state_);
  if (state_since_) {
    result.state_for_ms = std::max<std::int64_t>(0, context.wall.value - state_since_->value);
  }
  result.generation = generation_;
  result.protocol_type = protocol_type_.value_or("");
  result.protocol = protocol_.value_or("");
  result.leader = leader_.value_or("");
  result.member_count = members_.size();
  result.ids_given_out = pending_.size();
  for (const auto& [id, member] : members_) {
    if (result.members.size() == GroupInspection::members_max) break;
    const std::int64_t session_ms =
        member->is_new ? new_member_join_timeout_ms : member->session_timeout_ms;
    const bool waits = member->join || member->sync;
    result.members.push_back(
        {.id = member->id,
         .instance_id = member->instance_id.value_or(""),
         .client_id = member->client_id,
         .client_host = member->client_host,
         .epoch = {},
         .speaks_classic = true,
         .session_timeout_ms = member->session_timeout_ms,
         .rebalance_timeout_ms = member->rebalance_timeout_ms,
         .heard_ms_ago =
             waits ? std::nullopt : ms_since_set(member->session, session_ms, context.now),
         .doing = member->join   ? "waits in JoinGroup"
                  : member->sync ? "waits in SyncGroup"
                                 : doing(*member)});
  }
  add_waits(context, result);
  return result;
}

std::string_view ClassicGroup::doing(const Member& member) const {
  if (state_ == GroupState::preparing_rebalance) return "has not joined again";
  if (member.owes_sync) return "has not asked for its assignment";
  return "stable";
}

void ClassicGroup::add_waits(const Context& context, GroupInspection& result) const {
  const auto wait_for = [&](const Member& member, std::string_view what,
                            const GroupTimers::Timer& timer) {
    add(result.waits_for, {.member = member.id,
                           .client = client_text(member.client_id, member.client_host),
                           .what = what,
                           .for_ms = result.state_for_ms,
                           .left_ms = ms_left(timer, context.now)});
  };
  if (state_ == GroupState::preparing_rebalance) {
    if (is_initial_rebalance()) {
      add(result.waits_for, {.member = {},
                             .client = {},
                             .what = "more members, for group.initial.rebalance.delay.ms",
                             .for_ms = result.state_for_ms,
                             .left_ms = ms_left(join_timer_, context.now)});
    }
    for (const auto& [id, member] : members_) {
      if (!member->join) wait_for(*member, "to join again", join_timer_);
    }
    for (const auto& [id, timer] : pending_) {
      add(result.waits_for, {.member = id,
                             .client = {},
                             .what = "to join with the id that it was given",
                             .for_ms = {},
                             .left_ms = ms_left(timer, context.now)});
    }
  }
  if (state_ == GroupState::completing_rebalance && leader_) {
    const Member& leader = *members_.find(*leader_)->second;
    wait_for(leader, "to say, as the leader, who has what", sync_timer_);
    for (const auto& [id, member] : members_) {
      if (member->owes_sync && member.get() != &leader) {
        wait_for(*member, "to ask for its assignment", sync_timer_);
      }
    }
  }
}

namespace {

GroupInspection inspect_consumer(const ConsumerGroup& group, const GroupsConfig& config,
                                 const Context& context) {
  GroupInspection result;
  result.type = "consumer";
  result.state = name(group.state());
  result.generation = group.epoch();
  result.target_epoch = group.target_epoch();
  result.protocol_type = "consumer";
  const std::string* const assignor = group.preferred_assignor();
  result.protocol = assignor != nullptr ? *assignor : config.consumer_assignors.front();
  result.member_count = group.members().size();
  const auto overrides =
      context.topics == nullptr ? GroupOverrides{} : context.topics->group_overrides(group.id());
  for (const auto& [id, member] : group.members()) {
    const auto* const timers = group.find_timers(id);
    const std::int64_t session_ms =
        member.classic
            ? member.classic->session_timeout_ms
            : overrides.consumer_session_timeout_ms.value_or(config.consumer_session_timeout_ms);
    if (const auto what = owes(member, group.target_epoch())) {
      Wait wait{.member = id,
                .client = client_text(member.client_id, member.client_host),
                .what = *what,
                .partitions = partition_texts(member.pending_revocation, context.topics)};
      if (timers != nullptr && timers->rebalance.is_set()) {
        wait.for_ms = ms_since_set(timers->rebalance, member.rebalance_timeout_ms, context.now);
        wait.left_ms = ms_left(timers->rebalance, context.now);
      }
      add(result.waits_for, std::move(wait));
    }
    if (result.members.size() == GroupInspection::members_max) continue;
    result.members.push_back(
        {.id = id,
         .instance_id = member.instance_id.value_or(""),
         .client_id = member.client_id,
         .client_host = member.client_host,
         .epoch = member.epoch,
         .speaks_classic = member.classic.has_value(),
         .session_timeout_ms = session_ms,
         .rebalance_timeout_ms = member.rebalance_timeout_ms,
         .heard_ms_ago = timers == nullptr ? std::nullopt
                                           : ms_since_set(timers->session, session_ms, context.now),
         .doing = doing(member, group.target_epoch())});
  }
  return result;
}

}  // namespace

std::optional<GroupInspection> Groups::inspect(const Context& context,
                                               std::string_view group_id) const {
  if (const ClassicGroup* const group = state_->find(group_id)) return group->inspect(context);
  const ConsumerGroup* const group = state_->find_consumer(group_id);
  if (group == nullptr) return std::nullopt;
  return inspect_consumer(*group, state_->shared.config, context);
}

}  // namespace moldau::coordinator
