// Requests to groups of the consumer protocol, and what the shell tells them.

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "coordinator/group/consumer/heartbeat.h"
#include "coordinator/group/consumer/migration.h"
#include "coordinator/group/consumer/regexes.h"
#include "coordinator/group/group_records.h"
#include "coordinator/group/groups_state.h"

namespace moldau::coordinator {

using protocol::ConsumerGroupDescribeResponse;
using protocol::ConsumerGroupHeartbeatRequest;
using protocol::ConsumerGroupHeartbeatResponse;
using protocol::ErrorCode;
using DescribedGroup = ConsumerGroupDescribeResponse::DescribedGroup;

namespace {

std::string_view group_of(const ConsumerEntry& entry) {
  return std::visit([](const auto& of_kind) { return of_kind.group.view(); }, entry);
}

bool is_tombstone(const ConsumerEntry& entry) {
  if (const auto* const old = std::get_if<ConsumerPartitionMetadataEntry>(&entry)) {
    return !old->exists;
  }
  return std::visit(
      [](const auto& of_kind) {
        if constexpr (requires { of_kind.value; }) return !of_kind.value.has_value();
        return false;
      },
      entry);
}

/// A group that only holds offsets: no record says that it is of the classic protocol.
bool only_holds_offsets(const ClassicGroup& group) {
  return !group.protocol_type() && group.state() == GroupState::empty;
}

Refusal not_a_consumer_group(const ClassicGroup* classic, std::string_view group_id) {
  return {ErrorCode::group_id_not_found,
          classic == nullptr ? fmt::format("Consumer group {} not found.", group_id)
                             : fmt::format("Group {} is not a consumer group.", group_id)};
}

std::string fenced_because(const GroupTimer& timer, const ConsumerMember& member) {
  switch (timer.kind) {
    case GroupTimer::Kind::consumer_rebalance:
      return fmt::format("it has not left epoch {} within {} ms", member.epoch,
                         member.rebalance_timeout_ms);
    case GroupTimer::Kind::consumer_join:
      return "it has not joined again within its rebalance timeout";
    case GroupTimer::Kind::consumer_sync:
      return "it has not fetched its assignment within its rebalance timeout";
    default:
      return "its session has expired";
  }
}

/// For the history: who has been fenced, or does not fit in.
GroupEvent refused_event(const ConsumerGroupHeartbeatRequest& request, const Caller& caller,
                         const Refusal& refusal) {
  const bool is_fenced = refusal.error == ErrorCode::fenced_member_epoch ||
                         refusal.error == ErrorCode::fenced_instance_id ||
                         refusal.error == ErrorCode::unknown_member_id ||
                         refusal.error == ErrorCode::stale_member_epoch;
  return {.kind = is_fenced ? GroupEvent::Kind::fenced : GroupEvent::Kind::turned_away,
          .group = request.group_id.str(),
          .member = request.member_id.str(),
          .client = client_text(caller.client_id, caller.client_host),
          .text = fmt::format("a heartbeat is refused ({}): {}", refusal.error, refusal.message)};
}

/// Topics that are gone have no name to say.
std::vector<ConsumerGroupDescribeResponse::TopicPartitions> describe_partitions(
    const TopicPartitions& partitions, const ClusterTopics* topics) {
  std::vector<ConsumerGroupDescribeResponse::TopicPartitions> result;
  if (topics == nullptr) return result;
  for (const auto& [id, of_topic] : partitions) {
    if (const auto topic = topics->find(id)) {
      result.push_back({id, Text::copy(topic->name), of_topic});
    }
  }
  return result;
}

void add(TopicPartitions& to, const EpochPartitions& partitions) {
  for (const auto& [topic, of_topic] : partitions) {
    std::vector<PartitionId> list;
    for (const auto& [partition, epoch] : of_topic) list.push_back(partition);
    add_partitions(to, topic, list);
  }
}

ConsumerGroupDescribeResponse::Member describe_member(const ConsumerGroup& group,
                                                      const ConsumerMember& member,
                                                      const ClusterTopics* topics) {
  constexpr std::int8_t classic_type = 0;
  constexpr std::int8_t consumer_type = 1;
  const auto copy = [](const std::optional<std::string>& text) {
    return text ? std::optional(Text::copy(*text)) : std::nullopt;
  };
  ConsumerGroupDescribeResponse::Member result;
  result.member_id = Text::copy(member.id);
  result.instance_id = copy(member.instance_id);
  result.rack_id = copy(member.rack_id);
  result.member_epoch = member.epoch;
  result.client_id = Text::copy(member.client_id);
  result.client_host = Text::copy(member.client_host);
  for (const std::string& name : member.topic_names) {
    result.subscribed_topic_names.push_back(Text::copy(name));
  }
  result.subscribed_topic_regex = Text::copy(member.topic_regex);
  TopicPartitions held;
  add(held, member.assigned);
  add(held, member.pending_revocation);
  result.assignment.topic_partitions = describe_partitions(held, topics);
  result.target_assignment.topic_partitions =
      describe_partitions(group.target_of(member.id), topics);
  result.member_type = member.classic ? classic_type : consumer_type;
  return result;
}

}  // namespace

Atomicity Groups::State::atomicity_of(const Effects& effects) const {
  std::size_t size = 0;
  for (const Record& record : effects.records) size += record.size();
  return size > shared.config.step_bytes_max ? Atomicity::may_split : Atomicity::one_batch;
}

Result<> Groups::State::apply(ConsumerEntry&& entry) {
  const std::string_view id = group_of(entry);
  const auto found = consumer_groups.find(id);
  if (is_tombstone(entry)) {
    if (found == consumer_groups.end()) return {};
    if (std::holds_alternative<ConsumerGroupEntry>(entry)) {
      consumer_groups.erase(found);
    } else {
      found->second->apply(std::move(entry));
    }
    return {};
  }
  if (found != consumer_groups.end()) {
    found->second->apply(std::move(entry));
    return {};
  }
  if (const auto classic = groups.find(id); classic != groups.end()) {
    if (!only_holds_offsets(*classic->second)) {
      return fail(Errc::corrupt, fmt::format("group {:?} is not a consumer group", id));
    }
    groups.erase(classic);
  }
  auto group = std::make_unique<ConsumerGroup>(std::string(id));
  ConsumerGroup& made = *consumer_groups.emplace(group->id(), std::move(group)).first->second;
  made.apply(std::move(entry));
  return {};
}

ConsumerGroup& Groups::State::make_consumer(std::string_view group_id, Effects& effects) {
  if (const auto classic = groups.find(group_id); classic != groups.end()) {
    effects.records.push_back(group_tombstone(group_id));
    effects.notes.push_back(
        fmt::format("group {:?} was empty and becomes one of the consumer protocol", group_id));
    effects.events.push_back(
        {.kind = GroupEvent::Kind::migrated,
         .group = std::string(group_id),
         .text = "the group was empty and becomes one of the consumer protocol"});
    groups.erase(classic);
  }
  auto group = std::make_unique<ConsumerGroup>(std::string(group_id));
  return *consumer_groups.emplace(group->id(), std::move(group)).first->second;
}

void Groups::State::drop_empty_consumer_group(std::string_view group_id, const Context& context,
                                              Effects& effects) {
  const auto found = consumer_groups.find(group_id);
  if (found == consumer_groups.end() || !found->second->members().empty()) return;
  ConsumerGroupWriter(*found->second, consumer_shared, context, effects).erase_group();
  consumer_groups.erase(found);
}

void Groups::State::on_consumer_timer(const Context& context, const GroupTimer& timer,
                                      Effects& effects) {
  ConsumerGroup& group = *timer.consumer_group;
  const std::string id(timer.member_id);
  const ConsumerMember* const member = group.find(id);
  if (member == nullptr) return;
  if (timer.kind == GroupTimer::Kind::consumer_rebalance &&
      member->epoch != group.timers_of(id).second.rebalance_epoch) {
    return;
  }
  const EpochReason reason{
      timer.kind == GroupTimer::Kind::consumer_session ? GroupEvent::Kind::session_timeout
                                                       : GroupEvent::Kind::rebalance_timeout,
      fmt::format("member {:?} is fenced: {}", id, fenced_because(timer, *member))};
  effects.notes.push_back(
      fmt::format("group {:?}: epoch {}: {}", group.id(), group.epoch() + 1, reason.text));
  effects.events.push_back(event_of(group, reason.cause, member, reason.text));
  effects.events.push_back(rebalance_of(group, group.epoch() + 1, reason));
  fence(group, {id}, context, effects);
}

GroupStep<ConsumerGroupHeartbeatResponse> Groups::consumer_heartbeat(
    const Context& context, const Caller& caller, const ConsumerGroupHeartbeatRequest& request) {
  const GroupsConfig& config = state_->shared.config;
  if (auto refusal = check_heartbeat(request, caller.version, config)) {
    return answer(refused(std::move(*refusal)));
  }
  const auto refuse = [&](Refusal refusal) {
    Effects effects;
    effects.events.push_back(refused_event(request, caller, refusal));
    return answer(refused(std::move(refusal)), std::move(effects));
  };
  ConsumerGroup* group = state_->find_consumer(request.group_id);
  const ClassicGroup* const classic = state_->find(request.group_id);
  std::unique_ptr<ConsumerGroup> upgraded;
  if (group == nullptr) {
    if (request.member_epoch != 0) {
      return answer(refused(not_a_consumer_group(classic, request.group_id)));
    }
    if (classic != nullptr && classic->state() != GroupState::empty) {
      auto converted = as_consumer_group(*classic, config, context.topics);
      if (!converted) return refuse(std::move(converted.error()));
      upgraded = std::move(*converted);
    }
  }
  Effects effects;
  if (request.member_epoch < 0) {
    const auto leaving = find_leaving(*group, request);
    if (!leaving) return answer(refused(leaving.error()));
    auto response = state_->leave(*group, **leaving, request, context, effects);
    const Atomicity atomicity = state_->atomicity_of(effects);
    return answer(std::move(response), std::move(effects), atomicity);
  }
  const ConsumerGroup none{std::string(request.group_id.view())};
  const ConsumerGroup& known = group != nullptr ? *group : upgraded ? *upgraded : none;
  std::string member_id =
      request.member_id.empty() ? context.fresh_uuid().to_string() : request.member_id.str();
  auto sender = admit(known, request, std::move(member_id), config);
  if (!sender) return refuse(std::move(sender.error()));
  const ConsumerMember next = updated(sender->member, caller, request);
  if (auto refusal = check_regex(known, sender->member, next)) {
    return answer(refused(std::move(*refusal)));
  }
  if (!has_room_for(known, next, caller, config)) {
    return refuse({ErrorCode::group_max_size_reached,
                   "The group has no room for what the member says of itself."});
  }
  // From here on nothing is refused: what is done now is written.
  if (upgraded) {
    group = &state_->upgrade(std::move(upgraded), context, effects);
  } else if (group == nullptr) {
    group = &state_->make_consumer(request.group_id, effects);
  }
  ConsumerGroupsShared& shared = state_->consumer_shared;
  Heartbeat heartbeat{*group, shared, context, caller.may_describe, owned_by(request), effects};
  const ConsumerMember& now = heartbeat.advance(*sender, next);
  auto response =
      answer_heartbeat(request, sender->member, now,
                       shared.settings(request.group_id, context).heartbeat_interval_ms);
  const Atomicity atomicity = state_->atomicity_of(effects);
  return answer(std::move(response), std::move(effects), atomicity);
}

ConsumerGroupHeartbeatResponse Groups::State::leave(ConsumerGroup& group,
                                                    const ConsumerMember& member,
                                                    const ConsumerGroupHeartbeatRequest& request,
                                                    const Context& context, Effects& effects) {
  ConsumerGroupHeartbeatResponse response;
  response.member_id = Text::copy(member.id);
  response.member_epoch = request.member_epoch;
  if (request.instance_id && request.member_epoch == leave_group_static_epoch) {
    ConsumerGroupWriter writer(group, consumer_shared, context, effects);
    leave_for_a_while(group, member, writer, effects);
    return response;
  }
  const EpochReason reason{GroupEvent::Kind::left, fmt::format("member {:?} leaves", member.id)};
  effects.notes.push_back(
      fmt::format("group {:?}: epoch {}: {}", group.id(), group.epoch() + 1, reason.text));
  effects.events.push_back(event_of(group, reason.cause, &member, reason.text));
  effects.events.push_back(rebalance_of(group, group.epoch() + 1, reason));
  fence(group, {member.id}, context, effects);
  return response;
}

GroupStep<DescribedGroup> Groups::consumer_describe(const Context& context,
                                                    std::string_view group_id) {
  DescribedGroup response;
  response.group_id = Text::copy(group_id);
  const ConsumerGroup* const group = state_->find_consumer(group_id);
  if (group == nullptr) {
    response.error_code = ErrorCode::group_id_not_found;
    response.error_message = Text(state_->find(group_id) == nullptr
                                      ? fmt::format("Group {} not found.", group_id)
                                      : fmt::format("Group {} is not a consumer group.", group_id));
    return answer(std::move(response));
  }
  response.group_state = Text::view(name(group->state()));
  response.group_epoch = group->epoch();
  response.assignment_epoch = group->target_epoch();
  const std::string* const assignor = group->preferred_assignor();
  response.assignor_name = Text::copy(
      assignor != nullptr ? *assignor : state_->shared.config.consumer_assignors.front());
  for (const auto& [id, member] : group->members()) {
    response.members.push_back(describe_member(*group, member, context.topics));
  }
  return answer(std::move(response));
}

void Groups::on_topics_changed(std::span<const std::string> names,
                               std::optional<std::int64_t> with_new_at_version) {
  if (with_new_at_version) state_->consumer_shared.new_topics_version = *with_new_at_version;
  for (const std::string& topic : names) state_->consumer_shared.hashes.forget(topic);
  for (const auto& [id, group] : state_->consumer_groups) {
    const bool is_concerned = std::ranges::any_of(
        names, [&](const std::string& topic) { return group->is_subscribed_to(topic); });
    if (is_concerned) group->fresh_until.reset();
  }
}

}  // namespace moldau::coordinator
