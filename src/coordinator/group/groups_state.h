#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "coordinator/group/classic_group.h"
#include "coordinator/group/consumer/consumer_group.h"
#include "coordinator/group/consumer/group_writer.h"
#include "coordinator/group/groups.h"
#include "coordinator/group/offsets.h"

namespace moldau::coordinator {

/// Of one sweep for expired offsets; the rest of the groups is due at once.
inline constexpr std::size_t swept_groups_max = 1'000;

struct Groups::State {
  explicit State(GroupsConfig config)
      : shared{.config = std::move(config), .timers{}},
        consumer_shared{.config = shared.config, .timers = shared.timers, .hashes{}} {}

  /// Null: there is none.
  ClassicGroup* find(std::string_view group_id) {
    const auto found = groups.find(group_id);
    return found == groups.end() ? nullptr : found->second.get();
  }
  ClassicGroup& make(std::string_view group_id, std::optional<WallMs> since) {
    auto group = std::make_unique<ClassicGroup>(std::string(group_id), shared, since);
    return *groups.emplace(group->id(), std::move(group)).first->second;
  }

  /// Null: there is none of the consumer protocol.
  ConsumerGroup* find_consumer(std::string_view group_id) {
    const auto found = consumer_groups.find(group_id);
    return found == consumer_groups.end() ? nullptr : found->second.get();
  }
  bool has(std::string_view group_id) {
    return find(group_id) != nullptr || find_consumer(group_id) != nullptr;
  }

  // consumer/consumer_requests.cc
  /// A record of a consumer group. Errc::corrupt: it is said to be a classic one.
  Result<> apply(ConsumerEntry&& entry);
  /// Deletes the group if it is of the consumer protocol and nobody is in it.
  void drop_empty_consumer_group(std::string_view group_id, const Context& context,
                                 Effects& effects);
  ConsumerGroup& make_consumer(std::string_view group_id, Effects& effects);
  /// One batch, or, if that would be too large, several: a prefix of such a step is a state to go
  /// on from, as a target whose epoch is old is computed again.
  Atomicity atomicity_of(const Effects& effects) const;
  protocol::ConsumerGroupHeartbeatResponse leave(
      ConsumerGroup& group, const ConsumerMember& member,
      const protocol::ConsumerGroupHeartbeatRequest& request, const Context& context,
      Effects& effects);
  // consumer/classic_members.cc: the group may not be there any more when these return
  protocol::JoinGroupResponse join_consumer_group(ConsumerGroup& group, const Context& context,
                                                  const Caller& caller,
                                                  const protocol::JoinGroupRequest& request,
                                                  Effects& effects);
  protocol::SyncGroupResponse sync_consumer_group(ConsumerGroup& group, const Context& context,
                                                  const protocol::SyncGroupRequest& request,
                                                  Effects& effects);
  protocol::ErrorCode heartbeat_consumer_group(ConsumerGroup& group, const Context& context,
                                               const protocol::HeartbeatRequest& request);
  /// Puts the group in the place of the classic one of its id.
  ConsumerGroup& upgrade(std::unique_ptr<ConsumerGroup> group, const Context& context,
                         Effects& effects);
  bool may_downgrade(const ConsumerGroup& group, const std::set<std::string>& without) const;
  /// `reason`: why its members are to join again; empty: they are not.
  ClassicGroup& downgrade(ConsumerGroup& group, const std::set<std::string>& without,
                          std::string_view reason, const Context& context, Effects& effects);
  /// Removes members; if only such of the classic protocol stay, the group becomes a classic one.
  void fence(ConsumerGroup& group, const std::set<std::string>& members, const Context& context,
             Effects& effects);

  void on_consumer_timer(const Context& context, const GroupTimer& timer, Effects& effects);

  // expiry.cc
  void schedule_sweep(MonoTime at);
  void sweep(const Context& context, Effects& effects);
  void sweep_consumer_groups(const Context& context, std::size_t limit, Effects& effects);
  bool expire_offsets(const Context& context, const ClassicGroup& group, Effects& effects) const;
  bool expire_offsets(const Context& context, const ConsumerGroup& group, Effects& effects) const;

  ClassicGroup::Shared shared;  ///< first: groups hold timers of it
  ConsumerGroupsShared consumer_shared;
  /// No id is in both.
  std::map<std::string, std::unique_ptr<ClassicGroup>, std::less<>> groups;
  std::map<std::string, std::unique_ptr<ConsumerGroup>, std::less<>> consumer_groups;
  Offsets offsets;
  bool is_loaded{false};
  GroupTimers::Timer sweep_timer;
  bool sweeps_consumer_groups{false};   ///< the second half of the sweep
  std::optional<std::string> swept_to;  ///< the last group of its half that it has visited
};

/// The step of a decision whose answer is given now.
template <class Reply>
GroupStep<Reply> answer(Reply reply, Effects effects = {},
                        Atomicity atomicity = Atomicity::one_batch) {
  return {.records = std::move(effects.records),
          .reply = std::move(reply),
          .released = std::move(effects.released),
          .atomicity = atomicity,
          .notes = std::move(effects.notes),
          .events = std::move(effects.events)};
}

/// The step of a decision that may have parked its answer, or released it at once.
template <class Reply>
GroupStep<Reply> answer_or_park(std::optional<Reply> reply, ReplyId id, Effects effects) {
  const auto own = std::ranges::find(effects.released, id, &Release<ParkedGroupReply>::id);
  if (own != effects.released.end()) {
    reply = std::get<Reply>(std::move(own->response));
    effects.released.erase(own);
  }
  return {.records = std::move(effects.records),
          .reply = std::move(reply),
          .released = std::move(effects.released),
          .atomicity = Atomicity::one_batch,
          .notes = std::move(effects.notes),
          .events = std::move(effects.events)};
}

}  // namespace moldau::coordinator
