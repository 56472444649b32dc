#include "protocol/messages/delete_acls.h"

#include "protocol/schema.h"

namespace moldau::protocol {

constinit const Schema DeleteAclsRequest::schema = schema_of<DeleteAclsRequest>();
constinit const Schema DeleteAclsResponse::schema = schema_of<DeleteAclsResponse>();

}  // namespace moldau::protocol
