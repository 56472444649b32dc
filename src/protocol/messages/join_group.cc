#include "protocol/messages/join_group.h"

#include "protocol/schema.h"

namespace moldau::protocol {

constinit const Schema JoinGroupRequest::schema = schema_of<JoinGroupRequest>();
constinit const Schema JoinGroupResponse::schema = schema_of<JoinGroupResponse>();

}  // namespace moldau::protocol
