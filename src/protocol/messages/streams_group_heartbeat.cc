#include "protocol/messages/streams_group_heartbeat.h"

#include "protocol/schema.h"

namespace moldau::protocol {

constinit const Schema StreamsGroupHeartbeatRequest::schema =
    schema_of<StreamsGroupHeartbeatRequest>();
constinit const Schema StreamsGroupHeartbeatResponse::schema =
    schema_of<StreamsGroupHeartbeatResponse>();

}  // namespace moldau::protocol
