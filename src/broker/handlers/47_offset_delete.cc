// OffsetDelete (API 47), KIP-496.
#include "broker/broker.h"
#include "broker/group_coordinators.h"
#include "broker/handlers/handlers.h"
#include "protocol/messages/offset_delete.h"

namespace moldau::broker {
namespace {

using protocol::ErrorCode;
using protocol::OffsetDeleteRequest;
using protocol::OffsetDeleteResponse;

/// Moves what does not exist out of the request, into the answer.
void refuse_unknown(const metadata::Image& image, OffsetDeleteRequest& request,
                    OffsetDeleteResponse& response) {
  for (auto& topic : request.topics) {
    const auto* known = image.topic(topic.name.view());
    auto& out = response.topics.emplace_back();
    out.name = Text::view(topic.name);
    std::erase_if(topic.partitions, [&](const auto& partition) {
      if (known != nullptr && known->partition(partition.partition_index) != nullptr) return false;
      out.partitions.push_back({.partition_index = partition.partition_index,
                                .error_code = ErrorCode::unknown_topic_or_partition});
      return true;
    });
  }
}

}  // namespace

env::Task<OffsetDeleteResponse> handle_offset_delete(Broker& broker, RequestContext& context,
                                                     OffsetDeleteRequest request) {
  OffsetDeleteResponse response;
  refuse_unknown(*context.image, request, response);
  auto decide = [&](coordinator::Groups& groups, const coordinator::Context& now,
                    const coordinator::Caller&) { return groups.delete_offsets(now, request); };
  auto deleted =
      co_await ask_group<OffsetDeleteResponse>(broker.groups(), context, request.group_id, decide);
  if (!deleted || deleted->error_code != ErrorCode::none) {
    OffsetDeleteResponse failed;
    failed.error_code = deleted ? deleted->error_code : deleted.error();
    co_return failed;
  }
  // Topics stand in the order of the request in both.
  for (std::size_t i = 0; i < deleted->topics.size(); ++i) {
    auto& from = deleted->topics[i].partitions;
    auto& to = response.topics[i].partitions;
    to.insert(to.end(), from.begin(), from.end());
  }
  co_return response;
}

}  // namespace moldau::broker
