// DescribeTransactions (API 65, KIP-664).
#include "broker/broker.h"
#include "broker/handlers/handlers.h"
#include "protocol/messages/describe_transactions.h"

namespace moldau::broker {

using protocol::ErrorCode;

/// There are no transactions yet, so there is none of any id.
env::Task<protocol::DescribeTransactionsResponse> handle_describe_transactions(
    Broker&, RequestContext&, protocol::DescribeTransactionsRequest request) {
  protocol::DescribeTransactionsResponse response;
  for (const auto& id : request.transactional_ids) {
    auto& out = response.transaction_states.emplace_back();
    out.transactional_id = Text::view(id);
    out.error_code =
        id.empty() ? ErrorCode::invalid_request : ErrorCode::transactional_id_not_found;
  }
  co_return response;
}

}  // namespace moldau::broker
