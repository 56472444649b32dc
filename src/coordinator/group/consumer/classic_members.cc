// Members that speak the classic protocol in a group of the consumer protocol, and the way from
// one kind of group to the other while members are in it (KIP-848).

#include <fmt/format.h>

#include <algorithm>
#include <expected>
#include <utility>

#include "base/check.h"
#include "coordinator/group/consumer/migration.h"
#include "coordinator/group/group_records.h"
#include "coordinator/group/groups_state.h"
#include "coordinator/group/replies.h"
#include "protocol/messages/consumer_protocol.h"

namespace moldau::coordinator {

using protocol::ConsumerProtocolSubscription;
using protocol::ErrorCode;
using protocol::JoinGroupRequest;
using protocol::JoinGroupResponse;
using protocol::SyncGroupRequest;
using protocol::SyncGroupResponse;

namespace {

constexpr std::int16_t member_id_required_since = 4;
constexpr std::string_view consumer_type = "consumer";

bool supports(const ConsumerGroup& group, const JoinGroupRequest& request) {
  if (request.protocol_type.view() != consumer_type) return false;
  return std::ranges::any_of(request.protocols, [&](const auto& protocol) {
    return std::ranges::all_of(group.members(), [&](const auto& entry) {
      const auto& classic = entry.second.classic;
      return !classic || std::ranges::find(classic->protocols, protocol.name.view(),
                                           &ClassicProtocol::name) != classic->protocols.end();
    });
  });
}

/// The member of that id, or of that instance.
std::expected<const ConsumerMember*, ErrorCode> find_member(
    const ConsumerGroup& group, std::string_view member_id,
    const std::optional<Text>& instance_id) {
  const ConsumerMember* const member =
      instance_id ? group.find_static(*instance_id) : group.find(member_id);
  if (member == nullptr) return std::unexpected(ErrorCode::unknown_member_id);
  if (member->id != member_id) return std::unexpected(ErrorCode::fenced_instance_id);
  return member;
}

/// The same, if it speaks the classic protocol and is at this generation.
std::expected<const ConsumerMember*, ErrorCode> find_classic(const ConsumerGroup& group,
                                                             std::string_view member_id,
                                                             const std::optional<Text>& instance_id,
                                                             std::int32_t generation) {
  const auto member = find_member(group, member_id, instance_id);
  if (!member) return member;
  if (!(*member)->classic) return std::unexpected(ErrorCode::unknown_member_id);
  if ((*member)->epoch != generation) return std::unexpected(ErrorCode::illegal_generation);
  return member;
}

std::expected<HeartbeatSender, ErrorCode> find_joining(const ConsumerGroup& group,
                                                       const JoinGroupRequest& request,
                                                       const std::string& member_id) {
  HeartbeatSender sender;
  sender.member.id = member_id;
  if (!request.group_instance_id) {
    if (const ConsumerMember* const known = group.find(member_id)) sender.member = *known;
    return sender;
  }
  if (!request.member_id.empty()) {
    const auto known = find_member(group, member_id, request.group_instance_id);
    if (!known) return std::unexpected(known.error());
    sender.member = **known;
    return sender;
  }
  const ConsumerMember* const owner = group.find_static(*request.group_instance_id);
  if (owner == nullptr) return sender;
  sender = {*owner, owner->id};
  sender.member.id = member_id;
  sender.member.epoch = 0;
  sender.member.previous_epoch = 0;
  return sender;
}

ConsumerMember joined_member(ConsumerMember member, const Caller& caller,
                             const JoinGroupRequest& request,
                             const ConsumerProtocolSubscription& subscription) {
  if (request.group_instance_id) member.instance_id = request.group_instance_id->str();
  if (subscription.rack_id && !subscription.rack_id->empty()) {
    member.rack_id = subscription.rack_id->str();
  }
  const std::int32_t timeout_ms =
      caller.version == 0 ? request.session_timeout_ms : request.rebalance_timeout_ms;
  if (timeout_ms != -1) member.rebalance_timeout_ms = timeout_ms;
  member.topic_names.clear();
  for (const Text& topic : subscription.topics) member.topic_names.emplace(topic.view());
  member.topic_regex.clear();
  member.client_id = caller.client_id;
  member.client_host = caller.client_host;
  member.classic.emplace().session_timeout_ms = request.session_timeout_ms;
  for (const auto& protocol : request.protocols) {
    member.classic->protocols.push_back(
        {protocol.name.str(), SharedBytes::copy(protocol.metadata.bytes())});
  }
  return member;
}

/// Who joins says what it still has; in version 0, nothing: it has given up everything.
TopicPartitions owned_by(const ConsumerProtocolSubscription& subscription,
                         const ClusterTopics* topics) {
  TopicPartitions result;
  for (const auto& named : subscription.owned_partitions) {
    const auto topic = topics == nullptr ? std::nullopt : topics->find(named.topic.view());
    if (topic) add_partitions(result, topic->id, named.partitions);
  }
  return result;
}

JoinGroupResponse joined(std::string_view member_id, std::int32_t generation,
                         std::string_view protocol) {
  JoinGroupResponse response;
  response.generation_id = generation;
  response.protocol_type = Text::view(consumer_type);
  response.protocol_name = Text::copy(protocol);
  response.member_id = Text::copy(member_id);
  return response;
}

/// Some of what the member is to have is others' still.
bool waits_for_others(const ConsumerGroup& group, const ConsumerMember& member) {
  for (const auto& [topic, partitions] : group.target_of(member.id)) {
    for (const PartitionId p : partitions) {
      if (!contains(member.assigned, topic, p) && !group.is_free(topic, p)) return true;
    }
  }
  return false;
}

bool must_join_again(const ConsumerGroup& group, const ConsumerMember& member) {
  return member.epoch < group.target_epoch() || member.state == MemberState::unrevoked_partitions ||
         (member.state == MemberState::unreleased_partitions && !waits_for_others(group, member));
}

}  // namespace

JoinGroupResponse Groups::State::join_consumer_group(ConsumerGroup& group, const Context& context,
                                                     const Caller& caller,
                                                     const JoinGroupRequest& request,
                                                     Effects& effects) {
  const GroupsConfig& config = shared.config;
  const auto refuse = [&](ErrorCode error) {
    return join_refusal(error, request.member_id, caller.version);
  };
  const bool is_new = request.member_id.empty();
  const std::string member_id = is_new ? context.fresh_uuid().to_string() : request.member_id.str();
  if (group.find(member_id) == nullptr &&
      group.members().size() >= static_cast<std::size_t>(config.consumer_max_size)) {
    return refuse(ErrorCode::group_max_size_reached);
  }
  if (!supports(group, request)) {
    effects.events.push_back(event_of(group, GroupEvent::Kind::turned_away, nullptr,
                                      "a member of the classic protocol is turned away: its "
                                      "protocols are not those of the members here"));
    effects.events.back().client = client_text(caller.client_id, caller.client_host);
    return refuse(ErrorCode::inconsistent_group_protocol);
  }
  if (is_new && !request.group_instance_id && caller.version >= member_id_required_since) {
    return join_refusal(ErrorCode::member_id_required, member_id, caller.version);
  }
  const auto sender = find_joining(group, request, member_id);
  if (!sender) return refuse(sender.error());
  const auto subscription = protocol::decode_subscription(request.protocols.front().metadata);
  if (!subscription) return refuse(ErrorCode::inconsistent_group_protocol);

  const ConsumerMember next = joined_member(sender->member, caller, request, subscription->message);
  if (!has_room_for(group, next, caller, config)) {
    return refuse(ErrorCode::group_max_size_reached);
  }
  Heartbeat heartbeat{.group = group,
                      .shared = consumer_shared,
                      .context = context,
                      .may_describe = nullptr,
                      .owned = owned_by(subscription->message, context.topics),
                      .effects = effects};
  if (sender->replaces && may_downgrade(group, {*sender->replaces})) {
    ConsumerGroupWriter writer(group, consumer_shared, context, effects);
    const EpochReason reason = heartbeat.write_member(*sender, next, writer);
    const ClassicGroup& classic = downgrade(group, {}, reason.text, context, effects);
    return joined(member_id, classic.generation(), *classic.protocol());
  }
  const ConsumerMember& now = heartbeat.advance(*sender, next);
  ConsumerGroupWriter(group, consumer_shared, context, effects).expect_sync(now.id);
  return joined(now.id, now.epoch, now.classic->protocols.front().name);
}

SyncGroupResponse Groups::State::sync_consumer_group(ConsumerGroup& group, const Context& context,
                                                     const SyncGroupRequest& request,
                                                     Effects& effects) {
  const auto member =
      find_classic(group, request.member_id, request.group_instance_id, request.generation_id);
  if (!member) return sync_refusal(member.error());
  const ClassicProtocol& protocol = (*member)->classic->protocols.front();
  if ((request.protocol_type && request.protocol_type->view() != consumer_type) ||
      (request.protocol_name && request.protocol_name->view() != protocol.name)) {
    return sync_refusal(ErrorCode::inconsistent_group_protocol);
  }
  ConsumerGroupWriter writer(group, consumer_shared, context, effects);
  // One that has partitions to give up has joined this rebalance; another join follows.
  if (group.target_epoch() > (*member)->epoch &&
      (*member)->state != MemberState::unrevoked_partitions) {
    writer.expect_join((*member)->id);
    return sync_refusal(ErrorCode::rebalance_in_progress);
  }
  writer.has_synced((*member)->id);
  TopicPartitions assigned;
  for (const auto& [topic, partitions] : (*member)->assigned) {
    for (const auto& [partition, epoch] : partitions) assigned[topic].push_back(partition);
  }
  SyncGroupResponse response;
  response.protocol_type = request.protocol_type;
  response.protocol_name = request.protocol_name;
  response.assignment = classic_assignment(assigned, protocol.metadata, context.topics);
  return response;
}

ErrorCode Groups::State::heartbeat_consumer_group(ConsumerGroup& group, const Context& context,
                                                  const protocol::HeartbeatRequest& request) {
  const auto member =
      find_classic(group, request.member_id, request.group_instance_id, request.generation_id);
  if (!member) return member.error();
  Effects none;
  ConsumerGroupWriter writer(group, consumer_shared, context, none);
  writer.start_session((*member)->id);
  if (!must_join_again(group, **member)) return ErrorCode::none;
  writer.expect_join((*member)->id);
  return ErrorCode::rebalance_in_progress;
}

ConsumerGroup& Groups::State::upgrade(std::unique_ptr<ConsumerGroup> group, const Context& context,
                                      Effects& effects) {
  const auto classic = groups.find(group->id());
  std::string text = fmt::format("generation {}: becomes a consumer group, with {} members",
                                 classic->second->generation(), group->members().size());
  effects.notes.push_back(fmt::format("group {:?}: {}", group->id(), text));
  effects.events.push_back(event_of(*group, GroupEvent::Kind::migrated, nullptr, std::move(text)));
  classic->second->release_all(effects);
  effects.records.push_back(group_tombstone(group->id()));
  groups.erase(classic);
  ConsumerGroup& made = *consumer_groups.emplace(group->id(), std::move(group)).first->second;
  ConsumerGroupWriter writer(made, consumer_shared, context, effects);
  writer.write_group();
  for (const auto& [id, member] : made.members()) writer.start_session(id);
  return made;
}

/// Whether all that stay speak the classic protocol, and may go back to it.
bool Groups::State::may_downgrade(const ConsumerGroup& group,
                                  const std::set<std::string>& without) const {
  const GroupsConfig& config = shared.config;
  if (config.consumer_migration_policy != MigrationPolicy::downgrade &&
      config.consumer_migration_policy != MigrationPolicy::bidirectional) {
    return false;
  }
  if (!group.all_are_classic_but(without)) return false;
  if (group.members().size() - without.size() > static_cast<std::size_t>(config.group_max_size)) {
    return false;
  }
  // A classic group is one record, which has to fit, also with what its members are assigned.
  return without.size() == group.members().size() ||
         group_record(group.id(), as_classic_group(group, without, {}, nullptr)).size() <=
             config.step_bytes_max / 2;
}

ClassicGroup& Groups::State::downgrade(ConsumerGroup& group, const std::set<std::string>& without,
                                       std::string_view reason, const Context& context,
                                       Effects& effects) {
  const auto value = as_classic_group(group, without, context.wall, context.topics);
  auto classic = ClassicGroup::from_value(group.id(), shared, value);
  CHECK(classic, "{}", classic.error().to_string());
  std::string text = fmt::format("epoch {}: becomes a classic group, {} members", group.epoch(),
                                 value.members.size());
  effects.notes.push_back(fmt::format("group {:?}: {}", group.id(), text));
  effects.events.push_back(event_of(group, GroupEvent::Kind::migrated, nullptr, std::move(text)));
  ConsumerGroupWriter(group, consumer_shared, context, effects).erase_group();
  consumer_groups.erase(consumer_groups.find(group.id()));
  ClassicGroup& made = **classic;
  effects.records.push_back(group_record(made.id(), made.value()));
  groups.emplace(made.id(), std::move(*classic));
  made.on_loaded(context);
  if (!reason.empty() && made.state() == GroupState::stable) {
    made.rebalance(context, reason, effects);
  }
  return made;
}

void Groups::State::fence(ConsumerGroup& group, const std::set<std::string>& members,
                          const Context& context, Effects& effects) {
  if (members.empty()) return;
  if (members.size() < group.members().size() && may_downgrade(group, members)) {
    downgrade(group, members, "the last member of the consumer protocol is gone", context, effects);
  } else {
    ConsumerGroupWriter(group, consumer_shared, context, effects).fence(members);
  }
}

}  // namespace moldau::coordinator
