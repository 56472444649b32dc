// What administrators ask: DescribeGroups, ListGroups, DeleteGroups.

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "coordinator/group/group_records.h"
#include "coordinator/group/groups_state.h"
#include "protocol/version_rules.h"

namespace moldau::coordinator {
namespace {

using protocol::ErrorCode;
using DescribedGroup = protocol::DescribeGroupsResponse::DescribedGroup;
using ListedGroup = protocol::ListGroupsResponse::ListedGroup;
using DeletableGroupResult = protocol::DeleteGroupsResponse::DeletableGroupResult;

constexpr std::string_view classic_type = "classic";
constexpr std::string_view consumer_type = "consumer";

char lower(char c) {
  return 'A' <= c && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && static_cast<unsigned char>(text.front()) <= ' ') text.remove_prefix(1);
  while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ') text.remove_suffix(1);
  return text;
}

bool equal_but_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, lower, lower);
}

}  // namespace

GroupStep<DescribedGroup> Groups::describe(const Context&, const Caller& caller,
                                           std::string_view group_id) {
  if (const ClassicGroup* const group = state_->find(group_id)) return answer(group->describe());
  DescribedGroup response;
  response.group_id = Text::copy(group_id);
  response.group_state = Text::view(name(GroupState::dead));
  response.error_code = protocol::error_for(protocol::ApiKey::describe_groups, caller.version,
                                            ErrorCode::group_id_not_found);
  if (response.error_code != ErrorCode::none) {
    response.error_message = Text(state_->find_consumer(group_id) == nullptr
                                      ? fmt::format("Group {} not found.", group_id)
                                      : fmt::format("Group {} is not a classic group.", group_id));
  }
  return answer(std::move(response));
}

GroupStep<std::vector<ListedGroup>> Groups::list(const Context&,
                                                 const protocol::ListGroupsRequest& request) {
  const auto accepts_type = [&](std::string_view type) {
    return request.types_filter.empty() ||
           std::ranges::any_of(request.types_filter,
                               [&](const Text& t) { return equal_but_case(t, type); });
  };
  const auto accepts_state = [&](std::string_view state) {
    return request.states_filter.empty() ||
           std::ranges::any_of(request.states_filter,
                               [&](const Text& s) { return equal_but_case(trimmed(s), state); });
  };
  std::vector<ListedGroup> response;
  const auto list = [&](std::string_view id, std::string_view protocol_type, std::string_view state,
                        std::string_view type) {
    if (!accepts_state(state)) return;
    auto& listed = response.emplace_back();
    listed.group_id = Text::copy(id);
    listed.protocol_type = Text::copy(protocol_type);
    listed.group_state = Text::view(state);
    listed.group_type = Text::view(type);
  };
  if (accepts_type(classic_type)) {
    for (const auto& [id, group] : state_->groups) {
      list(id, group->protocol_type().value_or(""), name(group->state()), classic_type);
    }
  }
  if (accepts_type(consumer_type)) {
    for (const auto& [id, group] : state_->consumer_groups) {
      list(id, "consumer", name(group->state()), consumer_type);
    }
  }
  return answer(std::move(response));
}

GroupStep<DeletableGroupResult> Groups::delete_group(const Context& context,
                                                     std::string_view group_id) {
  DeletableGroupResult response;
  response.group_id = Text::copy(group_id);
  const ClassicGroup* const group = state_->find(group_id);
  const ConsumerGroup* const of_consumers = state_->find_consumer(group_id);
  if (group == nullptr && of_consumers == nullptr) {
    response.error_code = ErrorCode::group_id_not_found;
    return answer(std::move(response));
  }
  const bool is_empty =
      group != nullptr ? group->state() == GroupState::empty : of_consumers->members().empty();
  if (!is_empty) {
    response.error_code = ErrorCode::non_empty_group;
    return answer(std::move(response));
  }
  Effects effects;
  if (const Offsets::Topics* const topics = state_->offsets.of_group(group_id)) {
    for (const auto& [topic, partitions] : *topics) {
      for (const auto& [partition, committed] : partitions) {
        effects.records.push_back(offset_tombstone(group_id, topic, partition));
      }
    }
  }
  effects.notes.push_back(
      fmt::format("group {:?} is deleted, with {} offsets", group_id, effects.records.size()));
  effects.events.push_back(
      {.kind = GroupEvent::Kind::deleted,
       .group = std::string(group_id),
       .text = fmt::format("the group is deleted, with {} offsets", effects.records.size())});
  if (group != nullptr) {
    effects.records.push_back(group_tombstone(group_id));
  } else {
    state_->drop_empty_consumer_group(group_id, context, effects);
  }
  return answer(std::move(response), std::move(effects), Atomicity::may_split);
}

}  // namespace moldau::coordinator
