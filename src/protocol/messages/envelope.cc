#include "protocol/messages/envelope.h"

#include "protocol/schema.h"

namespace moldau::protocol {

constinit const Schema EnvelopeRequest::schema = schema_of<EnvelopeRequest>();
constinit const Schema EnvelopeResponse::schema = schema_of<EnvelopeResponse>();

}  // namespace moldau::protocol
