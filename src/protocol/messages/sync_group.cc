#include "protocol/messages/sync_group.h"

#include "protocol/schema.h"

namespace moldau::protocol {

constinit const Schema SyncGroupRequest::schema = schema_of<SyncGroupRequest>();
constinit const Schema SyncGroupResponse::schema = schema_of<SyncGroupResponse>();

}  // namespace moldau::protocol
