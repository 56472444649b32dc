// ConsumerGroupDescribe (API 69), KIP-848.
//   1  which protocol a member speaks
#include "broker/broker.h"
#include "broker/cluster_view.h"
#include "broker/group_coordinators.h"
#include "broker/handlers/handlers.h"
#include "protocol/messages/consumer_group_describe.h"

namespace moldau::broker {

using protocol::ConsumerGroupDescribeRequest;
using protocol::ConsumerGroupDescribeResponse;
using Described = ConsumerGroupDescribeResponse::DescribedGroup;

namespace {

Described failed(std::string_view group, protocol::ErrorCode error) {
  Described result;
  result.group_id = Text::view(group);
  result.error_code = error;
  return result;
}

}  // namespace

env::Task<ConsumerGroupDescribeResponse> handle_consumer_group_describe(
    Broker& broker, RequestContext& context, ConsumerGroupDescribeRequest request) {
  ConsumerGroupDescribeResponse response;
  const bool is_on = has_consumer_protocol(*context.image);
  for (const auto& group : request.group_ids) {
    if (!is_on) {
      response.groups.push_back(failed(group, protocol::ErrorCode::unsupported_version));
      continue;
    }
    auto decide = [&](coordinator::Groups& groups, const coordinator::Context& now,
                      const coordinator::Caller&) { return groups.consumer_describe(now, group); };
    auto described = co_await ask_group<Described>(broker.groups(), context, group, decide);
    if (!described) {
      response.groups.push_back(failed(group, described.error()));
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
