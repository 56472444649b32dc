// DescribeQuorum (API 55, KIP-595).
//   1  when voters have fetched (KIP-836)      2  directory ids, listeners, messages (KIP-853)
#include "broker/broker.h"
#include "broker/controller_driver.h"
#include "broker/handlers/handlers.h"
#include "protocol/messages/describe_quorum.h"

namespace moldau::broker {
namespace {

/// What older versions have no place for.
void leave_out_since_2(protocol::DescribeQuorumResponse& response) {
  response.nodes.clear();
  for (auto& topic : response.topics) {
    for (auto& partition : topic.partitions) {
      for (auto* replicas : {&partition.current_voters, &partition.observers}) {
        for (auto& replica : *replicas) replica.replica_directory_id = Uuid();
      }
    }
  }
}

}  // namespace

env::Task<protocol::DescribeQuorumResponse> handle_describe_quorum(
    Broker& broker, RequestContext& context, protocol::DescribeQuorumRequest request) {
  auto reply = co_await broker.controller().describe_quorum(context.worker, request);
  if (reply && context.version < 2) leave_out_since_2(*reply);
  if (reply) co_return std::move(*reply);
  protocol::DescribeQuorumResponse response;
  response.error_code = reply.error();
  co_return response;
}

}  // namespace moldau::broker
