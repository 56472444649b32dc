// Who may say what: everything that a heartbeat is refused for, in Kafka's order and words.

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "coordinator/group/consumer/heartbeat.h"
#include "coordinator/group/consumer/regexes.h"

namespace moldau::coordinator {

using protocol::ConsumerGroupHeartbeatRequest;
using protocol::ErrorCode;

namespace {

constexpr std::int16_t member_makes_id_since = 1;

std::optional<Refusal> invalid(std::string message) {
  return Refusal{ErrorCode::invalid_request, std::move(message)};
}

/// As Java's trim() sees it.
bool is_blank(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) <= ' '; });
}
bool is_said_blank(const std::optional<Text>& text) {
  return text && is_blank(text->view());
}

std::optional<Refusal> check_first(const ConsumerGroupHeartbeatRequest& request) {
  if (request.rebalance_timeout_ms == -1) {
    return invalid("RebalanceTimeoutMs must be provided in first request.");
  }
  if (!request.topic_partitions || !request.topic_partitions->empty()) {
    return invalid("TopicPartitions must be empty when (re-)joining.");
  }
  if (!request.subscribed_topic_names && !request.subscribed_topic_regex) {
    return invalid(
        "Either SubscribedTopicNames or SubscribedTopicRegex must be non-null when (re-)joining.");
  }
  return std::nullopt;
}

/// Whether the member says that it owns nothing but what it has. One that does not say may own
/// more.
bool owns_only_assigned(const ConsumerGroupHeartbeatRequest& request,
                        const ConsumerMember& member) {
  if (!request.topic_partitions) return false;
  return std::ranges::all_of(*request.topic_partitions, [&](const auto& topic) {
    return member.assigned.contains(topic.topic_id) &&
           std::ranges::all_of(topic.partitions, [&](PartitionId partition) {
             return contains(member.assigned, topic.topic_id, partition);
           });
  });
}

std::optional<Refusal> check_epoch(const ConsumerMember& member,
                                   const ConsumerGroupHeartbeatRequest& request) {
  const auto fenced = [&](std::string_view size) {
    return Refusal{ErrorCode::fenced_member_epoch,
                   fmt::format("The consumer group member has a {} member epoch ({}) than the one "
                               "known by the group coordinator ({}). The member must abandon all "
                               "its partitions and rejoin.",
                               size, request.member_epoch, member.epoch)};
  };
  if (request.member_epoch > member.epoch) return fenced("greater");
  // The answer that brought the new epoch may have been lost.
  if (request.member_epoch < member.epoch &&
      (request.member_epoch != member.previous_epoch || !owns_only_assigned(request, member))) {
    return fenced("smaller");
  }
  if (member.state == MemberState::unknown &&
      (!request.topic_partitions || !request.topic_partitions->empty())) {
    return Refusal{ErrorCode::fenced_member_epoch,
                   "The consumer group member is in a unknown state. The member must abandon all "
                   "its partitions and rejoin."};
  }
  return std::nullopt;
}

Refusal unknown_member(const ConsumerGroup& group, std::string_view member_id) {
  return {ErrorCode::unknown_member_id,
          fmt::format("Member {} is not a member of group {}.", member_id, group.id())};
}
Refusal unknown_instance(std::string_view instance_id) {
  return {ErrorCode::unknown_member_id, fmt::format("Instance id {} is unknown.", instance_id)};
}
Refusal fenced_instance(const ConsumerMember& owner, std::string_view member_id) {
  return {ErrorCode::fenced_instance_id,
          fmt::format("Static member {} with instance id {} was fenced by member {}.", member_id,
                      *owner.instance_id, owner.id)};
}

OrRefusal<HeartbeatSender> admit_static(const ConsumerGroup& group,
                                        const ConsumerGroupHeartbeatRequest& request,
                                        std::string member_id) {
  const ConsumerMember* const owner = group.find_static(*request.instance_id);
  if (request.member_epoch != 0) {
    if (owner == nullptr) return std::unexpected(unknown_instance(*request.instance_id));
    if (owner->id != member_id) return std::unexpected(fenced_instance(*owner, member_id));
    if (auto refusal = check_epoch(*owner, request)) return std::unexpected(std::move(*refusal));
    return HeartbeatSender{*owner};
  }
  if (owner == nullptr) {
    if (const ConsumerMember* const known = group.find(member_id)) return HeartbeatSender{*known};
    HeartbeatSender sender;
    sender.member.id = std::move(member_id);
    return sender;
  }
  if (!owner->classic && owner->epoch != leave_group_static_epoch) {
    return std::unexpected(Refusal{
        ErrorCode::unreleased_instance_id,
        fmt::format("Static member {} with instance id {} cannot join the group because the "
                    "instance id is owned by {} member.",
                    member_id, *request.instance_id, owner->id)});
  }
  HeartbeatSender sender{*owner, owner->id};
  sender.member.id = std::move(member_id);
  sender.member.epoch = 0;
  sender.member.previous_epoch = 0;
  return sender;
}

}  // namespace

