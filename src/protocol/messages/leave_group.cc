#include "protocol/messages/leave_group.h"

#include "protocol/schema.h"

namespace moldau::protocol {

constinit const Schema LeaveGroupRequest::schema = schema_of<LeaveGroupRequest>();
constinit const Schema LeaveGroupResponse::schema = schema_of<LeaveGroupResponse>();

}  // namespace moldau::protocol
