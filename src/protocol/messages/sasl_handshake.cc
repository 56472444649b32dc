#include "protocol/messages/sasl_handshake.h"

#include "protocol/schema.h"

namespace moldau::protocol {

constinit const Schema SaslHandshakeRequest::schema = schema_of<SaslHandshakeRequest>();
constinit const Schema SaslHandshakeResponse::schema = schema_of<SaslHandshakeResponse>();

}  // namespace moldau::protocol
