// ListTransactions (API 66, KIP-664).
//   1  by duration (KIP-994)      2  by pattern of the transactional id (KIP-1152)
#include <algorithm>

#include "broker/broker.h"
#include "broker/handlers/handlers.h"
#include "protocol/messages/list_transactions.h"

namespace moldau::broker {
namespace {

/// TransactionState of Kafka.
constexpr std::string_view states[] = {
    "Empty",          "Ongoing",       "PrepareCommit",     "PrepareAbort",
    "CompleteCommit", "CompleteAbort", "PrepareEpochFence", "Dead"};

}  // namespace

/// There are no transactions yet; the filters only have to make sense.
env::Task<protocol::ListTransactionsResponse> handle_list_transactions(
    Broker&, RequestContext&, protocol::ListTransactionsRequest request) {
  protocol::ListTransactionsResponse response;
  for (const auto& state : request.state_filters) {
    if (std::ranges::find(states, state.view()) != std::end(states)) continue;
    response.unknown_state_filters.push_back(Text::view(state));
  }
  co_return response;
}

}  // namespace moldau::broker
