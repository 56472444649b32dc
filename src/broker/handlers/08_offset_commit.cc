// OffsetCommit (API 8).
//   2  retention time (until 4)    8  flexible
//   6  leader epochs               9  member epochs (KIP-848)
//   7  static members              10  topic ids (KIP-848)
#include "broker/broker.h"
#include "broker/group_coordinators.h"
#include "broker/handlers/handlers.h"
#include "protocol/messages/offset_commit.h"
#include "protocol/version_rules.h"

namespace moldau::broker {
namespace {

using protocol::ErrorCode;
using protocol::OffsetCommitRequest;
using protocol::OffsetCommitResponse;

/// The topic with its name and id; null if it does not exist.
const metadata::Topic* find_topic(const RequestContext& context,
                                  const OffsetCommitRequest::OffsetCommitRequestTopic& topic) {
  return protocol::names_topics_by_id(context.api, context.version)
             ? context.image->topic(topic.topic_id)
             : context.image->topic(topic.name.view());
}

OffsetCommitResponse::OffsetCommitResponseTopic& add_topic(
    OffsetCommitResponse& response, const OffsetCommitRequest::OffsetCommitRequestTopic& topic) {
  auto& out = response.topics.emplace_back();
  out.name = Text::view(topic.name);
  out.topic_id = topic.topic_id;
  return out;
}

/// Moves what does not exist out of the request, into the answer.
void refuse_unknown(const RequestContext& context, OffsetCommitRequest& request,
                    OffsetCommitResponse& response) {
  const ErrorCode unknown_topic = protocol::unknown_topic(context.api, context.version);
  for (auto& topic : request.topics) {
    const auto* known = find_topic(context, topic);
    auto& out = add_topic(response, topic);
    std::erase_if(topic.partitions, [&](const auto& partition) {
      const bool exists =
          known != nullptr && known->partition(partition.partition_index) != nullptr;
      if (!exists) {
        out.partitions.push_back({.partition_index = partition.partition_index,
                                  .error_code = known == nullptr
                                                    ? unknown_topic
                                                    : ErrorCode::unknown_topic_or_partition});
      }
      return !exists;
    });
    if (known == nullptr) continue;
    topic.name = Text::view(known->name);
    topic.topic_id = known->id;
  }
}

void refuse_all(const OffsetCommitRequest& request, ErrorCode error,
                OffsetCommitResponse& response) {
  for (std::size_t i = 0; i < request.topics.size(); ++i) {
    for (const auto& partition : request.topics[i].partitions) {
      response.topics[i].partitions.push_back(
          {.partition_index = partition.partition_index, .error_code = error});
    }
  }
}

/// As Apache: a topic that exists and of which no partition is named is not answered.
void drop_empty(const RequestContext& context, const OffsetCommitRequest& request,
                OffsetCommitResponse& response) {
  for (std::size_t i = request.topics.size(); i-- > 0;) {
    if (!response.topics[i].partitions.empty()) continue;
    if (find_topic(context, request.topics[i]) == nullptr) continue;
    response.topics.erase(response.topics.begin() + static_cast<std::ptrdiff_t>(i));
  }
}

}  // namespace

env::Task<OffsetCommitResponse> handle_offset_commit(Broker& broker, RequestContext& context,
                                                     OffsetCommitRequest request) {
  OffsetCommitResponse response;
  refuse_unknown(context, request, response);
  auto decide = [&](coordinator::Groups& groups, const coordinator::Context& now,
                    const coordinator::Caller& caller) {
    return groups.commit(now, caller, request);
  };
  auto committed =
      co_await ask_group<OffsetCommitResponse>(broker.groups(), context, request.group_id, decide);
  if (!committed) {
    refuse_all(request, committed.error(), response);
    drop_empty(context, request, response);
    co_return response;
  }
  // Topics stand in the order of the request in both.
  for (std::size_t i = 0; i < committed->topics.size(); ++i) {
    auto& from = committed->topics[i].partitions;
    auto& to = response.topics[i].partitions;
    to.insert(to.end(), from.begin(), from.end());
  }
  drop_empty(context, request, response);
  co_return response;
}

}  // namespace moldau::broker
