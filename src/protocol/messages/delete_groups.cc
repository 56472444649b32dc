#include "protocol/messages/delete_groups.h"

#include "protocol/schema.h"

namespace moldau::protocol {

constinit const Schema DeleteGroupsRequest::schema = schema_of<DeleteGroupsRequest>();
constinit const Schema DeleteGroupsResponse::schema = schema_of<DeleteGroupsResponse>();

}  // namespace moldau::protocol
