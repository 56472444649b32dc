#include "protocol/messages/broker_heartbeat.h"

#include "protocol/schema.h"

namespace moldau::protocol {

constinit const Schema BrokerHeartbeatRequest::schema = schema_of<BrokerHeartbeatRequest>();
constinit const Schema BrokerHeartbeatResponse::schema = schema_of<BrokerHeartbeatResponse>();

}  // namespace moldau::protocol
