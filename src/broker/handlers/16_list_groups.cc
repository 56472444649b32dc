// ListGroups (API 16).
//   3  flexible    4  states (KIP-518)    5  types (KIP-848)
#include "broker/broker.h"
#include "broker/group_coordinators.h"
#include "broker/handlers/handlers.h"
#include "protocol/messages/list_groups.h"

namespace moldau::broker {
namespace {

using protocol::ErrorCode;
using protocol::ListGroupsRequest;
using protocol::ListGroupsResponse;
using Listed = std::vector<ListGroupsResponse::ListedGroup>;

}  // namespace

env::Task<ListGroupsResponse> handle_list_groups(Broker& broker, RequestContext& context,
                                                 ListGroupsRequest request) {
  ListGroupsResponse response;
  auto decide = [&](coordinator::Groups& groups, const coordinator::Context& now,
                    coordinator::ReplyId) { return groups.list(now, request); };
  for (const auto& shard : broker.groups().all()) {
    auto listed = co_await shard->request<Listed>(context.worker, decide);
    if (!listed) {
      // A list that lacks groups would be taken for whole; NOT_COORDINATOR: they are elsewhere.
      if (listed.error() == ErrorCode::not_coordinator) continue;
      response.groups.clear();
      response.error_code = listed.error();
      co_return response;
    }
    for (auto& group : *listed) response.groups.push_back(std::move(group));
  }
  co_return response;
}

}  // namespace moldau::broker
