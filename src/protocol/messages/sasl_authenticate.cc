#include "protocol/messages/sasl_authenticate.h"

#include "protocol/schema.h"

namespace moldau::protocol {

constinit const Schema SaslAuthenticateRequest::schema = schema_of<SaslAuthenticateRequest>();
constinit const Schema SaslAuthenticateResponse::schema = schema_of<SaslAuthenticateResponse>();

}  // namespace moldau::protocol
