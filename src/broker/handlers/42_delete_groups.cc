// DeleteGroups (API 42).
//   2  flexible    3  error messages (KIP-1043)
#include <set>

#include "broker/broker.h"
#include "broker/group_coordinators.h"
#include "broker/handlers/handlers.h"
#include "protocol/messages/delete_groups.h"

namespace moldau::broker {
namespace {

using protocol::DeleteGroupsRequest;
using protocol::DeleteGroupsResponse;
using Deleted = DeleteGroupsResponse::DeletableGroupResult;

}  // namespace

env::Task<DeleteGroupsResponse> handle_delete_groups(Broker& broker, RequestContext& context,
                                                     DeleteGroupsRequest request) {
  DeleteGroupsResponse response;
  std::set<std::string_view> answered;
  for (const auto& group : request.groups_names) {
    if (!answered.insert(group.view()).second) continue;  // a duplicate is answered once
    auto decide = [&](coordinator::Groups& groups, const coordinator::Context& now,
                      const coordinator::Caller&) { return groups.delete_group(now, group); };
    auto deleted = co_await ask_group<Deleted>(broker.groups(), context, group, decide);
    if (!deleted) {
      Deleted failed;
      failed.group_id = Text::view(group);
      failed.error_code = deleted.error();
      response.results.push_back(std::move(failed));
      continue;
    }
    response.results.push_back(std::move(*deleted));
  }
  co_return response;
}

}  // namespace moldau::broker
