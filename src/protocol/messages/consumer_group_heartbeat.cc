#include "protocol/messages/consumer_group_heartbeat.h"

#include "protocol/schema.h"

namespace moldau::protocol {

constinit const Schema ConsumerGroupHeartbeatRequest::schema =
    schema_of<ConsumerGroupHeartbeatRequest>();
constinit const Schema ConsumerGroupHeartbeatResponse::schema =
    schema_of<ConsumerGroupHeartbeatResponse>();

}  // namespace moldau::protocol
