// InitProducerId (API 22).
//   2  flexible                              4  PRODUCER_FENCED
//   3  producer id and epoch (KIP-360)       5  TRANSACTION_ABORTABLE (KIP-890)
#include "broker/broker.h"
#include "broker/handlers/handlers.h"
#include "protocol/messages/init_producer_id.h"

namespace moldau::broker {

using protocol::ErrorCode;

env::Task<protocol::InitProducerIdResponse> handle_init_producer_id(
    Broker& broker, RequestContext& context, protocol::InitProducerIdRequest request) {
  protocol::InitProducerIdResponse response;
  response.producer_epoch = no_producer_epoch;
  const bool has_id = request.producer_id != no_producer_id;
  const bool has_epoch = request.producer_epoch != no_producer_epoch;
  if (has_id != has_epoch) {
    response.error_code = ErrorCode::invalid_request;
  } else if (request.transactional_id && request.transactional_id->empty()) {
    response.error_code = ErrorCode::invalid_request;
  } else if (request.transactional_id) {
    // Clients come here only past FindCoordinator, which says the same with a message.
    response.error_code = ErrorCode::unsupported_version;
  } else {
    const auto id = co_await broker.producer_ids().next(context.worker);
    if (id) {
      response.producer_id = *id;
      response.producer_epoch = ProducerEpoch(0);
    } else {
      response.error_code = id.error();
    }
  }
  co_return response;
}

}  // namespace moldau::broker
