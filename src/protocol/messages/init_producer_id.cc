#include "protocol/messages/init_producer_id.h"

#include "protocol/schema.h"

namespace moldau::protocol {

constinit const Schema InitProducerIdRequest::schema = schema_of<InitProducerIdRequest>();
constinit const Schema InitProducerIdResponse::schema = schema_of<InitProducerIdResponse>();

}  // namespace moldau::protocol
