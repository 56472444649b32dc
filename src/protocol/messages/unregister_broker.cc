#include "protocol/messages/unregister_broker.h"

#include "protocol/schema.h"

namespace moldau::protocol {

constinit const Schema UnregisterBrokerRequest::schema = schema_of<UnregisterBrokerRequest>();
constinit const Schema UnregisterBrokerResponse::schema = schema_of<UnregisterBrokerResponse>();

}  // namespace moldau::protocol
