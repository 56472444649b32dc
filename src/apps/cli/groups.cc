#include "apps/cli/groups.h"

#include <fmt/format.h>

#include <algorithm>

#include "apps/cli/explain.h"
#include "protocol/messages/consumer_group_describe.h"
#include "protocol/messages/consumer_protocol.h"
#include "protocol/messages/delete_groups.h"
#include "protocol/messages/describe_groups.h"
#include "protocol/messages/find_coordinator.h"
#include "protocol/messages/list_groups.h"

namespace moldau::apps {
namespace {

using protocol::ConsumerGroupDescribeRequest;
using protocol::ConsumerGroupDescribeResponse;
using protocol::DeleteGroupsRequest;
using protocol::DeleteGroupsResponse;
using protocol::DescribeGroupsRequest;
using protocol::DescribeGroupsResponse;
using protocol::ErrorCode;
using protocol::FindCoordinatorRequest;
using protocol::FindCoordinatorResponse;
using protocol::ListGroupsRequest;
using protocol::ListGroupsResponse;

std::string_view text_or_none(const std::optional<Text>& text) {
  return text ? text->view() : std::string_view();
}

/// Java writes an address as "/10.0.0.1".
std::string host_text(const Text& host) {
  auto text = host.view();
  if (text.starts_with('/')) text.remove_prefix(1);
  return std::string(text);
}

Result<NodeId> find_coordinator(Wire& wire, const std::string& group) {
  const auto version = TRY(wire.version_at(Wire::any, FindCoordinatorRequest::info));
  FindCoordinatorRequest request;
  constexpr std::int16_t first_with_lists = 4;
  if (version < first_with_lists) {
    request.key = Text::view(group);
  } else {
    request.coordinator_keys.push_back(Text::view(group));
  }
  const auto response = TRY(wire.ask<FindCoordinatorResponse>(Wire::any, request));
  auto code = response->error_code;
  auto message = text_or_none(response->error_message);
  auto node = response->node_id;
  if (version >= first_with_lists) {
    if (response->coordinators.empty()) return fail(Errc::invalid, group + ": no coordinator");
    const auto& found = response->coordinators[0];
    code = found.error_code;
    message = text_or_none(found.error_message);
    node = found.node_id;
  }
  if (code != ErrorCode::none) return std::unexpected(explain(code, "group " + group, message));
  return node;
}

void add_assigned(std::vector<TopicPartition>& assigned, std::string_view topic,
                  const std::vector<PartitionId>& partitions) {
  for (const auto partition : partitions) {
    assigned.push_back({std::string(topic), partition.value()});
  }
}

GroupMember classic_member(const DescribeGroupsResponse::DescribedGroupMember& from) {
  GroupMember member{.id = from.member_id.str(),
                     .instance_id = std::string(text_or_none(from.group_instance_id)),
                     .client_id = from.client_id.str(),
                     .host = host_text(from.client_host),
                     .assigned = {}};
  // Members of other protocols (Connect's workers) write bytes of their own.
  if (const auto assignment = protocol::decode_assignment(from.member_assignment)) {
    for (const auto& topic : assignment->message.assigned_partitions) {
      add_assigned(member.assigned, topic.topic, topic.partitions);
    }
  }
  if (const auto subscription = protocol::decode_subscription(from.member_metadata)) {
    for (const auto& topic : subscription->message.topics) member.subscribed.push_back(topic.str());
  }
  return member;
}

GroupMember new_member(const ConsumerGroupDescribeResponse::Member& from) {
  GroupMember member{.id = from.member_id.str(),
                     .instance_id = std::string(text_or_none(from.instance_id)),
                     .client_id = from.client_id.str(),
                     .host = host_text(from.client_host),
                     .assigned = {}};
  for (const auto& topic : from.assignment.topic_partitions) {
    add_assigned(member.assigned, topic.topic_name, topic.partitions);
  }
  for (const auto& topic : from.target_assignment.topic_partitions) {
    add_assigned(member.target, topic.topic_name, topic.partitions);
  }
  for (const auto& topic : from.subscribed_topic_names) member.subscribed.push_back(topic.str());
  if (from.subscribed_topic_regex) member.regex = from.subscribed_topic_regex->str();
  member.epoch = from.member_epoch;
  member.is_classic = from.member_type == 0;
  return member;
}

/// The group if it is one of the new protocol (KIP-848), else null.
Result<std::optional<GroupDescription>> describe_new(Wire& wire, const std::string& group,
                                                     NodeId coordinator) {
  if (!wire.version_at(coordinator, ConsumerGroupDescribeRequest::info)) return std::nullopt;
  ConsumerGroupDescribeRequest request;
  request.group_ids.push_back(Text::view(group));
  const auto response = TRY(wire.ask<ConsumerGroupDescribeResponse>(coordinator, request));
  if (response->groups.empty()) return std::nullopt;
  const auto& found = response->groups[0];
  // A broker where the new protocol is turned off serves the API, and says so.
  if (found.error_code == ErrorCode::group_id_not_found ||
      found.error_code == ErrorCode::unsupported_version) {
    return std::nullopt;
  }
  if (found.error_code != ErrorCode::none) {
    return std::unexpected(
        explain(found.error_code, "group " + group, text_or_none(found.error_message)));
  }
  GroupDescription description{.id = group,
                               .type = "consumer",
                               .state = found.group_state.str(),
                               .assignor = found.assignor_name.str(),
                               .coordinator = {},
                               .members = {},
                               .epoch = found.group_epoch,
                               .target_epoch = found.assignment_epoch};
  for (const auto& member : found.members) description.members.push_back(new_member(member));
  return description;
}

Result<GroupDescription> describe_classic(Wire& wire, const std::string& group,
                                          NodeId coordinator) {
  DescribeGroupsRequest request;
  request.groups.push_back(Text::view(group));
  const auto response = TRY(wire.ask<DescribeGroupsResponse>(coordinator, request));
  if (response->groups.empty()) return fail(Errc::invalid, "group " + group + ": no answer");
  const auto& found = response->groups[0];
  auto code = found.error_code;
  // Until version 6 a group that does not exist is one that is dead.
  if (code == ErrorCode::none && found.group_state == "Dead") code = ErrorCode::group_id_not_found;
  if (code == ErrorCode::group_id_not_found) {
    return fail(Errc::not_found,
                fmt::format("group {}: there is no such group. See `moldau group list`", group));
  }
  if (code != ErrorCode::none) {
    return std::unexpected(explain(code, "group " + group, text_or_none(found.error_message)));
  }
  GroupDescription description{.id = group,
                               .type = "classic",
                               .state = found.group_state.str(),
                               .assignor = found.protocol_data.str(),
                               .coordinator = {},
                               .members = {}};
  for (const auto& member : found.members) description.members.push_back(classic_member(member));
  return description;
}

}  // namespace

Result<GroupListings> list_groups(Wire& wire) {
  GroupListings listings;
  const auto& brokers = *TRY(wire.brokers());
  for (const auto& broker : brokers) {
    const auto response = wire.patiently([&]() -> Result<protocol::Decoded<ListGroupsResponse>> {
      auto answer = TRY(wire.ask<ListGroupsResponse>(broker.id, ListGroupsRequest{}));
      if (answer->error_code == ErrorCode::none) return answer;
      return std::unexpected(
          explain(answer->error_code, fmt::format("groups of broker {}", broker.id)));
    });
    if (!response) {
      listings.failures.push_back(response.error());
      continue;
    }
    for (const auto& group : response->message.groups) {
      listings.groups.push_back({.id = group.group_id.str(),
                                 .type = group.group_type.str(),
                                 .protocol = group.protocol_type.str(),
                                 .state = group.group_state.str(),
                                 .coordinator = broker.id});
    }
  }
  if (listings.groups.empty() && listings.failures.size() == brokers.size()) {
    return std::unexpected(listings.failures[0]);
  }
  std::ranges::sort(listings.groups, {}, &GroupListing::id);
  return listings;
}

Result<NodeId> coordinator_of(Wire& wire, const std::string& group) {
  return wire.patiently([&] { return find_coordinator(wire, group); });
}

Result<GroupDescription> describe_group(Wire& wire, const std::string& group) {
  return wire.patiently([&]() -> Result<GroupDescription> {
    const auto coordinator = TRY(find_coordinator(wire, group));
    auto description = TRY(describe_new(wire, group, coordinator));
    if (!description) description = TRY(describe_classic(wire, group, coordinator));
    const auto& brokers = *TRY(wire.brokers());
    const auto broker = std::ranges::find(brokers, coordinator, &BrokerAddress::id);
    if (broker != brokers.end()) description->coordinator = *broker;
    std::ranges::sort(description->members, {}, &GroupMember::id);
    for (auto& member : description->members) std::ranges::sort(member.assigned);
    return *std::move(description);
  });
}

Result<> delete_group(Wire& wire, const std::string& group) {
  return wire.patiently([&]() -> Result<> {
    const auto coordinator = TRY(find_coordinator(wire, group));
    DeleteGroupsRequest request;
    request.groups_names.push_back(Text::view(group));
    const auto response = TRY(wire.ask<DeleteGroupsResponse>(coordinator, request));
    for (const auto& result : response->results) {
      if (result.error_code == ErrorCode::none) continue;
      return std::unexpected(
          explain(result.error_code, "group " + group, text_or_none(result.error_message)));
    }
    return {};
  });
}

std::string TopicIds::name(const Text& name, const Uuid& id) const {
  if (!name.empty()) return name.str();
  const auto found = names.find(id);
  return found == names.end() ? id.to_string() : found->second;
}

}  // namespace moldau::apps
