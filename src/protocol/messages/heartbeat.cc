#include "protocol/messages/heartbeat.h"

#include "protocol/schema.h"

namespace moldau::protocol {

constinit const Schema HeartbeatRequest::schema = schema_of<HeartbeatRequest>();
constinit const Schema HeartbeatResponse::schema = schema_of<HeartbeatResponse>();

}  // namespace moldau::protocol
