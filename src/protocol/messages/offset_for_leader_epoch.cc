#include "protocol/messages/offset_for_leader_epoch.h"

#include "protocol/schema.h"

namespace moldau::protocol {

constinit const Schema OffsetForLeaderEpochRequest::schema =
    schema_of<OffsetForLeaderEpochRequest>();
constinit const Schema OffsetForLeaderEpochResponse::schema =
    schema_of<OffsetForLeaderEpochResponse>();

}  // namespace moldau::protocol
