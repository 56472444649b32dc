#include "protocol/messages/list_groups.h"

#include "protocol/schema.h"

namespace moldau::protocol {

constinit const Schema ListGroupsRequest::schema = schema_of<ListGroupsRequest>();
constinit const Schema ListGroupsResponse::schema = schema_of<ListGroupsResponse>();

}  // namespace moldau::protocol
