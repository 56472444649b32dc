// OffsetFetch (API 9).
//   2  all topics (null), a group's error    7  RequireStable (KIP-447)
//   5  leader epochs                         8  many groups (KIP-709)
//   6  flexible                              9  member epochs; 10  topic ids (KIP-848)
#include "broker/broker.h"
#include "broker/group_coordinators.h"
#include "broker/handlers/handlers.h"
#include "protocol/messages/offset_fetch.h"
#include "protocol/version_rules.h"

namespace moldau::broker {
namespace {

using protocol::ErrorCode;
using protocol::OffsetFetchRequest;
using protocol::OffsetFetchResponse;
using Group = OffsetFetchRequest::OffsetFetchRequestGroup;
using GroupAnswer = OffsetFetchResponse::OffsetFetchResponseGroup;

constexpr std::int16_t group_errors_since = 2;
constexpr std::int16_t many_groups_since = 8;

/// A request of before version 8 in the form of later ones.
Group single_group(OffsetFetchRequest& request) {
  Group group;
  group.group_id = Text::view(request.group_id);
  group.topics.reset();
  if (!request.topics) return group;
  auto& topics = group.topics.emplace();
  for (auto& topic : *request.topics) {
    topics.push_back({.name = Text::view(topic.name),
                      .topic_id = {},
                      .partition_indexes = std::move(topic.partition_indexes)});
  }
  return group;
}

/// Names for the ids of the request; what is unknown goes into the answer.
void name_topics(const metadata::Image& image, Group& group, GroupAnswer& answer) {
  if (!group.topics) return;
  std::erase_if(*group.topics, [&](auto& topic) {
    if (const auto* known = image.topic(topic.topic_id)) {
      topic.name = Text::view(known->name);
      return false;
    }
    auto& out = answer.topics.emplace_back();
    out.topic_id = topic.topic_id;
    for (const auto index : topic.partition_indexes) {
      auto& partition = out.partitions.emplace_back();
      partition.partition_index = index;
      partition.committed_offset = no_offset;
      partition.error_code = ErrorCode::unknown_topic_id;
    }
    return true;
  });
}

/// Ids for the names of the answer. A topic that is gone has none and is left out.
void identify_topics(const metadata::Image& image, GroupAnswer& answer) {
  std::erase_if(answer.topics, [&](auto& topic) {
    if (!topic.topic_id.is_zero()) return false;
    const auto* known = image.topic(topic.name.view());
    if (known != nullptr) topic.topic_id = known->id;
    return known == nullptr;
  });
}

env::Task<GroupAnswer> fetch_group(Broker& broker, RequestContext& context, Group group,
                                   bool require_stable) {
  GroupAnswer unknown;
  const bool by_id = protocol::names_topics_by_id(context.api, context.version);
  if (by_id) name_topics(*context.image, group, unknown);
  auto decide = [&](coordinator::Groups& groups, const coordinator::Context& now,
                    const coordinator::Caller& caller) {
    return groups.fetch(now, caller, group, require_stable);
  };
  auto fetched = co_await ask_group<GroupAnswer>(broker.groups(), context, group.group_id, decide);
  if (!fetched) {
    GroupAnswer failed;
    failed.group_id = Text::copy(group.group_id);
    failed.error_code = fetched.error();
    co_return failed;
  }
  if (by_id) identify_topics(*context.image, *fetched);
  for (auto& topic : unknown.topics) fetched->topics.push_back(std::move(topic));
  co_return std::move(*fetched);
}

/// Version 1 has no place for the group's error but at each partition.
void answer_in_old_form(const OffsetFetchRequest& request, std::int16_t version, GroupAnswer answer,
                        OffsetFetchResponse& response) {
  response.error_code = answer.error_code;
  for (auto& topic : answer.topics) {
    auto& out = response.topics.emplace_back();
    out.name = std::move(topic.name);
    for (auto& partition : topic.partitions) {
      out.partitions.push_back({.partition_index = partition.partition_index,
                                .committed_offset = partition.committed_offset,
                                .committed_leader_epoch = partition.committed_leader_epoch,
                                .metadata = std::move(partition.metadata),
                                .error_code = partition.error_code});
    }
  }
  if (version >= group_errors_since || answer.error_code == ErrorCode::none || !request.topics) {
    return;
  }
  for (const auto& topic : *request.topics) {
    auto& out = response.topics.emplace_back();
    out.name = Text::view(topic.name);
    for (const auto index : topic.partition_indexes) {
      out.partitions.push_back({.partition_index = index,
                                .committed_offset = no_offset,
                                .committed_leader_epoch = no_leader_epoch,
                                .metadata = Text(""),
                                .error_code = answer.error_code});
    }
  }
}

}  // namespace

env::Task<OffsetFetchResponse> handle_offset_fetch(Broker& broker, RequestContext& context,
                                                   OffsetFetchRequest request) {
  OffsetFetchResponse response;
  if (context.version >= many_groups_since) {
    for (auto& group : request.groups) {
      response.groups.push_back(
          co_await fetch_group(broker, context, std::move(group), request.require_stable));
    }
    co_return response;
  }
  // The partitions of the request are asked for again if the answer must name them.
  auto group = single_group(request);
  OffsetFetchRequest asked;
  if (context.version < group_errors_since && group.topics) {
    for (const auto& topic : *group.topics) {
      asked.topics->push_back(
          {.name = Text::view(topic.name), .partition_indexes = topic.partition_indexes});
    }
  }
  auto answer = co_await fetch_group(broker, context, std::move(group), request.require_stable);
  answer_in_old_form(asked, context.version, std::move(answer), response);
  co_return response;
}

}  // namespace moldau::broker
