// DescribeGroups (API 15).
//   3  authorized operations    5  flexible
//   4  static members           6  GROUP_ID_NOT_FOUND with a message (KIP-1043)
#include "broker/broker.h"
#include "broker/cluster_view.h"
#include "broker/group_coordinators.h"
#include "broker/handlers/handlers.h"
#include "protocol/messages/describe_groups.h"

namespace moldau::broker {
namespace {

using protocol::DescribeGroupsRequest;
using protocol::DescribeGroupsResponse;
using Described = DescribeGroupsResponse::DescribedGroup;

}  // namespace

env::Task<DescribeGroupsResponse> handle_describe_groups(Broker& broker, RequestContext& context,
                                                         DescribeGroupsRequest request) {
  DescribeGroupsResponse response;
  for (const auto& group : request.groups) {
    auto decide = [&](coordinator::Groups& groups, const coordinator::Context& now,
                      const coordinator::Caller& caller) {
      return groups.describe(now, caller, group);
    };
    auto described = co_await ask_group<Described>(broker.groups(), context, group, decide);
    if (!described) {
      Described failed;
      failed.group_id = Text::view(group);
      failed.error_code = described.error();
      response.groups.push_back(std::move(failed));
      continue;
    }
    if (request.include_authorized_operations &&
        described->error_code == protocol::ErrorCode::none) {
      described->authorized_operations = all_group_operations;
    }
    response.groups.push_back(std::move(*described));
  }
  co_return response;
}

}  // namespace moldau::broker
