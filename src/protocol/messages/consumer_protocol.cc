#include "protocol/messages/consumer_protocol.h"

#include "protocol/schema.h"

namespace moldau::protocol {

constinit const Schema ConsumerProtocolSubscription::schema =
    schema_of<ConsumerProtocolSubscription>();
constinit const Schema ConsumerProtocolAssignment::schema = schema_of<ConsumerProtocolAssignment>();

}  // namespace moldau::protocol
