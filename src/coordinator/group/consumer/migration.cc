#include "coordinator/group/consumer/migration.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/endian.h"
#include "protocol/codec.h"
#include "protocol/messages/consumer_protocol.h"
#include "protocol/writer.h"

namespace moldau::coordinator {

using protocol::ConsumerProtocolAssignment;
using protocol::ErrorCode;
using protocol::GroupMetadataValue;

namespace {

Refusal cannot_upgrade(const ClassicGroup& group, std::string_view why) {
  return {ErrorCode::group_id_not_found,
          fmt::format("Cannot upgrade classic group {} to consumer group because {}.", group.id(),
                      why)};
}
Refusal malformed(const ClassicGroup& group) {
  return cannot_upgrade(group, "the embedded consumer protocol is malformed");
}

std::optional<Refusal> refuse_upgrade(const ClassicGroup& group, const GroupsConfig& config) {
  if (config.consumer_migration_policy != MigrationPolicy::upgrade &&
      config.consumer_migration_policy != MigrationPolicy::bidirectional) {
    return cannot_upgrade(group, "online upgrade is disabled");
  }
  if (!group.is_consumer_group()) {
    return cannot_upgrade(group, "the group does not use the consumer embedded protocol");
  }
  if (group.members().size() > static_cast<std::size_t>(config.consumer_max_size)) {
    return cannot_upgrade(group, "the group size exceeds the consumer group maximum size");
  }
  return std::nullopt;
}

/// Of the generation's protocol; a member of the round that is under way may not have that one.
const SharedBytes& metadata_of(const ClassicGroup& group, const Member& member) {
  const SharedBytes* const chosen = group.protocol() ? member.metadata(*group.protocol()) : nullptr;
  return chosen != nullptr ? *chosen : member.protocols.front().metadata;
}

/// What the member was assigned, of topics that exist and partitions that nobody has.
TopicPartitions assigned_to(const ConsumerProtocolAssignment& assignment,
                            const ConsumerGroup& group, const ClusterTopics* topics) {
  TopicPartitions result;
  for (const auto& named : assignment.assigned_partitions) {
    const auto topic = topics == nullptr ? std::nullopt : topics->find(named.topic.view());
    if (!topic) continue;
    std::vector<PartitionId> partitions;
    std::ranges::copy_if(named.partitions, std::back_inserter(partitions),
                         [&](PartitionId p) { return group.is_free(topic->id, p); });
    add_partitions(result, topic->id, partitions);
  }
  return result;
}

OrRefusal<ConsumerMember> as_consumer_member(const ClassicGroup& group, const Member& from) {
  const auto subscription = protocol::decode_subscription(metadata_of(group, from));
  if (!subscription) return std::unexpected(malformed(group));
  ConsumerMember member;
  member.id = from.id;
  member.epoch = group.generation();
  member.previous_epoch = group.generation();
  member.instance_id = from.instance_id;
  const auto& rack = subscription->message.rack_id;
  if (rack && !rack->empty()) member.rack_id = rack->str();
  member.rebalance_timeout_ms = from.rebalance_timeout_ms;
  member.client_id = from.client_id;
  member.client_host = from.client_host;
  for (const Text& topic : subscription->message.topics) member.topic_names.emplace(topic.view());
  member.classic.emplace().session_timeout_ms = from.session_timeout_ms;
  for (const SupportedProtocol& protocol : from.protocols) {
    member.classic->protocols.push_back({protocol.name, protocol.metadata});
  }
  return member;
}

const SharedBytes* metadata_of(const ConsumerMember& member, std::string_view protocol) {
  const auto& protocols = member.classic->protocols;
  const auto found = std::ranges::find(protocols, protocol, &ClassicProtocol::name);
  return found == protocols.end() ? nullptr : &found->metadata;
}

/// Each votes for the first of its protocols that all support; the first by name wins a tie.
std::string select_protocol(const std::vector<const ConsumerMember*>& members) {
  std::map<std::string_view, std::size_t> votes;
  for (const ConsumerMember* const member : members) {
    for (const ClassicProtocol& protocol : member->classic->protocols) {
      const bool all_support = std::ranges::all_of(members, [&](const ConsumerMember* other) {
        return metadata_of(*other, protocol.name) != nullptr;
      });
      if (!all_support) continue;
      ++votes[protocol.name];
      break;
    }
  }
  const auto most =
      std::ranges::max_element(votes, {}, [](const auto& vote) { return vote.second; });
  return most == votes.end() ? "" : std::string(most->first);
}

}  // namespace

OrRefusal<std::unique_ptr<ConsumerGroup>> as_consumer_group(const ClassicGroup& group,
                                                            const GroupsConfig& config,
                                                            const ClusterTopics* topics) {
  if (auto refusal = refuse_upgrade(group, config)) return std::unexpected(std::move(*refusal));
  auto result = std::make_unique<ConsumerGroup>(group.id());
  result->set_epoch({.epoch = group.generation(), .metadata_hash = 0});
  result->set_target_epoch({.epoch = group.generation()});
  for (const Member* const from : group.members()) {
    auto member = as_consumer_member(group, *from);
    if (!member) return std::unexpected(std::move(member.error()));
    const auto assignment = protocol::decode_assignment(from->assignment);
    if (!assignment) return std::unexpected(malformed(group));
    const auto& user_data = assignment->message.user_data;
    if (user_data && user_data->size() > 0) {
      return std::unexpected(cannot_upgrade(
          group,
          "an unsupported custom assignor is in use. Please refer to the documentation or switch "
          "to a default assignor before re-attempting the upgrade"));
    }
    const TopicPartitions assigned = assigned_to(assignment->message, *result, topics);
    for (const auto& [topic, partitions] : assigned) {
      for (const PartitionId p : partitions) member->assigned[topic].emplace(p, member->epoch);
    }
    result->put_target(member->id, assigned);
    result->put_member(std::move(*member));
  }
  return result;
}

SharedBytes classic_assignment(const TopicPartitions& partitions, const SharedBytes& metadata,
                               const ClusterTopics* topics) {
  ConsumerProtocolAssignment assignment;
  for (const auto& [id, of_topic] : partitions) {
    const auto topic = topics == nullptr ? std::nullopt : topics->find(id);
    if (topic) assignment.assigned_partitions.push_back({Text::view(topic->name), of_topic});
  }
  const std::int16_t asked = metadata.size() < sizeof(std::int16_t)
                                 ? std::int16_t{0}
                                 : load_be<std::int16_t>(metadata.data());
  const std::int16_t version = std::clamp(asked, ConsumerProtocolAssignment::info.versions.lowest,
                                          ConsumerProtocolAssignment::info.versions.highest);
  protocol::Writer out;
  out.put(version);
  const auto encoded = protocol::encode(assignment, version, out);
  CHECK(encoded, "{}", encoded.error().to_string());
  return out.take();
}

GroupMetadataValue as_classic_group(const ConsumerGroup& group,
                                    const std::set<std::string>& without, WallMs now,
                                    const ClusterTopics* topics) {
  std::vector<const ConsumerMember*> members;
  for (const auto& [id, member] : group.members()) {
    if (!without.contains(id)) members.push_back(&member);
  }
  const std::string protocol = select_protocol(members);
  GroupMetadataValue value;
  value.protocol_type = Text("consumer");
  value.generation = group.epoch();
  value.protocol = Text::copy(protocol);
  value.leader = Text::copy(members.front()->id);
  value.current_state_timestamp = now.value;
  for (const ConsumerMember* const member : members) {
    auto& to = value.members.emplace_back();
    to.member_id = Text::copy(member->id);
    if (member->instance_id) to.group_instance_id = Text::copy(*member->instance_id);
    to.client_id = Text::copy(member->client_id);
    to.client_host = Text::copy(member->client_host);
    to.rebalance_timeout = member->rebalance_timeout_ms;
    to.session_timeout = member->classic->session_timeout_ms;
    if (const SharedBytes* const metadata = metadata_of(*member, protocol)) {
      to.subscription = *metadata;
    }
    to.assignment = classic_assignment(group.target_of(member->id), to.subscription, topics);
  }
  return value;
}

}  // namespace moldau::coordinator
