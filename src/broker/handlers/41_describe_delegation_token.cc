// DescribeDelegationToken (API 41, KIP-48).
//   2  flexible      3  requesters (KIP-373)
#include "broker/broker.h"
#include "broker/handlers/handlers.h"
#include "protocol/messages/describe_delegation_token.h"

namespace moldau::broker {

/// Every listener is plaintext, and on those Kafka does not talk about tokens.
env::Task<protocol::DescribeDelegationTokenResponse> handle_describe_delegation_token(
    Broker&, RequestContext&, protocol::DescribeDelegationTokenRequest) {
  protocol::DescribeDelegationTokenResponse response;
  response.error_code = protocol::ErrorCode::delegation_token_request_not_allowed;
  co_return response;
}

}  // namespace moldau::broker