protocol::ConsumerGroupHeartbeatResponse refused(Refusal refusal) {
  protocol::ConsumerGroupHeartbeatResponse response;
  response.error_code = refusal.error;
  response.error_message = Text(std::move(refusal.message));
  return response;
}

std::optional<Refusal> check_heartbeat(const ConsumerGroupHeartbeatRequest& request,
                                       std::int16_t version, const GroupsConfig& config) {
  const bool names_itself = version >= member_makes_id_since || request.member_epoch > 0 ||
                            request.member_epoch == leave_group_epoch;
  if (names_itself && is_blank(request.member_id)) return invalid("MemberId can't be empty.");
  if (is_blank(request.group_id)) return invalid("GroupId can't be empty.");
  if (is_said_blank(request.instance_id)) return invalid("InstanceId can't be empty.");
  if (is_said_blank(request.rack_id)) return invalid("RackId can't be empty.");
  if (request.member_epoch == 0) {
    if (auto refusal = check_first(request)) return refusal;
  } else if (request.member_epoch == leave_group_static_epoch) {
    if (!request.instance_id) return invalid("InstanceId can't be null.");
  } else if (request.member_epoch < leave_group_static_epoch) {
    return invalid("MemberEpoch is invalid.");
  }
  const auto& offered = config.consumer_assignors;
  if (request.server_assignor &&
      std::ranges::find(offered, request.server_assignor->view()) == offered.end()) {
    return Refusal{ErrorCode::unsupported_assignor,
                   fmt::format("ServerAssignor {} is not supported. Supported assignors: {}.",
                               *request.server_assignor, fmt::join(offered, ", "))};
  }
  return std::nullopt;
}

OrRefusal<HeartbeatSender> admit(const ConsumerGroup& group,
                                 const ConsumerGroupHeartbeatRequest& request,
                                 std::string member_id, const GroupsConfig& config) {
  const ConsumerMember* const known = group.find(member_id);
  if (known == nullptr &&
      group.members().size() >= static_cast<std::size_t>(config.consumer_max_size)) {
    return std::unexpected(
        Refusal{ErrorCode::group_max_size_reached,
                fmt::format("The consumer group has reached its maximum capacity of {} members.",
                            config.consumer_max_size)});
  }
  if (request.instance_id) return admit_static(group, request, std::move(member_id));
  if (known == nullptr) {
    if (request.member_epoch != 0) return std::unexpected(unknown_member(group, member_id));
    HeartbeatSender sender;
    sender.member.id = std::move(member_id);
    return sender;
  }
  if (auto refusal = check_epoch(*known, request)) return std::unexpected(std::move(*refusal));
  return HeartbeatSender{*known};
}

std::optional<Refusal> check_regex(const ConsumerGroup& group, const ConsumerMember& before,
                                   const ConsumerMember& next) {
  const std::string* const regex = next.regex();
  if (regex == nullptr || next.topic_regex == before.topic_regex) return std::nullopt;
  if (group.subscribed_regexes().contains(*regex)) return std::nullopt;
  const auto problem = regex_problem(*regex);
  if (!problem) return std::nullopt;
  return Refusal{ErrorCode::invalid_regular_expression,
                 fmt::format("SubscribedTopicRegex `{}` is not a valid regular expression: {}.",
                             *regex, *problem)};
}

bool has_room_for(const ConsumerGroup& group, const ConsumerMember& next, const Caller& caller,
                  const GroupsConfig& config) {
  const ConsumerMember* const before = group.find(next.id);
  const std::size_t had = before == nullptr ? 0 : before->metadata_bytes();
  const std::size_t has = next.metadata_bytes();
  if (has <= had) return true;
  return has - had <= caller.metadata_room &&
         group.metadata_bytes() + (has - had) <= config.member_metadata_bytes_max;
}

OrRefusal<const ConsumerMember*> find_leaving(const ConsumerGroup& group,
                                              const ConsumerGroupHeartbeatRequest& request) {
  if (request.instance_id) {
    const ConsumerMember* const owner = group.find_static(*request.instance_id);
    if (owner == nullptr) return std::unexpected(unknown_instance(*request.instance_id));
    if (owner->id != request.member_id.view()) {
      return std::unexpected(fenced_instance(*owner, request.member_id));
    }
    return owner;
  }
  const ConsumerMember* const member = group.find(request.member_id);
  if (member == nullptr) return std::unexpected(unknown_member(group, request.member_id));
  return member;
}

}  // namespace moldau::coordinator
