#include "protocol/messages/broker_registration.h"

#include "protocol/schema.h"

namespace moldau::protocol {

constinit const Schema BrokerRegistrationRequest::schema = schema_of<BrokerRegistrationRequest>();
constinit const Schema BrokerRegistrationResponse::schema = schema_of<BrokerRegistrationResponse>();

}  // namespace moldau::protocol
