#include "protocol/messages/share_group_heartbeat.h"

#include "protocol/schema.h"

namespace moldau::protocol {

constinit const Schema ShareGroupHeartbeatRequest::schema = schema_of<ShareGroupHeartbeatRequest>();
constinit const Schema ShareGroupHeartbeatResponse::schema =
    schema_of<ShareGroupHeartbeatResponse>();

}  // namespace moldau::protocol
